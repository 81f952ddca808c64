"""The same dataset by one process, by tasks of datatrove on this machine, and by Ray: seconds, CPU, and equal bytes.

    python -m benchmarks.datasets_scale            # writes benchmarks/results/datasets-scale.json; some 5 minutes
    python -m benchmarks.datasets_scale --pages 200

Ray is left out where it is not installed (it is no part of an extra): pip install 'ray[default]'. Each way runs in a
process of its own. Wall clock suffers from whatever else the machine does. CPU of stage 1 is told where its processes
are children of ours: those of datatrove's fork server and of Ray are not.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import corpora
from benchmarks.quality import machine

RESULTS = Path(__file__).parent / "results" / "datasets-scale.json"
ROOT = Path(__file__).resolve().parents[1]
FILES_A_SHARD = 50
WAYS = {"one process": None, "local 1": ("local", 1), "local 2": ("local", 2), "ray 2": ("ray", 2)}
COUNTED = ("one process", "local 1")


def built(way: str, pages: Path, out: Path) -> dict[str, float]:
    """Build in this process as *way* says; return what it cost, stage 1 and the rest apart."""
    from archive.dataset import Options, Stage
    from archive.dataset.inputs import sources

    sources.FILES_A_SHARD = FILES_A_SHARD
    start, options = time.perf_counter(), Options(keep_work=True)
    stage = Stage.planned([pages], str(out), options)
    if chosen := WAYS[way]:
        from archive.dataset import Engine, run_tasks

        run_tasks(stage, Engine(chosen[0], tasks=chosen[1], workers=chosen[1]))  # type: ignore[arg-type]
    else:
        for shard in stage.shards:
            stage._try(shard)
    cleaned, cpu = time.perf_counter(), cpu_seconds()
    stage.finish()
    return {
        "wall, stage 1": round(cleaned - start, 2),
        "wall, stages 2 and 3": round(time.perf_counter() - cleaned, 2),
        "CPU, stage 1": round(cpu, 2),
        "CPU, stages 2 and 3": round(cpu_seconds() - cpu, 2),
    }


def cpu_seconds() -> float:
    """Return the CPU of this process and of its children that ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def files_of(folder: Path) -> dict[str, bytes]:
    """Return a dataset's files without those it was worked with."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if not name.startswith("work/")}


def sizes(folder: Path, rows: int) -> dict[str, float]:
    """Return the bytes a row of each part of a build."""
    parts = ("data", "work/rows", "work/keys")
    files = {part: sum(path.stat().st_size for path in (folder / part).iterdir()) for part in parts}
    return {part: round(size / rows) for part, size in files.items()}


def measured(number: int) -> dict[str, Any]:
    """Build in all ways; return the figures."""
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    files: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "pages").mkdir()
        for page in islice(corpora.pages(), number):
            (folder / "pages" / f"{page.corpus}-{page.id}.html").write_bytes(page.html())
        for way in WAYS:
            if way.startswith("ray") and not find_spec("ray"):
                files[way] = "Ray is not installed"
                continue
            command = [sys.executable, "-m", "benchmarks.datasets_scale", "--way", way, str(folder)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT)
            files[way] = json.loads(done.stdout.splitlines()[-1])
            if way not in COUNTED:
                del files[way]["CPU, stage 1"]
            files[way]["identical"] = files_of(folder / way) == files_of(folder / "one process")
            print(way, files[way])
        one = folder / "one process"
        rows = sum(pq.read_metadata(path).num_rows for path in (one / "data").iterdir())
        files |= {"pages": number, "rows": rows, "bytes a row": sizes(one, rows)}
    cpu = files["one process"]["CPU, stage 1"]
    return files | {"ms CPU a page, stage 1": round(1000 * cpu / number, 1), "load before": os.getloadavg()}


def main() -> None:
    """Measure, or build in one way for the measuring process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=900)
    parser.add_argument("--way", nargs=2, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.way:
        way, folder = said.way
        print(json.dumps(built(way, Path(folder) / "pages", Path(folder) / way)))
        return
    figures = measured(said.pages) | {"machine": machine()}
    RESULTS.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    print(f"written to {RESULTS}")


if __name__ == "__main__":
    main()
