"""Read the records of a WARC file one after the other, and the damage between them, in bounded memory."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from archive.files.errors import ArchiveError, cannot_read
from archive.files.moments import in_utc
from archive.warc.containers import Part, parts_of
from archive.warc.streams import (
    ARC_LINE,
    MAX_HEAD,
    PEEKED,
    STEP,
    Broken,
    Frame,
    Member,
    Packed,
    Plain,
    Stream,
    is_start,
)

MAX_BLOCK = 64 << 20
"""The largest block held in memory: four times what a crawl fetches. A larger one is passed over."""
MAX_WASTE, WASTE_OF_SIZE = 256 << 20, 4
"""Bytes read in vain, as a number and as a multiple of the file's size, after which the rest of a file is given up.
Damage to a record wastes that record, some 400 KB. Without a bound, a file of beginnings, each of which claims the rest
of the file, takes the square of its size: 20 s for 2 MB."""

_START = re.compile(rb"WARC/\d\.\d+\r?\n|(?<=\n)" + ARC_LINE.pattern, ARC_LINE.flags)
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
        return self._uri("WARC-Target-URI")

    @property
    def refers_to_uri(self) -> str:
        """WARC-Refers-To-Target-URI: the address of the record that a revisit refers to."""
        return self._uri("WARC-Refers-To-Target-URI")

    def _uri(self, name: str) -> str:
        return (self.header(name) or "").removeprefix("<").removesuffix(">")

    def _id(self, name: str) -> str:
        match = _ID.fullmatch((self.header(name) or "").strip())
        return match[1] if match else ""


def derived_id(*parts: bytes) -> str:
    """Return the id of a record that has none of its own, made of its bytes: the same record gets the same id."""
    content = hashlib.sha1(usedforsecurity=False)
    for part in parts:
        content.update(part)
    return uuid5(NAMESPACE_URL, content.hexdigest()).urn


def id_by_content(record: Record) -> str:
    """Return the id that a record gets where its WARC-Record-ID is missing, or another record's in the same file."""
    head = "".join(f"{name}: {value}\r\n" for name, value in record.headers)
    return derived_id(head.encode("utf-8", "replace"), b"\r\n", record.block or b"")


@dataclass(frozen=True, slots=True)
class Damage:
    """A range of bytes that is no whole record."""

    offset: int
    length: int
    reason: str


def scan(path: Path, offset: int = 0) -> Iterator[Record | Damage]:
    """Yield the records of a file from `offset` on, and the damage between them, in file order.

    WARC and ARC, plain or as .gz, .zst, .lz4 or .wacz: the content decides, not the name. Raises ArchiveError where the
    file cannot be read or holds no whole record at all.
    """
    try:
        with path.open("rb") as file, parts_of(path, file) as parts:
            found_any = offset > 0
            damages: list[Damage] = []
            for part in parts:
                for item in _scan(part, max(part.begin, offset)):
                    if isinstance(item, Damage) and not found_any:
                        damages.append(item)
                        continue
                    yield from damages
                    damages.clear()
                    found_any = True
                    yield item
            if not found_any:
                raise ArchiveError(_why_none(path, parts, damages))
    except OSError as error:
        raise cannot_read(path, error) from error


def whole_records(path: Path, damages: list[Damage]) -> Iterator[Record]:
    """Yield the records of a file, and add what is damaged between them to `damages`."""
    for item in scan(path):
        if isinstance(item, Damage):
            damages.append(item)
        else:
            yield item


def _why_none(path: Path, parts: list[Part], damages: list[Damage]) -> str:
    """Return what is wrong with a file without a whole record."""
    if damages and (damages[0].reason.startswith("cut off") or any(map(_looks_begun, parts))):
        return f"{path}: no record in it is whole ({damages[0].reason}): get the file again"
    return f"{path}: holds no WARC record: give a .warc, .warc.gz, .warc.zst, .warc.lz4, .arc.gz or .wacz file"


def _looks_begun(part: Part) -> bool:
    if part.packing != "plain":
        return _STREAMS[part.packing].begins_record(part.file, part.begin)
    part.file.seek(part.begin)
    return is_start(part.file.read(min(PEEKED, part.end - part.begin)))


_STREAMS: dict[str, type[Packed]] = {"gzip": Member, "zstd": Frame}


def _scan(part: Part, position: int) -> Iterator[Record | Damage]:
    size = part.end - part.begin
    allowed = MAX_WASTE + WASTE_OF_SIZE * size
    while position < part.end:
        try:
            stream = _stream(part, position)
            for record in _records(stream):
                yield record if part.in_place else replace(record, length=0)
            position = stream.end
        except Broken as error:
            allowed -= stream.filled + STEP
            following = _next_start(part, position + 1) if allowed > 0 else part.end
            reason = str(error) if allowed > 0 else f"{error}; so much is broken that the rest was not searched"
            yield Damage(position, following - position, reason)
            position = following


def _stream(part: Part, position: int) -> Plain | Packed:
    if part.packing == "plain":
        return Plain(part.file, position, part.end)
    return _STREAMS[part.packing](part.file, position)


