"""Bytes of a WARC file from a place on, decompressed where needed, read in bounded steps."""

from __future__ import annotations

import zlib
from typing import BinaryIO

STEP = 1 << 16
"""Bytes read from the file, and at most decompressed, at a time."""
MAX_HEAD = 1 << 17
"""A record's own header lines: room for a URL of 100 kB, where ours take below 1 kB beside the URL."""
LINE_COST = 256
"""Charged to the header for each line beside its bytes: at most 500 lines, where ours have below 20."""


class Broken(Exception):
    """The bytes at hand are no whole record."""


class Stream:
    """Bytes from a place in a file on, read in bounded steps."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self.start = start
        self.filled = 0
        """Bytes that were read, or decompressed, so far."""
        self._file = file
        self._file.seek(start)
        self._buffer = bytearray()
        self._head_left = MAX_HEAD

    @property
    def end(self) -> int:
        """The place in the file after what was taken."""
        raise NotImplementedError

    def _fill(self) -> bool:
        raise NotImplementedError

    def begin_head(self) -> None:
        """Allow a new record its share of header bytes."""
        self._head_left = MAX_HEAD

    def readline(self) -> bytes:
        """Return a line with its end; warcio's header parser calls this."""
        searched = 0
        while (at := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > self._head_left:
                raise Broken(f"more than {MAX_HEAD:,} bytes of record header")
            if not self._fill():
                at = searched - 1
                break
        self._head_left -= at + 1 + LINE_COST
        if self._head_left < 0:
            raise Broken(f"more than {MAX_HEAD:,} bytes of record header")
        return self._take(at + 1)

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes."""
        while len(self._buffer) < size:
            if not self._fill():
                raise Broken("cut off inside a record")
        return self._take(size)

    def skip(self, size: int) -> None:
        """Pass over `size` bytes."""
        while size:
            if not self._buffer and not self._fill():
                raise Broken("cut off inside a record")
            size -= len(self._take(min(size, len(self._buffer))))

    def more(self) -> bool:
        """Pass over blank lines; True where something follows."""
        while True:
            rest = self._buffer.lstrip(b"\r\n")
            del self._buffer[: len(self._buffer) - len(rest)]
            if rest:
                return True
            if not self._fill():
                return False

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


class Plain(Stream):
    """An uncompressed file from one record on."""

    @property
    def end(self) -> int:
        """The place in the file after what was taken."""
        return self._file.tell() - len(self._buffer)

    def _fill(self) -> bool:
        data = self._file.read(STEP)
        self._buffer += data
        self.filled += len(data)
        return bool(data)


class Member(Stream):
    """One gzip member; its checksum is verified when the end is reached."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        super().__init__(file, start)
        self._inflater = zlib.decompressobj(31)

    @property
    def end(self) -> int:
        """The place in the file after the member, once it is read to its end."""
        return self._file.tell() - len(self._inflater.unused_data)

    def _fill(self) -> bool:
        while not self._inflater.eof:
            data = self._inflater.unconsumed_tail or self._file.read(STEP)
            out = self._inflater.decompress(data, STEP)
            self._buffer += out
            self.filled += len(out)
            if out:
                return True
            if not data:
                raise Broken("cut off inside a gzip member")
        return False
