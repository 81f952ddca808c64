"""Several crawlers on one PostgreSQL frontier: what a batch costs each, what waits for whom, and who has which host.

Started by `python -m benchmarks.frontier --workers 4`. The server is one of its own in a temporary folder, on a socket
there, with PostgreSQL's own settings but for its memory. Each worker leases batches and closes them, page after page at
the given rate, adds the links of each source, and holds hosts, as a crawl does.
"""

from __future__ import annotations

import os
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from time import monotonic, perf_counter, process_time, sleep
from typing import Any, NamedTuple

import sqlalchemy as sa

from benchmarks.frontier import BEGAN, found
from scraper.crawl.session import MAX_LEASED, MAX_LEASED_PER_HOST
from scraper.frontier import FoundUrl, Frontier, Row

GAP = 2.0
"""Seconds between two requests to a host: a crawl's own default."""
LEASE = 30.0
"""Seconds of a lease: short, so that leases are renewed during the measurement."""
STAGGER = 0.37
"""Seconds between the starts of two workers."""
LINKS = 50
"""Links of a source, of which half are new."""
HELD = 200
"""One page in so many pauses its host."""
MAX_MEDIAN_MS = 10.0
"""Milliseconds for a batch: the aim."""
MAX_WAIT_SECONDS = 1.0
"""Longest wait for a lock: the aim. The server logs each longer one."""
MAX_GROWTH_MB = 20.0
"""Most that a worker grows by between its first quarter and its end."""
SERVER = {
    "fsync": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "log_lock_waits": "on",
    "deadlock_timeout": f"{MAX_WAIT_SECONDS:g}s",
}
ROWS = """
INSERT INTO urls (url, kind, host, site, hops, published, state, attempts, added_at, turn)
SELECT 'https://site' || n % :hosts || '.example/2026/' || n || '-a-headline-of-some-words', kind,
    'site' || n % :hosts || '.example', 'site' || n % :hosts, 0, published, 'waiting', 0, :began,
    CASE kind WHEN 'article' THEN -published ELSE -1e12 END
FROM (SELECT n, CASE n % 100 WHEN 99 THEN 'feed' ELSE 'article' END AS kind, :began + n * 7919 % 20000000 AS published
    FROM generate_series(CAST(:first AS bigint), :last) AS n) AS numbered
"""
HOSTS = """
INSERT INTO hosts (host, ready) SELECT 'site' || n || '.example', 1 FROM generate_series(0, :hosts - 1) AS n
ON CONFLICT DO NOTHING
"""
WAITING = """
SELECT extract(epoch FROM max(clock_timestamp() - waitstart)) FROM pg_locks WHERE NOT granted AND waitstart IS NOT NULL
"""


def load(where: str, urls: int, hosts: int) -> float:
    """Fill a frontier in the server with what `found` yields, and return the seconds that took.

    The first rows go in through the frontier, and are the proof that the statement makes the same.
    """
    began, proof = perf_counter(), list(found(300, hosts))
    with Frontier(where, worker="loader", now=lambda: BEGAN) as frontier:

        def rows() -> list[Row | None]:
            return [row and replace(row, id=0) for row in (frontier.get(one.url) for one in proof)]

        frontier.add(proof)
        expected = rows()
        with frontier.engine.begin() as connection:
            names = sa.text(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'urls' AND indexdef !~ 'UNIQUE'"
            )
            indexes = connection.execute(names).all()
            connection.exec_driver_sql("TRUNCATE urls, hosts")
            # an index made at the end takes a fraction of the time
            connection.exec_driver_sql("ALTER TABLE urls DROP CONSTRAINT urls_url_key")
            for index in indexes:
                connection.exec_driver_sql(f"DROP INDEX {index.indexname}")
            span = {"first": 0, "last": urls - 1, "hosts": hosts, "began": BEGAN.timestamp()}
            connection.execute(sa.text(ROWS), span)
            connection.execute(sa.text(HOSTS), {"hosts": hosts})
            connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '1GB'")
            connection.exec_driver_sql("ALTER TABLE urls ADD CONSTRAINT urls_url_key UNIQUE (url)")
            for index in indexes:
                connection.exec_driver_sql(index.indexdef)
        assert rows() == expected, "the statement makes other rows than the frontier"
        with frontier.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")
    return perf_counter() - began


class Load(NamedTuple):
    """What each worker is asked to do."""

    seconds: float
    rate: float
    """Pages a second; 0: as many as it can."""
    first: bool = False
    """Whether workers and server run before all others' processes, which needs root: their times are then those of a
    quiet machine. With a *rate* that leaves the processors free."""


