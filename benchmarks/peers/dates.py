"""Compare our dates with htmldate's over its own test pages: `python -m benchmarks.peers.dates FOLDER`.

FOLDER is `tests` of a checkout of github.com/adbar/htmldate, fetched by the user: `eval_*.json` name the date of each
address and the file of its page, which lies in `test_set`, `cache` or `eval`. The table tells for each reader how many
days are right, wrong and not given, and the CPU milliseconds a page; below it are our wrong days.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from htmldate import find_date  # type: ignore[import-untyped, unused-ignore]

from cleaners import clean

MAX_FILE = 10 * 2**20
"""Bytes of the largest page that is read."""
MAX_SHOWN = 20
"""Most lines of a list."""

Read = Callable[[bytes, str], str]


def ours(html: bytes, url: str) -> str:
    """Return our day in ISO 8601; empty for none. The whole page is cleaned."""
    return str(clean(html, url=url).date or "")[:10]


def theirs(html: bytes, url: str) -> str:
    """Return htmldate's day of publication in ISO 8601; empty for none."""
    try:
        return find_date(html, url=url, original_date=True) or ""
    except Exception:  # the peer's own errors are not measured
        return ""


READERS: dict[str, Read] = {"pressclip": ours, "htmldate": theirs}


def main() -> int:
    """Print the table; 2 without a folder that has pages with dates."""
    folder = Path(sys.argv[1]) if len(sys.argv) == 2 else None
    pages = [] if folder is None or not folder.is_dir() else list(dated_pages(folder))
    if not pages:
        print("benchmarks.peers.dates: name the folder tests of a checkout of adbar/htmldate", file=sys.stderr)
        return 2
    print(f"{len(pages):,} pages\n           right  wrong   none   ms a page")
    wrong = []
    for name, read in READERS.items():
        ends: Counter[str] = Counter()
        spent = 0.0
        for path, url, day in pages:
            html = path.read_bytes()
            start = time.process_time()
            found = read(html, url)
            spent += time.process_time() - start
            end = "right" if found == day else "wrong" if found else "none"
            ends[end] += 1
            if name == "pressclip" and end == "wrong":
                wrong.append(f"{path.name}: {found}, not {day}")
        print(f"{name:9s} {ends['right']:6,} {ends['wrong']:6,} {ends['none']:6,} {1000 * spent / len(pages):11.1f}")
    print(*wrong[:MAX_SHOWN], sep="\n")
    return 0


def dated_pages(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield (file, address, day) of the pages that a folder's `eval_*.json` name and that are there."""
    files = {path.name: path for path in sorted(folder.rglob("*.htm*")) if path.stat().st_size <= MAX_FILE}
    for table in sorted(folder.glob("eval_*.json")):
        for url, entry in json.loads(table.read_text("utf-8")).items():
            path = files.get(Path(str(entry.get("file"))).name)
            if path is not None and entry.get("date"):
                yield path, url, str(entry["date"])[:10]


if __name__ == "__main__":
    sys.exit(main())
