"""Read the bytes of records out of a file, packed or not, in bounded steps."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from typing import Any, BinaryIO

from archive.warc.capture import zstd_module
from archive.warc.containers import GZIP, ZSTD

STEP = 1 << 16
"""Bytes read from the file, and at most decompressed, at a time."""
MAX_HEAD = 1 << 17
"""A record's own header lines: room for a URL of 100 kB, where ours take below 1 kB beside the URL."""
LINE_COST = 256
"""Charged to the header for each line beside its bytes: at most 500 lines, where ours have below 20."""


def head_cost(lines: Iterable[tuple[str, str]]) -> int:
    """Return what a record's header lines are charged, of the MAX_HEAD that `scan` reads."""
    # each line has ": " and CRLF; the version line and the blank line are charged as well
    texts = ["WARC/1.1", "", *(f"{name}: {value}" for name, value in lines)]
    return sum(len(text.encode("utf-8", "replace")) + 2 + LINE_COST for text in texts)


class Broken(Exception):
    """What was read is no whole record."""


class Stream:
    """Reads a file from one place on, in bounded steps."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        self.start = start
        self.filled = 0
        """Bytes read or decompressed so far."""
        self._file = file
        self._file.seek(start)
        self.head_left = MAX_HEAD
        """Bytes of header that the record may still have."""
        self._buffer = bytearray()
        self.blank = 0
        """Bytes of blank lines that `more` passed over last."""

    @property
    def end(self) -> int:
        """The place in the file behind what was read."""
        raise NotImplementedError

    def _fill(self) -> bool:
        raise NotImplementedError

    def _go_on(self) -> bool:
        """Fill the buffer inside a record."""
        return self._fill()

    def readline(self) -> bytes:
        """Return a line with its end; warcio's header parser calls this."""
        searched = 0
        while (at := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > self.head_left:
                raise Broken(f"more than {MAX_HEAD:,} bytes of record header")
            if not self._go_on():
                at = searched - 1
                break
        self.head_left -= at + 1 + LINE_COST
        if self.head_left < 0:
            raise Broken(f"more than {MAX_HEAD:,} bytes of record header")
        return self._take(at + 1)

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes."""
        while len(self._buffer) < size:
            if not self._go_on():
                raise Broken("cut off inside a record")
        return self._take(size)

    def skip(self, size: int) -> None:
        """Pass over `size` bytes."""
        while size:
            if not self._buffer and not self._go_on():
                raise Broken("cut off inside a record")
            size -= len(self._take(min(size, len(self._buffer))))

    def more(self) -> bool:
        """Pass over blank lines, and tell whether something follows."""
        self.blank = 0
        while True:
            rest = self._buffer.lstrip(b"\r\n")
            self.blank += len(self._buffer) - len(rest)
            del self._buffer[: len(self._buffer) - len(rest)]
            if rest:
                return True
            if not self._fill():
                return False

    def ends_well(self) -> bool:
        """Tell, after `more`, whether a record ended there: a blank line or another record follows.

        What is cut off or damaged goes on in the middle of something else.
        """
        while len(self._buffer) < PEEKED and b"\n" not in self._buffer and self._fill():
            pass
        return self.blank >= len("\r\n") or is_start(bytes(self._buffer[:PEEKED]))

    def _take(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data


class Plain(Stream):
    """An uncompressed file from one record on, to `until`."""

    def __init__(self, file: BinaryIO, start: int, until: int) -> None:
        super().__init__(file, start)
        self._until = until

    @property
    def end(self) -> int:
        """The place in the file behind what was read."""
        return self._file.tell() - len(self._buffer)

    def _fill(self) -> bool:
        data = self._file.read(max(0, min(STEP, self._until - self._file.tell())))
        self._buffer += data
        self.filled += len(data)
        return bool(data)


class Packed(Stream):
    """One gzip member or zstd frame; its checksum is verified when the end is reached.

    A record that does not end with it goes on in the next one, unless a record begins there.
    """

    mark = b""
    """How each member begins."""
    name = ""

    def __init__(self, file: BinaryIO, start: int) -> None:
        super().__init__(file, start)
        self.member = start
        """Where the member begins that is being read."""
        self._inflater: Any = self._new()

    @classmethod
    def begins_record(cls, file: BinaryIO, position: int) -> bool:
        """Tell whether a member with the beginning of a record is at this place."""
        raise NotImplementedError

    def _new(self) -> Any:  # noqa: ANN401 - the libraries' decompressors have no common class
        raise NotImplementedError

    def _inflate(self) -> tuple[bytes, bool]:
        """Return what is decompressed next, and whether the file had anything to decompress."""
        raise NotImplementedError

    @property
    def end(self) -> int:
        """The place in the file after the member, once it is read to its end."""
        return self._file.tell() - len(self._inflater.unused_data)

    def _fill(self) -> bool:
        while not self._inflater.eof:
            out, any_left = self._inflate()
            self._buffer += out
            self.filled += len(out)
            if out:
                return True
            if not any_left:
                raise Broken(f"cut off inside a {self.name}")
        return False

    def _go_on(self) -> bool:
        while not self._fill():
            place = self.end
            self._file.seek(place)
            if self._file.read(len(self.mark)) != self.mark or self.begins_record(self._file, place):
                self._file.seek(place)
                return False
            self._file.seek(place)
            self.member, self._inflater = place, self._new()
        return True


class Member(Packed):
    """A gzip member."""

    mark, name = GZIP, "gzip member"

    @classmethod
    def begins_record(cls, file: BinaryIO, position: int) -> bool:
        """Tell whether a member with the beginning of a record is at this place."""
        file.seek(position)
        try:
            return is_start(zlib.decompressobj(31).decompress(file.read(PEEKED), PEEKED))
        except zlib.error:
            return False

    def _new(self) -> Any:  # noqa: ANN401
        return zlib.decompressobj(31)

    def _inflate(self) -> tuple[bytes, bool]:
        data = self._inflater.unconsumed_tail or self._file.read(STEP)
        try:
            return self._inflater.decompress(data, STEP), bool(data)
        except zlib.error as error:
            raise Broken(str(error)) from error


class Frame(Packed):
    """A zstd frame; the dictionary that a .warc.zst file may begin with is in the first, skippable frame."""

    mark, name = ZSTD, "zstd frame"

    def __init__(self, file: BinaryIO, start: int) -> None:
        place = start
        while (size := _skippable(file, place)) is not None:
            place += size
        file.seek(place)
        super().__init__(file, place)
        self.start = start

    @classmethod
    def begins_record(cls, file: BinaryIO, position: int) -> bool:
        """Tell whether a frame with the beginning of a record is at this place."""
        decoder = zstd_module().ZstdDecompressor(_dictionary(file))
        file.seek(position)
        try:
            return is_start(decoder.decompress(file.read(STEP), PEEKED))
        except zstd_module().ZstdError:
            return False

    def _new(self) -> Any:  # noqa: ANN401
        place = self._file.tell()
        dictionary = _dictionary(self._file)
        self._file.seek(place)
        return zstd_module().ZstdDecompressor(dictionary)

    def _inflate(self) -> tuple[bytes, bool]:
        data = self._file.read(STEP) if self._inflater.needs_input else b""
        try:
            out = self._inflater.decompress(data, STEP)
        except zstd_module().ZstdError as error:
            raise Broken(str(error)) from error
        return out, bool(data) or not self._inflater.needs_input


PEEKED = 1024
"""Bytes of a member by which it is told whether a record begins in it."""
ARC_LINE = re.compile(
    rb"([a-z][a-z0-9+.-]{0,30}:(?:[^\r\n]{0,4000}(?= [\da-f]*[.:][\da-f.:]* \d{14} )|\S{0,4000}))"
    rb" (\S{0,64}) (\d{8,17}) ([^\r\n]{0,300}?) ?(\d{1,18})[ \t]{0,9}\r?\n",
    re.IGNORECASE,
)
"""The line that an ARC record begins with: URL, IP, date, media type, for version 2 other things, length.

An address may have blanks: it ends at the last IP address that a moment of 14 digits follows.
"""
_DICTIONARY = 0x184D2A5D
MAX_DICTIONARY = 16 << 20
"""The largest dictionary of a .warc.zst file: those in use have up to 1 MB."""


def is_start(data: bytes) -> bool:
    """Tell whether unpacked data begins with a record of a WARC or ARC file."""
    text = data.lstrip(b"\r\n")
    return text.startswith(b"WARC/") or bool(ARC_LINE.match(text))


def _skippable(file: BinaryIO, place: int) -> int | None:
    """Return the size of a skippable frame at this place; None where there is none."""
    file.seek(place)
    head = file.read(8)
    is_one = len(head) == 8 and int.from_bytes(head[:4], "little") & 0xFFFFFFF0 == 0x184D2A50
    return 8 + int.from_bytes(head[4:], "little") if is_one else None


def _dictionary(file: BinaryIO) -> Any:  # noqa: ANN401
    """Return the dictionary that the file begins with; None where there is none."""
    size = _skippable(file, 0)
    file.seek(0)
    if size is None or size > MAX_DICTIONARY or int.from_bytes(file.read(4), "little") != _DICTIONARY:
        return None
    file.seek(8)
    data = file.read(size - 8)
    try:
        if data.startswith(ZSTD):  # it may be packed itself
            data = zstd_module().ZstdDecompressor().decompress(data, MAX_DICTIONARY)
        return zstd_module().ZstdDict(data)
    except (ValueError, zstd_module().ZstdError) as error:
        raise Broken(f"the dictionary of the file: {error}") from error
