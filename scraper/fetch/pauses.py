"""Hosts that are left alone for a while: they ask for it (Retry-After), or fail again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import time

from scraper.frontier import Frontier
from scraper.outcomes import REDIRECTED, UNREQUESTED

MAX_RETRY_AFTER = 24 * 3600.0
"""Longest Retry-After kept, as Media Cloud caps it: a wrong number must not end a site's crawl for years."""
MAX_HOLD = 300.0
"""Longest that a crawl with nothing else to do waits for a host; beyond it, its URLs wait for the next run."""
PAUSE_DELAYS = 15
"""First pause of a failing host as a multiple of the delay between requests: 30 s at the default of 2 s, which is what
Media Cloud waits after a 429. Without a delay (own servers, tests) there are no pauses."""
MAX_PAUSE = 3600.0
"""Longest pause: each one doubles the last."""
FREE_FAILURES = 2
"""Failures in a row without a pause: one bad page, or two, say nothing about the host."""
MAX_FAILURES = 5
"""Failures in a row from which a pause is longer than a crawl waits: the rest of the host is for the next run."""
TRIES = 3
"""Leases of a URL after which a Retry-After for it no longer puts it back: as often as after other errors."""

_FAILURES = frozenset({"timeout", "dns_error", "connection_refused", "connection_lost", "tls_error", "bad_response"})


@dataclass(frozen=True, slots=True)
class Pause:
    """A host that is left alone."""

    until: float
    status: str
    """That of the last failure."""
    reason: str


@dataclass(frozen=True, slots=True)
class HeldHost:
    """A host that is left alone at the end of a run, for its report."""

    host: str
    until: str
    """ISO 8601, UTC."""
    status: str
    reason: str


class Pauses:
    """What a crawl knows of its hosts: holds go into the frontier, for other workers and the next run."""

    def __init__(self, frontier: Frontier, delay: float, *, now: Callable[[], float] = time) -> None:
        self.on_hold: Callable[[str], None] = lambda host: None
        """Called with each host that is held, so that what is queued for it goes back."""
        self._frontier = frontier
        self.first = PAUSE_DELAYS * delay
        self._now = now
        self._pauses: dict[str, Pause] = {}
        self._failures: dict[str, int] = {}

    def held(self, host: str) -> Pause | None:
        """Return why *host* is not asked now, None where it may be."""
        pause = self._pauses.get(host)
        if pause is not None and pause.until <= self._now():
            return None
        return pause

    def hold(self, host: str, seconds: float, status: str, reason: str) -> None:
        """Leave *host* alone for *seconds*; a longer hold stays."""
        until = self._now() + min(seconds, MAX_RETRY_AFTER)
        known = self._pauses.get(host)
        if known is None or known.until < until:
            self._pauses[host] = Pause(until, status, reason)
        self._frontier.hold(host, until)
        self.on_hold(host)

    def ended(self, host: str, status: str) -> None:
        """Take note of a URL's ending: failures in a row make pauses that grow, anything else ends the row."""
        if status in UNREQUESTED and status != REDIRECTED:
            return
        before = self._failures.get(host)
        if before is None:
            before = self._failures[host] = self._frontier.held(host)[1]
        if not is_host_failure(status):
            if before:
                self._failures[host] = 0
                self._frontier.hold(host, 0.0, failures=0)
            return
        failures = self._failures[host] = before + 1
        seconds = min(self.first * 2 ** min(failures - FREE_FAILURES - 1, 30), MAX_PAUSE)
        if failures >= MAX_FAILURES and seconds:
            seconds = max(seconds, 2 * MAX_HOLD)
        pausing = failures > FREE_FAILURES and seconds > 0
        self._frontier.hold(host, self._now() + seconds if pausing else 0.0, failures=failures)
        if pausing:
            self.hold(host, seconds, status, f"{failures} failures in a row, the last: {status}")

    def report(self, sites: Sequence[str]) -> tuple[HeldHost, ...]:
        """Return the hosts that are held with URLs of *sites* waiting."""
        earlier = Pause(0.0, "", "since an earlier run")
        return tuple(
            HeldHost(
                hold.host,
                datetime.fromtimestamp(hold.until, UTC).isoformat(timespec="seconds"),
                (why := self._pauses.get(hold.host, earlier)).status,
                why.reason,
            )
            for hold in self._frontier.holds(sites)
        )


def is_host_failure(status: str) -> bool:
    """Tell whether a URL's *status* speaks against its host.

    >>> is_host_failure("timeout"), is_host_failure("http_502"), is_host_failure("http_404")
    (True, True, False)
    """
    return status in _FAILURES or status == "http_429" or status.startswith("http_5")


def utc_now() -> datetime:
    """Return the time by which dates in Retry-After are read."""
    return datetime.now(UTC)


def seconds_to_wait(value: bytes | None, now: datetime | None = None) -> float:
    """Return the seconds that a Retry-After *value* asks for, given as a number or as a date; 0 where it says nothing.

    >>> seconds_to_wait(b"120", datetime(2026, 11, 21, tzinfo=UTC))
    120.0
    >>> seconds_to_wait(b"Sat, 21 Nov 2026 00:01:00 GMT", datetime(2026, 11, 21, tzinfo=UTC))
    60.0
    """
    text = (value or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:10])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or utc_now())).total_seconds())
