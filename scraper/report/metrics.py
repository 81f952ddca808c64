"""Give the state of a data root as metrics in Prometheus's text format, in a file or over HTTP on this machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from archive import CATALOG, Catalog
from scraper.errors import is_ours
from scraper.outcomes import FETCHED
from scraper.printable import one_line
from scraper.report.alarms import KINDS, MIN_FREE, alarms, free_bytes
from scraper.report.heartbeat import HeartbeatError, read_heartbeat
from scraper.report.status import open_frontier, site_reports

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LOOPBACK = "127.0.0.1"
SCRAPE_SECONDS = 10.0
"""Longest time that a client may take for its request: they come one at a time, and Prometheus gives up after 10 s."""


def metrics_text(
    data: Path, now: datetime, *, frontier: str | None = None, every: timedelta | None = None, min_free: int = MIN_FREE
) -> bytes:
    """Return the metrics of a data root at the moment *now*; the options are those of `alarms`.

    Raises FrontierError or ArchiveError where it cannot be read.
    """
    families = [
        *_of_frontier(data, frontier),
        *_of_archive(data),
        *_of_heartbeat(data, now),
        _gauge("alarms", "alarms of `pressclip status --check`", ("kind",), dict.fromkeys(KINDS, 0) | Counter(
            alarm.kind for alarm in alarms(data, now, frontier=frontier, every=every, min_free=min_free)
        )),
        _gauge("disk_free_bytes", "bytes free on the disk of the data root", (), {(): free_bytes(data)}),
    ]  # fmt: skip
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(families))
    return generate_latest(registry)


def metrics_server(port: int, text: Callable[[], bytes]) -> HTTPServer:
    """Return a server of *text* at a port of this machine, 0 for a free one; it is asked anew at each scrape.

    It answers to its own address only: a page of another site must not read names of sites through a browser. Raises
    OSError where the port is taken.
    """
    return HTTPServer((LOOPBACK, port), partial(_Scrape, text=text))


class _Scrape(BaseHTTPRequestHandler):
    """A request. What interrupts the process ends it here too, which it does not under wsgiref."""

    timeout = SCRAPE_SECONDS

    def __init__(self, *args: Any, text: Callable[[], bytes], **more: Any) -> None:  # noqa: ANN401 - as it is declared
        self._text = text
        super().__init__(*args, **more)

    def do_GET(self) -> None:
        """Answer with the metrics, or with why there are none."""
        status, body = self._answer()
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = do_GET

    def log_message(self, format: str, *args: Any) -> None:  # noqa: ANN401 - as it is declared there
        """Log nothing: a scrape comes each minute."""

    def _answer(self) -> tuple[HTTPStatus, bytes]:
        assert isinstance(self.server, HTTPServer)
        port = self.server.server_port
        if self.headers.get("Host") not in (f"{LOOPBACK}:{port}", f"localhost:{port}"):
            return HTTPStatus.MISDIRECTED_REQUEST, b"ask for 127.0.0.1\n"
        if self.command != "GET":
            return HTTPStatus.METHOD_NOT_ALLOWED, b"only GET\n"
        if self.path != "/metrics":
            return HTTPStatus.NOT_FOUND, b"ask for /metrics\n"
        try:
            return HTTPStatus.OK, self._text()
        except Exception as error:
            if not is_ours(error):
                raise
            return HTTPStatus.SERVICE_UNAVAILABLE, f"{one_line(error)}\n".encode()


class _Collected:
    def __init__(self, families: Iterable[GaugeMetricFamily]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from self._families


def _of_frontier(data: Path, where: str | None) -> Iterator[GaugeMetricFamily]:
    with open_frontier(data, where) as frontier:
        reports, paused = site_reports(frontier), len(frontier.holds())
    pages, sources, failures = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[str]()
    for site in reports:
        pages[site.name, FETCHED] += site.articles
        for endings in (site.failures, site.refused, site.skipped):
            pages.update({(site.name, status): number for status, number in endings.items()})
        sources.update({(site.name, status): number for status, number in site.sources.items()})
        failures.update(site.failures)
    yield _gauge("pages", "pages by their last status; fetched: with a text", ("site", "status"), pages)
    yield _gauge("sources", "feeds, sitemaps and sections by their last status", ("site", "status"), sources)
    yield _gauge("failures", "pages that could not be fetched, by reason", ("reason",), failures)
    yield _gauge("waiting", "URLs found and not yet fetched", ("site",), {one.name: one.waiting for one in reports})
    yield _gauge("paused_hosts", "hosts with waiting URLs that get no request now", (), {(): paused})


def _of_archive(data: Path) -> Iterator[GaugeMetricFamily]:
    if not (data / CATALOG).exists():
        return
    with Catalog(data / CATALOG) as catalog:
        fired = catalog.fired()
    yield _gauge("texts_with_removals", "texts from which a rule removed something", ("rule",), fired)


def _of_heartbeat(data: Path, now: datetime) -> Iterator[GaugeMetricFamily]:
    try:
        beat = read_heartbeat(data)
    except HeartbeatError:
        return  # an alarm says so
    if beat is None:
        return
    age = (now - beat.started).total_seconds()
    yield _gauge("heartbeat_age_seconds", "seconds since the last crawl began", (), {(): age})
    yield _gauge("last_start_timestamp_seconds", "when the last crawl began", (), {(): beat.started.timestamp()})
    if beat.ended is not None:
        yield _gauge("last_end_timestamp_seconds", "when it ended", (), {(): beat.ended.timestamp()})
    for name, told, seconds in (
        ("answer_seconds", "from a request to its answer's last byte, in the last run", beat.answer_seconds),
        ("article_seconds", "from an article's request to its text on the disk, in the last run", beat.article_seconds),
    ):
        yield _gauge(name, told, ("quantile",), seconds)
    overdue = sum(one.is_overdue(now) for one in beat.silent)
    yield _gauge("overdue_sources", "sources that have not answered for three of their intervals", (), {(): overdue})


def _gauge(name: str, told: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> GaugeMetricFamily:
    """Return a metric: *values* by the label's value, or by the tuple of them."""
    family = GaugeMetricFamily(f"pressclip_{name}", told, labels=labels)
    for key, value in values.items():
        texts = key if isinstance(key, tuple) else (key,)
        family.add_metric([one_line(text) for text in texts], value)
    return family
