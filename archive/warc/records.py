"""Build WARC records as bytes, one gzip member each, and read cleaned texts. The same input gives the same bytes.

Which bytes depends on what packs them: libdeflate where the extra `fast` is installed, else zlib.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import string
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from archive.files.errors import ArchiveError, PayloadError, UnreadableError
from archive.files.layout import locate, text_folder
from archive.warc.capture import SAMPLE, Capture, payload_type
from archive.warc.scan import MAX_BLOCK, Damage, Record, record_date, scan
from archive.warc.streams import MAX_HEAD, head_cost
from cleaners import Article

try:
    import deflate
except ImportError:  # zlib packs where the extra `fast` is not installed
    deflate = None  # type: ignore[assignment]

VERSION = "WARC/1.1"
LEVEL = 6
"""The gzip level. Every second page of fundus-dev takes 3.5 ms and 64.8 KB with libdeflate, 8.2 ms and 65.2 KB with
zlib (2026-11-30, busy cores)."""
CONFORMS_TO = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"

PROFILES = "http://netpreserve.org/warc/1.1/revisit/"
IDENTICAL, NOT_MODIFIED = "identical-payload-digest", "server-not-modified"

FIELDS_TYPE = "application/warc-fields"

SECRET_HEADERS = frozenset({b"cookie", b"authorization", b"proxy-authorization"})
REDACTED = b"[redacted]"

_SCHEME_AND_HOST = re.compile(r"(https?://)((?:[^/?#@]{0,2000}@)?)([^/?#@]*)", re.I)
_URI_SIGNS = "".join(set(string.punctuation) - set('<>"'))
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TRANSFER = re.compile(rb"(?im)^(?=transfer-encoding[ \t]*:)")
_KEPT_TRANSFER = re.compile(rb"(?im)^x-archive-orig-(?=transfer-encoding[ \t]*:)")

Fields = Iterable[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class ExchangeRecords:
    """A response record with its metadata and request records, to be appended in one write."""

    data: bytes
    response_start: int
    """Where the response record begins: a metadata record may come before it."""
    response_length: int
    url: str
    """The URL as written in WARC-Target-URI."""
    payload_digest: str


@dataclass(frozen=True, slots=True)
class Original:
    """The record that a revisit refers to."""

    profile: str
    """IDENTICAL or NOT_MODIFIED."""
    record_id: str
    url: str
    date: datetime
    payload_digest: str


def record(
    kind: str,
    record_id: str,
    date: datetime,
    block: bytes,
    *,
    content_type: str,
    payload_digest: str | None = None,
    fields: Fields = (),
) -> bytes:
    """Return one record as a gzip member.

    `payload_digest` is that of the body in an HTTP block; without it, only the block has a digest.
    Fields whose value is None are left out, and control characters in values become a space. Raises UnreadableError
    where the record would be larger than what `scan` reads.
    """
    named = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Date", warc_date(date)),
        *((name, _CONTROL.sub(" ", value)) for name, value in fields if value is not None),
        ("WARC-Block-Digest", digest(block)),
    ]
    if payload_digest is not None:
        named.append(("WARC-Payload-Digest", payload_digest))
    size = len(block)
    lines = [*named, ("Content-Type", content_type), ("Content-Length", f"{size}")]
    if size > MAX_BLOCK or head_cost(lines) > MAX_HEAD:
        what = "more than a record can hold" if size > MAX_BLOCK else "a record header that no reader takes"
        raise UnreadableError(f"{dict(named).get('WARC-Target-URI', kind)[:200]}: {what}: not stored")
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    return packed(b"".join((f"{VERSION}\r\n{head}\r\n".encode(), block, b"\r\n\r\n")))


def packed(content: bytes) -> bytes:
    """Return an uncompressed record as the gzip member that is written."""
    if deflate is not None:
        return bytes(deflate.gzip_compress(content, LEVEL))
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(content) + packer.flush()


def warcinfo(record_id: str, date: datetime, filename: str, info: Mapping[str, str]) -> bytes:
    """Return the record that every file begins with; `info` becomes its lines."""
    block = fields_block((name, value) for name, value in info.items() if value)
    fields = (("WARC-Filename", filename),)
    return record("warcinfo", record_id, date, block, content_type=FIELDS_TYPE, fields=fields)


def file_info(software: str, collection: str) -> dict[str, str]:
    """Return the lines that every warcinfo record has."""
    described = {"software": software, "format": "WARC File Format 1.1", "conformsTo": CONFORMS_TO}
    return described | {"isPartOf": collection}


def exchange(
    capture: Capture,
    response_id: str,
    request_id: str,
    warcinfo_id: str,
    payload_digest: str,
    original: Original | None = None,
) -> ExchangeRecords:
    """Return the response record (with `original` a revisit), with the opt-outs before it and the request behind it.
    `payload_digest`: that of the capture's body."""
    uri = target_uri(capture.url)
    common: list[tuple[str, str | None]] = [
        ("WARC-Target-URI", uri),
        ("WARC-Warcinfo-ID", f"<{warcinfo_id}>"),
        ("WARC-IP-Address", capture.ip),
    ]
    head = stored_head(capture.response_head) + b"\r\n\r\n"
    response = record(
        "revisit" if original else "response",
        response_id,
        capture.fetched,
        head if original else head + capture.body,
        content_type="application/http; msgtype=response",
        payload_digest=None if original else payload_digest,
        fields=[*common, *_protocols(capture), *(_referring(original) if original else _body_fields(capture))],
    )
    request = b"" if not capture.request_head else record(
        "request",
        request_id,
        capture.fetched,
        redacted(_head(capture.request_head)) + b"\r\n\r\n",
        content_type="application/http; msgtype=request",
        payload_digest=NO_BODY,
        fields=[*common, ("WARC-Concurrent-To", f"<{response_id}>")],
    )  # fmt: skip
    metadata = _metadata_record(capture, response_id, common)
    data = metadata + response + request
    kept = original.payload_digest if original else payload_digest
    return ExchangeRecords(data, len(metadata), len(response), uri, kept)


