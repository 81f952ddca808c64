"""CPU a page beside trafilatura with its metadata and the floors, and where each millisecond of ours goes.

    python -m benchmarks.speed                # writes benchmarks/results/speed.json
    python -m benchmarks.speed --pages 100    # of each corpus, evenly spread
    python -m benchmarks.speed --count        # with the instructions a page, under valgrind

Absolute times drift with whatever else the machine does: the tools take turns, each time in a fresh process, and the
ratio to trafilatura counts. It is the median over the rounds. Instructions do not drift: two runs differ by about 1 %.

The floors are lxml's parse alone, and resiliparse and turbohtml where they are installed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

from benchmarks import corpora
from benchmarks.quality import machine
from cleaners import compiled_modules

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results" / "speed.json"
ROUNDS = 3
STAGES = {
    "": (
        "cleaners.clean",
        (
            "decode",
            "within_bounds",
            "parse",
            "read_metadata",
            "split_page",
            "judge_blocks",
            "structure",
            "with_raw_formulas",
            "judge",
        ),
    ),
    "read_metadata": ("cleaners.metadata.reader", ("visible_date", "read_authors", "choose_title")),
    "split_page": (
        "cleaners.classify.decide",
        (
            "unfold",
            "take_out_empty",
            "mark",
            "read_page",
            "tell_kind",
            "find_menus",
            "main_text",
            "Outline",
            "align_normal",
            "weigh",
        ),
    ),
    "judge_blocks": ("cleaners.clean", ("decide", "_apply_line_rules")),
}
"""The functions that make up a stage, `""` for the whole, and the module that calls them."""
WARM = 5
"""Pages cleaned before the clock starts: imports, rules and models are start-up, measured by themselves. What only some
pages need, two libraries and two of the models, is loaded before it too: which page needs it first is chance."""
COUNTED = 12
"""Pages of a corpus whose instructions are counted: under valgrind a page takes about a second."""
_COUNT = re.compile(r"I\s+refs:\s+([\d,]+)")


class StageError(RuntimeError):
    """A stage is no function of its module: it was renamed, and the table would silently lack it."""


def pressclip(html: bytes, url: str | None) -> None:
    """Clean a page."""
    from cleaners import clean

    clean(html, url=url)


def load() -> None:
    """Load what `clean` imports and reads when a page first needs it."""
    from cleaners.classify.trees import ModelName, packaged_model

    for library in ("trafilatura", "ftfy"):
        import_module(library)
    for name in get_args(ModelName):
        packaged_model(name)


def trafilatura(html: bytes, url: str | None) -> None:
    """Extract a page's text and metadata with trafilatura."""
    from trafilatura import bare_extraction

    bare_extraction(html, url=url, with_metadata=True)


def lxml(html: bytes, url: str | None) -> None:
    """Parse a page with lxml, and no more."""
    from lxml.html import document_fromstring

    document_fromstring(html)


def resiliparse(html: bytes, url: str | None) -> None:
    """Extract a page's text with resiliparse, which reads no metadata."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import detect_encoding
    from resiliparse.parse.html import HTMLTree

    extract_plain_text(HTMLTree.parse_from_bytes(html, detect_encoding(html)), main_content=True)


def turbohtml(html: bytes, url: str | None) -> None:
    """Parse a page with turbohtml, and no more."""
    from turbohtml import parse

    parse(html)


TOOLS: dict[str, Callable[[bytes, str | None], None]] = {
    tool.__name__: tool for tool in (pressclip, trafilatura, lxml, resiliparse, turbohtml)
}


def installed() -> list[str]:
    """Return the tools that are here."""
    return [name for name in TOOLS if find_spec("cleaners" if name == "pressclip" else name)]


def pages_of(corpus: str, most: int | None) -> list[tuple[bytes, str | None]]:
    """Return the pages of a corpus, at most that many, evenly spread."""
    listed = list(corpora.pages(corpus))
    chosen = listed if most is None else [listed[i * len(listed) // most] for i in range(min(most, len(listed)))]
    return [(page.html(), page.url) for page in chosen]


def stages() -> dict[str, tuple[Any, str]]:
    """Return the module and the function's name of each stage, by their path. Raises StageError."""
    found = {}
    for parent, (module, names) in STAGES.items():
        # by name: the package's door shows the function `clean` in the place of the module
        caller = import_module(module)
        for name in names:
            if not callable(getattr(caller, name, None)):
                raise StageError(f"{module} has no function {name}: write the stages of benchmarks/speed.py anew")
            found[f"{parent}/{name}".lstrip("/")] = (caller, name)
    return found


