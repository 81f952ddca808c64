"""Several processes, memory and start-up.

    python -m benchmarks.scale                 # all three, writes benchmarks/results/scale.json; some 20 minutes
    python -m benchmarks.scale --only start    # one of: jobs, memory, start

Rates are wall clock and suffer from whatever else the machine does: the best round of each counts, and CPU accounting
says beside it what two idle cores would give at most. Start-up is CPU, the median over rounds taken in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks import corpora
from benchmarks.quality import machine
from cleaners import Page, clean_page

RESULTS = Path(__file__).parent / "results" / "scale.json"
ROOT = Path(__file__).resolve().parents[1]
PAGES = 900
ROUNDS = 3
START_PAGES, START_ROUNDS = 5, 9
"""Pages of a corpus, from the smallest to the largest, that start-up is measured with, and how often each."""
FIRST, LAST, STEP = 1_000, 10_000, 1_000
# the parent tells its own CPU and that of its processes when it ends
ACCOUNTED = """
import resource, sys
from scraper.cli import main
if __name__ == "__main__":
    try:
        main()
    finally:
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
            spent = resource.getrusage(who)
            print(spent.ru_utime + spent.ru_stime, file=sys.stderr)
"""


def jobs(folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Return how fast one and two processes clean PAGES pages, and the CPU that it costs."""
    script, pages = folder / "accounted.py", folder / "pages"
    script.write_text(ACCOUNTED, "utf-8")
    pages.mkdir()
    for page in islice(corpora.pages(), PAGES):
        (pages / f"{page.corpus}-{page.id}.html").write_bytes(page.html())
    found: dict[int, list[tuple[float, float, float]]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for number, rounds in found.items():
            command = [sys.executable, str(script), "clean", str(pages), "--format", "jsonl", "--jobs", str(number)]
            start = time.perf_counter()
            done = subprocess.run(
                command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
            )
            wall = time.perf_counter() - start
            own, others = map(float, done.stderr.split()[-2:])
            rounds.append((wall, own, others))
    one, two = (min(rounds) for rounds in found.values())
    # two idle cores: the parent works while the processes do
    bound = min(sum(cpu) for _, *cpu in found[1]) / (min(sum(cpu) for _, *cpu in found[2]) / 2)
    return {
        "pages": PAGES,
        "pages a second": {"1": round(PAGES / one[0], 2), "2": round(PAGES / two[0], 2)},
        "ratio, best rounds": round(one[0] / two[0], 3),
        "ratio of CPU accounting": round(bound, 3),
        "parent's CPU with 2": round(min(own for _, own, _ in found[2]), 2),
        "rounds (wall, CPU parent, CPU processes)": found,
    }


def memory(folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Return the resident memory, in MB, of a process that cleans the corpora again and again."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", "--worker"], check=True, stdout=subprocess.PIPE, env=environment
    )
    at: dict[str, float] = json.loads(done.stdout)
    return {"MB at page": at, "growth": round(at[str(LAST)] - at[str(FIRST)], 1)}


def worker() -> dict[int, float]:
    """Clean LAST pages of the corpora in this process; return what it holds every STEP pages."""

    def pages() -> Iterator[Page]:
        while True:
            for page in corpora.pages():
                yield Page(page.html(), page.url)

    return dict(held(pages(), LAST, STEP))


def held(pages: Iterable[Page], last: int, step: int) -> Iterator[tuple[int, float]]:
    """Clean `last` pages in this process; yield the number and what it holds every `step` pages."""
    for number, page in enumerate(islice(pages, last), 1):
        clean_page(page)
        if number % step == 0:
            yield number, round(resident() / 2**20, 1)


def resident() -> int:
    """Return the bytes of memory that this process holds now; Linux only."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


def start(folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Return the CPU of one page from start to end, beside that of trafilatura's import and extraction."""
    listed = sorted((page.html() for page in corpora.pages(corpora.NAMES[0])), key=len)
    chosen = [listed[len(listed) * (2 * n + 1) // (2 * START_PAGES)] for n in range(START_PAGES)]
    spent: list[tuple[float, float]] = []
    for number, html in enumerate(islice(cycle(chosen), START_PAGES * START_ROUNDS)):
        path = folder / "page.html"
        # as text that the one-liner can open
        path.write_text(html.decode("utf-8", "replace"), "utf-8")
        theirs = f"import trafilatura; trafilatura.extract(open({str(path)!r}).read())"
        pair = (_cpu(["-m", "scraper", "clean", str(path)], environment), _cpu(["-c", theirs], environment))
        if number:  # the first run writes the byte code of both
            spent.append(pair)
    alone = statistics.median(_cpu(["-c", "import trafilatura"], environment) for _ in range(START_ROUNDS))
    ours, theirs_ms = (round(1000 * statistics.median(column)) for column in zip(*spent, strict=True))
    ratio = statistics.median(a / b for a, b in spent)
    return {"ratio": round(ratio, 3), "pressclip": ours, "trafilatura": theirs_ms, "its import": round(1000 * alone)}


def _cpu(arguments: Sequence[str], environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=False, capture_output=True, env=environment, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


PARTS: dict[str, Callable[[Path, dict[str, str]], dict[str, Any]]] = {"jobs": jobs, "start": start, "memory": memory}


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, help="measure one of the three; the other figures stay")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        print(json.dumps(worker()))
        return
    figures = json.loads(RESULTS.read_text("utf-8"))["figures"] if RESULTS.exists() else {}
    for name in [args.only] if args.only else PARTS:
        with tempfile.TemporaryDirectory() as folder:
            # both tools with byte code, as where they are installed, and none written beside the sources
            environment = os.environ | {"PYTHONPYCACHEPREFIX": f"{folder}/bytecode", "PYTHONPATH": str(ROOT)}
            environment.pop("PYTHONDONTWRITEBYTECODE", None)
            figures[name] = PARTS[name](Path(folder), environment)
        print(name, json.dumps(figures[name], indent=1))
        RESULTS.write_text(json.dumps(machine() | {"figures": figures}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
