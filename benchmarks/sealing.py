"""Sealing a full WARC file: how long a capture waits to be stored meanwhile.

    python -m benchmarks.sealing [--megabytes N] [--folder FOLDER]

Fills a file of 1,000 MB, or as many as are asked for, with pages that do not compress, as a crawl stores them, and goes
on storing one page each tenth of a second while it is sealed. Prints how long sealing took and the longest `store`
before and meanwhile; exit code 1 where one took longer than MAX_WAIT.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from archive import Capture, Collection, Limits
from benchmarks.quality import machine

PAGE = 500_000
"""Bytes of a page."""
EACH = 0.1
"""Seconds between two pages while the file is sealed: a crawl of ten hosts has as many."""
MAX_WAIT = 1.0
"""Seconds: the aim for the longest `store`. Sealing 1 GB stopped a crawl for 12 s once."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"


def page(number: int) -> Capture:
    """Return a capture whose body does not compress."""
    url, fetched = f"https://gazette.example/{number}", datetime.now(UTC)
    return Capture(url, fetched, 200, HEAD, os.urandom(PAGE), b"GET / HTTP/1.1\r\nHost: gazette.example")


def measure(size: int, folder: Path) -> dict[str, Any]:
    """Fill and seal one file of *size* bytes, and return the figures in seconds."""
    filling: list[float] = []
    sealing: list[float] = []
    limits = Limits(max_bytes=size)
    with Collection(folder, software="benchmark/1", rules_version="0", limits=limits, processes=True) as collection:

        def store(into: list[float]) -> None:
            capture, began = page(len(filling) + len(sealing)), monotonic()
            collection.store(capture)
            into.append(monotonic() - began)

        def is_sealed() -> bool:
            return bool(collection.catalog.files(collection.name))

        raw = folder / "collections" / collection.name / "archive"
        while sum(path.stat().st_size for path in raw.iterdir()) < size:
            store(filling)
        began = monotonic()
        while not is_sealed():
            store(sealing)
            sleep(EACH)
        took = monotonic() - began
    return {
        "megabytes": size // 10**6,
        "sealing": round(took, 1),
        "stored_meanwhile": len(sealing),
        "longest_store_before": round(max(filling), 2),
        "longest_store_meanwhile": round(max(sealing), 2),
    }


def main() -> int:
    """Measure and print; 1 where a store took too long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="where the file is written for the time being")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        figures = measure(asked.megabytes * 10**6, Path(folder))
    print(json.dumps(machine() | figures, indent=1))
    return int(figures["longest_store_meanwhile"] > MAX_WAIT)


if __name__ == "__main__":
    sys.exit(main())
