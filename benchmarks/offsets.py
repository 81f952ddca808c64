"""Datasets of crawled pages, proved: at every row's WARC offset lies the page whose cleaning gives the row's text."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from archive.dataset import Options, build, check_manifest, prove, rebuild, write_recipe
from archive.warc.reader import read_exchange
from benchmarks.corpora import pages
from benchmarks.crawl import serve

CORPUS = "fundus-dev"
COLUMNS = ["url", "warc_file", "warc_offset"]


def offsets(folder: Path, _: int) -> dict[str, Any]:
    """Build from the demo's collection and from a corpus crawled on loopback; go back from every row to its page."""
    _press("demo", "--data", str(folder / "demo"))
    figures = {"demo": _proved(folder / "demo"), CORPUS: _crawled(folder / CORPUS)}
    return figures | {"kept": all(part["kept"] for part in figures.values())}


def _crawled(data: Path) -> dict[str, Any]:
    """Crawl the corpus; its rows' records must also hold the bytes that were served."""
    files = {f"/{page.id}.html": page.html() for page in pages(CORPUS)}
    data.mkdir(parents=True)
    with serve(files) as base:
        seeds = data / "seeds.txt"
        seeds.write_text("".join(f"{base}{path}\n" for path in files), "utf-8")
        _press("crawl", str(seeds), "--data", str(data), "--allow-private", "--delay", "0")
    figures = _proved(data)
    warcs = {path.name: path for path in data.rglob("*.warc.gz")}
    rows = pq.read_table(data / "dataset" / "data", columns=COLUMNS).to_pylist()
    served = sum(
        read_exchange(warcs[row["warc_file"]], row["warc_offset"]).capture.payload() == files[row["url"][len(base) :]]
        for row in rows
    )
    return figures | {"as served": served, "kept": figures["kept"] and served == len(rows) > 0}


def _proved(data: Path) -> dict[str, Any]:
    """Build a dataset of a data root, prove each of its rows, and rebuild it from its recipe and the WARC files."""
    out, options = data / "dataset", Options()
    start = time.monotonic()
    built = build([data], out, options)
    seconds = time.monotonic() - start
    wrong = [*prove(out, [data], options), *check_manifest(out)]
    for finding in wrong:
        print(finding, file=sys.stderr)
    write_recipe(out, data / "recipe.jsonl.gz")
    again = rebuild(data / "recipe.jsonl.gz", sorted(data.rglob("*.warc.gz")), data / "again")
    return {
        "rows": sum(built.splits.values()),
        "dropped": built.dropped,
        "seconds": round(seconds, 1),
        "wrong": len(wrong),
        "rebuilt": again.rows - again.differing,
        "recipe bytes": (data / "recipe.jsonl.gz").stat().st_size,
        "kept": not wrong and again.is_proved and built.splits["train"] > 0,
    }


def _press(*args: str) -> None:
    """Run the command line: Twisted's reactor starts once in a process. Pages that fail are no failure here."""
    done = subprocess.run([sys.executable, "-m", "scraper", *args], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
