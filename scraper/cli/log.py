"""`pressclip crawl --log-json` and `--log FILE`: one JSON object a line for each thing that happens."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from scraper.outcomes import is_problem, one_line

if TYPE_CHECKING:
    from scraper.crawl import CrawlReport
    from scraper.options import Event

MAX_TEXT = 4000
"""Characters of one text in a line: a URL has at most 2083, a traceback is cut."""

_events = logging.getLogger("pressclip.events")


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON: ts, level, event, and what belongs to the event."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; ASCII alone, without a control character."""
        said: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage() if record.name == _events.name else "log",
        }
        if record.name != _events.name:
            said |= {"logger": record.name, "message": record.getMessage()}
        if record.exc_info and record.exc_info[0]:
            said["error"] = f"{record.exc_info[0].__name__}: {record.exc_info[1]}"
        said |= record.__dict__.get("fields", {})
        return json.dumps({name: one_line(v, MAX_TEXT) if isinstance(v, str) else v for name, v in said.items()})


class JsonLog:
    """Logs a crawl as JSON lines; a context manager. Scrapy's own warnings and errors go the same way."""

    def __init__(self, *places: Path | None) -> None:
        """*places*: files to append to, opened anew where logrotate has moved them; None: standard error."""
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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.say("failed", logging.ERROR, reason=str(error) or type(error).__name__)
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()

    def say(self, event: str, level: int = logging.INFO, **fields: Any) -> None:  # noqa: ANN401 - any JSON value
        """Write one line."""
        _events.log(level, event, extra={"fields": fields})

    def ended(self, event: Event) -> None:
        """Write a URL's ending."""
        about = {name: getattr(event, name) for name in ("url", "kind", "site", "status", "reason", "ms", "record_id")}
        self.say("url", logging.WARNING if is_problem(event.status) else logging.INFO, **about)

    def finished(self, report: CrawlReport) -> None:
        """Write how the crawl ended."""
        failed = sum(site.failed for site in report.sites)
        about = {"articles": report.articles, "failed": failed, "interrupted": report.interrupted}
        level = logging.INFO if report.outcome == "ok" else logging.WARNING
        self.say("finished", level, status=report.outcome, ms=round(report.seconds * 1000), **about)
