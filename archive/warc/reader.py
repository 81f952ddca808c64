"""Read the HTTP exchanges in WARC files, our own and foreign ones, also damaged ones, within bounds."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

from archive.files.errors import ArchiveError
from archive.rights.optouts import OptOuts
from archive.warc.capture import UNDATED, Capture
from archive.warc.records import IDENTICAL, received_head
from archive.warc.scan import MAX_BLOCK, Damage, Record, iso_moment, record_date, scan

MAX_HTTP_HEAD = 256 << 10
"""The most bytes of header lines in an HTTP message, for the writer and for every reader. Servers and browsers accept 8
to 64 KiB. A head of this size in 65,000 lines takes cdxj-indexer 0.9 s and 50 MB (measured)."""

WEB = ("http://", "https://")
"""How the URL of a capture begins."""
PAGE_KINDS = frozenset({"response", "revisit", "resource", "conversion"})
"""Types of records that can be a page; `resource` and `conversion` have no HTTP head."""
ABOUT_OTHERS = frozenset({"warcinfo", "request", "metadata"})
"""Types of records that describe other records or the file."""
MADE_FROM = b"X-Archive-Made-From"
"""The header line of a head that no server sent: the type of the record that the capture was made from."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A response record and its capture."""

    record: Record
    capture: Capture


def read_warc(path: Path, *, offset: int | None = None) -> Iterator[Capture]:
    """Yield the captures of a WARC or ARC file, from `offset` on, each with its request if there is one.

    A revisit record has its own head, an empty body and `revisit` set: its body may be in another file (`read_capture`
    finds it). A resource or conversion record has a head made of its own headers. Records for which `why_unused` has a
    reason are passed over. Damage is logged, and reading goes on with the next whole record. Raises ArchiveError where
    the file cannot be read or has no WARC record.
    """
    for exchange in read_exchanges(path, offset=offset):
        yield exchange.capture


def read_exchanges(
    path: Path, *, offset: int | None = None, items: Iterable[Record | Damage] | None = None
) -> Iterator[Exchange]:
    """Yield what `read_warc` yields, each with its record. `items`: the results of `scan`, if they are known."""
    waiting: Exchange | None = None
    request: Record | None = None
    metadata: Record | None = None
    for item in scan(path, offset or 0) if items is None else items:
        if isinstance(item, Damage):
            log.warning("%s: damaged at offset %d (%d bytes): %s", path, item.offset, item.length, item.reason)
        elif item.kind == "request":
            request = item  # most writers put it behind its response, wget puts it before
            if waiting and _belong(request, waiting.record):
                yield _with_request(waiting, request)
                waiting = request = None
        elif item.kind == "metadata":
            metadata = item
        elif item.kind in PAGE_KINDS and (capture := capture_of(item)):
            if waiting:
                yield waiting
            waiting = Exchange(item, replace(capture, opt_outs=_opt_outs(metadata, item)))
            if request and _belong(request, item):
                yield _with_request(waiting, request)
                waiting = request = None
    if waiting:
        yield waiting


def read_exchange(path: Path, offset: int) -> Exchange:
    """Return the exchange whose response record begins at `offset`. Raises ArchiveError where there is none."""
    exchange = next(read_exchanges(path, offset=offset), None)
    if exchange and exchange.record.offset == offset:
        return exchange
    raise ArchiveError(f"{path}: no response record at offset {offset}: run `pressclip archive verify`")


def head_and_body(block: bytes) -> tuple[bytes, bytes]:
    """Split an HTTP message at its first blank line."""
    head, begin = _head_and_place(block)
    return head, block[begin:]


def _head_and_place(block: bytes) -> tuple[bytes, int]:
    """Return the head of an HTTP message, and where its body begins. A blank line behind MAX_HTTP_HEAD is not found."""
    end = MAX_HTTP_HEAD + 4
    places = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := block.find(mark, 0, end)) >= 0]
    if not places:
        return block[:end].rstrip(b"\r\n"), len(block)
    at, length = min(places)
    return block[:at], at + length


def has_endless_head(block: bytes) -> bool:
    """Tell whether the head of an HTTP message is larger than MAX_HTTP_HEAD: parsed, it would take gigabytes."""
    return len(_head_and_place(block)[0]) > MAX_HTTP_HEAD


