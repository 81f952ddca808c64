"""Memory of one process that cleans 100,000 pages.

    python -m benchmarks.leaks                    # the golden pages, over and over
    python -m benchmarks.leaks --pages 20000 --corpus wcxb-dev

Each page is cleaned and dropped, under an address of its own, as a worker does. What a process remembers between
pages has bounds, so memory grows at the beginning; it must not after that: the figure is the growth from page 1,000 to
the last one, at most 20 MB.
"""

from __future__ import annotations

import argparse
import sys
from itertools import cycle, islice
from pathlib import Path

from benchmarks import corpora
from benchmarks.quality import machine
from cleaners import clean, compiled_modules

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "pages"
FIRST = 1000
"""Pages after which memory is read for the first time."""
MOST_GROWTH = 20
"""Megabytes that may be added after that."""


def resident() -> float:
    """Return the megabytes of memory that this process holds now; Linux only."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def main() -> None:
    """Clean the pages, and print what the process holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=100_000, metavar="N")
    parser.add_argument("--corpus", metavar="NAME", help="take the pages of a corpus instead of the golden pages")
    options = parser.parse_args()
    if options.corpus:
        sources = [page.html() for page in corpora.pages(options.corpus)]
    else:
        sources = [path.read_bytes() for path in sorted(GOLDEN.glob("*/source.html"))]
    print(f"{machine()}; compiled: {', '.join(compiled_modules()) or 'nothing'}")
    print(f"{len(sources)} pages, {sum(map(len, sources)) / len(sources) / 1000:.0f} kB each, {options.pages} times")
    first = 0.0
    for number, source in enumerate(islice(cycle(sources), options.pages), start=1):
        clean(source, url=f"https://gazette.example/2026/11/{number}/story")
        if number == FIRST:
            first = resident()
        if number == FIRST or number % (options.pages // 10) == 0:
            print(f"page {number:7}: {resident():7.1f} MB", flush=True)
    grown = resident() - first
    print(f"growth from page {FIRST}: {grown:.1f} MB (at most {MOST_GROWTH})")
    sys.exit(grown > MOST_GROWTH)


if __name__ == "__main__":
    main()
