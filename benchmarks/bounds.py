"""The worst case: CPU and memory of hostile pages, of regex bait for each line rule, and how cost grows with a page.

    python -m benchmarks.bounds [--only PART_OF_NAME]    # all of it writes benchmarks/results/bounds.json

Each page is cleaned in a process of its own, after an ordinary page that loads what cleaning needs, under a hard limit
of CPU. Exit code 1 where one takes longer than its bound.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.hostile import HEAD, PAGES, STORY, baits, deep, paragraphs
from benchmarks.quality import machine
from cleaners import clean, clean_text

RESULTS = Path(__file__).parent / "results" / "bounds.json"
LIMIT = 60
"""Seconds of CPU after which a process is ended."""
MOST = 2.0
"""Seconds of CPU that a page may take."""
MOST_PER_LINE = 400e-6
"""Seconds a line of regex bait, with all else that a line costs (110 µs): a page of 5,000 such lines, 1 MB, stays below
MOST. The worst rule's page of as many blocks as are read, 11,000, takes up to twice as long."""
CONSTANT = 0.050
"""Seconds that a page of twice the size may take beyond twice the time: what other work on the machine adds."""
SIZES = (10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_240)
ROUNDS = 3
LEAST = 0.2
"""Seconds that a page is cleaned again and again for one figure: the clock ticks in steps of 4 ms."""


def hostile(name: str) -> dict[str, Any]:
    """Clean one hostile page in this process."""
    page = (HEAD + PAGES[name]()).encode("utf-8", "surrogatepass")
    clean(STORY)
    before = _peak()
    start = time.process_time()
    article = clean(page)
    cpu = time.process_time() - start
    return {
        "cpu": round(cpu, 3),
        "bytes": len(page),
        "peak_mb": round(_peak()),
        "grown_mb": round(_peak() - before),
        "flags": list(article.flags),
        "characters": len(article.text),
        "story": "the harbour was closed" in article.text,
    }


def regex_bait() -> None:
    """Print a line for each rule: microseconds a line of bait, as a page and as text."""
    clean(STORY)
    for rule, lines in baits():
        print(json.dumps([rule]), flush=True)
        page, text = "".join(f"<p>{line}</p>" for line in lines), "\n".join(lines)
        start = time.process_time()
        clean(page)
        middle = time.process_time()
        clean_text(text)
        end = time.process_time()
        print(json.dumps([rule, (middle - start) / len(lines), (end - middle) / len(lines)]), flush=True)


def growth(kind: str) -> list[list[float]]:
    """Return (size, seconds) for pages that double in size; the least of some rounds."""
    make = {"paragraphs": paragraphs, "depth": deep}[kind]
    rows = []
    for size in SIZES:
        page = make(size)
        clean(page)
        times = []
        for _ in range(ROUNDS):
            start, count = time.process_time(), 0
            while time.process_time() - start < LEAST:
                clean(page)
                count += 1
            times.append((time.process_time() - start) / count)
        rows.append([size, round(min(times), 4)])
    return rows


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _fresh(*args: str) -> list[Any]:
    """Return what a process of its own prints, a JSON value a line; of one that was ended, as far as it came."""
    command = [sys.executable, "-m", "benchmarks.bounds", "--one", *args]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, cwd=Path(__file__).resolve().parents[1])
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [*found, None] if done.returncode else found


def _pages(only: str) -> tuple[dict[str, Any], list[str]]:
    figures, failed = {}, []
    for name in PAGES:
        if only not in name:
            continue
        found = _fresh("page", name)[-1]
        figures[name] = found
        if found is None:
            print(f"{name:42s} ended after {LIMIT} s of CPU, or crashed", flush=True)
        else:
            print(
                f"{name:42s} {found['cpu']:6.2f} s  {found['peak_mb']:5d} MB  {'story' if found['story'] else '     '} "
                f"{found['characters']:>9,}  {' '.join(found['flags'])}",
                flush=True,
            )
        if found is None or found["cpu"] > MOST or not (found["flags"] or found["story"]):
            failed.append(name)
    return figures, failed


def _baits() -> tuple[dict[str, Any], list[str]]:
    figures, failed = {}, []
    rows = _fresh("bait")
    for row in rows:
        if row is None:
            failed.append(f"regex bait: ended in {rows[-2][0]}")
        elif len(row) > 1:
            figures[row[0]] = {"page": round(row[1] * 1e6, 1), "text": round(row[2] * 1e6, 1)}
            if max(row[1:]) > MOST_PER_LINE:
                failed.append(f"regex bait: {row[0]}")
    for rule, found in sorted(figures.items(), key=lambda item: -max(item[1].values())):
        print(f"{rule:32s} {found['page']:8.1f} µs a line of a page {found['text']:8.1f} of text")
    return figures, failed


def _growths() -> tuple[dict[str, Any], list[str]]:
    figures, failed = {}, []
    for kind in ("paragraphs", "depth"):
        rows = figures[kind] = _fresh("growth", kind)[-1]
        before = None
        for size, seconds in rows or ():
            ratio = seconds / before if before else 0.0
            print(f"{size:6,d} {kind:11s} {1000 * seconds:8.1f} ms  {ratio:.2f} times the half")
            if before and seconds > 2 * before + CONSTANT:
                failed.append(f"growth: {size} {kind}")
            before = seconds
        if rows is None:
            failed.append(f"growth: {kind}")
    return figures, failed


def main() -> int:
    """Print the tables and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one", nargs="+", help="measure one thing in this process")
    parser.add_argument("--only", default="", help="only hostile pages with this in their name, and keep nothing")
    parser.add_argument("--part", choices=("pages", "bait", "growth"), help="only this, and keep nothing")
    args = parser.parse_args()
    if args.one:
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT if args.one[0] == "page" else 10 * LIMIT,) * 2)
        if args.one[0] == "bait":
            regex_bait()
        else:
            print(json.dumps({"page": hostile, "growth": growth}[args.one[0]](args.one[1])))
        return 0
    parts = {"pages": lambda: _pages(args.only), "bait": _baits, "growth": _growths}
    chosen = [args.part] if args.part else ["pages"] if args.only else list(parts)
    found = {part: parts[part]() for part in chosen}
    failed = [name for _, names in found.values() for name in names]
    for name in failed:
        print(f"over its bound: {name}", file=sys.stderr)
    if len(chosen) == len(parts):
        figures = {part: figures for part, (figures, _) in found.items()}
        RESULTS.write_text(json.dumps(machine() | {"figures": figures, "failed": failed}, indent=1) + "\n", "utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
