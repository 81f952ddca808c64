"""Learned rules through the command line: the planted hosts served on loopback, each at an address of its own, crawled,
learned from, everything accepted, cleaned again from the archive."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic

from aiohttp import web

from archive import Catalog, read_text
from archive.site_rules import read_proposals
from benchmarks.planted import Host, Outcome, PlantedPage, outcome
from cleaners import Article
from cleaners.article import Removal

FIRST_ADDRESS = 2
"""Of 127.0.0.x, each of which is a host for the crawler."""


@contextmanager
def serve(bodies: Mapping[tuple[str, str], bytes]) -> Iterator[int]:
    """Serve pages by host and path, as HTML, from a thread; yield the port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def answer(request: web.BaseRequest) -> web.Response:
        body = bodies.get((request.host.partition(":")[0], request.path_qs))
        return web.Response(status=404 if body is None else 200, body=body, headers={"Content-Type": "text/html"})

    async def start() -> tuple[web.ServerRunner, int]:
        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        port = 0
        for host in sorted({host for host, _ in bodies}):
            await web.TCPSite(runner, host, port).start()
            port = runner.addresses[0][1]
        return runner, port

    runner, port = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield port
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def measure(hosts: Sequence[Host], count: int) -> tuple[list[tuple[Host, Outcome]], dict[str, float]]:
    """Return what each host's rules do, and the seconds that each command took."""
    addressed = {f"127.0.0.{n}": host for n, host in enumerate(hosts, FIRST_ADDRESS)}
    pages = {(address, page.path): page for address, host in addressed.items() for page in host.pages(count)}
    with tempfile.TemporaryDirectory(prefix="pressclip-bench-") as folder:
        data = Path(folder)
        with serve({key: page.html for key, page in pages.items()}) as port:
            urls = {f"http://{address}:{port}{path}": page for (address, path), page in pages.items()}
            (data / "seeds.txt").write_text("".join(f"{url}\n" for url in urls), "utf-8")
            seconds = {"crawl": _run("crawl", data / "seeds.txt", "--data", data, "--delay", 0, "--allow-private")}
        before = _articles(data, urls)
        seconds["learn"] = _run("rules", "learn", "--data", data)
        proposals = {address: read_proposals(data, "proposed", f"{address}:{port}") for address in addressed}
        seconds["review"] = _run("rules", "review", "--data", data, "--accept-above", 0)
        seconds["reclean"] = _run("archive", "reclean", "--data", data)
        after = _articles(data, urls)
    found = []
    for address, host in addressed.items():
        own: dict[str, PlantedPage] = {url: page for url, page in urls.items() if f"//{address}:" in url}
        found.append((host, outcome(f"{address}:{port}", own, before, after, proposals[address])))
    return found, seconds


def _run(*words: object) -> float:
    began = monotonic()
    command = [sys.executable, "-m", "scraper", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{' '.join(map(str, words))}: {done.returncode}: {done.stderr.strip()[-500:]}", file=sys.stderr)
    return round(monotonic() - began, 2)


def _articles(data: Path, urls: Mapping[str, PlantedPage]) -> dict[str, Article]:
    """Return each page's newest text with what was taken from it."""
    articles = {}
    with Catalog(data / "catalog.sqlite") as catalog:
        for url in urls:
            row = next(iter(catalog.captures(url)), None)
            entry = catalog.article(row.record_id) if row else None
            if entry is None:
                print(f"{url}: no text in the archive", file=sys.stderr)
                articles[url] = Article("", url=url)
                continue
            stored = read_text(data, entry.collection, entry.file, entry.offset)
            removals = tuple(Removal(**one) for one in stored.metadata["removals"])
            articles[url] = replace(Article(stored.text, url=url), removals=removals)
    return articles
