"""The whole chain on real pages: a corpus served on loopback, crawled, archived, cleaned, and compared with its files.

    python -m benchmarks.crawl                     # some minutes
    python -m benchmarks.crawl --part kill         # one of: pages, kill, throughput, memory

`pages`: every page must be fetched, its WARC record must hold the bytes that were served, and the text in the archive
must be the text of `cleaners.clean` on the file. `kill`: see benchmarks/killing.py; `throughput` and `memory`: see
benchmarks/throughput.py. Prints what it finds and writes benchmarks/results/crawl.json; exit code 1 where a promise is
broken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from aiohttp import web

from archive import Catalog, read_capture, read_text
from benchmarks import killing, throughput
from benchmarks.corpora import pages
from cleaners import clean, cores, load_rules
from scraper.crawl import CrawlOptions, CrawlReport, run_crawl
from scraper.seeds import load_seeds

RESULTS = Path(__file__).parent / "results" / "crawl.json"
CORPUS = "fundus-dev"
HOST = "127.0.0.1"
WITH_PAGE = frozenset({"fetched", "not_article"})
"""The page came whole; whether it has an article is the cleaner's word."""
KILLS, ARTICLES = 50, 400
VERSIONS = ("pressclip", "scrapy", "trafilatura", "lxml", "warcio")


@contextmanager
def serve(bodies: Mapping[str, bytes]) -> Iterator[str]:
    """Serve *bodies* by path, as HTML without a declared charset, from a thread; yield the base address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def answer(request: web.BaseRequest) -> web.Response:
        body = bodies.get(request.path)
        return web.Response(status=404 if body is None else 200, body=body, headers={"Content-Type": "text/html"})

    async def start() -> tuple[web.ServerRunner, int]:
        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        return runner, runner.addresses[0][1]

    runner, port = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield f"http://{HOST}:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def crawl(urls: list[str], data: Path) -> tuple[CrawlReport, dict[str, str]]:
    """Crawl *urls* from a plain seed list into *data*; return the report and each URL's status."""
    seeds = data / "seeds.txt"
    seeds.write_text("".join(f"{url}\n" for url in urls), "utf-8")
    endings: dict[str, str] = {}

    def note(event: Any) -> None:  # noqa: ANN401 - scraper.crawl.Event
        endings[event.url] = event.status

    # loaded before the clock starts, as in a crawl of any length
    rules = load_rules()
    clean(b"<p>Loads what cleaning needs.</p>", rules=rules)
    options = CrawlOptions(
        seeds=load_seeds(seeds), data=data, delay=0, allow_private=True, rules=rules, on_event=note, log_level="ERROR"
    )
    return run_crawl(options), endings


def compare(bodies: Mapping[str, bytes], data: Path) -> Iterator[tuple[str, str]]:
    """Yield (URL, what is wrong with it), empty where record and text are what they must be."""
    with Catalog(data / "catalog.sqlite") as catalog:
        for url, body in bodies.items():
            wrong = ""
            row = next(iter(catalog.captures(url)), None)
            if row is None or read_capture(data, row.collection, row.file, row.offset).payload() != body:
                wrong = "not archived as served"
            else:
                entry = catalog.article(row.record_id)
                stored = read_text(data, entry.collection, entry.file, entry.offset).text if entry else ""
                if stored != clean(body, url=url).text:
                    wrong = "text differs"
            yield url, wrong


def measure(corpus: str) -> tuple[dict[str, Any], list[str]]:
    """Return the figures of one corpus, and a line for each page that failed."""
    files = {f"/{page.id}.html": page.html() for page in pages(corpus)}
    with tempfile.TemporaryDirectory(prefix="pressclip-bench-") as folder, serve(files) as base:
        data = Path(folder)
        bodies = {base + path: body for path, body in files.items()}
        report, endings = crawl(list(bodies), data)
        wrong = dict(compare(bodies, data))
        sizes = {end: sum(path.stat().st_size for path in data.rglob(f"*.{end}.gz")) for end in ("warc", "wet")}
    ended = Counter(endings.values())
    figures = {
        "corpus": corpus,
        "pages": len(bodies),
        "fetched": sum(ended[status] for status in WITH_PAGE),
        "archived": sum(problem != "not archived as served" for problem in wrong.values()),
        "texts_equal": sum(not problem for problem in wrong.values()),
        "without_article": ended["not_article"],
        "seconds": round(report.seconds, 2),
        "pages_per_second": round(len(bodies) / report.seconds, 1),
        "html_bytes": sum(map(len, bodies.values())),
        "warc_bytes": sizes["warc"],
        "text_bytes": sizes["wet"],
    }
    failed = [f"{url}: {status}" for url, status in endings.items() if status not in WITH_PAGE]
    return figures, failed + [f"{url}: {problem}" for url, problem in wrong.items() if problem]


def pages_part() -> tuple[dict[str, Any], bool]:
    """Crawl the corpus; return the figures and whether all pages are as they must be."""
    figures, failed = measure(CORPUS)
    for line in failed:
        print(line, file=sys.stderr)
    return figures, not failed and figures["texts_equal"] == figures["pages"]


def kill_part() -> tuple[dict[str, Any], bool]:
    """Kill a crawl again and again, then finish it; return the moments, what is wrong, and whether nothing is."""
    with tempfile.TemporaryDirectory(prefix="pressclip-bench-") as folder, killing.Press(ARTICLES) as press:
        root = Path(folder)
        (root / "seeds.toml").write_text(press.seeds(), "utf-8")
        moments = Counter(killing.kill(press, root, seed) for seed in range(KILLS))
        code = killing.finish(root)
        wrong = killing.wrong(press, root)
        requests = sum(press.asked[url] for url in press.urls)
    figures = {"articles": ARTICLES, "kills": KILLS, "moments": moments, "requests": requests, "wrong": wrong}
    return figures, code == 0 and not any(wrong.values())


PARTS: dict[str, Callable[[], tuple[dict[str, Any], bool]]] = {
    "pages": pages_part,
    "kill": kill_part,
    "throughput": lambda: (throughput.throughput(), True),
    "memory": lambda: (throughput.memory(), True),
}


def main() -> int:
    """Measure, print and write the results; the figures of parts that are not measured stay."""
    parser = argparse.ArgumentParser(description="A whole crawl on loopback: right, kill-proof, fast, in flat memory.")
    parser.add_argument("--part", choices=PARTS, help="measure one of them; the other figures stay")
    args = parser.parse_args()
    found = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    machine = {"cores": cores(), "python": platform.python_version(), "system": platform.system()}
    code = 0
    for name in [args.part] if args.part else PARTS:
        load = os.getloadavg()[0]
        figures, good = PARTS[name]()
        print(json.dumps({name: figures}, indent=2), flush=True)
        about = {"date": datetime.now(UTC).date().isoformat(), "load_before": round(load, 1)}
        found[name] = about | figures
        found |= {"machine": machine, "versions": {name: version(name) for name in VERSIONS}}
        RESULTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
        code = max(code, 0 if good else 1)
    return code


if __name__ == "__main__":
    sys.exit(main())
