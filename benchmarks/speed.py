"""CPU a page beside trafilatura with its metadata, and where each millisecond of ours goes.

    python -m benchmarks.speed          # writes benchmarks/results/speed.json

Absolute times drift with whatever else the machine does: the two take turns, each time in a fresh process, and the
ratio is what counts. It is the median over the rounds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks import corpora
from benchmarks.quality import machine

RESULTS = Path(__file__).parent / "results" / "speed.json"
ROUNDS = 3
STAGES = {
    "cleaners.clean": ("decode", "parse", "read_metadata", "decide", "_apply_line_rules", "judge"),
    "cleaners.classify.decide": (
        "_page_facts",
        "mark",
        "read_blocks",
        "drop",
        "main_text",
        "Outline",
        "align_normal",
        "weigh",
    ),
}
"""The functions that make up the work, by the module that calls them."""
WARM = 5
"""Pages cleaned before the clock starts: imports, rules and the model are start-up, measured by themselves."""


def measure(tool: str, corpus: str) -> dict[str, float]:
    """Return CPU milliseconds a page of a corpus: `all`, and for this project its stages."""
    pages = [(page.html(), page.url) for page in corpora.pages(corpus)]
    run = _trafilatura if tool == "trafilatura" else _pressclip
    for html, url in pages[:WARM]:
        run(html, url)
    spent: dict[str, float] = defaultdict(float)
    if tool == "stages":
        for module, names in STAGES.items():
            # by name: the package's door shows the function `clean` in the place of the module
            caller = import_module(module)
            for name in names:
                setattr(caller, name, _timed(getattr(caller, name), name, spent))
    start = time.process_time()
    for html, url in pages:
        run(html, url)
    spent["all"] = time.process_time() - start
    return {name: 1000 * seconds / len(pages) for name, seconds in spent.items()}


def _pressclip(html: bytes, url: str | None) -> None:
    from cleaners import clean

    clean(html, url=url)


def _trafilatura(html: bytes, url: str | None) -> None:
    import trafilatura

    trafilatura.bare_extraction(html, url=url, with_metadata=True)


def _timed(stage: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    def timed(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever the stage takes and gives
        start = time.process_time()
        try:
            return stage(*args, **options)
        finally:
            spent[name] += time.process_time() - start

    return timed


def fresh(tool: str, corpus: str) -> dict[str, float]:
    """Return what `measure` returns, from a process of its own."""
    command = [sys.executable, "-m", "benchmarks.speed", "--one", tool, corpus]
    done = subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).resolve().parents[1])
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure both in turn, print a table and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one", nargs=2, metavar=("TOOL", "CORPUS"), help="measure once, in this process")
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(*args.one)))
        return
    results: dict[str, Any] = {}
    for corpus in corpora.NAMES:
        rounds = [(fresh("pressclip", corpus)["all"], fresh("trafilatura", corpus)["all"]) for _ in range(ROUNDS)]
        ratio = statistics.median(ours / theirs for ours, theirs in rounds)
        ours, theirs = (statistics.median(column) for column in zip(*rounds, strict=True))
        stages = fresh("stages", corpus)
        print(f"{corpus:11s} pressclip {ours:.1f} ms  trafilatura {theirs:.1f} ms  ratio {ratio:.2f}")
        total = stages["all"]
        for name, spent in stages.items():
            print(f"    {name:14s} {spent:6.2f} ms  {spent / total:5.0%}")
        results[corpus] = {"ratio": round(ratio, 3), "pressclip": ours, "trafilatura": theirs, "stages": stages}
    RESULTS.write_text(json.dumps(machine() | {"figures": results}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
