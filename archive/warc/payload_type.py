"""What a payload is by its own bytes, whatever the server called it (WARC-Identified-Payload-Type)."""

from __future__ import annotations

import re

SAMPLE = 2048
"""Bytes looked at. The WHATWG sniffer takes 1445; a comment before a feed's root element needs a little more."""

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
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16: its ASCII signs stand between zero bytes
        start = start[2:].replace(b"\0", b"")
    if _BINARY.search(start):
        return "application/octet-stream"
    text = start.removeprefix(_BOM).lstrip()
    if text.startswith(b"<"):
        return _markup_type(text)
    return "application/json" if re.match(rb'[{\[]\s*["{\[\]}]', text) else "text/plain"


def _markup_type(text: bytes) -> str:
    places = [(found.start(), name) for pattern, name in _MARKUP if (found := pattern.search(text))]
    # An XML declaration says little: what its root element is says more, so it counts only when nothing follows.
    roots = [place for place in places if place[1] != "application/xml"]
    if roots:
        return min(roots)[1]
    return "application/xml" if places else "text/plain"
