"""Sources that are made to be slow or large: robots.txt, sitemaps, feeds, section and home pages.

    python -m benchmarks.hostile_sources              # time and memory of reading each, in a process of its own
    python -m benchmarks.hostile_sources --crawl      # the longest gap between two requests to another host meanwhile

Each process may take MOST_SECONDS and MOST_MEMORY. Exit code 1 where a source takes longer than SLOWEST, or where the
other host waits longer than LONGEST_GAP.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

MB = 2**20
MOST_SECONDS = 120
MOST_MEMORY = 3 * 2**30
SLOWEST = 10.0
"""Seconds that a source may take: `scraper.crawl.pipelines.SOURCE_SECONDS`."""
LONGEST_GAP = 1.0
PAGES = 400
"""Pages of the other host: with DELAY between two of them they outlast every source."""
DELAY = 0.05
BASE = "http://127.0.0.1/x"
_HTML = "<!doctype html><title>Gazette</title><body>"


def _xml(root: str, content: str, megabytes: int = 50) -> bytes:
    room = megabytes * MB - 200
    return f"<{root}>{content * (room // len(content))}</{root}>".encode()


def _many(make: Callable[[int], str], size: int) -> str:
    parts, length, number = [], 0, 0
    while length < size:
        parts.append(make(number))
        length += len(parts[-1])
        number += 1
    return "".join(parts)


ROBOTS: dict[str, Callable[[], bytes]] = {
    "60 KB: agents times rules": lambda: (
        _many(lambda n: f"User-agent: a{n}\n", 30_000) + _many(lambda n: f"Disallow: /{n}\n", 30_000)
    ).encode(),
    "500 KB: rules for each AI agent": lambda: (
        "".join(f"User-agent: {agent}\n" for agent in ("pressclip", "GPTBot", "CCBot", "ClaudeBot", "Bytespider", "*"))
        + _many(lambda n: f"Disallow: /{n}*a*b$\n", 490_000)
    ).encode(),
    "500 KB: wildcards": lambda: ("User-agent: *\n" + "Disallow: /" + "*a" * 245_000 + "\n").encode(),
    "500 KB: a group for each beginning of our name": lambda: (
        "".join(f"User-agent: {'pressclip'[:n]}\n" for n in range(1, 10)) + _many(lambda n: f"Allow: /{n}\n", 490_000)
    ).encode(),
}
SITEMAPS: dict[str, Callable[[], bytes]] = {
    "50 MB of elements that are not wanted, gzipped": lambda: gzip.compress(_xml("urlset", "<x/>")),
    "50 MB of empty entries, gzipped": lambda: gzip.compress(_xml("urlset", "<url/>")),
    "50 MB of children of one entry": lambda: gzip.compress(_xml("urlset", "<url>" + "<x/>" * 10_000_000)),
    "50 MB of nested elements": lambda: gzip.compress(_xml("urlset", "<url><x>")),
    "50 MB of attributes": lambda: gzip.compress(
        ("<urlset><url " + _many(lambda n: f"a{n}='' ", 49 * MB) + "/></urlset>").encode()
    ),
    "50 MB of text before an element": lambda: gzip.compress(_xml("urlset", "x ")),
    "50 MB of comments": lambda: gzip.compress(_xml("urlset", "<!---->")),
    "50 MB of lines": lambda: gzip.compress(b"http://127.0.0.1/a\n" * (50 * MB // 19)),
    "one line of 50 MB": lambda: gzip.compress(b"http://127.0.0.1/" + b"a/" * (24 * MB)),
    "50 MB of the entries of a feed": lambda: gzip.compress(_xml("rss", "<item><link>/a</link></item>")),
}
FEEDS: dict[str, Callable[[], bytes]] = {
    "10 MB of elements": lambda: _xml("rss", "<item/>", 10),
    "10 MB that is not well-formed": lambda: _xml("rss", "<item><link>/a<title>b", 10),
    "10 MB of JSON": lambda: b'{"version":"https://jsonfeed.org/version/1","items":[' + b"{}," * (3 * MB) + b"{}]}",
    "10 MB of nested JSON": lambda: b"[" * (10 * MB),
}
SECTIONS: dict[str, Callable[[], bytes]] = {
    "10 MB of links": lambda: (_HTML + "<a href=/a>b</a>" * (10 * MB // 16)).encode(),
    "10 MB of different links": lambda: (_HTML + _many(lambda n: f"<a href=//e{n}.de/?q{n}>b</a>", 9 * MB)).encode(),
    "10 MB of links that are not closed": lambda: (_HTML + "<a href=/a>b" * (10 * MB // 12)).encode(),
    "10 MB of links in each other": lambda: (_HTML + "<a href=/a><b>" * (10 * MB // 14)).encode(),
    "links around 5 MB of text": lambda: (_HTML + "<table><a href=/a><td>" * 5000 + "a b " * MB).encode(),
    "10 MB of elements": lambda: (_HTML + "<p>" * (10 * MB // 3)).encode(),
    "10 MB of nested elements": lambda: (_HTML + "<div>" * (2 * MB)).encode(),
    "10 MB of attributes": lambda: (_HTML + f"<p {_many(lambda n: f'a{n} ', 9 * MB)}>").encode(),
    "a link of 10 MB": lambda: (_HTML + f"<a href='/{'a/' * (5 * MB)}'>b</a>").encode(),
    "10 MB of parameters": lambda: (
        _HTML + _many(lambda n: f"<a href='/?{_many(lambda k: f'&{n:x}{k:x}', 1500)}'>b</a>", 9 * MB)
    ).encode(),
}
HOMES = {name: SECTIONS[name] for name in ("10 MB of links", "10 MB of different links", "links around 5 MB of text")}
NAMED: dict[str, Callable[[], bytes]] = {
    "10 MB of Sitemap lines": lambda: _many(lambda n: f"Sitemap: /{n}\n", 10 * MB).encode(),
}
SOURCES = {
    "robots": ROBOTS,
    "sitemap": SITEMAPS,
    "feed": FEEDS,
    "section": SECTIONS,
    "home": HOMES,
    "robots of a survey": NAMED,
}


def read(kind: str, body: bytes) -> str:
    """Read a source as a crawl does, and return what came of it."""
    from scraper.discovery import DiscoveryError, read_source
    from scraper.discovery.pages import read_home, sitemaps_of

    try:
        if kind == "robots":
            return _read_robots(body)
        if kind == "home":
            return f"{len(read_home(body, BASE).articles)} articles"
        if kind == "robots of a survey":
            return f"{len(sitemaps_of(body, BASE))} sitemaps"
        reading = read_source(kind, body, BASE, charset=None, now=datetime.now(UTC), max_age=None)  # type: ignore[arg-type]
        return reading.summary(0)
    except DiscoveryError as error:
        return f"{error.status}: {error}"


def _read_robots(body: bytes) -> str:
    from scraper.fetch.robots_file import TooManyRules, rules_of

    try:
        rules_of(body)
    except TooManyRules as error:
        return str(error)
    return "read"


def measured(kind: str, name: str) -> dict[str, Any]:
    """Read one source in this process, and return its size, time and memory."""
    read("section", b"<p>loads what reading needs</p>")
    body = SOURCES[kind][name]()
    before, start = _peak(), time.perf_counter()
    result = read(kind, body)
    seconds = time.perf_counter() - start
    return {"kb": len(body) // 1024, "seconds": round(seconds, 2), "mb": _peak() - before, "result": result}


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def all_measured(only: str) -> int:
    """Read each source in a process of its own, print a line for each, and return the exit code."""
    worst = 0.0
    for kind, sources in SOURCES.items():
        for name in sources:
            if only not in f"{kind}: {name}":
                continue
            command = [sys.executable, "-m", "benchmarks.hostile_sources", "--one", kind, name]
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            if ended.returncode:
                last = (ended.stderr.strip() or str(ended.returncode)).splitlines()[-1]
                print(f"{kind}: {name}: not read: {last}", flush=True)
                worst = MOST_SECONDS
                continue
            figures = json.loads(ended.stdout)
            worst = max(worst, figures["seconds"])
            print(
                f"{kind}: {name} ({figures['kb']} KB): {figures['seconds']} s, {figures['mb']} MB: {figures['result']}",
                flush=True,
            )
    return int(worst > SLOWEST)


def gap(kind: str, name: str, jobs: int) -> tuple[float, list[str]]:
    """Crawl a source beside another host, and return the longest gap between two requests to that host."""
    body, asked = SOURCES[kind][name](), list[float]()

    class Both(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            hostile = self.headers["Host"].startswith("127.0.0.2:")
            if not hostile and self.path != "/robots.txt":
                asked.append(time.perf_counter())
            is_robots = self.path == "/robots.txt"
            if hostile and is_robots == kind.startswith("robots"):
                data, coding = gzip.compress(body, 1), "gzip"
            else:
                data, coding = b"" if is_robots else b"<p>One paragraph of a page.</p>", "identity"
            self.send_response(200)
            for header in (("Content-Type", "text/html"), ("Content-Encoding", coding), ("Content-Length", len(data))):
                self.send_header(header[0], str(header[1]))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("0.0.0.0", 0), Both)  # noqa: S104 - two hosts of loopback
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port
    bad, good = f"http://127.0.0.2:{port}", f"http://127.0.0.1:{port}"
    source = {"sitemap": "sitemaps", "feed": "feeds"}.get(kind, "sections")
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder) / "seeds.toml"
        seeds.write_text(
            f'[[site]]\nname = "bad"\nhome = "{bad}/"\n{source} = ["{bad}/source"]\n'
            f'[[site]]\nname = "good"\nhome = "{good}/"\nurls = {json.dumps([f"{good}/{n}" for n in range(PAGES)])}\n'
        )
        command = [sys.executable, "-m", "scraper", "crawl", str(seeds), "--data", f"{folder}/data", "--allow-private"]
        command += ["--delay", str(DELAY), "--jobs", str(jobs), "--json"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=MOST_SECONDS * 3)
    server.shutdown()
    server.server_close()
    try:
        report = json.loads(ended.stdout)
    except ValueError:
        return float("inf"), [ended.stderr.strip()[-200:]]
    told = [f"{problem['status']}: {problem['reason']}" for problem in report["problems"]]
    # the pace of the first requests is that of the start
    return max((later - earlier for earlier, later in pairwise(asked[5:])), default=float("inf")), told


def all_crawled(only: str, jobs: int) -> int:
    """Measure the gap for each source, print a line for each, and return the exit code."""
    worst = 0.0
    for kind, sources in SOURCES.items():
        if kind in ("home", "robots of a survey"):
            continue
        for name in sources:
            if only in f"{kind}: {name}":
                longest, told = gap(kind, name, jobs)
                worst = max(worst, longest)
                print(f"{kind}: {name}: longest gap {longest:.2f} s; {'; '.join(told) or 'read'}", flush=True)
    return int(worst > LONGEST_GAP)


def main() -> int:
    """Read the options and run the part that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only sources with this in their name")
    parser.add_argument("--crawl", action="store_true", help="measure the gap between requests to another host")
    parser.add_argument("--jobs", type=int, default=1, help="processes that read and clean, with --crawl")
    parser.add_argument("--one", nargs=2, metavar=("KIND", "NAME"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        signal.alarm(MOST_SECONDS)
        print(json.dumps(measured(*options.one)))
        return 0
    return all_crawled(options.only, options.jobs) if options.crawl else all_measured(options.only)


if __name__ == "__main__":
    sys.exit(main())
