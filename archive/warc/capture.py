"""Define a capture, one HTTP exchange as it was on the wire; decode its body and recognise its media type."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from archive.files.errors import PayloadError
from archive.warc.optouts import OptOuts

MAX_PAYLOAD = 32 << 20
"""The most bytes that a capture's body is decoded to: 90 times the mean of 1,000 news pages (367 KB, measured)."""

_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Capture:
    """One request and its response. A head is its lines joined by CRLF, without the blank line behind them."""

    url: str
    fetched: datetime
    """When the request was started; aware, UTC."""
    status: int
    response_head: bytes
    """Status line and header lines as received."""
    body: bytes
    """Transfer-decoded (no chunk framing), still content-coded."""
    request_head: bytes
    """Request line and header lines as sent; empty where an archive has none."""
    ip: str | None = None
    tls: str | None = None
    """Protocol version, such as `TLSv1.3`."""
    cipher: str | None = None
    truncated: str | None = None
    """Why the body is not whole: `length`, `time` or `disconnect`."""
    revisit: str | None = None
    """Why its body is stored with an earlier capture: `identical-payload-digest` or `server-not-modified`."""
    body_coding: str | None = None
    """The body's content coding where the head cannot say it: a 304 with the body of the earlier capture."""
    opt_outs: OptOuts | None = None
    """The site's opt-outs at that time; None where nobody looked."""

    def __post_init__(self) -> None:
        if self.fetched.tzinfo is None:
            raise ValueError("Capture.fetched must be an aware datetime")

    def header(self, name: str) -> str | None:
        """Return the first value of a response header, read as Latin-1, without control characters."""
        return next(self.values(name), None)

    @property
    def content_type(self) -> str | None:
        """The media type the server declared, lower case, without parameters."""
        value = self.header("content-type")
        return (value or "").partition(";")[0].strip().lower() or None

    @property
    def charset(self) -> str | None:
        """The charset parameter of Content-Type, as written."""
        match = _CHARSET.search(self.header("content-type") or "")
        return match[1] if match else None

    def payload(self, limit: int = MAX_PAYLOAD) -> bytes:
        """Return the body with its content coding undone; of a truncated capture, the part that can be decoded.

        Raises PayloadError where it cannot be decoded, or is larger than `limit` bytes decoded.
        """
        return decode(self.body, self.codings, limit=limit, partial=self.truncated is not None)

    def payload_start(self, size: int) -> bytes:
        """Return the first `size` bytes of the payload, fewer where the body is shorter or damaged."""
        return decode(self.body, self.codings, limit=size, partial=True)

    @property
    def codings(self) -> str:
        """The content codings of the body, first applied first, as a Content-Encoding value."""
        return ",".join(self.values("content-encoding")) if self.body_coding is None else self.body_coding

    def values(self, name: str) -> Iterator[str]:
        """Yield all values of a response header, as `header` reads them."""
        wanted = name.lower()
        for line in self.response_head.split(b"\n")[1:]:
            header, colon, value = line.decode("latin-1").partition(":")
            if colon and header.strip().lower() == wanted:
                yield _CONTROL.sub("", value).strip()


STEP = 1 << 16
"""Bytes decoded at a time: the most that a compression bomb can exceed the limit by."""
GZIP_MAGIC = b"\x1f\x8b"
MAX_CODINGS = 4
"""Servers use one, rarely two. A longer list only multiplies a compression bomb."""


def decode(body: bytes, codings: str, *, limit: int, partial: bool = False) -> bytes:
    """Undo the codings of a Content-Encoding value, last one first.

    A body that is cut off, or larger than `limit` decoded, raises PayloadError; with `partial`, the part that can be
    decoded is returned, at most `limit` bytes. `gzip` is ignored where the body is none: servers and archives that
    decode the body and leave the header are common.

    >>> decode(b"plain", "gzip", limit=100)
    b'plain'
    """
    names = [name for part in codings.lower().split(",") if (name := part.strip()) not in ("", "identity", "none")]
    if len(names) > MAX_CODINGS:
        raise PayloadError(f"{len(names)} content codings on one body: at most {MAX_CODINGS} are undone")
    for name in reversed(names):
        body = _undo(name.removeprefix("x-"), body, limit, partial)
    if len(body) > limit and not partial:
        raise PayloadError(f"the body is larger than {limit:,} bytes")
    return body[:limit]


def _undo(name: str, body: bytes, limit: int, partial: bool) -> bytes:
    steps = _DECODERS.get(name)
    if steps is None:
        raise PayloadError(f"unknown content coding {name[:40]!r}")
    if not body or (name == "gzip" and not body.startswith(GZIP_MAGIC)):
        return body
    out = bytearray()
    try:
        for piece in steps(body):
            out += piece
            if len(out) > limit:
                if partial:
                    break
                raise PayloadError(f"the decoded body is larger than {limit:,} bytes")
    except PayloadError:
        raise
    except Exception as error:  # each library has its own error class, and zstd's name depends on Python's version
        if not partial or not out:
            raise PayloadError(f"the body is not {name}, as its header says: {error}") from error
    return bytes(out)


