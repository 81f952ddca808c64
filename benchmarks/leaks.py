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
from itertools import cycle
from pathlib import Path

from benchmarks import corpora
from benchmarks.quality import machine
from benchmarks.scale import FIRST, STEP, held
from cleaners import Page, compiled_modules

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "pages"
MOST_GROWTH = 20
"""Megabytes that may be added after the first STEP pages."""


def main() -> None:
    """Clean the pages, and print what the process holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=100_000, metavar="N", help=f"at least {2 * STEP}")
    parser.add_argument("--corpus", metavar="NAME", help="take the pages of a corpus instead of the golden pages")
    options = parser.parse_args()
    if options.pages < 2 * STEP:
        parser.error(f"--pages must be at least {2 * STEP}")
    if options.corpus:
        sources = [page.html() for page in corpora.pages(options.corpus)]
    else:
        sources = [path.read_bytes() for path in sorted(GOLDEN.glob("*/source.html"))]
    print(f"{machine()}; compiled: {', '.join(compiled_modules()) or 'nothing'}")
    print(f"{len(sources)} pages, {sum(map(len, sources)) / len(sources) / 1000:.0f} kB each, {options.pages} times")
    pages = (
        Page(source, f"https://gazette.example/2026/11/{number}/story")
        for number, source in enumerate(cycle(sources), 1)
    )
    first = last = 0.0
    for number, last in held(pages, options.pages, STEP):
        first = last if number == FIRST else first
        if number == FIRST or number % (10 * STEP) == 0:
            print(f"page {number:7}: {last:7.1f} MB", flush=True)
    grown = last - first
    print(f"growth from page {FIRST}: {grown:.1f} MB (at most {MOST_GROWTH})")
    sys.exit(grown > MOST_GROWTH)


if __name__ == "__main__":
    main()
