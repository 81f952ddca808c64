"""Name the final status and reason of a request that brought no response."""

from __future__ import annotations

from OpenSSL import SSL
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from twisted.internet.error import ConnectError
from twisted.python.failure import Failure

from scraper.fetch.decoding import Undecodable
from scraper.fetch.guard import BlockedAddress
from scraper.fetch.robots import Disallowed, RobotsTooLarge, RobotsUnreachable
from scraper.outcomes import (
    BAD_ENCODING,
    BAD_RESPONSE,
    BLOCKED_ADDRESS,
    CONNECTION_LOST,
    CONNECTION_REFUSED,
    DNS_ERROR,
    ERROR,
    ROBOTS,
    ROBOTS_TOO_LARGE,
    TIMEOUT,
    TLS_ERROR,
    TOO_LARGE,
    TRUNCATED,
)
from scraper.printable import one_line

_BY_TYPE: tuple[tuple[type[BaseException], str, str], ...] = (
    (RobotsTooLarge, ROBOTS_TOO_LARGE, ""),
    (Disallowed, ROBOTS, ""),
    (BlockedAddress, BLOCKED_ADDRESS, "not a public address: {}"),
    (CannotResolveHostError, DNS_ERROR, "{}"),
    (DownloadConnectionRefusedError, CONNECTION_REFUSED, "{}"),
    (DownloadTimeoutError, TIMEOUT, "{}"),
    (DownloadCancelledError, TOO_LARGE, "larger than the limit"),
    (ConnectError, CONNECTION_REFUSED, "{}"),
)

_PARSING = frozenset({"ParseError", "BadResponseVersion", "HeadTooLarge"})


def ending_of(error: BaseException) -> tuple[str, str]:
    """Return the final status of a URL whose request ended with *error*, and the reason as one line."""
    if isinstance(error, RobotsUnreachable) and error.__cause__:
        status, reason = ending_of(error.__cause__)
        return status, f"robots.txt: {reason}"
    for kind, status, reason in _BY_TYPE:
        if isinstance(error, kind):
            return status, one_line(reason.format(error) if reason else error)
    if isinstance(error, Undecodable):
        if error.problem.is_too_large:
            return TOO_LARGE, "unpacks to more than the limit"
        return (TRUNCATED if error.problem.is_cut else BAD_ENCODING), one_line(error.problem)
    if isinstance(error, DownloadFailedError):
        return _connection_failure(error)
    return ERROR, one_line(f"{type(error).__name__}: {error}")


def _connection_failure(error: BaseException) -> tuple[str, str]:
    # Twisted's error below Scrapy's has a list of failures
    failures = getattr(error.__cause__, "reasons", ())
    reasons = [failure.value for failure in failures if isinstance(failure, Failure) and failure.value is not None]
    for reason in reasons:
        if isinstance(reason, SSL.Error) or "service_identity" in type(reason).__module__:
            return TLS_ERROR, one_line(reason.args[0] if reason.args else type(reason).__name__)
    # Twisted raises ValueError for Content-Length lines that are not numbers or contradict each other
    for reason in reasons:
        if isinstance(reason, ValueError) or type(reason).__name__ in _PARSING:
            return BAD_RESPONSE, one_line(f"not HTTP: {reason}")
    return CONNECTION_LOST, one_line(reasons[-1] if reasons else error)
