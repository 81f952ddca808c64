"""The last stages of a dataset build, which processes share: seconds, CPU and memory for each number of processes, and
whether the bytes are the same.

    python -m benchmarks.last_stages                          # 2,000,000 made rows in 1, 2 and 4 processes
    python -m benchmarks.last_stages --rows 200000 --jobs 1 2
    python -m benchmarks.last_stages --folder FOLDER          # where all is written for the time being: 10 KB a row
    python -m benchmarks.last_stages --made FOLDER            # the same, and the rows stay there for the next time

Writes benchmarks/results/last-stages.json. The rows are made (benchmarks/manyrows.py). Each number of processes begins
in a process of its own and does all steps anew. Memory is the most that a process has had since its program began; what
`getrusage` tells of a child holds the memory of the one that started it. Exit code 1 where the bytes differ or a
process takes more than 2 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from archive.dataset import SCHEMA_VERSION, Options, Shard
from archive.dataset.build import finish
from archive.dataset.plan import freeze, frozen_shards
from archive.dataset.table.files import WORK
from archive.dataset.table.steps import STEPS
from archive.files.whole import sha256_of
from benchmarks import manyrows
from benchmarks.page_lists import most_memory
from benchmarks.quality import machine

RESULTS = Path(__file__).parent / "results" / "last-stages.json"
ROOT = Path(__file__).resolve().parents[1]
SPLITS = (("train", 0.9), ("test", 0.1))
MOST_MB = 2000
"""Of each process: what a task of a cluster is given (archive/dataset/distributed/datatrove.py)."""
LOOKED = 0.5
"""Seconds between two looks at the memory of the processes."""


def plan(out: Path, rows: int) -> dict[str, int]:
    """Write a build whose shards are all built, or take the one that is there; return what must be dropped, by reason.

    Raises SystemExit where that one has another number of rows or other columns.
    """
    told = out.with_suffix(".json")
    is_of = {"rows": rows, "schema": SCHEMA_VERSION}
    if told.exists():
        made: dict[str, Any] = json.loads(told.read_bytes())
        if made | is_of != made:
            raise SystemExit(
                f"{out}: has {made['rows']} rows of schema {made['schema']}, not {rows} of schema {SCHEMA_VERSION}: "
                "give another --made"
            )
        # what a run that was stopped left there would count as made
        shutil.rmtree(out / WORK / STEPS, ignore_errors=True)
        return dict(made["planted"])
    shards = range(-(-rows // manyrows.SHARD))
    freeze([Shard(k, "jsonl", f"{k}.jsonl", str(out), 1, f"{k:064}") for k in shards], out, Options(splits=SPLITS))
    planted = manyrows.write(out / WORK, rows)
    told.write_text(json.dumps(is_of | {"planted": planted}), "utf-8")
    return planted


def worker(out: Path, jobs: int) -> dict[str, Any]:
    """Finish the dataset in so many processes; return what it cost but for the memory of the others."""
    start = time.monotonic()
    built = finish(frozen_shards(out), out, Options(splits=SPLITS, keep_work=True, jobs=jobs))
    wall = time.monotonic() - start
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own, others = (round(one.ru_utime + one.ru_stime, 1) for one in spent)
    cost = {"wall s": round(wall, 1), "CPU s, parent": own, "CPU s, children": others}
    return cost | {"peak MB, parent": megabytes(os.getpid()), "splits": built.splits, "dropped": built.dropped}


def measured(out: Path, jobs: int) -> dict[str, Any]:
    """Finish the dataset in a fresh process and so many of its own, and look at their memory."""
    load = [round(value, 1) for value in os.getloadavg()]
    command = [sys.executable, "-m", "benchmarks.last_stages", "--worker", "--folder", str(out), "--jobs", str(jobs)]
    largest = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        while process.poll() is None:
            largest = max([largest, *map(megabytes, children(process.pid))])
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOKED)
        told = process.stdout.read() if process.stdout else b""
    if process.returncode:
        raise SystemExit(process.returncode)
    return json.loads(told) | {"peak MB, largest child": largest, "load before": load}


def children(parent: int) -> Iterator[int]:
    """Yield the processes that a process started and that have not ended."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # the name of a program stands in brackets before, and may hold anything
            if int(path.read_text("utf-8", "replace").rpartition(")")[2].split()[1]) == parent:
                yield int(path.parent.name)


def megabytes(process: int) -> int:
    """Return the most memory that a process has had; 0 for one that ends."""
    try:
        return round(most_memory(process) / 1e6)
    except (OSError, StopIteration):
        return 0


def hashes(out: Path) -> dict[str, str]:
    """Return the hash of each file of the dataset."""
    files = {path.relative_to(out): path for path in out.rglob("*") if path.is_file()}
    return {name.as_posix(): sha256_of(path) for name, path in files.items() if name.parts[0] != WORK}


def main() -> int:
    """Measure each number of processes and write the figures; 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--made", type=Path)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        print(json.dumps(worker(args.folder, *args.jobs)))
        return 0
    runs: dict[str, dict[str, Any]] = {}
    with nullcontext(args.made) if args.made else tempfile.TemporaryDirectory(dir=args.folder) as folder:
        out = Path(folder) / "dataset"
        figures = machine() | {"rows": args.rows, "planted": plan(out, args.rows), "runs": runs}
        first: dict[str, str] = {}
        for jobs in args.jobs:
            run = measured(out, jobs)
            first = first or hashes(out)
            run["identical"] = hashes(out) == first
            run["kept"] = run["identical"] and max(run[f"peak MB, {who}"] for who in PROCESSES) <= MOST_MB
            runs[f"--jobs {jobs}"] = run
            print(f"--jobs {jobs}", json.dumps(run), flush=True)
            # each as soon as it is known: with many rows the next one takes long
            RESULTS.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return int(not all(run["kept"] for run in runs.values()))


PROCESSES = ("parent", "largest child")

if __name__ == "__main__":
    sys.exit(main())