def head_problem(head: bytes) -> str | None:
    """Return why a response with this head cannot be read from an archive; None where it can.

    Whoever stores a response asks this first, so that nothing is written that no command can read.
    """
    if len(head) > MAX_HTTP_HEAD:
        return f"more than {MAX_HTTP_HEAD >> 10} KiB of HTTP header"
    return "no HTTP status of three digits" if _status(head) is None else None


def why_unread(record: Record) -> str | None:
    """Return why a record that claims to be a web page's response or revisit is none; None for any other record."""
    if record.kind not in ("response", "revisit") or not record.uri.lower().startswith(WEB):
        return None
    return why_unused(record)


def is_page_record(record: Record) -> bool:
    """Tell whether a record is of a type and an address that a page has."""
    return record.kind in PAGE_KINDS and record.uri.lower().startswith(WEB)


def why_unused(record: Record) -> str | None:
    """Return why a record cannot be read as a capture; None where it can, and for a record about other records.

    `capture_of` returns None for these records, and for those about other records.
    """
    head = "" if record.kind in ABOUT_OTHERS else _head_of(record)
    return head if isinstance(head, str) and head else None


def _head_of(record: Record) -> tuple[bytes, int] | str:
    """Return the HTTP head of a record and where in its block the body begins, or why it can be no page: the one list
    of reasons."""
    if record.kind not in PAGE_KINDS:
        return f"a record of type {record.kind[:40] or 'none'}"
    if not record.uri.lower().startswith(WEB):
        return f"no web address ({record.uri[:60]})" if record.uri else "no web address"
    if record.block is None:
        return f"larger than {MAX_BLOCK >> 20} MB"
    if not _is_http(record):
        media_type = (record.header("Content-Type") or "").encode("ascii", "replace")
        return made_head(record.kind, media_type), 0
    head, begin = _head_and_place(record.block)
    return head_problem(head) or (head, begin)


def general(reason: str) -> str:
    """Return a reason of `why_unused` without what is particular to the record, to count by it."""
    return reason.partition(" (")[0]


def unused_told(counts: Counter[str]) -> str:
    """Return how many records are not used, by reason, the most frequent first; empty where there are none.

    >>> unused_told(Counter({"no web address": 2}))
    '2 records are not used (2 no web address)'
    """
    total = sum(counts.values())
    listed = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    return f"{total} record{'s are' if total > 1 else ' is'} not used ({listed})" if total else ""


@dataclass(frozen=True, slots=True)
class Unused:
    """A record, or a range of bytes, that cannot be read as a capture although it may have been a page."""

    offset: int
    url: str
    reason: str


class UnusedRecords:
    """Notes what of a file is not used, for every command that reads records: nothing is passed over in silence."""

    def __init__(self) -> None:
        """Begin with nothing noted."""
        self._noted: list[Unused] = []
        self.counts: Counter[str] = Counter()
        """Records that can be no page, by the reason."""
        self._others: Counter[str] = Counter()

    def passing(self, items: Iterable[Record | Damage]) -> Iterator[Record | Damage]:
        """Yield the records of `scan` that can be used, and note the others and the damage."""
        for item in items:
            if isinstance(item, Damage):
                reason = f"{item.length:,} bytes are damaged ({item.reason}): get the file again"
                self._noted.append(Unused(item.offset, "", reason))
                continue
            if item.kind in ABOUT_OTHERS:
                self._others[item.kind] += 1
            elif reason := why_unused(item) or "":
                if is_page_record(item):
                    self._noted.append(Unused(item.offset, item.uri, f"{reason}: left out"))
                else:
                    self.counts[general(reason)] += 1
                continue
            yield item

    def taken(self) -> list[Unused]:
        """Return what was noted since the last call, each to be told with its place."""
        noted, self._noted = self._noted, []
        return noted

    def counted(self) -> str:
        """Return how many records of other kinds are not used, with the reasons; empty where there are none.

        Those that describe other records (requests, metadata, warcinfo) are used for that.
        """
        return unused_told(self.counts)

    def described(self) -> str:
        """Return which records about other records the file has, for one that has nothing else."""
        listed = ", ".join(f"{count} {kind}" for kind, count in self._others.most_common())
        return f"only records about others ({listed})" if listed else "no record"