def _metadata_record(capture: Capture, response_id: str, common: Fields) -> bytes:
    """Return the metadata record with the opt-outs of a capture; empty bytes where nobody looked for any."""
    # It comes before the response, so that one pass reads both. It is no JSON, which cdxj-indexer would take for a
    # page. Its id is derived from the response's id.
    if capture.opt_outs is None:
        return b""
    record_id = uuid5(NAMESPACE_URL, f"{response_id}#metadata").urn
    concurrent = ("WARC-Concurrent-To", f"<{response_id}>")
    fields = [*((name, value) for name, value in common if name != "WARC-IP-Address"), concurrent]
    block = fields_block(capture.opt_outs.fields())
    return record("metadata", record_id, capture.fetched, block, content_type=FIELDS_TYPE, fields=fields)


def fields_block(fields: Iterable[tuple[str, str]]) -> bytes:
    """Return lines of `name: value` (application/warc-fields)."""
    lines = [f"{name}: {_CONTROL.sub(' ', value)}\r\n" for name, value in fields]
    return "".join(lines).encode("utf-8", "replace")


def stored_head(received: bytes) -> bytes:
    """Return a response head as it is stored: with CRLF line ends, and `Transfer-Encoding` under another name."""
    return _TRANSFER.sub(b"X-Archive-Orig-", _head(received))


def received_head(stored: bytes) -> bytes:
    """Return a stored response head as it was received: `Transfer-Encoding` under its own name again."""
    return _KEPT_TRANSFER.sub(b"", stored)


def redacted(head: bytes) -> bytes:
    r"""Return a request head without the values of cookies and credentials.

    >>> redacted(b"GET / HTTP/1.1\r\nCookie: a=b\r\nHost: a.example")
    b'GET / HTTP/1.1\r\nCookie: [redacted]\r\nHost: a.example'
    """
    lines: list[bytes] = []
    secret = False
    for line in head.split(b"\r\n"):
        if line[:1] in (b" ", b"\t"):  # a folded line belongs to the header above it
            if not secret:
                lines.append(line)
            continue
        name = line.partition(b":")[0]
        secret = name.strip().lower() in SECRET_HEADERS
        lines.append(name + b": " + REDACTED if secret else line)
    return b"\r\n".join(lines)


def target_uri(url: str) -> str:
    r"""Percent-encode what a header may not hold of a URL: `<`, `>`, `"` and all but printable ASCII. Scheme and host
    are written small, as they mean the same and indexers know only `http`.

    >>> target_uri("https://a.example/\r\nx é?q=%20&r=1")
    'https://a.example/%0D%0Ax%20%C3%A9?q=%20&r=1'
    >>> target_uri("HTTPS://Me@Post.Example:443/News")
    'https://Me@post.example:443/News'
    """
    if start := _SCHEME_AND_HOST.match(url):
        url = f"{start[1].lower()}{start[2]}{start[3].lower()}{url[start.end() :]}"
    return quote(url, safe=_URI_SIGNS, errors="replace")


def warc_date(moment: datetime) -> str:
    """Return a WARC 1.1 date: in UTC, with microseconds if there are any."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def digest(data: bytes) -> str:
    """Return the SHA-1 as `sha1:` and base32, the form that CDX and pywb look up."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode("ascii")


