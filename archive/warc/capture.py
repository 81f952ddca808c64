"""Define a capture, one HTTP exchange as it was on the wire; decode its body and recognise its media type."""

from __future__ import annotations

import re
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from archive.files.errors import InstallationError, PayloadError
from archive.rights.optouts import Elsewhere, OptOuts, read_opt_outs
from archive.rights.page import OPT_OUT_HEAD

MAX_PAYLOAD = 32 << 20
"""The most bytes that a capture's body is decoded to: 90 times the mean of 1,000 news pages (367 KB, measured)."""

_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of a capture of which no source says when it was made."""


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

    @property
    def is_dated(self) -> bool:
        """Whether it is known when it was made."""
        return self.fetched != UNDATED

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
        return self.decoded(limit).data

    def payload_start(self, size: int) -> bytes:
        """Return the first `size` bytes of the payload, fewer where the body is shorter or damaged."""
        return self.decoded(size, partial=True).data

    def decoded(self, limit: int = MAX_PAYLOAD, *, partial: bool = False) -> Payload:
        """Return the payload with what had to be mended, as `undo` does. Raises PayloadError as `payload` does."""
        partial = partial or self.truncated is not None
        found = undo(self.body, self.codings, limit=limit, partial=partial, is_page=self.content_type in HTML)
        # what a reader asked for is the start, or the connection ended early: only the document's own end tells
        return found.mended(WRONG_LENGTH) if self.truncated and found.is_whole else found

    def stated(self, elsewhere: Elsewhere | None = None) -> OptOuts:
        """Return what its headers, the start of its payload, and *elsewhere* say about the use of its page.

        A payload that cannot be decoded says nothing.
        """
        try:
            start = self.payload_start(OPT_OUT_HEAD)
        except PayloadError:
            start = b""
        return read_opt_outs(self.values, start, elsewhere)

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
PART = 1 << 12
"""Bytes of a packed body that are given to zlib at a time. Of a body of 10 MB in members of 20 bytes, 10,000 take
0.1 s; given whole, each member would copy what follows it."""
MAX_MEMBERS = 10_000
"""Gzip members or zstd frames of a body. Packers write one, or one for each 64 KB."""
MAX_CODINGS = 4
"""Servers use one, rarely two. A longer list only multiplies a compression bomb."""


WRONG_CODING = "wrong-coding"
"""The flag of a page whose body is not coded as its header says, and was read by what its bytes are."""
WRONG_LENGTH = "wrong-length"
"""The flag of a page that is whole though its length, its last chunk or the end of its coding is missing or wrong."""
HTML = frozenset({"text/html", "application/xhtml+xml"})
_BEFORE_GZIP = b"\xef\xbb\xbf \t\r\n"
"""What scripts print before a body that they pack: a byte order mark, blank lines."""
_DOCUMENT_END = re.compile(
    rb"</(?:html|urlset|sitemapindex|rss|feed|rdf:rdf)\s*>(?:\s|<!--(?:(?!-->).)*-->)*\Z", re.I | re.S
)
TAIL = 2048
"""Bytes at the end of a document in which its last tag is looked for: comments of caches stand behind it."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A body with its content coding undone."""

    data: bytes
    flags: tuple[str, ...] = ()
    """What was mended: `wrong-coding`, `wrong-length`."""
    is_whole: bool = True
    """Whether its coding, or the document's last tag, says that nothing is missing."""

    def mended(self, flag: str) -> Payload:
        """Return it with one more flag."""
        return self if flag in self.flags else replace(self, flags=(*self.flags, flag))


class _WrongTrailerError(ValueError):
    """A gzip member is whole, but its check sum or length is missing or another's."""


def ends_whole(document: bytes) -> bool:
    """Tell whether the last tag of a page, feed or sitemap is there, so that nothing is missing.

    >>> ends_whole(b"<html><p>A</p></html><!-- cached -->"), ends_whole(b"<html><p>A")
    (True, False)
    """
    return bool(_DOCUMENT_END.search(document[-TAIL:]))


def decode(body: bytes, codings: str, *, limit: int, partial: bool = False) -> bytes:
    """Return what `undo` returns, without what was mended.

    >>> decode(b"plain", "gzip", limit=100)
    b'plain'
    """
    return undo(body, codings, limit=limit, partial=partial).data


