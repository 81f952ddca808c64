"""What a WARC record says about itself, held against what it is."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO

from warcio.bufferedreaders import ChunkedDataReader  # type: ignore[import-untyped]

from archive.warc.reader import head_and_body, record_date
from archive.warc.scan import Record

KINDS = frozenset({"warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation"})
ONCE = ("WARC-Type", "WARC-Record-ID", "WARC-Date", "Content-Length")
"""Headers that every record has exactly once (WARC 1.1, section 5)."""
ALGORITHMS = {"sha1": 20, "sha256": 32, "md5": 16, "sha512": 64}
"""Digest algorithms that archives use, and their sizes in bytes."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding[ \t]*:.*chunked")


def problems(record: Record) -> Iterator[str]:
    """Yield what is wrong with a record."""
    yield from _grammar(record)
    if record.block is None:
        return
    block = record.header("WARC-Block-Digest")
    if block is not None and (wrong := _differs(block, record.block)):
        yield f"WARC-Block-Digest {wrong}"
    payload = record.header("WARC-Payload-Digest")
    if payload is not None and record.kind != "revisit":  # a revisit names the digest of a body it does not hold
        verdicts = [_differs(payload, body) for body in _payloads(record)]
        if all(verdicts):
            yield f"WARC-Payload-Digest {verdicts[0]}"


def _grammar(record: Record) -> Iterator[str]:
    for name in ONCE:
        count = sum(found.lower() == name.lower() for found, _ in record.headers)
        if count != 1:
            yield f"{name} stands {count} times, not once"
    if record.kind and record.kind not in KINDS:
        yield f"unknown WARC-Type {record.kind[:40]!r}"
    if record.header("WARC-Date") is not None and record_date(record) is None:
        yield "WARC-Date is no date"
    if record.header("WARC-Record-ID") is not None and not _URI.fullmatch(record.record_id):
        yield "WARC-Record-ID is no URI in angle brackets"
    if record.kind in ("response", "request", "revisit", "conversion", "resource") and not record.uri:
        yield "WARC-Target-URI is missing"
    for name, value in record.headers:
        if _CONTROL.search(name + value):
            yield f"header {name[:40]!r} holds control characters"


def _payloads(record: Record) -> Iterator[bytes]:
    """Yield what the payload digest may cover: archives do not agree on bodies that are still in chunks."""
    block = record.block or b""
    if not (record.header("Content-Type") or "").lower().startswith("application/http"):
        yield block
        return
    head, body = head_and_body(block)
    yield body
    if _CHUNKED.search(head):
        with suppress(Exception):  # the framing may be anything
            yield ChunkedDataReader(BytesIO(body)).read()


def _differs(said: str, data: bytes) -> str | None:
    """Return how a digest differs from what the data has; None where it agrees."""
    name, _, value = said.partition(":")
    name = name.strip().lower().replace("sha-", "sha")
    if name not in ALGORITHMS:
        return f"{said[:80]!r} is of no known kind"
    found = hashlib.new(name, data, usedforsecurity=False).digest()
    value = value.strip()
    if value.lower() == found.hex() or value.upper().rstrip("=") == base64.b32encode(found).decode().rstrip("="):
        return None
    if value.rstrip("=") == base64.b64encode(found).decode().rstrip("="):
        return None
    return f"{value[:80]} does not fit the bytes"
