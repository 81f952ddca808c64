"""Define the final statuses of URLs, and what they mean for the crawl. Any other HTTP error is `http_<status>`."""

from __future__ import annotations

FETCHED = "fetched"
REDIRECTED = "redirected"
NOT_ARTICLE = "not_article"
SOFT_404 = "soft_404"
"""A page that says, with a status of success, that what was asked for is not there, or that has the same short text
without a date as another page of its host."""
LOGIN_PAGE = "login_page"
"""A page that asks to log in, in place of an article."""
CONSENT_WALL = "consent_wall"
"""A page that asks to consent to cookies, in place of an article."""
ROBOTS = "robots"
ROBOTS_TOO_LARGE = "robots_too_large"
"""The origin's robots.txt has more rules than are read, so nothing of the origin is fetched."""
BLOCKED_ADDRESS = "blocked_address"
OUT_OF_SCOPE = "out_of_scope"
DUPLICATE = "duplicate"
NOT_MODIFIED = "not_modified"
"""Requested again and unchanged: a 304, the same bytes (reason `unchanged`), or the same text in other boilerplate."""
UPDATED = "updated"
"""An article fetched before that now has another text: a new revision."""
VANISHED = "vanished"
"""An article fetched before that is no longer there; its text is kept."""
NOT_HTML = "not_html"
"""The response is no page to clean; the reason says why."""
BAD_SOURCE = "bad_source"
"""A feed, sitemap or section page that cannot be read."""
OVER_BUDGET = "over_budget"
"""A source that was not requested, or whose own sources were not: the run has read as many of its site as it may."""
MAX_SOURCES = 200
"""Most sources of a site that a run reads unless told: an index of 50 parts four times over. A hostile index had 771
read in a minute, with 37,544 waiting."""
TOO_MANY_ELEMENTS = "too_many_elements"
"""A source with more elements than are read."""
TOO_MANY_LINKS = "too_many_links"
"""A section or home page with more links than are read."""
TOO_DEEP = "too_deep"
"""A source whose elements are nested deeper than is read."""
TOO_SLOW = "too_slow"
"""A source that takes longer to read than a source may take."""
TOO_MUCH_MEMORY = "too_much_memory"
"""A source that takes more memory to read than a source may take."""
REDIRECT_LOOP = "redirect_loop"
TOO_LARGE = "too_large"
TRUNCATED = "truncated"
"""The connection ended before the body did."""
BAD_ENCODING = "bad_encoding"
"""The body does not fit its Content-Encoding."""
BAD_RESPONSE = "bad_response"
"""What came is not HTTP."""
DNS_ERROR = "dns_error"
CONNECTION_REFUSED = "connection_refused"
CONNECTION_LOST = "connection_lost"
TLS_ERROR = "tls_error"
TIMEOUT = "timeout"
ERROR = "error"
"""Anything else, a failure of the cleaner included."""
INTERRUPTED = "interrupted"
"""Result for a single URL that was not requested before the crawl stopped; in the frontier it still waits."""

FREE_FAILURES = 2
"""Failures of a host in a row without a pause: one or two bad pages tell nothing about the host."""

POLICY = frozenset({ROBOTS, ROBOTS_TOO_LARGE, BLOCKED_ADDRESS})
"""Refused by our own rules: nothing was requested, so the URL is tried again in every run that finds it again."""
WHOLE = frozenset({FETCHED, UPDATED})
"""The article's text, or the source's links, were read."""
STAND_INS = frozenset({SOFT_404, LOGIN_PAGE, CONSENT_WALL})
"""The page stands in for an article, and has none."""
SKIPPED = STAND_INS | {REDIRECTED, OUT_OF_SCOPE, NOT_ARTICLE, DUPLICATE, NOT_MODIFIED, UPDATED, VANISHED, OVER_BUDGET}
"""Statuses of URLs that are no new article for a good reason; neither success nor failure."""
WALLS = frozenset({"teaser", "registration", "paywall", "consent", "blocked"})
"""Values of `access` of a page that does not show the whole article to a reader without an account."""
UNREQUESTED = POLICY | {REDIRECTED, OUT_OF_SCOPE}
"""Statuses that do not count as a page of `max_pages`."""

NETWORK = frozenset({TIMEOUT, DNS_ERROR, CONNECTION_REFUSED, CONNECTION_LOST, TLS_ERROR})
"""No response came."""
TRANSIENT = POLICY | NETWORK | {TRUNCATED, ERROR, "http_408", "http_425", "http_429"}
"""Failures that may pass, as all 5xx may: see `is_transient`."""


def is_transient(status: str | None) -> bool:
    """Tell whether *status* is a failure that may pass: the URL is tried again when a later run finds it again.

    >>> is_transient("http_503"), is_transient("http_404")
    (True, False)
    """
    return status in TRANSIENT or (status or "").startswith("http_5")


def is_failure(status: str) -> bool:
    """Tell whether *status* is a failure: neither an article, nor skipped, nor refused by our own rules."""
    return status != FETCHED and status not in SKIPPED | POLICY


def is_problem(status: str) -> bool:
    """Tell whether reports list *status* URL by URL: a failure, or refused by our own rules."""
    return is_failure(status) or status in POLICY
