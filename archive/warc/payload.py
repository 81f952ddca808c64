"""Payloads: undo content codings (gzip, deflate, br, zstd) within a bound, and name the media type by the bytes."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable, Iterator

from archive.files.errors import PayloadError

STEP = 1 << 16
"""Bytes decoded at a time: the most that a compression bomb can exceed the limit by."""
GZIP_MAGIC = b"\x1f\x8b"
MAX_CODINGS = 4
"""Servers use one, rarely two. A longer list only multiplies a compression bomb."""


def decode(body: bytes, codings: str, *, limit: int, partial: bool = False) -> bytes:
    """Undo the codings of a Content-Encoding value, last one first.

    A body that is cut off, or larger than `limit` decoded, raises PayloadError; with `partial`, the part that can be
    decoded is returned, at most `limit` bytes. A coding that the body plainly does not have is ignored: servers and
    archives that decode the body and leave the header are common.

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
    out = bytearray()
    if not body or (name == "gzip" and not body.startswith(GZIP_MAGIC)):
        return body
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


_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}


SAMPLE = 2048
"""Bytes looked at. The WHATWG sniffer takes 1,445; a comment before the root element of a feed needs more."""

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
    # in UTF-16, ASCII characters stand between zero bytes
    return start[2:].replace(b"\0", b"") if start.startswith((b"\xff\xfe", b"\xfe\xff")) else start


def _markup_type(text: bytes) -> str:
    places = [(match.start(), name) for pattern, name in _MARKUP if (match := pattern.search(text))]
    # the root element says more than an XML declaration, which counts only where no root element is known
    roots = [place for place in places if place[1] != "application/xml"]
    if roots:
        return min(roots)[1]
    return "application/xml" if places else "text/plain"
