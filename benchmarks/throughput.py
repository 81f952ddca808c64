"""Pages a second of a whole crawl, cleaning and archiving included, beside a bare Scrapy spider that only downloads.

Each run is a fresh process, in turn, against one server process: python -m benchmarks.throughput serve|crawl|bare ...
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from typing import Any

from aiohttp import web

from benchmarks.corpora import pages
from cleaners import load_rules
from scraper.crawl import CrawlOptions, run_crawl
from scraper.seeds import load_seeds

ROOT = Path(__file__).resolve().parents[1]
CORPUS = "fundus-dev"
HOSTS = 8
COPIES = 2
"""Each page is served so many times, each with a comment of its own, so that none is a revisit of another."""
ROUNDS = 3
STARTING = 10
"""Pages until all is imported and each host has its connection: they do not count for the CPU of a page."""
SMALL = 3000
PROSE = "The harbour was closed until noon on Monday, when the wind fell and the first boats went out again. " * 6
SAMPLES = 12


def throughput() -> dict[str, Any]:
    """Return the medians of ROUNDS rounds of all ways to fetch the corpus' pages."""
    ways = {"bare scrapy": ["bare"], "pressclip --jobs 0": ["crawl", "0"], "pressclip --jobs 1": ["crawl", "1"],
            "pressclip --jobs 2": ["crawl", "2"]}  # fmt: skip
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    with _server(CORPUS) as (urls, process):
        for _ in range(ROUNDS):
            for name, (role, *arguments) in ways.items():
                before = _cpu_of(process)
                run = _run(role, urls, *arguments)
                run["cpu_server"] = round(_cpu_of(process) - before, 2)
                busy = run["cpu_crawler"] + run["cpu_workers"] + run["cpu_server"]
                run["cores_busy"] = round(busy / run["seconds"], 2)
                found[name].append(run)
                print(f"{name:20} {json.dumps(run)}", flush=True)
    return {name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in found.items()}


def memory() -> dict[str, Any]:
    """Return the resident megabytes of crawler and worker while it crawls SMALL small pages."""
    with _server("small") as (urls, _):
        run = _run("crawl", urls, "1", str(SAMPLES))
    return {"pages": run["pages"], "pages_per_second": run["pages_per_second"], "megabytes": run["samples"]}


@contextmanager
def _server(kind: str) -> Iterator[tuple[list[str], int]]:
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.throughput", "serve", kind], cwd=ROOT, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline()), process.pid
    finally:
        process.communicate("")


def _run(role: str, urls: list[str], *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.throughput", role, *arguments]
    done = subprocess.run(command, cwd=ROOT, input="\n".join(urls), text=True, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _cpu_of(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _serve(kind: str) -> None:
    bodies: dict[str, bytes] = {}
    if kind == "small":
        for number in range(SMALL):
            text = f"<h1>Day {number}</h1><p>Number {number}. {PROSE}</p>"
            bodies[f"/{number}"] = f"<!doctype html><html><body><article>{text}</article></body></html>".encode()
    else:
        for copy in range(COPIES):
            bodies |= {f"/{copy}/{page.id}": page.html() + b"<!-- %d -->" % copy for page in pages(kind)}

    async def answer(request: web.BaseRequest) -> web.Response:
        body = bodies.get(request.path)
        return web.Response(status=404 if body is None else 200, body=body, headers={"Content-Type": "text/html"})

    async def serve() -> None:
        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        sites = [web.TCPSite(runner, f"127.0.0.{2 + number}", 0) for number in range(HOSTS)]
        for site in sites:
            await site.start()
        bases = [f"http://{address[0]}:{address[1]}" for address in runner.addresses]
        print(json.dumps([bases[number % HOSTS] + path for number, path in enumerate(bodies)]), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await runner.cleanup()

    asyncio.run(serve())


def _told(number: int, seconds: float, **more: Any) -> None:  # noqa: ANN401 - figures
    own, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = {
        "pages": number,
        "seconds": round(seconds, 2),
        "pages_per_second": round(number / seconds, 1),
        "cpu_crawler": round(own.ru_utime + own.ru_stime, 2),
        "cpu_workers": round(theirs.ru_utime + theirs.ru_stime, 2),
        "peak_mb": own.ru_maxrss // 1024,
    }
    print(json.dumps(figures | more))


def _crawl(urls: list[str], jobs: int, samples: int) -> None:
    ended = 0
    seen: list[dict[str, Any]] = []
    used: list[float] = []

    def note(event: Any) -> None:  # noqa: ANN401 - scraper.crawl.Event
        nonlocal ended
        ended += 1
        used.append(process_time())
        if samples and ended % (len(urls) // samples) == 0:
            workers = [process.pid or 0 for process in multiprocessing.active_children()]
            seen.append({"page": ended, "crawler": _resident(os.getpid()), "workers": list(map(_resident, workers))})

    with tempfile.TemporaryDirectory(prefix="pressclip-bench-") as folder:
        seeds = Path(folder) / "seeds.txt"
        seeds.write_text("\n".join(urls), "utf-8")
        options = CrawlOptions(seeds=load_seeds(seeds), data=Path(folder), delay=0, allow_private=True,
                               rules=load_rules(), jobs=jobs, on_event=note)  # fmt: skip
        report = run_crawl(options)
        ours = round((used[-1] - used[STARTING]) / (len(used) - 1 - STARTING) * 1000, 1)
        _told(report.articles, report.seconds, crawler_ms_a_page=ours, **({"samples": seen} if samples else {}))


def _resident(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20


def _bare(urls: list[str]) -> None:
    from time import monotonic

    from scrapy import Request, Spider
    from scrapy.crawler import AsyncCrawlerProcess

    got: list[int] = []

    class Bare(Spider):
        name = "bare"

        async def start(self) -> Any:  # noqa: ANN401 - an iterator of requests
            for url in urls:
                yield Request(url, dont_filter=True)

        def parse(self, response: Any) -> None:  # noqa: ANN401 - Scrapy's
            got.append(len(response.body))

    began = monotonic()
    # as ours: one request a host at a time
    settings = {"LOG_LEVEL": "ERROR", "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_DELAY": 0}
    process = AsyncCrawlerProcess(settings | {"TELNETCONSOLE_ENABLED": False})
    process.crawl(Bare)
    process.start()
    _told(len(got), monotonic() - began)


if __name__ == "__main__":
    role, *arguments = sys.argv[1:]
    if role == "serve":
        _serve(*arguments)
    elif role == "bare":
        _bare(sys.stdin.read().split())
    else:
        _crawl(sys.stdin.read().split(), int(arguments[0]), int(arguments[1]) if arguments[1:] else 0)
