"""The frontier at 1,000,000 URLs: what a batch of leases costs, and what the crawler's memory grows by.

    python -m benchmarks.frontier [--urls N] [--batches N] [--postgres]
    python -m benchmarks.frontier --workers 4 [--urls N] [--seconds N] [--rate N] [--first]

Puts the URLs in, then leases and closes batches as a crawl does, for one host, 1,000 and 100,000. With --postgres
against a PostgreSQL of its own as well, started in a temporary folder. With --workers that many processes work on one
PostgreSQL at once (benchmarks/frontier_workers.py). Prints a table and writes benchmarks/results/frontier.json, where
the figures of the other kind stay; exit code 1 where a bound is missed. Beside the time on the clock stands the
processor's: on a machine that others use they differ.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time
from typing import Any

from scraper.crawl.session import MAX_LEASED, MAX_LEASED_PER_HOST
from scraper.frontier import FoundUrl, Frontier

RESULTS = Path(__file__).parent / "results" / "frontier.json"
HOSTS = (100_000, 1_000, 1)
MAX_P95_MS = 5.0
"""Milliseconds for a batch: the aim."""
MAX_GROWTH_MB = 100.0
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def found(urls: int, hosts: int) -> Iterator[FoundUrl]:
    """Yield URLs of *hosts* hosts in turn, one in a hundred a source, the others with their dates."""
    for number in range(urls):
        site = f"site{number % hosts}"
        address = f"https://{site}.example/2026/{number}-a-headline-of-some-words"
        kind: Any = "feed" if number % 100 == 99 else "article"
        yield FoundUrl(address, kind, site, published=BEGAN + timedelta(seconds=number * 7919 % 20_000_000))


def measure(where: Path | str, urls: int, hosts: int, batches: int) -> dict[str, Any]:
    """Put *urls* in, lease and close *batches*, and return the figures. In a process of its own: memory is counted."""
    with Frontier(where, worker="benchmark") as frontier:
        sites = {f"site{number}": None for number in range(hosts)}
        frontier.add(found(100, hosts))
        before, began = _resident(), perf_counter()
        frontier.add(found(urls, hosts))
        added = perf_counter() - began
        leases, spent, closes = [], [], []
        for _ in range(batches):
            began, busy = perf_counter(), process_time()
            rows = frontier.lease(MAX_LEASED, per_host=MAX_LEASED_PER_HOST, sites=sites)
            leases.append((perf_counter() - began) * 1000)
            spent.append((process_time() - busy) * 1000)
            assert len(rows) == min(MAX_LEASED, hosts * MAX_LEASED_PER_HOST)
            began = perf_counter()
            for row in rows:
                frontier.close(row.url, "fetched", record_id="urn:uuid:00000000-0000-0000-0000-000000000000")
            closes.append((perf_counter() - began) * 1000 / len(rows))
        growth = _resident() - before
    return {
        "urls": urls,
        "hosts": hosts,
        "add_seconds": round(added, 1),
        "batches": batches,
        "lease_ms": _spread(leases),
        "lease_cpu_ms": _spread(spent),
        "close_ms": _spread(closes),
        "growth_mb": round(growth, 1),
    }


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--urls", type=int, default=1_000_000)
    parser.add_argument("--batches", type=int, default=1000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--hosts", type=int, nargs="+", default=HOSTS)
    parser.add_argument("--workers", type=int, help="so many processes at once on one PostgreSQL")
    parser.add_argument("--seconds", type=float, default=60, help="how long the workers work (default 60)")
    parser.add_argument("--rate", type=float, default=33, help="pages a second of each; 0: no pause (default 33)")
    parser.add_argument("--first", action="store_true", help="run before all other processes, as root; needs a rate")
    asked = parser.parse_args()
    if asked.workers:
        return _together(asked)
    names = ("add s", "lease p50", "p95", "max", "cpu p50", "cpu p95", "close p50", "RSS +MB")
    print(f"{'database':12} {'hosts':>7}", *(f"{name:>9}" for name in names))
    results: list[dict[str, Any]] = []
    for database in ("sqlite", "postgresql") if asked.postgres else ("sqlite",):
        for hosts in asked.hosts:
            result = {"database": database, **_apart(database, asked.urls, hosts, asked.batches)}
            results.append(result)
            _write(results)
            lease, cpu = result["lease_ms"], result["lease_cpu_ms"]
            figures = (result["add_seconds"], lease["p50"], lease["p95"], lease["max"], cpu["p50"], cpu["p95"])
            figures += (result["close_ms"]["p50"], result["growth_mb"])
            print(f"{database:12} {hosts:7}", *(f"{figure:9}" for figure in figures), flush=True)
    met = [r["lease_ms"]["p95"] <= MAX_P95_MS and r["growth_mb"] <= MAX_GROWTH_MB for r in results]
    return 0 if all(met) else 1


def _together(asked: argparse.Namespace) -> int:
    """Let the workers work at once, print what that gave, and return the exit code."""
    from benchmarks.frontier_workers import Load, measure, missed

    load = Load(asked.seconds, asked.rate, asked.first and asked.rate > 0)
    with tempfile.TemporaryDirectory(prefix="pc", ignore_cleanup_errors=True) as folder:
        result = measure(asked.urls, asked.hosts[0], asked.workers, load, Path(folder))
    print(json.dumps(result, indent=2))
    known = json.loads(RESULTS.read_text("utf-8"))
    same = ("urls", "hosts", "workers", "pages_per_second_asked")
    others = [one for one in known.get("together", []) if any(one[name] != result[name] for name in same)]
    known["together"] = sorted(
        [*others, _about() | result], key=lambda one: (one["urls"], one["pages_per_second_asked"] or 0)
    )
    RESULTS.write_text(json.dumps(known, indent=2) + "\n", "utf-8")
    for bound in missed(result):
        print(f"missed: {bound}")
    return 1 if missed(result) else 0


def _write(results: list[dict[str, Any]]) -> None:
    known = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    report = _about() | {"sqlite": sqlite3.sqlite_version, "results": results, "together": known.get("together", [])}
    RESULTS.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def _about() -> dict[str, str]:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    load = f"{os.getloadavg()[0]:.1f} runnable processes at the end"
    return {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine, "load": load}


def _apart(database: str, urls: int, hosts: int, batches: int) -> dict[str, Any]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pc", ignore_cleanup_errors=True)))
        where: Path | str = folder / "frontier.sqlite"
        if database == "postgresql":
            from tests.support import postgres

            folder.chmod(0o755)
            where = stack.enter_context(postgres.running(folder / "pg"))
        pool = stack.enter_context(get_context("spawn").Pool(1))
        return pool.apply(measure, (where, urls, hosts, batches))


def _spread(values: list[float]) -> dict[str, float]:
    cuts = quantiles(values, n=100)
    return {"p50": round(cuts[49], 2), "p95": round(cuts[94], 2), "max": round(max(values), 2)}


def _resident() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
