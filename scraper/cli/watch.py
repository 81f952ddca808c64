"""Watch a crawl while it runs: show live lines on a terminal, and write JSON lines to a log."""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from scraper.cli.terminal.display import Display
from scraper.outcomes import FETCHED, is_problem
from scraper.printable import one_line

if TYPE_CHECKING:
    from rich.console import Group

    from scraper.crawl import CrawlReport, Event

ACTIVE_SECONDS = 60.0
"""How long a site counts as active after its last page: longer than most delays, shorter than a hold."""
SHOWN_SITES = 6
COUNT_SHARE = 20
"""The pause between two counts of the waiting URLs, in multiples of the time of a count: counting uses at most a
twentieth of one processor."""


class LiveCrawl(Display):
    """Show active sites, pages, rate, failures by reason and waiting URLs while a crawl runs.

    `ended` is called from the crawl's thread, while the display draws in its own.
    """

    def __init__(self, waiting: Callable[[], int], clock: Callable[[], float] = monotonic) -> None:
        """Call *waiting* now and then for the number of waiting URLs."""
        super().__init__(self.drawn)
        self._count, self._clock = waiting, clock
        self._began = clock()
        self._statuses: Counter[str] = Counter()
        self._sites: dict[str, tuple[float, int, str]] = {}
        self._pages = 0
        self._waiting, self._next_count = 0, 0.0

    def ended(self, event: Event) -> None:
        """Count a finished URL."""
        self._statuses[event.status] += 1
        self._pages += 1
        # a site is put in again, at the end: the one that had a page last comes last
        _, articles, _ = self._sites.pop(event.site, (0.0, 0, ""))
        articles += event.kind == "article" and event.status == FETCHED
        self._sites[event.site] = (self._clock(), articles, f"{event.status} {event.url}")

    def drawn(self) -> Group:
        """Return what rich draws on the screen."""
        from rich.console import Group
        from rich.text import Text

        return Group(*(Text(one_line(line, 400), no_wrap=True, overflow="ellipsis") for line in self.lines()))

    def lines(self) -> list[str]:
        """Return the lines: totals, failures, and the sites that had a page last."""
        now = self._clock()
        seconds = int(now - self._began)
        sites = list(self._sites.items())
        active = sum(now - at <= ACTIVE_SECONDS for _, (at, _, _) in sites)
        rate = self._pages / max(now - self._began, 0.001)
        clock = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        head = f"crawling  {active} sites active · {self._pages:,} pages · {rate:.1f}/s · "
        lines = [head + f"{self._still_waiting(now):,} waiting · {clock}"]
        failed = [f"{status} {number}" for status, number in self._statuses.most_common() if is_problem(status)]
        lines += [f"failures  {', '.join(failed)}"] if failed else []
        for site, (_, articles, last) in reversed(sites[-SHOWN_SITES:]):
            lines.append(f"  {site}: {articles} articles, {last}")
        return lines

    def _still_waiting(self, now: float) -> int:
        if now >= self._next_count:
            self._waiting = self._count()
            self._next_count = now + max(1.0, COUNT_SHARE * (self._clock() - now))
        return self._waiting


@contextmanager
def waiting_in(data: Path, where: str | None) -> Iterator[Callable[[], int]]:
    """Provide a function that counts the waiting URLs of a data root, over its own connection."""
    from sqlalchemy.exc import SQLAlchemyError

    from scraper.frontier import Frontier, FrontierError
    from scraper.report.status import open_frontier

    opened: list[Frontier] = []

    def count() -> int:
        try:
            if not opened:
                opened.append(open_frontier(data, where))
            return sum(opened[0].waiting().values())
        except (FrontierError, SQLAlchemyError):
            return 0  # not there yet, or busy: the crawl itself reports the error

    try:
        yield count
    finally:
        for frontier in opened:
            frontier.dispose()


MAX_TEXT = 4000
"""The most characters of a text in a line: URLs have at most 2083, and tracebacks are cut."""

_events = logging.getLogger("pressclip.events")


class JsonLines(logging.Formatter):
    """Format a log record as one line of JSON: ts, level, event, and the fields of the event."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, in ASCII and without control characters."""
        fields: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage() if record.name == _events.name else "log",
        }
        if record.name != _events.name:
            fields |= {"logger": record.name, "message": record.getMessage()}
        if record.exc_info and record.exc_info[0]:
            fields["error"] = f"{record.exc_info[0].__name__}: {record.exc_info[1]}"
        fields |= record.__dict__.get("fields", {})
        return json.dumps({name: one_line(v, MAX_TEXT) if isinstance(v, str) else v for name, v in fields.items()})


class JsonLog:
    """Log a crawl as JSON lines, with the warnings and errors of Scrapy. A context manager."""

    def __init__(self, *places: Path | None) -> None:
        """Append to these files, which are opened again after logrotate moved them; None is standard error."""
        self._places = places
        self._handlers: list[logging.Handler] = []

    def __enter__(self) -> Self:
        for place in self._places:
            to_file = WatchedFileHandler(place, encoding="ascii") if place else None
            handler = to_file or logging.StreamHandler(sys.stderr)
            handler.setFormatter(JsonLines())
            handler.addFilter(lambda record: record.name == _events.name or record.levelno >= logging.WARNING)
            logging.getLogger().addHandler(handler)
            self._handlers.append(handler)
        _events.setLevel(logging.INFO if self._handlers else logging.CRITICAL)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            self.say("failed", logging.ERROR, reason=str(error) or type(error).__name__)
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()

    def say(self, event: str, level: int = logging.INFO, **fields: Any) -> None:  # noqa: ANN401 - any JSON value
        """Write one line."""
        _events.log(level, event, extra={"fields": fields})

    def ended(self, event: Event) -> None:
        """Write a line for a finished URL."""
        about = {name: getattr(event, name) for name in ("url", "kind", "site", "status", "reason", "ms", "record_id")}
        self.say("url", logging.WARNING if is_problem(event.status) else logging.INFO, **about)

    def finished(self, report: CrawlReport) -> None:
        """Write a line that says how the crawl ended."""
        failed = sum(site.failed for site in report.sites)
        about = {"articles": report.articles, "failed": failed, "interrupted": report.interrupted}
        level = logging.INFO if report.outcome == "ok" else logging.WARNING
        self.say("finished", level, status=report.outcome, ms=round(report.seconds * 1000), **about)
