"""The final statuses a URL can have, and what they mean for the crawl."""

from __future__ import annotations

FETCHED = "fetched"
REDIRECTED = "redirected"
NOT_ARTICLE = "not_article"
ROBOTS = "robots"
BLOCKED_ADDRESS = "blocked_address"
OUT_OF_SCOPE = "out_of_scope"
DUPLICATE = "duplicate"
NOT_MODIFIED = "not_modified"
"""Asked again and the same: a 304, the same bytes (reason `unchanged`), or the same text in other debris."""
UPDATED = "updated"
"""An article fetched before that has another text now: a new revision."""
VANISHED = "vanished"
"""An article fetched before that is not found any more: its text is kept."""
INTERRUPTED = "interrupted"
"""Of a single URL whose turn did not come; the frontier keeps it waiting."""

POLICY = frozenset({ROBOTS, BLOCKED_ADDRESS})
"""Refused by our own rules; nothing was requested."""
WHOLE = frozenset({FETCHED, UPDATED})
"""What was fetched is an article's text, or a source's links."""
SKIPPED = frozenset({REDIRECTED, OUT_OF_SCOPE, NOT_ARTICLE, DUPLICATE, NOT_MODIFIED, UPDATED, VANISHED})
"""Ended as it should without a new article; neither success nor failure."""
WALLS = frozenset({"teaser", "registration", "paywall", "consent", "blocked"})
"""Access verdicts of a page that shows a reader without an account less than the article."""
UNREQUESTED = POLICY | {REDIRECTED, OUT_OF_SCOPE}
"""Does not count as a page of `max_pages`."""

RETRIED = frozenset({ROBOTS, BLOCKED_ADDRESS})
"""Costs the site nothing, so it is asked again in every run that finds the URL again."""
TRANSIENT = RETRIED | {
    "timeout",
    "dns_error",
    "connection_refused",
    "connection_lost",
    "tls_error",
    "truncated",
    "error",
    "http_408",
    "http_425",
    "http_429",
}
"""What may pass, beside the 5xx: see `is_transient`."""


def is_transient(status: str | None) -> bool:
    """Tell whether *status* may pass: the URL is tried again when a later run finds it again.

    >>> is_transient("http_503"), is_transient("http_404")
    (True, False)
    """
    return status in TRANSIENT or (status or "").startswith("http_5")


def is_failure(status: str) -> bool:
    """Tell whether *status* is a failure: neither an article, nor skipped, nor refused by our own rules."""
    return status != FETCHED and status not in SKIPPED | POLICY


def is_problem(status: str) -> bool:
    """Tell whether *status* is worth telling one by one: a failure, or refused by our own rules."""
    return is_failure(status) or status in POLICY
