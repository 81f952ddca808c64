"""A crawl that is killed again and again, then run to its end; sizes are the caller's.

The moments are of two kinds: in another process at a random time after a random request, and in the crawl's own process
at a chosen step, such as half-way through writing a WARC record. What runs here as a process of its own is `pressclip`
with one step made deadly: python -m benchmarks.killing STEP COUNT ARGUMENTS...
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from archive import Catalog
from archive.catalog import manifest
from archive.collection import Collection
from archive.warc import writer
from archive.warc.records import read_texts
from scraper.frontier import Frontier

ROOT = Path(__file__).resolve().parents[1]
HOSTS = tuple(f"127.0.0.{number}" for number in range(2, 10))
STEPS = ("warc", "text", "close", "sealing", "start-up")
LATEST = 0.4
"""Most seconds from the request to the kill from outside: a page is fetched, cleaned and closed within some 0.1."""
SHORT = 12
"""Most pages of a run that is to be killed while its files are sealed."""
PATIENCE = 60.0
"""Seconds after which a crawl that neither ends nor is killed counts as hanging."""
PROSE = "The harbour was closed until noon on Monday, when the wind fell and the first boats went out again. " * 4


class Press:
    """Eight sites on loopback: a feed each, and articles that are small. It keeps a count of what it was asked for."""

    def __init__(self, articles: int) -> None:
        self.asked: Counter[str] = Counter()
        self.on_request: Callable[[int], None] = lambda number: None
        self.silent = ""
        """An article that is never answered."""
        self._never = asyncio.Event()
        self._number = 0
        self._each = articles // len(HOSTS)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Press:
        self._thread.start()
        self._servers = [self._run(asyncio.start_server(self._serve, host, 0)) for host in HOSTS]
        self.sites = [f"http://{host}:{server.sockets[0].getsockname()[1]}"
                      for host, server in zip(HOSTS, self._servers, strict=True)]  # fmt: skip
        return self

    def __exit__(self, *error: object) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def urls(self) -> list[str]:
        """The articles' addresses."""
        return [f"{site}/2026/11/21/{number}" for site in self.sites for number in range(self._each)]

    def seeds(self) -> str:
        """Return the seed file of all sites."""
        return "".join(f'[[site]]\nname = "{s}"\nhome = "{s}"\nfeeds = ["{s}/feed"]\n' for s in self.sites)

    def _run(self, work: Any) -> Any:  # noqa: ANN401 - a coroutine and its result
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        while serving := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                path, host = head.split(" ", 2)[1], head.lower().partition("\r\nhost: ")[2].partition("\r\n")[0]
                self.asked[f"http://{host}{path}"] += 1
                self._number += 1
                self.on_request(self._number)
                if f"http://{host}{path}" == self.silent:
                    await self._never.wait()
                status, body = self._page(f"http://{host}", path)
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode())
                writer.write(b"Content-Type: text/html\r\n\r\n" + body)
                await writer.drain()
        writer.close()

    def _page(self, site: str, path: str) -> tuple[str, bytes]:
        if path == "/feed":
            items = "".join(f"<item><link>{url}</link></item>" for url in self.urls if url.startswith(site + "/"))
            return "200 OK", f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>".encode()
        if not path.startswith("/2026/"):
            return "404 Not Found", b"gone"
        title = f"Day {path.rpartition('/')[2]} of {site}"
        text = f"<body><article><h1>{title}</h1><p>{title}. {PROSE}</p></article></body>"
        return "200 OK", f"<!doctype html><html><head><title>{title}</title></head>{text}</html>".encode()


