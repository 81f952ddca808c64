"""Which of our files a page goes through: to be fetched and stored, to be cleaned, to become a row of a dataset.

    python -m benchmarks.way_of_a_page
    python -m benchmarks.way_of_a_page --calls     # with the functions called

A file counts where a function of it is called, not where it is only imported. Only what happens for a page is counted:
the pages of a crawl from the ending of the first to that of the last, and a shard's rows without what plans the build
and decides over all rows. The cleaning is a way of its own, and left out of the other two. No test asserts the counts.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType

from tests.support.import_graph import PACKAGES, ROOT

STORY = (ROOT / "docs" / "examples" / "harbour.html").read_bytes()
PAGES = 4
DELAY = 0.4
"""Seconds between requests: one page is at its end before the next is asked for."""

Calls = dict[str, list[str]]


class Trace:
    """Notes the functions of ours that are called, by file; with *within* only while a function of this name runs."""

    def __init__(self, within: str = "") -> None:
        self.calls: Calls = defaultdict(list)
        self._within, self._depth = within, 0

    def clear(self) -> None:
        """Forget what was called so far."""
        self.calls.clear()

    def take(self) -> Calls:
        """Return what was called since."""
        return {path: list(dict.fromkeys(names)) for path, names in self.calls.items()}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Trace this thread, and those that begin meanwhile."""
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if code.co_name == self._within and event in ("call", "return"):
            self._depth += 1 if event == "call" else -1
        # the body of a module or of a class is no function
        if event != "call" or not code.co_flags & CO_OPTIMIZED or not code.co_filename.startswith(str(ROOT)):
            return
        path = Path(code.co_filename).relative_to(ROOT)
        if path.parts[0] in PACKAGES and (self._depth or not self._within):
            self.calls[path.as_posix()].append(code.co_qualname)


def main() -> None:
    """Print each way with its files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", action="store_true", help="print the functions that are called, too")
    args = parser.parse_args()
    import_everything()
    with tempfile.TemporaryDirectory() as folder:
        ways = {
            "cleaning": cleaning(),
            "a row of a dataset": row(Path(folder)),
            "fetching and storing": fetching(Path(folder)),
        }
    for name, calls in ways.items():
        print(f"{name}: {len(calls)} files")
        for path in sorted(calls):
            print(f"  {path}{': ' + ', '.join(calls[path]) if args.calls else ''}")


def import_everything() -> None:
    """Import all modules, so that what is only imported counts nowhere."""
    for package in map(importlib.import_module, PACKAGES):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def cleaning() -> Calls:
    """Clean a page; the rules and the model were loaded for another one."""
    from cleaners import clean

    clean(STORY, url="https://gazette.example/first")
    trace = Trace()
    with trace.running():
        clean(STORY, url="https://gazette.example/harbour")
    return trace.take()


def row(folder: Path) -> Calls:
    """Make the rows of a WARC file with one page."""
    from datetime import UTC, datetime

    from archive import Capture, Collection
    from archive.dataset import Options, build

    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8"
    page = Capture("https://gazette.example/harbour", datetime.now(UTC), 200, head, STORY, b"GET / HTTP/1.1")
    with Collection(folder / "data", "news", software="benchmark", rules_version="1") as collection:
        collection.store(page)
    trace = Trace(within="build_shard")
    with trace.running():
        build([folder / "data" / "collections" / "news"], folder / "dataset", Options())
    return without_cleaning(trace.take())


def fetching(folder: Path) -> Calls:
    """Crawl pages on loopback, one after the other, and return what was called from the first ending to the last."""
    from scraper.crawl import CrawlOptions, run_crawl
    from scraper.seeds import Seed

    trace, between, ended = Trace(), Calls(), 0

    def on_event(event: object) -> None:
        nonlocal ended
        ended += 1
        if ended == 1:
            trace.clear()
        elif ended == PAGES:
            between.update(trace.take())

    with serving() as base:
        seed = Seed("Gazette", base, urls=tuple(f"{base}story/{number}" for number in range(PAGES)))
        options = CrawlOptions(seeds=(seed,), data=folder / "crawl", delay=DELAY, allow_private=True, on_event=on_event)
        with trace.running():
            run_crawl(options)
    return without_cleaning(between)


def without_cleaning(calls: Calls) -> Calls:
    """Leave out the cleaner's files."""
    return {path: names for path, names in calls.items() if not path.startswith("cleaners/")}


class _Stories(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer with a story, each with a comment of its own; there is nothing else."""
        body = STORY + f"<!-- {self.path} -->".encode() if "/story/" in self.path else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Log nothing."""


@contextmanager
def serving() -> Iterator[str]:
    """Serve the stories on loopback and yield the base address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Stories) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


if __name__ == "__main__":
    main()