def undo(body: bytes, codings: str, *, limit: int, partial: bool = False, is_page: bool = False) -> Payload:
    """Undo the codings of a Content-Encoding value, last one first, as far as they are the body's.

    Servers and archives that decode a body and leave its header are common, and so are wrong names: where the body is
    not coded as it says, its first bytes decide; text is taken as it is. `is_page`: the body is a page, so it is also
    unpacked where no header says that it is packed.

    A body that is cut off, or larger than `limit` decoded, raises PayloadError; with `partial`, the part that can be
    decoded is returned, at most `limit` bytes. A cut page, feed or sitemap with its last tag is whole.
    """
    names = [name for part in codings.lower().split(",") if (name := part.strip()) not in ("", "identity", "none")]
    if len(names) > MAX_CODINGS:
        raise PayloadError(f"{len(names)} content codings on one body: at most {MAX_CODINGS} are undone")
    found, has_own_end = Payload(body), False
    for name in reversed(names):
        found, has_own_end = _then(found, _undo(name.removeprefix("x-"), found.data, limit, partial)), True
    for _ in range(MAX_CODINGS if is_page else 0):
        if not found.data.startswith(GZIP_MAGIC + b"\x08"):
            break
        found, has_own_end = _then(found, _undo("gzip", found.data, limit, partial)).mended(WRONG_CODING), True
    if len(found.data) > limit and not partial:
        raise PayloadError(f"the body is larger than {limit:,} bytes", is_too_large=True)
    is_whole = found.is_whole if has_own_end and WRONG_CODING not in found.flags else ends_whole(found.data)
    return Payload(found.data[:limit], found.flags, is_whole)


def _then(before: Payload, after: Payload) -> Payload:
    flags = tuple(dict.fromkeys((*before.flags, *after.flags)))
    return Payload(after.data, flags, before.is_whole and after.is_whole)


def _undo(name: str, body: bytes, limit: int, partial: bool) -> Payload:
    """Undo one coding: the one that is named, else the one that the first bytes tell, else none."""
    if not body:
        return Payload(body)
    part, problem, is_cut = b"", f"unknown content coding {name[:40]!r}", False
    for tried in _candidates(name, body):
        start = body.lstrip(_BEFORE_GZIP) if tried == "gzip" else body
        flags = () if tried == name and len(start) == len(body) else (WRONG_CODING,)
        out, error = _unpacked(tried, start, limit, partial)
        if isinstance(error, _WrongTrailerError):
            return Payload(out, (*flags, WRONG_LENGTH))
        if error is None:
            return Payload(out, flags)
        if isinstance(error, PayloadError):
            raise error
        if ends_whole(out):
            return Payload(out, (*flags, WRONG_LENGTH))
        part, problem = part or out, f"the body is not {name[:40]}, as its header says: {error}"
        is_cut = is_cut or isinstance(error, EOFError)
    # a body that is no gzip at all was never one, whatever it is: archives keep the header of what they unpacked
    if _is_text(body) or (name == "gzip" and not _candidates(name, body)):
        return Payload(body, (WRONG_CODING,))
    if part and partial:
        return Payload(part, is_whole=False)
    raise PayloadError(problem, is_cut=is_cut)


def _candidates(name: str, body: bytes) -> tuple[str, ...]:
    """Return the codings that a body may have, the named one first."""
    packed = body.lstrip(_BEFORE_GZIP).startswith(GZIP_MAGIC)
    said = name in _DECODERS and (name != "gzip" or packed)
    by_bytes = {"gzip": packed, "zstd": body.startswith(b"\x28\xb5\x2f\xfd"), "deflate": _is_zlib(body)}
    return ((name,) if said else ()) + tuple(coding for coding, holds in by_bytes.items() if holds and coding != name)


def _is_zlib(body: bytes) -> bool:
    return len(body) > 2 and body[0] == 0x78 and int.from_bytes(body[:2]) % 31 == 0


def _is_text(body: bytes) -> bool:
    return (payload_type(body[:SAMPLE]) or "").startswith(("text/", "application/x", "application/json"))


def _unpacked(name: str, body: bytes, limit: int, partial: bool) -> tuple[bytes, Exception | None]:
    """Return what can be unpacked of a body, and what ended that early."""
    out = bytearray()
    try:
        for piece in _DECODERS[name](body):
            out += piece
            if len(out) > limit:
                if partial:
                    break
                raise PayloadError(f"the decoded body is larger than {limit:,} bytes", is_too_large=True)
    except InstallationError:
        raise
    except Exception as error:  # each library has its own error class, and zstd's name depends on Python's version
        return bytes(out), error
    return bytes(out), None


