"""What a killed writer leaves, and what several writers make of one collection; sizes are the caller's."""

from __future__ import annotations

import hashlib
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive import Capture, Collection, Limits, read_capture, read_warc
from archive.warc.scan import Record, scan
from cleaners import Article

SOFTWARE, RULES = "benchmark/1", "r"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"
ROOT = Path(__file__).resolve().parents[1]
KILLED_AFTER = 0.3
"""Most seconds from the first record to the kill: by then some hundred records and several files are written."""
SMALL_FILE = 400_000
"""Bytes after which a file is sealed, so that kills fall into sealing too."""


def page(writer: str, number: int) -> Capture:
    """Return a page that can be made again: 2 to 130 KB that do not compress, one in five that of the one before."""
    body_of = number - 1 if number % 5 == 4 else number
    size = 2_000 + hashlib.sha256(f"{writer} {body_of}".encode()).digest()[0] * 500
    body = b"<p>%d" % body_of + random.Random(f"{writer} {body_of}").randbytes(size)
    url = f"https://gazette.example/{writer}/{number}"
    return Capture(url, datetime.now(UTC), 200, HEAD, body, b"GET / HTTP/1.1")


def write(root: Path, writer: str, count: int | None, *, max_bytes: int, sync_seconds: float) -> None:
    """Store `count` pages (None: until killed) with their texts; print each number when it is acknowledged."""
    with Collection(
        root, software=SOFTWARE, rules_version=RULES, limits=Limits(max_bytes, sync_seconds=sync_seconds)
    ) as collection:
        number = 0
        while count is None or number < count:
            stored = collection.store(page(writer, number))
            collection.store_text(stored, Article(text=f"text {number} of {writer}", rules_version=RULES))
            print(number, stored.file, stored.offset, flush=True)
            number += 1


def kill(root: Path, seed: int) -> dict[str, int]:
    """Kill a writer at a random moment, recover, and return what is wrong: all zero where nothing is, but `records`."""
    chance = random.Random(seed)
    process = subprocess.Popen(
        _command(root, "w", None, SMALL_FILE, seed % 2), stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(chance.random() * KILLED_AFTER)
    process.kill()
    told = [line.split() for line in (first + process.stdout.read()).splitlines(keepends=True) if line.endswith("\n")]
    process.wait()
    process.stdout.close()
    with Collection(root, software=SOFTWARE, rules_version=RULES) as collection:
        cut = sum(done.cut > 0 for done in collection.recovered)
    return {
        "records": len(told),
        "lost": sum(not _is_there(root, int(number), file, int(at)) for number, file, at in told),
        "cut": cut,
        "broken": sum(subprocess.run(["gzip", "-t", path], check=False).returncode != 0 for path in _files(root)),
        "rows": len(_rows(root) ^ _records(root)),
        "open": sum(1 for _ in root.rglob("*.open")),
    }


def together(root: Path, processes: int, pages: int) -> dict[str, Any]:
    """Let several processes write one collection; return what came of it."""
    start = time.perf_counter()
    running = [
        subprocess.Popen(
            _command(root, f"w{n}", pages, 10**9, 1),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for n in range(processes)
    ]
    errors = "".join(process.communicate()[1] for process in running)
    seconds = time.perf_counter() - start
    found = {capture.url for path in _files(root, ".warc.gz") for capture in read_warc(path)}
    wanted = {page(f"w{n}", number).url for n in range(processes) for number in range(pages)}
    return {
        "processes": processes,
        "pages each": pages,
        "missing": len(wanted - found),
        "rows": len(_rows(root) ^ _records(root)),
        "errors": errors,
        "pages a second": round(processes * pages / seconds, 1),
    }


def _command(root: Path, writer: str, count: int | None, max_bytes: int, sync_seconds: float) -> list[str]:
    values = [str(root.absolute()), writer, str(count or 0), str(max_bytes), str(sync_seconds)]
    return [sys.executable, "-m", "benchmarks.durability", *values]


def _is_there(root: Path, number: int, file: str, offset: int) -> bool:
    wanted, found = page("w", number), read_capture(root, "news", file, offset)
    return replace(wanted, fetched=found.fetched, revisit=found.revisit) == found


def _files(root: Path, suffix: str = ".gz") -> Iterator[Path]:
    return root.glob(f"collections/news/*/*{suffix}")


def _records(root: Path) -> set[tuple[str, str, int, int]]:
    found = ((item, path.name) for path in _files(root) for item in scan(path))
    kinds = {"response", "revisit", "conversion"}
    return {
        (item.record_id, name, item.offset, item.length if item.kind != "conversion" else 0)
        for item, name in found
        if isinstance(item, Record) and item.kind in kinds
    }


def _rows(root: Path) -> set[tuple[str, str, int, int]]:
    query = "SELECT record_id, file, offset, length FROM capture UNION SELECT record_id, file, offset, 0 FROM article"
    with closing(sqlite3.connect(root / "catalog.sqlite")) as catalog:
        return set(catalog.execute(query).fetchall())


if __name__ == "__main__":
    root, writer, count, max_bytes, sync_seconds = sys.argv[1:]
    write(Path(root), writer, int(count) or None, max_bytes=int(max_bytes), sync_seconds=float(sync_seconds))