NO_BODY = digest(b"")


def _head(head: bytes) -> bytes:
    """Return a head with CRLF line ends and without blank lines: one would end the head early for every reader."""
    lines = (line.removesuffix(b"\r") for line in head.split(b"\n"))
    return b"\r\n".join(line for line in lines if line.decode("latin-1").strip())


def _protocols(capture: Capture) -> Fields:
    version = capture.response_head.partition(b" ")[0].decode("latin-1").lower()
    if re.fullmatch(r"http/\d(\.\d)?", version):
        yield "WARC-Protocol", version
    if capture.tls:
        yield "WARC-Protocol", capture.tls.lower().replace("tlsv", "tls/")
        yield "WARC-Cipher-Suite", capture.cipher


def _referring(original: Original) -> Fields:
    yield "WARC-Profile", PROFILES + original.profile
    yield "WARC-Refers-To", f"<{original.record_id}>"
    yield "WARC-Refers-To-Target-URI", original.url
    yield "WARC-Refers-To-Date", warc_date(original.date)
    yield "WARC-Payload-Digest", original.payload_digest


def _body_fields(capture: Capture) -> Fields:
    yield "WARC-Truncated", capture.truncated
    with suppress(PayloadError):
        yield "WARC-Identified-Payload-Type", payload_type(capture.payload_start(SAMPLE))


LEFT_OUT = frozenset({"text", "blocks"})
"""Fields of an article that its metadata record lacks: the conversion record is the text, blocks can be made again."""


@dataclass(frozen=True, slots=True)
class TextRecord:
    """One cleaned text as it is stored."""

    record_id: str
    """The conversion record's id."""
    capture_id: str
    """The id of the response record it was made from."""
    url: str
    stored: datetime
    text: str
    metadata: Mapping[str, Any]
    """The Article's fields without `text` and `blocks`, and `text_sha256`, `software`."""
    offset: int = 0
    length: int = 0
    """Bytes of both records in the file."""


def text_records(text: TextRecord, *, metadata_id: str, warcinfo_id: str) -> bytes:
    """Return a text's conversion record, and the metadata record behind it."""
    common = (("WARC-Target-URI", text.url), ("WARC-Warcinfo-ID", f"<{warcinfo_id}>"))
    conversion = record(
        "conversion", text.record_id, text.stored, text.text.encode("utf-8", "replace"),
        content_type="text/plain; charset=utf-8", fields=[*common, ("WARC-Refers-To", f"<{text.capture_id}>")],
    )  # fmt: skip
    block = json.dumps(text.metadata, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    described = record(
        "metadata", metadata_id, text.stored, block,
        content_type="application/json", fields=[*common, ("WARC-Refers-To", f"<{text.record_id}>")],
    )  # fmt: skip
    return conversion + described


def metadata(article: Article, software: str) -> dict[str, Any]:
    """Return what the metadata record says about an article."""
    return article.as_dict(without=LEFT_OUT) | {"text_sha256": text_sha256(article.text), "software": software}


def text_sha256(text: str) -> str:
    """Return the sha256 of a text in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def read_texts(path: Path, *, offset: int = 0, items: Iterable[Record | Damage] | None = None) -> Iterator[TextRecord]:
    """Yield the texts of a .wet.gz file from `offset` on. A text without its metadata record is passed over.

    `items`: the results of `scan`, if they are known.
    """
    conversion: Record | None = None
    for item in scan(path, offset) if items is None else items:
        if not isinstance(item, Record):
            continue
        if item.kind == "conversion":
            conversion = item
        elif item.kind == "metadata" and conversion and item.refers_to == conversion.record_id:
            if text := _text_record(conversion, item):
                yield text
            conversion = None


def read_text(root: Path, collection: str, file: str, offset: int) -> TextRecord:
    """Return the text at an offset. Raises ArchiveError where none begins there."""
    path = locate(text_folder(root, collection), file)
    text = next(read_texts(path, offset=offset), None)
    if text is None or text.offset != offset:
        raise ArchiveError(f"{path}: no text record at offset {offset}: run `pressclip archive verify`")
    return text


def _text_record(conversion: Record, described: Record) -> TextRecord | None:
    """Return the text of two records; None where one of them cannot be read."""
    stored = record_date(conversion)
    if conversion.block is None or described.block is None or stored is None:
        return None
    try:
        document = json.loads(described.block)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    return TextRecord(
        record_id=conversion.record_id,
        capture_id=conversion.refers_to,
        url=conversion.uri,
        stored=stored,
        text=conversion.block.decode("utf-8", "replace"),
        metadata=document,
        offset=conversion.offset,
        length=described.offset + described.length - conversion.offset,
    )