def measure(tool: str, corpus: str, most: int | None = None) -> dict[str, float]:
    """Return CPU milliseconds a page of a corpus: `all`, and for the tool `stages` those of this project's stages."""
    pages = pages_of(corpus, most)
    run = TOOLS["pressclip" if tool == "stages" else tool]
    for html, url in pages[:WARM]:
        run(html, url)
    if run is pressclip:
        load()
    spent: dict[str, float] = defaultdict(float)
    if tool == "stages":
        for path, (caller, name) in stages().items():
            setattr(caller, name, _timed(getattr(caller, name), path, spent))
    start = time.process_time()
    for html, url in pages:
        run(html, url)
    spent["all"] = time.process_time() - start
    timed = ["all", *stages()] if tool == "stages" else ["all"]
    return {name: 1000 * spent[name] / len(pages) for name in timed}


def _timed(stage: Callable[..., Any], path: str, spent: dict[str, float]) -> Callable[..., Any]:
    def timed(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever the stage takes and gives
        start = time.process_time()
        try:
            return stage(*args, **options)
        finally:
            spent[path] += time.process_time() - start

    return timed


def fresh(tool: str, corpus: str, most: int | None) -> dict[str, float]:
    """Return what `measure` returns, from a process of its own."""
    command = [sys.executable, "-m", "benchmarks.speed", "--one", tool, corpus]
    command += [] if most is None else ["--pages", str(most)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def run_some(tool: str, corpus: str, number: int) -> None:
    """Run a tool over the first of the counted pages, behind pages that warm it up."""
    pages = pages_of(corpus, WARM + COUNTED)
    # the same pages warm it up whatever the number
    for html, url in pages[COUNTED:] + pages[:number]:
        TOOLS[tool](html, url)


def instructions(tool: str, corpus: str) -> float:
    """Return millions of instructions a page: the difference of a run over COUNTED pages and one over none."""
    return (_instructions(tool, corpus, COUNTED) - _instructions(tool, corpus, 0)) / COUNTED / 1e6


def _instructions(tool: str, corpus: str, number: int) -> int:
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", sys.executable]
    command += ["-m", "benchmarks.speed", "--some", tool, corpus, str(number)]
    # sets and dicts in the same order each time
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=environment)
    if (count := _COUNT.search(done.stderr)) is None:
        raise RuntimeError(f"valgrind counts nothing: {done.stderr[-200:]}")
    return int(count[1].replace(",", ""))


def compare(corpus: str, most: int | None) -> dict[str, Any]:
    """Return CPU a page of each tool, their ratios to trafilatura, and our stages."""
    rounds = [{tool: fresh(tool, corpus, most)["all"] for tool in installed()} for _ in range(ROUNDS)]
    return {
        "pages": len(pages_of(corpus, most)),
        "ms": {tool: statistics.median(times[tool] for times in rounds) for tool in rounds[0]},
        "ratios": {
            tool: statistics.median(times[tool] / times["trafilatura"] for times in rounds) for tool in rounds[0]
        },
        "stages": fresh("stages", corpus, most),
    }


def count(corpus: str) -> dict[str, Any]:
    """Return millions of instructions a page of each tool, and their ratios to trafilatura's."""
    counts = {tool: instructions(tool, corpus) for tool in installed()}
    return {"counts": counts, "ratios": {tool: each / counts["trafilatura"] for tool, each in counts.items()}}


def show(corpus: str, figures: dict[str, Any]) -> None:
    """Print the figures of a corpus."""
    counted = figures.get("instructions")
    for tool, spent in figures["ms"].items():
        line = f"{corpus:11s} {tool:12s} {spent:7.2f} ms  ratio {figures['ratios'][tool]:.2f}"
        if counted:
            line += f"  {counted['counts'][tool]:7.1f} M instructions  ratio {counted['ratios'][tool]:.2f}"
        print(line)
    for path, spent in figures["stages"].items():
        *above, name = path.split("/")
        indented = "  " * len(above) + name
        print(f"    {indented:22s} {spent:6.2f} ms  {spent / figures['stages']['all']:5.1%}")


def main() -> None:
    """Measure all in turn, print a table and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, metavar="N", help="take N pages of each corpus, evenly spread")
    parser.add_argument("--count", action="store_true", help="count instructions as well; needs valgrind")
    parser.add_argument("--one", nargs=2, metavar=("TOOL", "CORPUS"), help="measure once, in this process")
    parser.add_argument("--some", nargs=3, metavar=("TOOL", "CORPUS", "N"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.some:
        run_some(args.some[0], args.some[1], int(args.some[2]))
        return
    if args.one:
        print(json.dumps(measure(*args.one, args.pages)))
        return
    if args.count and not shutil.which("valgrind"):
        parser.error("--count needs valgrind")
    stages()
    results: dict[str, Any] = {}
    for corpus in corpora.NAMES:
        results[corpus] = compare(corpus, args.pages)
        if args.count:
            results[corpus]["instructions"] = count(corpus)
        show(corpus, results[corpus])
    print(f"compiled: {', '.join(compiled_modules()) or 'nothing'}")
    RESULTS.write_text(
        json.dumps(machine() | {"compiled": compiled_modules(), "figures": results}, indent=1) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