def why_undated(record: Record) -> str | None:
    """Return what is told of a capture whose WARC-Date cannot be read, with the date that it gets instead."""
    if record_date(record) is not None or (capture := capture_of(record)) is None:
        return None
    given = record.header("WARC-Date")
    instead = f"{capture.fetched:%Y-%m-%d}, from its HTTP header" if capture.is_dated else "no date (1970-01-01)"
    return f"no valid WARC-Date ({(given or 'none')[:40]}): kept with {instead}"


def _is_http(record: Record) -> bool:
    """Tell whether a record's block is an HTTP message: some writers store one in a resource record too."""
    if record.kind in ("response", "revisit"):
        return True
    return "application/http" in (record.header("Content-Type") or "").lower()


def _status(head: bytes) -> int | None:
    words = head.partition(b"\n")[0].split(None, 2)
    if len(words) < 2 or not words[0].upper().startswith(b"HTTP/") or len(words[1]) != 3 or not words[1].isdigit():
        return None
    return int(words[1])


def _belong(request: Record, response: Record) -> bool:
    if request.concurrent_to:
        return request.concurrent_to == response.record_id
    if response.concurrent_to:
        return response.concurrent_to == request.record_id
    return request.uri == response.uri


def _with_request(exchange: Exchange, request: Record) -> Exchange:
    if has_endless_head(request.block or b""):
        return exchange
    head, _ = head_and_body(request.block or b"")
    return replace(exchange, capture=replace(exchange.capture, request_head=head))


def _opt_outs(metadata: Record | None, response: Record) -> OptOuts | None:
    """Return the opt-outs in the metadata record before a response, if that record belongs to the response."""
    if metadata is None or metadata.block is None or metadata.concurrent_to != response.record_id:
        return None
    lines = (line.partition(":") for line in metadata.block.decode("utf-8", "replace").split("\r\n"))
    return OptOuts.of({name.strip(): value.strip() for name, _, value in lines})


def capture_of(record: Record) -> Capture | None:
    """Return the capture of a record, without its request; None where `why_unused` says why there is none.

    A resource or conversion record gets an HTTP head made of its own headers, with MADE_FROM. A record without a date
    that can be read has that of its HTTP header, else UNDATED.
    """
    found = _head_of(record)
    if isinstance(found, str) or record.block is None:
        return None
    stored, begin = found
    status = _status(stored)
    if status is None:
        return None
    body = record.block[begin:]
    fetched = record_date(record) or _header_date(stored) or UNDATED
    capture = Capture(
        url=record.uri,
        fetched=fetched,
        status=status,
        response_head=stored,
        body=body,
        request_head=b"",
        ip=record.header("WARC-IP-Address"),
        tls=_tls(record),
        cipher=record.header("WARC-Cipher-Suite"),
        truncated=record.header("WARC-Truncated"),
        revisit=_profile(record),
    )
    if capture.revisit:
        return replace(capture, response_head=received_head(stored), body=b"")
    if "chunked" in (capture.header("Transfer-Encoding") or "").lower():
        from warcio.bufferedreaders import ChunkedDataReader  # type: ignore[import-untyped]

        # Some writers keep the chunk framing; a body without framing is returned as it is.
        return replace(capture, body=ChunkedDataReader(BytesIO(body)).read())
    return replace(capture, response_head=received_head(stored))


def made_head(kind: str, media_type: bytes) -> bytes:
    """Return the head of a capture that no server sent, by the type of its record and its media type."""
    if kind == "conversion" and not media_type:
        media_type = b"text/plain"  # a WET file
    lines = [b"HTTP/1.1 200 OK", MADE_FROM + b": " + kind.encode()]
    return b"\r\n".join([*lines, b"Content-Type: " + media_type] if media_type else lines)


def _header_date(head: bytes) -> datetime | None:
    match = _DATE.search(head)
    return iso_moment(match[1].decode("latin-1")) if match else None


_DATE = re.compile(rb"(?im)^date:[ \t]*([^\r\n]+)")


def _profile(record: Record) -> str | None:
    if record.kind != "revisit":
        return None
    return (record.header("WARC-Profile") or "").rstrip("/").rpartition("/")[2] or IDENTICAL


def _tls(record: Record) -> str | None:
    protocols = (value for name, value in record.headers if name.lower() == "warc-protocol")
    return next(("TLSv" + value[4:] for value in protocols if value.lower().startswith("tls/")), None)