def kill(press: Press, root: Path, seed: int) -> str:
    """Run the crawl of *press* in *root* and kill it at a moment that *seed* chooses; return the moment's name.

    Raises subprocess.TimeoutExpired where something of the crawl lives on.
    """
    chance = random.Random(seed)
    step = STEPS[seed // 2 % len(STEPS)] if seed % 2 else "outside"
    # sealing is reached by runs that end; a killed run's files are sealed by the next
    pages = ["--max-pages", str(SHORT)] if step == "sealing" or chance.random() < 0.2 else []
    count = 1 if step == "start-up" else chance.randint(1, 3 if step == "sealing" else 20)
    arguments = [step, str(count), *_command(root), *pages, "--jobs", str(seed % 3)]
    process = _start(root, "-m", "benchmarks.killing", *arguments)
    delay = chance.random() * LATEST
    after = chance.choice((0, chance.randint(1, 40), chance.randint(1, 40)))
    if step == "outside":
        first = sum(press.asked.values())
        reached = threading.Event()
        press.on_request = lambda number: reached.set() if number > first + after else None
        threading.Thread(target=lambda: (process.wait(), reached.set()), daemon=True).start()
        reached.wait(chance.random() * 2 if after == 0 else PATIENCE)
        threading.Event().wait(delay)
        process.kill()
        press.on_request = lambda number: None
    # the crawl's workers hold the same pipe: it ends with the last of them
    said, _ = process.communicate(timeout=PATIENCE)
    if process.returncode not in (-signal.SIGKILL, 0, 1):
        raise AssertionError(f"{step} {count}: exit code {process.returncode}: {said}")
    return step if process.returncode == -signal.SIGKILL else f"{step}, too late"


def finish(root: Path) -> int:
    """Run the crawl to its end and return its exit code."""
    process = _start(root, "-m", "scraper", *_command(root), "--jobs", "1")
    process.communicate(timeout=PATIENCE * 4)
    return process.returncode


def wrong(press: Press, root: Path) -> dict[str, int]:
    """Return what is wrong with the archive and the frontier of a crawl that has ended; all zero where nothing is."""
    data, wanted = root / "data", Counter(press.urls)
    with Catalog(data / "catalog.sqlite") as catalog:
        rows = Counter(row[0] for row in catalog.query("SELECT url FROM article"))
    files = sorted(data.glob("collections/news/text/*.wet.gz"))
    texts = Counter(text.url for path in files for text in read_texts(path))
    ended = {row["url"]: row for row in _frontier(data)}
    verified = subprocess.run([sys.executable, "-m", "scraper", "archive", "verify", "--data", str(data)],
                              cwd=ROOT, capture_output=True, check=False)  # fmt: skip
    return {
        "rows": sum((rows - wanted).values()) + sum((wanted - rows).values()),
        "texts": sum((texts - wanted).values()) + sum((wanted - texts).values()),
        "not fetched": sum(ended[url]["status"] != "fetched" for url in wanted),
        "not final": sum(row["state"] != "done" for row in ended.values()),
        "asked too often": sum(press.asked[url] > _allowed(press, row) for url, row in ended.items()),
        "open": sum(1 for _ in data.rglob("*.open")),
        "verify": verified.returncode,
    }


def _allowed(press: Press, row: dict[str, Any]) -> int:
    """Return how often a URL may have been asked for: an article by its attempts, a feed once a run."""
    return row["attempts"] if row["kind"] == "article" else press.asked[f"{row['site']}/robots.txt"]


def _frontier(data: Path) -> Iterator[dict[str, Any]]:
    import sqlite3

    with closing(sqlite3.connect(data / "frontier.sqlite")) as frontier:
        frontier.row_factory = sqlite3.Row
        yield from map(dict, frontier.execute("SELECT * FROM urls").fetchall())


def _command(root: Path) -> list[str]:
    return [
        "crawl",
        str(root / "seeds.toml"),
        "--data",
        str(root / "data"),
        "--allow-private",
        "--delay",
        "0",
        "--no-tdmrep",
    ]


def _start(root: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def _deadly(step: str, count: int) -> None:
    """Make the *count*-th coming to *step* the end of this process."""
    owner, name = {
        "warc": (writer.Appender, "append"),
        "text": (Collection, "store_text"),
        "close": (Frontier, "close"),
        "sealing": (manifest, "add"),
        "start-up": (Frontier, "recover"),
    }[step]
    original: Callable[..., Any] = getattr(owner, name)
    left = count

    def die(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - of any of these
        nonlocal left
        left -= 1
        if left:
            return original(*arguments, **named)
        if step == "warc":
            os.write(arguments[0]._fd, arguments[1][: len(arguments[1]) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, die)


if __name__ == "__main__":
    step, count, *arguments = sys.argv[1:]
    if step in STEPS:
        _deadly(step, int(count))
    from scraper.cli import main

    sys.argv = ["pressclip", *arguments]
    main()
