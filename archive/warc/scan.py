"""Read the records of a WARC file one after the other, and the damage between them, in bounded memory."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from archive.files.errors import ArchiveError, cannot_read
from archive.files.moments import in_utc

MAX_BLOCK = 64 << 20
"""The largest block held in memory: four times what a crawl fetches. A larger one is passed over."""
MAX_WASTE, WASTE_OF_SIZE = 256 << 20, 4
"""Bytes read in vain, as a number and as a multiple of the file's size, after which the rest of a file is given up.
Damage to a record wastes that record, some 400 KB. Without a bound, a file of beginnings, each of which claims the rest
of the file, takes the square of its size: 20 s for 2 MB."""

_GZIP = b"\x1f\x8b\x08"
_START = re.compile(rb"WARC/\d\.\d+\r?\n")
_ID = re.compile(r"<?([^<>\s]+)>?")


@dataclass(frozen=True, slots=True)
class Record:
    """One WARC record; the checksum of its gzip member is verified if it is the member's only record."""

    offset: int
    """Where it begins in the file; for a record inside a longer gzip member, where that member begins."""
    length: int
    """Bytes it takes in the file; 0 where it shares its gzip member with others."""
    headers: tuple[tuple[str, str], ...]
    block: bytes | None
    """None when it is larger than MAX_BLOCK."""

    def header(self, name: str) -> str | None:
        """Return the first value of a WARC header."""
        wanted = name.lower()
        return next((value for header, value in self.headers if header.lower() == wanted), None)

    @property
    def kind(self) -> str:
        """WARC-Type, lower case."""
        return (self.header("WARC-Type") or "").lower()

    @property
    def record_id(self) -> str:
        """WARC-Record-ID without its angle brackets."""
        return self._id("WARC-Record-ID")

    @property
    def concurrent_to(self) -> str:
        """WARC-Concurrent-To without its angle brackets."""
        return self._id("WARC-Concurrent-To")

    @property
    def refers_to(self) -> str:
        """WARC-Refers-To without its angle brackets."""
        return self._id("WARC-Refers-To")

    @property
    def uri(self) -> str:
        """WARC-Target-URI; wget 1.19 wrote it in angle brackets."""
        return (self.header("WARC-Target-URI") or "").removeprefix("<").removesuffix(">")

    def _id(self, name: str) -> str:
        match = _ID.fullmatch((self.header(name) or "").strip())
        return match[1] if match else ""


@dataclass(frozen=True, slots=True)
class Damage:
    """A range of bytes that is no whole record."""

    offset: int
    length: int
    reason: str


def scan(path: Path, offset: int = 0) -> Iterator[Record | Damage]:
    """Yield the records of a file from `offset` on, and the damage between them, in file order.

    Raises ArchiveError where the file cannot be read or holds no WARC record at all.
    """
    try:
        with path.open("rb") as file:
            yield from _scan(file, path, offset)
    except OSError as error:
        raise cannot_read(path, error) from error


def whole_records(path: Path, damages: list[Damage]) -> Iterator[Record]:
    """Yield the records of a file, and add what is damaged between them to `damages`."""
    for item in scan(path):
        if isinstance(item, Damage):
            damages.append(item)
        else:
            yield item


def _scan(file: BinaryIO, path: Path, position: int) -> Iterator[Record | Damage]:
    size = file.seek(0, 2)
    file.seek(0)
    start = file.read(len(_GZIP))
    zipped = start == _GZIP or (path.suffix == ".gz" and not start.startswith(b"WAR"))
    found_any = position > 0
    damages: list[Damage] = []
    allowed = MAX_WASTE + WASTE_OF_SIZE * size
    while position < size:
        stream = Member(file, position) if zipped else Plain(file, position)
        try:
            for record in _records(stream):
                found_any = True
                yield from damages
                damages.clear()
                yield record
            position = stream.end
        except (Broken, zlib.error) as error:
            allowed -= stream.filled + STEP
            following = _next_start(file, position + 1, zipped) if allowed > 0 else size
            reason = str(error) if allowed > 0 else f"{error}; so much is broken that the rest was not searched"
            damages.append(Damage(position, following - position, reason))
            position = following
    if not found_any:
        raise ArchiveError(f"{path}: holds no WARC record: give a .warc or .warc.gz file")
    yield from damages