def _records(stream: Plain | Packed) -> Iterator[Record]:
    """Yield the records of a gzip member or zstd frame, with those that follow where one goes on; or the next one of a
    plain file."""
    if not stream.more():
        return
    first = True
    while True:
        begin = stream.end if isinstance(stream, Plain) else stream.start if first else stream.member
        headers, block = _one(stream)
        end = stream.end
        following = stream.more()  # reads to the member's end: a record is yielded once the checksum is verified
        if following and not stream.ends_well():
            raise Broken("another length than its Content-Length, or damaged inside")
        if isinstance(stream, Plain):
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
    line = stream.readline()
    if not line.startswith(b"WARC/"):
        return _arc_record(stream, line)
    try:
        head = _parser().parse(stream, line.decode("utf-8", "replace"))
    except (StatusAndHeadersParserException, EOFError) as error:
        raise Broken("no WARC record begins here") from error
    declared = head.get_header("Content-Length")
    if declared is None or not declared.isascii() or not declared.isdigit() or len(declared) > 18:
        raise Broken("no valid Content-Length")
    return tuple(head.headers), _block(stream, int(declared))


def _block(stream: Stream, size: int) -> bytes | None:
    if size <= MAX_BLOCK:
        return stream.read(size)
    stream.skip(size)
    return None


def _arc_record(stream: Stream, line: bytes) -> tuple[tuple[tuple[str, str], ...], bytes | None]:
    """Return an ARC record with the headers that it would have in a WARC file."""
    match = ARC_LINE.fullmatch(line)
    if match is None or len(match[5]) > 18:
        raise Broken("no WARC record begins here")
    block = _block(stream, int(match[5]))
    url, ip, date, media_type = (part.decode("utf-8", "replace") for part in match.groups()[:4])
    is_http = (block or b"").startswith(b"HTTP/")
    kind = "warcinfo" if url.startswith("filedesc:") else "response" if is_http or block is None else "resource"
    named = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<{derived_id(line, block or b'')}>",
        "WARC-Target-URI": url,
        "WARC-Date": date,
        "WARC-IP-Address": ip,
        "Content-Type": "application/http; msgtype=response" if kind == "response" else media_type.partition(" ")[0],
    }
    return tuple(named.items()), block


def _next_start(part: Part, position: int) -> int:
    """Return the next place where a record begins, the part's end where none does."""
    overlap = 16  # a mark may lie across two steps
    packed = _STREAMS.get(part.packing)
    mark = re.compile(re.escape(packed.mark)) if packed else _START
    while position < part.end:
        part.file.seek(position)
        data = part.file.read(min(STEP, part.end - position))
        if len(data) <= overlap:
            break
        for match in mark.finditer(data):
            if not packed or packed.begins_record(part.file, position + match.start()):
                return position + match.start()
        position += len(data) - overlap
    return part.end


_FULL = re.compile(
    r"(\d{4})-?(\d\d)?-?(\d\d)?(?:[T _]?(\d\d):?(\d\d):?(\d\d)?(?:[.,](\d+))?)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
"""A date as WARC 1.1 has it, with other signs between its parts, an offset, or as the 14 digits of ARC and CDX."""
_ONE_DIGIT = re.compile(r"(?<=-)(\d)(?!\d)")


def record_date(record: Record) -> datetime | None:
    """Return WARC-Date as an aware datetime, None where it is missing or no date."""
    return iso_moment(record.header("WARC-Date"))


def iso_moment(value: str | None) -> datetime | None:
    """Return a WARC header's date as an aware datetime, None where it is none.

    Read are 14 digits, offsets, a day or a year alone, the form of HTTP, and a date with something stray behind it:

    >>> iso_moment("20240305204000").isoformat(), iso_moment("2024-03-05T20:40:00+0200").isoformat()
    ('2024-03-05T20:40:00+00:00', '2024-03-05T18:40:00+00:00')
    >>> iso_moment("2024-03-05T20:40:000Z").isoformat(), iso_moment("never")
    ('2024-03-05T20:40:00+00:00', None)
    """
    text = (value or "").strip().strip("<>\"'")
    match = _FULL.match(_ONE_DIGIT.sub(r"0\1", text))
    if match is None or (match[2] is None and match.end() < len(text)):
        with suppress(ValueError, TypeError, OverflowError):
            return in_utc(parsedate_to_datetime(text))
        return None
    zone, fraction = match[8] or "Z", (match[7] or "")[:6]
    numbers = [int(part or least) for part, least in zip(match.groups()[:6], (1, 1, 1, 0, 0, 0), strict=True)]
    with suppress(ValueError, OverflowError):
        numbers[5] = 59 if numbers[5] == 60 else numbers[5]  # a leap second
        year, month, day, hour, minute, second = numbers
        moment = datetime(year, month, day, hour, minute, second, int(fraction.ljust(6, "0")), tzinfo=UTC)
        if zone[0] in "+-":
            ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
            moment += -ahead if zone[0] == "+" else ahead
        return in_utc(moment)
    return None
