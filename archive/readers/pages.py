"""Decide whether a response is a page to clean, for the crawl and for every command that reads captures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from archive.files.errors import PayloadError
from archive.warc.capture import HTML, SAMPLE, Capture, Payload, is_html_document, payload_type
from archive.warc.reader import MADE_FROM
from cleaners import Page

PAGE_STATUSES = frozenset({200, 203})
"""A proxy that changed the page answers 203. A 206 would be only a part of a page."""
VAGUE = frozenset({"text/plain", "application/octet-stream", "application/xml", "text/xml"})
"""Media types that servers also declare for HTML; the bytes decide."""

Reason = Literal["revisit", "status", "truncated", "empty", "media type", "undecodable"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a response is no page to clean."""

    reason: Reason
    """The kind, by which refusals are counted."""
    detail: str

    def __str__(self) -> str:
        """Return reason and detail for the user."""
        return f"no page ({self.reason}): {self.detail}"


def page_of(capture: Capture, *, payload: Payload | None = None, source: str = "") -> Page | Refusal:
    """Return the page of a capture, read from `source`, or why it is none. Raises nothing.

    `payload`: the body with its content coding undone, if that is known.
    """
    if refusal := refusal_of(capture, payload=payload):
        return refusal
    try:
        found = capture.decoded() if payload is None else payload
    except PayloadError as error:
        return Refusal("undecodable", str(error))
    if is_text(capture, found.data[:SAMPLE]):
        return Page(found.data.decode("utf-8", "replace"), capture.url, is_text=True, source=source)
    return Page(found.data, capture.url, capture.charset, source=source, flags=found.flags)


def is_text(capture: Capture, start: bytes) -> bool:
    """Tell whether a capture is a ready-made text, as in a WET file: no server sent it, and it is no HTML.

    `start`: the first bytes of its payload.
    """
    made_from = (capture.header(MADE_FROM.decode()) or "").lower()
    return made_from == "conversion" and capture.content_type == "text/plain" and not is_html_document(start)


def refusal_of(capture: Capture, *, payload: Payload | None = None) -> Refusal | None:
    """Return why `page_of` refuses a capture, as far as that can be told without decoding all of its body.

    `payload`: the body with its content coding undone, if that is known.
    """
    if capture.status not in PAGE_STATUSES:
        return Refusal("status", f"status {capture.status}")
    if capture.truncated and not _is_whole(capture, payload):
        return Refusal("truncated", f"the body is cut off ({capture.truncated})")
    declared = capture.content_type
    if declared is not None and declared not in HTML | VAGUE:
        return Refusal("media type", declared)
    if capture.revisit and not capture.body:
        return Refusal("revisit", "the body is stored with an earlier capture")
    if not capture.body and not (payload and payload.data):
        return Refusal("empty", "the body is empty")
    if declared in HTML:
        return None
    try:
        start = capture.payload_start(SAMPLE) if payload is None else payload.data[:SAMPLE]
    except PayloadError as error:
        return Refusal("undecodable", str(error))
    if declared is None:
        return None if payload_type(start) == "text/html" else Refusal("media type", "no content type, and no HTML")
    return None if is_html_document(start) or is_text(capture, start) else Refusal("media type", declared)


def _is_whole(capture: Capture, payload: Payload | None) -> bool:
    """Tell whether a page whose connection ended early is whole by its coding's end or its last tag."""
    try:
        return bool(capture.body) and (payload or capture.decoded()).is_whole
    except PayloadError:
        return False


def refusals(counts: Mapping[str, int]) -> str:
    """Return how many responses were refused, by reason, the most frequent first; empty where none was.

    >>> refusals({"status": 1, "media type": 3})
    '4 responses are no pages (3 media type, 1 status)'
    """
    if not (total := sum(counts.values())):
        return ""
    reasons = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    listed = ", ".join(f"{count} {reason}" for reason, count in reasons if count)
    return f"{total} responses are no pages ({listed})" if total > 1 else f"1 response is no page ({listed})"