def _records(stream: Stream) -> Iterator[Record]:
    """Yield the records of a gzip member, or the next one of a plain file."""
    plain = isinstance(stream, Plain)
    if not stream.more():
        return
    first = True
    while True:
        begin = stream.end if plain else stream.start
        headers, block = _one(stream)
        end = stream.end
        following = stream.more()  # reads to the member's end: a record is yielded once the checksum is verified
        if plain:
            yield Record(begin, end - begin, headers, block)
            return
        yield Record(begin, stream.end - begin if first and not following else 0, headers, block)
        if not following:
            return
        first = False


@cache
def _parser() -> Any:  # noqa: ANN401 - an untyped module, imported where it is used: it costs 50 ms
    from warcio.statusandheaders import StatusAndHeadersParser  # type: ignore[import-untyped]

    return StatusAndHeadersParser(("WARC/1.1", "WARC/1.0", "WARC/0.18", "WARC/0.17"))


def _one(stream: Stream) -> tuple[tuple[tuple[str, str], ...], bytes | None]:
    from warcio.statusandheaders import StatusAndHeadersParserException

    stream.head_left = MAX_HEAD
    try:
        head = _parser().parse(stream)
    except (StatusAndHeadersParserException, EOFError) as error:
        raise Broken("no WARC record begins here") from error
    declared = head.get_header("Content-Length")
    if declared is None or not declared.isascii() or not declared.isdigit() or len(declared) > 18:
        raise Broken("no valid Content-Length")
    size = int(declared)
    if size > MAX_BLOCK:
        stream.skip(size)
        return tuple(head.headers), None
    return tuple(head.headers), stream.read(size)


def _next_start(file: BinaryIO, position: int, zipped: bool) -> int:
    """Return the next place where a record begins, the file's size where none does."""
    overlap = 16  # a mark may lie across two steps
    mark = re.compile(re.escape(_GZIP)) if zipped else _START
    while True:
        file.seek(position)
        data = file.read(STEP)
        if len(data) <= overlap:
            return position + len(data)
        for match in mark.finditer(data):
            if not zipped or _begins_record(file, position + match.start()):
                return position + match.start()
        position += len(data) - overlap


def _begins_record(file: BinaryIO, position: int) -> bool:
    file.seek(position)
    try:
        return zlib.decompressobj(31).decompress(file.read(1024), 5) == b"WARC/"
    except zlib.error:
        return False


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

    @property
    def end(self) -> int:
        """The place in the file behind what was read."""
        raise NotImplementedError

    def _fill(self) -> bool:
        raise NotImplementedError

    def readline(self) -> bytes:
        """Return a line with its end; warcio's header parser calls this."""
        searched = 0
        while (at := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > self.head_left:
                raise Broken(f"more than {MAX_HEAD:,} bytes of record header")
            if not self._fill():
                at = searched - 1
                break
        self.head_left -= at + 1 + LINE_COST
        if self.head_left < 0:
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
        """Pass over blank lines, and tell whether something follows."""
        while True:
            rest = self._buffer.lstrip(b"\r\n")
            del self._buffer[: len(self._buffer) - len(rest)]
            if rest:
                return True
            if not self._fill():
                return False

    def _take(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data


class Plain(Stream):
    """An uncompressed file from one record on."""

    @property
    def end(self) -> int:
        """The place in the file behind what was read."""
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


def record_date(record: Record) -> datetime | None:
    """Return WARC-Date as an aware datetime, None where it is missing or no date."""
    return iso_moment(record.header("WARC-Date"))


def iso_moment(value: str | None) -> datetime | None:
    """Return a WARC header's date as an aware datetime, None where it is none."""
    from warcio.timeutils import iso_date_to_datetime  # type: ignore[import-untyped]

    with suppress(ValueError, TypeError, OverflowError):
        date = iso_date_to_datetime(value or "", tz_aware=True)
        return in_utc(date) if isinstance(date, datetime) else None
    return None
