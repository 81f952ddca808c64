"""Decide whether a response is a page to clean, for the crawl and for every command that reads captures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from archive.files.errors import PayloadError
from archive.warc.capture import SAMPLE, Capture, is_html_document, payload_type
from cleaners import Page

PAGE_STATUSES = frozenset({200, 203})
"""A proxy that changed the page answers 203. A 206 would be only a part of a page."""
HTML = frozenset({"text/html", "application/xhtml+xml"})
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


def page_of(capture: Capture, *, payload: bytes | None = None, source: str = "") -> Page | Refusal:
    """Return the page of a capture, read from `source`, or why it is none. Raises nothing.

    `payload`: the body with its content coding undone, if that is known.
    """
    if refusal := refusal_of(capture, payload=payload):
        return refusal
    try:
        html = capture.payload() if payload is None else payload
    except PayloadError as error:
        return Refusal("undecodable", str(error))
    return Page(html, capture.url, capture.charset, source=source)


def refusal_of(capture: Capture, *, payload: bytes | None = None) -> Refusal | None:
    """Return why `page_of` refuses a capture, as far as that can be told without decoding all of its body.

    `payload`: the body with its content coding undone, if that is known.
    """
    if capture.status not in PAGE_STATUSES:
        return Refusal("status", f"status {capture.status}")
    if capture.truncated:
        return Refusal("truncated", f"the body is cut off ({capture.truncated})")
    declared = capture.content_type
    if declared is not None and declared not in HTML | VAGUE:
        return Refusal("media type", declared)
    if capture.revisit and not capture.body:
        return Refusal("revisit", "the body is stored with an earlier capture")
    if not capture.body and not payload:
        return Refusal("empty", "the body is empty")
    if declared in HTML:
        return None
    try:
        start = capture.payload_start(SAMPLE) if payload is None else payload[:SAMPLE]
    except PayloadError as error:
        return Refusal("undecodable", str(error))
    if declared is None:
        return None if payload_type(start) == "text/html" else Refusal("media type", "no content type, and no HTML")
    return None if is_html_document(start) else Refusal("media type", declared)


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