def _gzip(body: bytes) -> Iterator[bytes]:
    while body.startswith(GZIP_MAGIC):  # members may follow each other; what follows the last one is padding
        member = zlib.decompressobj(31)
        yield from _inflate(member, body)
        body = member.unused_data


def _deflate(body: bytes) -> Iterator[bytes]:
    try:
        zlib.decompressobj().decompress(body[:STEP], 1)
    except zlib.error:  # raw deflate, without zlib's frame, is what some servers send under this name
        yield from _inflate(zlib.decompressobj(-zlib.MAX_WBITS), body)
    else:
        yield from _inflate(zlib.decompressobj(), body)


def _inflate(inflater: zlib._Decompress, body: bytes) -> Iterator[bytes]:
    piece = inflater.decompress(body, STEP)
    while piece or inflater.unconsumed_tail:
        yield piece
        piece = inflater.decompress(inflater.unconsumed_tail, STEP)
    if not inflater.eof:
        raise EOFError("it is cut off")


def _brotli(body: bytes) -> Iterator[bytes]:
    import brotli  # type: ignore[import-untyped]

    decoder = brotli.Decompressor()
    yield decoder.process(body, output_buffer_limit=STEP)
    while not decoder.is_finished():
        piece = decoder.process(b"", output_buffer_limit=STEP)
        if not piece:
            raise EOFError("it is cut off")
        yield piece


def _zstd(body: bytes) -> Iterator[bytes]:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    while body:
        decoder = zstd.ZstdDecompressor()
        yield decoder.decompress(body, STEP)
        while not decoder.eof:
            piece = decoder.decompress(b"", STEP)
            if not piece:
                raise EOFError("it is cut off")
            yield piece
        body = decoder.unused_data


_Decoder = Callable[[bytes], Iterator[bytes]]
_DECODERS: dict[str, _Decoder] = {"gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd}


SAMPLE = 2048
"""Bytes that decide the media type. The WHATWG sniffer takes 1,445; a feed that begins with a comment needs more."""

_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"PK\x03\x04", "application/zip"),
    (b"wOF2", "font/woff2"),
    (b"wOFF", "font/woff"),
)
_MARKUP = (
    (
        re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta|script|div|table|p|h1)[\s>]", re.IGNORECASE),
        "text/html",
    ),
    (re.compile(rb"<rss[\s>]"), "application/rss+xml"),
    (re.compile(rb"<(?:\w+:)?feed[\s>]"), "application/atom+xml"),
    (re.compile(rb"<svg[\s>]"), "image/svg+xml"),
    (re.compile(rb"<\?xml[\s>]"), "application/xml"),
)
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_BOM = b"\xef\xbb\xbf"


def payload_type(start: bytes) -> str | None:
    """Return the media type of a payload that begins with these bytes, or None for an empty one.

    >>> payload_type(b"  <!DOCTYPE html><title>A</title>")
    'text/html'
    >>> payload_type(b"<?xml version='1.0'?><rss version='2.0'>")
    'application/rss+xml'
    """
    if not start:
        return None
    for signature, name in _SIGNATURES:
        if start.startswith(signature):
            return name
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    start = _without_utf16(start)
    if _BINARY.search(start):
        return "application/octet-stream"
    text = start.removeprefix(_BOM).lstrip()
    if text.startswith(b"<"):
        return _markup_type(text)
    return "application/json" if re.match(rb'[{\[]\s*["{\[\]}]', text) else "text/plain"


def is_html_document(start: bytes) -> bool:
    """Tell whether a payload that begins with these bytes says of itself that it is an HTML document, not a fragment.

    >>> is_html_document(b"<!DOCTYPE html><title>A</title>"), is_html_document(b"<p>A paragraph")
    (True, False)
    """
    text = _without_utf16(start).removeprefix(_BOM).lstrip().lower()
    return text.startswith(b"<") and (b"<html" in text or b"<!doctype html" in text)


def _without_utf16(start: bytes) -> bytes:
    # in UTF-16, each ASCII character has a zero byte beside it
    return start[2:].replace(b"\0", b"") if start.startswith((b"\xff\xfe", b"\xfe\xff")) else start


def _markup_type(text: bytes) -> str:
    places = [(match.start(), name) for pattern, name in _MARKUP if (match := pattern.search(text))]
    # an XML declaration counts only where no root element is recognised
    roots = [place for place in places if place[1] != "application/xml"]
    if roots:
        return min(roots)[1]
    return "application/xml" if places else "text/plain"
