"""The archive at 1 GB: pages written, memory, random reads, verification; and what kills and several writers leave.

    python -m benchmarks.archive                   # all, writes benchmarks/results/archive.json; some five minutes
    python -m benchmarks.archive --part kill       # one of: size, kill, processes
    python -m benchmarks.archive --data FOLDER     # where the gigabyte is written for the time being

Needs 1.5 GB of disk, which is free again at the end. Pages are made, not real: bodies of the size that real ones have
on the wire (58.6 KB, gzipped, the mean of 1 000), which do not compress further, and texts of some 4 KB.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive import Capture, Catalog, Collection, read_capture
from benchmarks.durability import HEAD, ROOT, RULES, SOFTWARE, kill, together
from benchmarks.quality import machine
from benchmarks.scale import resident
from cleaners import Article

RESULTS = Path(__file__).parent / "results" / "archive.json"
WANTED_BYTES = 10**9
BODY = 58_600
WORDS, TEXT_WORDS = 20_000, 600
READS = 2_000
WARM_PAGES = 1_000
"""Memory is compared with what it was here: by then all is imported and the catalog's cache is full."""
KILLS = 100
PROCESSES, PAGES = 4, 1_000


def size(folder: Path) -> dict[str, Any]:
    """Write a gigabyte, read from it at random, verify it."""
    written: dict[str, Any] = json.loads(_alone("write", folder))
    reading: dict[str, Any] = json.loads(_alone("read", folder))
    return written | reading | verify(folder) | sizes(folder, written["pages"])


def write(root: Path) -> dict[str, Any]:
    """Store pages with their texts until a gigabyte of WARC is there; only storing counts for the rate."""
    chance = random.Random(1)
    words = [f"{chance.choice('bdfgklmnprst')}{chance.getrandbits(24):x}" for _ in range(WORDS)]
    spent, raw_spent, cpu, warm, number, raw = 0.0, 0.0, 0.0, 0, 0, 0
    with Collection(root, software=SOFTWARE, rules_version=RULES) as collection:
        while raw < WANTED_BYTES:
            url = f"https://gazette.example/news/{number}"
            page = Capture(url, datetime.now(UTC), 200, HEAD, chance.randbytes(BODY), b"GET / HTTP/1.1")
            article = Article(text=" ".join(chance.choices(words, k=TEXT_WORDS)), title=url, rules_version=RULES)
            start, cpu_start = time.perf_counter(), time.process_time()
            stored = collection.store(page)
            raw_spent += time.perf_counter() - start
            collection.store_text(stored, article)
            spent += time.perf_counter() - start
            cpu += time.process_time() - cpu_start
            raw = stored.offset + stored.length
            number += 1
            if number == WARM_PAGES:
                warm = resident()
        grown = resident() - warm
    return {
        "pages": number,
        "captures a second": round(number / raw_spent, 1),
        "pages with texts a second": round(number / spent, 1),
        "pages with texts a CPU second": round(number / cpu, 1),
        "memory growth MB": round(grown / 2**20, 1),
        "memory MB": round((warm + grown) / 2**20, 1),
    }


def read(root: Path) -> dict[str, Any]:
    """Look pages up by URL and read their captures, in random order."""
    chance = random.Random(2)
    with Catalog(root / "catalog.sqlite") as catalog:
        rows = WANTED_BYTES // (BODY + 2_000)
        start = time.perf_counter()
        for _ in range(READS):
            (row,) = catalog.captures(f"https://gazette.example/news/{chance.randrange(rows)}")
            assert len(read_capture(root, row.collection, row.file, row.offset).body) == BODY
    return {"random reads a second": round(READS / (time.perf_counter() - start), 1)}


def verify(root: Path) -> dict[str, Any]:
    """Check the collection as `pressclip archive verify` does, where this version has that."""
    try:
        verifier = importlib.import_module("archive.maintain.verify").Verifier(root)
    except ModuleNotFoundError:
        return {}
    start = time.perf_counter()
    found = list(verifier.findings())
    seconds = time.perf_counter() - start
    total = sum(path.stat().st_size for path in root.glob("collections/*/*/*.gz"))
    return {"verify MB a second": round(total / 1e6 / seconds, 1), "findings": len(found)}


def sizes(root: Path, pages: int) -> dict[str, Any]:
    """Return the bytes that a page takes in each kind of file."""
    patterns = {"warc": "**/*.warc.gz", "text": "**/*.wet.gz", "index": "**/*.cdxj", "catalog": "catalog.sqlite*"}
    found = {name: sum(path.stat().st_size for path in root.glob(pattern)) for name, pattern in patterns.items()}
    return {"bytes a page": {name: round(total / pages) for name, total in found.items()}}


def kills(folder: Path) -> dict[str, Any]:
    """Kill a writer at KILLS random moments."""
    total: Counter[str] = Counter()
    for number in range(KILLS):
        root = folder / str(number)
        total.update(kill(root, number))
        shutil.rmtree(root)
    return {"kills": KILLS, **total}


def processes(folder: Path) -> dict[str, Any]:
    """Let PROCESSES processes write PAGES pages each."""
    return together(folder, PROCESSES, PAGES)


PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {"size": size, "kill": kills, "processes": processes}
WORKERS: dict[str, Callable[[Path], dict[str, Any]]] = {"write": write, "read": read}


def _alone(task: str, folder: Path) -> bytes:
    """Run one of the WORKERS in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.archive", "--worker", task, "--data", str(folder)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, help="measure one of them; the other figures stay")
    parser.add_argument(
        "--data", type=Path, help="a folder with room for 1.5 GB (default: the system's for such files)"
    )
    parser.add_argument("--worker", choices=WORKERS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        print(json.dumps(WORKERS[args.worker](args.data)))
        return
    figures = json.loads(RESULTS.read_text("utf-8"))["figures"] if RESULTS.exists() else {}
    for name in [args.part] if args.part else PARTS:
        with tempfile.TemporaryDirectory(dir=args.data) as folder:
            figures[name] = {"date": datetime.now(UTC).date().isoformat()} | PARTS[name](Path(folder))
        print(name, json.dumps(figures[name], indent=1))
        RESULTS.write_text(json.dumps(machine() | {"figures": figures}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
