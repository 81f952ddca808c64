"""From a capture to its article, in whatever process: within bounds, and whatever happens there is an answer."""

from __future__ import annotations

from dataclasses import dataclass

from archive.files.errors import PayloadError
from archive.warc.capture import Capture
from archive.warc.payload import SAMPLE, payload_type
from cleaners import Article, Page, RuleSet, clean_page

HTML = frozenset({"text/html", "application/xhtml+xml"})


@dataclass(frozen=True, slots=True)
class CleanTask:
    """A stored capture that is to be cleaned."""

    capture_id: str
    """The record id under which it is stored."""
    offset: int
    """Where it lies in the file that it came from."""
    capture: Capture


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The article of a capture, or why there is none."""

    capture_id: str
    offset: int
    url: str
    article: Article | None
    reason: str = ""


def is_page(capture: Capture) -> bool:
    """Tell whether a capture is an HTML page that the server answered with 200, by its header or its first bytes."""
    if capture.status != 200 or not capture.body:
        return False
    try:
        return is_html(capture)
    except PayloadError:
        return False


def is_html(capture: Capture) -> bool:
    """Tell whether a body is HTML, by its header or its first bytes. Raises PayloadError where these cannot be read."""
    if capture.content_type:
        return capture.content_type in HTML
    return payload_type(capture.payload_start(SAMPLE)) == "text/html"


def clean_task(task: CleanTask, rules: RuleSet | None = None) -> Cleaned:
    """Clean one capture; one that cannot be decoded within the limit has no article."""
    capture = task.capture
    try:
        page = Page(capture.payload(), capture.url, capture.charset)
    except PayloadError as error:
        return _without(task, str(error))
    article = clean_page(page, rules)
    if article.failure:
        return _without(task, f"cleaning failed ({article.failure})")
    return Cleaned(task.capture_id, task.offset, capture.url, article)


def lost(task: CleanTask, reason: str) -> Cleaned:
    """Answer for a capture that took its process down with it."""
    return _without(task, "cleaning ended its process")


def _without(task: CleanTask, reason: str) -> Cleaned:
    return Cleaned(task.capture_id, task.offset, task.capture.url, None, reason)