class Leased(NamedTuple):
    """A URL that a worker had in work; moments of the system's monotonic clock."""

    host: str
    url: str
    worker: int
    begun: float
    ended: float


@dataclass
class Tally:
    """What one worker did and how long it took, in milliseconds."""

    worker: int
    lease: list[float] = field(default_factory=list)
    lease_cpu: list[float] = field(default_factory=list)
    close: list[float] = field(default_factory=list)
    add: list[float] = field(default_factory=list)
    hold: list[float] = field(default_factory=list)
    renew: list[float] = field(default_factory=list)
    leased: list[Leased] = field(default_factory=list)
    added: int = 0
    empty: int = 0
    growth_mb: float = 0.0
    cpu: float = 0.0
    seconds: float = 0.0


def work(worker: int, where: str, hosts: int, load: Load, begins: float) -> Tally:
    """Work from the moment *begins* on."""
    tally, sites, seconds, rate = Tally(worker), {f"site{number}": None for number in range(hosts)}, *load[:2]
    if load.first:
        _put_first(0)
    with Frontier(where, worker=f"worker{worker}", lease=LEASE, gap=lambda host: GAP) as frontier:
        frontier.leased()
        frontier.recover()
        # a little apart, as crawls are: else all would lease at the same moments
        sleep(max(0.0, begins + worker * STAGGER - monotonic()))
        began, renewed, busy, pages, warm = monotonic(), monotonic(), process_time(), 0, 0.0
        while (now := monotonic()) < began + seconds:
            cpu = process_time()
            with _timed(tally.lease):
                rows = frontier.lease(MAX_LEASED, per_host=MAX_LEASED_PER_HOST, sites=sites)
            tally.lease_cpu.append((process_time() - cpu) * 1000)
            taken = monotonic()
            tally.empty += not rows
            for row in rows:
                pages += 1
                if rate:
                    sleep(max(0.0, began + pages / rate - monotonic()))
                if row.kind == "feed":
                    first = 10**9 + (worker * 10**6 + pages) * LINKS
                    links = [*_on(row.host, first, LINKS // 2), *_on(row.host, 10**9, LINKS // 2)]
                    with _timed(tally.add):
                        tally.added += frontier.add(links)
                if pages % HELD == 0:
                    with _timed(tally.hold):
                        frontier.hold(row.host, datetime.now(UTC).timestamp() + 60, failures=1)
                tally.leased.append(Leased(row.host, row.url, worker, taken, monotonic()))
                with _timed(tally.close):
                    frontier.close(row.url, "fetched", record_id="urn:uuid:00000000-0000-0000-0000-000000000000")
            if now - renewed > LEASE / 3:
                renewed = now
                with _timed(tally.renew):
                    frontier.renew()
            if not warm and now > began + seconds / 4:
                warm = _resident()
        tally.seconds, tally.cpu = monotonic() - began, process_time() - busy
        tally.growth_mb = _resident() - warm
        frontier.release()
    return tally


def measure(urls: int, hosts: int, workers: int, asked: Load, folder: Path) -> dict[str, Any]:
    """Start a server in *folder*, fill it, let *workers* work at once, and return the figures."""
    from tests.support import postgres

    folder.chmod(0o755)
    with postgres.running(folder / "pg", **SERVER) as where:
        loaded = load(where, urls, hosts)
        server = int((folder / "pg" / "data" / "postmaster.pid").read_text("utf-8").split()[0])
        if asked.first:
            _put_first(server)
        begins, busy = monotonic() + 8, _processor(server)
        with _watched(where) as waits, get_context("spawn").Pool(workers) as pool:
            jobs = [(number, where, hosts, asked, begins) for number in range(workers)]
            tallies: list[Tally] = pool.starmap(work, jobs, chunksize=1)
            busy = _processor(server) - busy
        log = (folder / "pg" / "log").read_text("utf-8", "replace")
        with sa.create_engine(where).connect() as connection:
            size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
    leased = [one for tally in tallies for one in tally.leased]
    return {
        "database": "postgresql",
        "urls": urls,
        "hosts": hosts,
        "workers": workers,
        "pages_per_second_asked": asked.rate * workers or None,
        "before_other_processes": asked.first,
        "seconds": round(max(tally.seconds for tally in tallies), 1),
        "load_seconds": round(loaded, 1),
        "gigabytes": round(size / 1e9, 2),
        "batches": sum(len(tally.lease) for tally in tallies),
        "empty_batches": sum(tally.empty for tally in tallies),
        "pages": len(leased),
        "pages_per_second": round(sum(len(tally.leased) / tally.seconds for tally in tallies), 1),
        "added": sum(tally.added for tally in tallies),
        "hosts_worked": len({one.host for one in leased}),
        "worker_cpu_ms_a_page": round(sum(tally.cpu for tally in tallies) * 1000 / len(leased), 2),
        "server_cpu_ms_a_page": round(busy * 1000 / len(leased), 2),
        "lease_ms": _spread(tallies, lambda tally: tally.lease),
        "lease_cpu_ms": _spread(tallies, lambda tally: tally.lease_cpu),
        "close_ms": _spread(tallies, lambda tally: tally.close),
        f"add_{LINKS}_ms": _spread(tallies, lambda tally: tally.add),
        "hold_ms": _spread(tallies, lambda tally: tally.hold),
        "renew_ms": _spread(tallies, lambda tally: tally.renew),
        "longest_lock_wait_seconds": round(max(waits, default=0.0), 3),
        "lock_waits_seen": len(waits),
        "lock_waits_logged": len(re.findall("still waiting for", log)),
        "deadlocks_logged": log.count("deadlock detected"),
        "leased_twice": len(leased) - len({one.url for one in leased}),
        "hosts_shared": _shared(leased),
        "growth_mb": round(max(tally.growth_mb for tally in tallies), 1),
    }


def missed(result: dict[str, Any]) -> list[str]:
    """Return the bounds that a result misses."""
    bounds = {
        f"median of a batch above {MAX_MEDIAN_MS:g} ms": result["lease_ms"]["p50"] > MAX_MEDIAN_MS,
        f"lock wait above {MAX_WAIT_SECONDS:g} s": bool(result["lock_waits_logged"]),
        "deadlock": bool(result["deadlocks_logged"]),
        "URL leased twice": bool(result["leased_twice"]),
        "host worked by two at once": bool(result["hosts_shared"]),
        f"growth above {MAX_GROWTH_MB:g} MB": result["growth_mb"] > MAX_GROWTH_MB,
    }
    return [name for name, is_missed in bounds.items() if is_missed]


def _shared(leased: list[Leased]) -> int:
    """Return how often a worker began with a host before another one's last page and the gap were over."""
    by_host = defaultdict(list)
    for one in leased:
        by_host[one.host].append(one)
    number = 0
    for ones in by_host.values():
        ends: dict[int, float] = {}
        for one in sorted(ones, key=lambda one: one.begun):
            number += any(one.begun < end + GAP - 0.01 for worker, end in ends.items() if worker != one.worker)
            ends[one.worker] = max(one.ended, ends.get(one.worker, 0.0))
    return number


def _on(host: str, first: int, number: int) -> Iterator[FoundUrl]:
    for page in range(first, first + number):
        published = BEGAN + timedelta(seconds=page * 7919 % 20_000_000)
        yield FoundUrl(f"https://{host}/{page}", "article", host.removesuffix(".example"), published=published)


@contextmanager
def _timed(into: list[float]) -> Iterator[None]:
    began = perf_counter()
    yield
    into.append((perf_counter() - began) * 1000)


@contextmanager
def _watched(where: str) -> Iterator[list[float]]:
    """Ask the server ten times a second for the longest wait for a lock, and yield the waits seen, in seconds."""
    waits: list[float] = []
    over = threading.Event()

    def watch() -> None:
        engine = sa.create_engine(where, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            while not over.wait(0.1):
                longest = connection.exec_driver_sql(WAITING).scalar()
                waits.extend([float(longest)] if longest is not None else [])
        engine.dispose()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield waits
    finally:
        over.set()
        watcher.join()


def _spread(tallies: list[Tally], of: Callable[[Tally], list[float]]) -> dict[str, float]:
    values = [value for tally in tallies for value in of(tally)]
    if len(values) < 2:
        return {}
    cuts = quantiles(values, n=100, method="inclusive")
    return {"p50": round(cuts[49], 2), "p95": round(cuts[94], 2), "max": round(max(values), 2)}


def _put_first(process: int) -> None:
    # the processes that it starts inherit it; niceness counts only among the processes of one session
    os.sched_setscheduler(process, os.SCHED_RR, os.sched_param(1))


def _processor(server: int) -> float:
    """Return the processor's seconds that a server has used: its own, its children's, and those of ended ones."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text("utf-8").rpartition(")")[2].split()
            if int(path.parent.name) == server:
                ticks += sum(map(int, fields[11:15]))
            elif int(fields[1]) == server:
                ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _resident() -> float:
    """Return this process's memory now, in MB."""
    return int(Path("/proc/self/statm").read_text("utf-8").split()[1]) * 4096 / 1e6
