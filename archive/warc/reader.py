"""Read the HTTP exchanges in WARC files, our own and foreign ones, also damaged ones, within bounds."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from archive.files.errors import ArchiveError
from archive.warc.capture import Capture
from archive.warc.optouts import OptOuts
from archive.warc.records import IDENTICAL, received_head
from archive.warc.scan import MAX_BLOCK, Damage, Record, record_date, scan

MAX_HTTP_HEAD = 256 << 10
"""The most bytes of header lines in an HTTP message, for the writer and for every reader. Servers and browsers accept 8
to 64 KiB. A head of this size in 65,000 lines takes cdxj-indexer 0.9 s and 50 MB (measured)."""

WEB = ("http://", "https://")
"""How the URL of a capture begins."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A response record and its capture."""

    record: Record
    capture: Capture


def read_warc(path: Path, *, offset: int | None = None) -> Iterator[Capture]:
    """Yield the HTTP responses of a .warc or .warc.gz file, from `offset` on, each with its request if there is one.

    A revisit record has its own head, an empty body and `revisit` set: its body may be in another file (`read_capture`
    finds it). Other records, and those larger than `scan.MAX_BLOCK`, are passed over. Damage is logged, and reading
    goes on with the next whole record. Raises ArchiveError where the file cannot be read or has no WARC record.
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
        elif item.kind in ("response", "revisit") and (capture := capture_of(item)):
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
    places = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := block.find(mark)) >= 0]
    if not places:
        return block.rstrip(b"\r\n"), b""
    at, length = min(places)
    return block[:at], block[at + length :]


def has_endless_head(block: bytes) -> bool:
    """Tell whether the head of an HTTP message is larger than MAX_HTTP_HEAD: parsed, it would take gigabytes."""
    return len(head_and_body(block[: MAX_HTTP_HEAD + 4])[0]) > MAX_HTTP_HEAD


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
    if record.block is None:
        return f"larger than {MAX_BLOCK >> 20} MB"
    if record_date(record) is None:
        return "no valid WARC-Date"
    # the whole block is not searched for the end of its head
    return head_problem(head_and_body(record.block[: MAX_HTTP_HEAD + 4])[0])


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
    """Return the capture of a response or revisit record, without its request; None where it is no HTTP response."""
    is_web = record.uri.lower().startswith(WEB)
    if record.block is None or not is_web or has_endless_head(record.block):
        return None
    stored, body = head_and_body(record.block)
    status, fetched = _status(stored), record_date(record)
    if status is None or fetched is None:
        return None
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


def _profile(record: Record) -> str | None:
    if record.kind != "revisit":
        return None
    return (record.header("WARC-Profile") or "").rstrip("/").rpartition("/")[2] or IDENTICAL


def _tls(record: Record) -> str | None:
    protocols = (value for name, value in record.headers if name.lower() == "warc-protocol")
    return next(("TLSv" + value[4:] for value in protocols if value.lower().startswith("tls/")), None)