def _gzip(body: bytes) -> Iterator[bytes]:
    """Yield what the members of a gzip body hold; what follows the last one is padding.

    The trailer is compared here and not by zlib, which keeps back the last piece where it does not fit. A part of it
    that fits, or none at all, is enough: browsers do not look at it.
    """
    wrong, members = False, 0
    start = _gzip_start(body, 0)
    if not start:
        raise ValueError("no gzip header")
    while start:
        stream, check, size = _Stream(zlib.decompressobj(-zlib.MAX_WBITS), body, start), 0, 0
        try:
            for piece in stream:
                check, size = zlib.crc32(piece, check), size + len(piece)
                yield piece
        except zlib.error:
            if size or not members:
                raise
            raise _WrongTrailerError("what follows the last member is none") from None
        trailer, right = body[stream.end : stream.end + 8], struct.pack("<LL", check, size % 2**32)
        if len(trailer) == 8 and trailer[:4] != right[:4] and trailer[4:] != right[4:]:
            raise ValueError("neither its check sum nor its length is right")
        wrong, members = wrong or trailer != right, members + 1
        if members > MAX_MEMBERS:
            raise PayloadError(f"the body has more than {MAX_MEMBERS:,} gzip members")
        padding = _PADDING.match(body, min(stream.end + 8, len(body)))
        start = _gzip_start(body, padding.end() if padding else len(body))
    if wrong:
        raise _WrongTrailerError("the trailer is missing, or another body's")


_PADDING = re.compile(rb"\0*")


def _gzip_start(body: bytes, at: int) -> int:
    """Return where the packed data of the gzip member at a place begins; 0 where none begins there."""
    if len(body) < at + 10 or not body.startswith(GZIP_MAGIC + b"\x08", at):
        return 0
    flags, at = body[at + 3], at + 10
    if flags & 4:
        at += 2 + int.from_bytes(body[at : at + 2], "little")
    for bit in (8, 16):
        if flags & bit:
            at = body.find(b"\0", at) + 1
            if not at:
                return 0
    return at + 2 if flags & 2 else at


def _deflate(body: bytes) -> Iterator[bytes]:
    try:
        zlib.decompressobj().decompress(body[:STEP], 1)
    except zlib.error:  # raw deflate, without zlib's frame, is what some servers send under this name
        yield from _Stream(zlib.decompressobj(-zlib.MAX_WBITS), body)
    else:
        yield from _Stream(zlib.decompressobj(), body)


class _Stream:
    """What a packed stream in a body holds, piece by piece. Raises EOFError where the body ends before it does.

    The body is given to zlib in parts, since zlib copies what it was given and did not use: all that follows a member,
    once for each member.
    """

    def __init__(self, inflater: zlib._Decompress, body: bytes, start: int = 0) -> None:
        self.end = start
        """Where the stream ends in the body, once all pieces are read."""
        self._inflater, self._body = inflater, body

    def __iter__(self) -> Iterator[bytes]:
        inflater, unread = self._inflater, b""
        while not inflater.eof:
            given = unread or self._body[self.end : self.end + PART]
            if not unread:
                self.end += len(given)
            piece = inflater.decompress(given, STEP)
            unread = inflater.unconsumed_tail
            if piece:
                yield piece
            elif not given and not inflater.eof:
                raise EOFError("it is cut off")
        self.end -= len(inflater.unused_data)


def _brotli(body: bytes) -> Iterator[bytes]:
    decoder = _brotli_module().Decompressor()
    yield decoder.process(body, output_buffer_limit=STEP)
    while not decoder.is_finished():
        piece = decoder.process(b"", output_buffer_limit=STEP)
        if not piece:
            raise EOFError("it is cut off")
        yield piece


@cache
def _brotli_module() -> Any:  # noqa: ANN401 - an untyped module
    """Return the module of the package brotli. Raises InstallationError where another package took its name."""
    try:
        import _brotli  # type: ignore[import-not-found]  # brotlipy's `brotli`, which pywb brings, hides that of brotli

        if hasattr(_brotli.Decompressor(), "is_finished"):
            return _brotli
    except ImportError:
        pass
    import brotli  # type: ignore[import-untyped]

    if not hasattr(brotli.Decompressor(), "is_finished"):
        raise InstallationError(
            "brotli is brotlipy here, which cannot be stopped at a limit: run `pip uninstall brotlipy`, "
            "then `pip install --force-reinstall brotli`"
        )
    return brotli


@cache
def zstd_module() -> Any:  # noqa: ANN401 - one of two modules with the same names
    """Return the module that decodes zstd, which depends on Python's version."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def _zstd(body: bytes) -> Iterator[bytes]:
    """Yield what the frames of a zstd body hold. It is given in parts, as to `_Stream`."""
    at = frames = 0
    while at < len(body):
        if frames == MAX_MEMBERS:
            raise PayloadError(f"the body has more than {MAX_MEMBERS:,} zstd frames")
        decoder, frames = zstd_module().ZstdDecompressor(), frames + 1
        while not decoder.eof:
            given = body[at : at + PART] if decoder.needs_input else b""
            at += len(given)
            piece = decoder.decompress(given, STEP)
            if piece:
                yield piece
            elif not given and not decoder.eof:
                raise EOFError("it is cut off")
        at -= len(decoder.unused_data)


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
