"""The same dataset by one process, by tasks of datatrove on this machine, by Ray on one node and on two, and by Slurm:
seconds, CPU, and equal bytes.

    python -m benchmarks.datasets_scale            # writes benchmarks/results/datasets-scale.json; some 5 minutes
    python -m benchmarks.datasets_scale --clusters --pages 80    # Ray on two nodes and Slurm, beside one process

Ray is left out where it is not installed (it is no part of an extra): pip install 'ray[default]'. Slurm is left out
where its daemons are not installed or may not run: apt-get install slurmctld slurmd slurm-client munge. Both clusters
are started here (benchmarks/clusters.py). The rules of the build are gone when its tasks begin. In `slurm 2 again` a
page is replaced before its task comes to it: the task fails, the page is put back, the jobs that still wait are
cancelled, and the same build is submitted again. Each way runs in a process of its own. Wall clock suffers from
whatever else the machine does. CPU of stage 1 is told where its processes are children of ours: those of datatrove's
fork server and of Ray are not.
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
from collections.abc import Iterable
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import clusters, corpora
from benchmarks.quality import machine

RESULTS = Path(__file__).parent / "results" / "datasets-scale.json"
ROOT = Path(__file__).resolve().parents[1]
FILES_A_SHARD = 50
WAYS = {
    "one process": None,
    "local 1": ("local", 1),
    "local 2": ("local", 2),
    "ray 2": ("ray", 2),
    "ray 2 nodes": ("ray", 2),
    "slurm 2": ("slurm", 2),
    "slurm 2 again": ("slurm", 2),
}
CLUSTERS = {"ray 2 nodes": clusters.ray, "slurm 2": clusters.slurm, "slurm 2 again": clusters.slurm}
COUNTED = ("one process", "local 1")
RULE = """[[rule]]
id = "lamps"
line = 'We sell lamps'
why = "an offer"
example = "We sell lamps"
keeps = "We sell lamps to the parish."
"""
LONGEST = 600
"""Seconds for Slurm's jobs."""


def built(way: str, pages: Path, out: Path) -> dict[str, Any]:
    """Build in this process as *way* says; return what it cost, stage 1 and the rest apart."""
    from archive.dataset import Options, Stage
    from archive.dataset.inputs import sources
    from benchmarks.clusters import NotedStage

    sources.FILES_A_SHARD = FILES_A_SHARD
    # of the same name in each way: it is part of the rules' version
    rules = out.with_name(f"{out.name}-rules") / "lamps.toml"
    rules.parent.mkdir()

    def planned() -> Stage:
        rules.write_text(RULE, "utf-8")
        options = Options(rule_paths=(str(rules),), keep_work=True)
        stage = (NotedStage if way == "ray 2 nodes" else Stage).planned([pages], str(out), options)
        rules.unlink()
        return stage

    start, stage = time.perf_counter(), planned()
    if chosen := WAYS[way]:
        from archive.dataset import Engine, run_tasks

        engine = Engine(chosen[0], tasks=chosen[1], workers=chosen[1], partition="day")  # type: ignore[arg-type]
        before: dict[str, Any] = {}
        if way == "slurm 2 again":
            page = min(pages.iterdir())
            original = page.read_bytes()
            page.write_bytes(b"another page")
            run_tasks(stage, engine)
            before["jobs left by the failure"] = waited(LONGEST)
            before["shards built before"] = len([*(out / "work" / "rows").iterdir()])
            clusters.cancel()
            page.write_bytes(original)
            stage = planned()
        run_tasks(stage, engine)
        if chosen[0] == "slurm":
            left = waited(LONGEST)
            return before | {"wall": round(time.perf_counter() - start, 2), "jobs left": len(left)}
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


def waited(seconds: float) -> list[str]:
    """Wait until Slurm has no job that can still run; return the jobs that never can."""
    ends = time.monotonic() + seconds
    # one that waits for a job that never starts says no more than that it waits
    while (left := clusters.queue()) and not (
        all("Dependency" in job for job in left) and any("DependencyNeverSatisfied" in job for job in left)
    ):
        if time.monotonic() > ends:
            raise SystemExit(f"Slurm's jobs are not done after {seconds} s: {left}")
        time.sleep(1)
    return left


def cpu_seconds() -> float:
    """Return the CPU of this process and of its children that ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def folder_of(way: str) -> str:
    """Return the name of a way's folder. datatrove gives sbatch paths as they are, so it has no blank."""
    return way.replace(" ", "-")


def files_of(folder: Path) -> dict[str, bytes]:
    """Return a dataset's files without those it was worked with."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if not name.startswith("work/")}


def sizes(folder: Path, rows: int) -> dict[str, float]:
    """Return the bytes a row of each part of a build."""
    parts = ("data", "work/rows", "work/keys")
    files = {part: sum(path.stat().st_size for path in (folder / part).iterdir()) for part in parts}
    return {part: round(size / rows) for part, size in files.items()}


def measured(number: int, ways: Iterable[str]) -> dict[str, Any]:
    """Build in these ways; return the figures."""
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    files: dict[str, Any] = {"load before": os.getloadavg()}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "pages").mkdir()
        for page in islice(corpora.pages(), number):
            (folder / "pages" / f"{page.corpus}-{page.id}.html").write_bytes(page.html())
        for way in ways:
            if way.startswith("ray") and not find_spec("ray"):
                files[way] = "Ray is not installed"
                continue
            if way.startswith("slurm") and (reason := clusters.why_no_slurm()):
                files[way] = reason
                continue
            command = [sys.executable, "-m", "benchmarks.datasets_scale", "--way", way, str(folder)]
            # short: Ray's sockets lie in there, and a path of one has at most 107 bytes
            with (
                tempfile.TemporaryDirectory(prefix="b") as own,
                CLUSTERS.get(way, clusters.none)(Path(own)) as variables,
            ):
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT, env=variables)
            files[way] = json.loads(done.stdout.splitlines()[-1])
            if way not in COUNTED:
                files[way].pop("CPU, stage 1", None)
            if way == "ray 2 nodes":
                notes = [path.read_text("utf-8") for path in (folder / folder_of(way) / "work" / "nodes").iterdir()]
                files[way]["nodes that worked"] = len({*notes})
            files[way]["identical"] = files_of(folder / folder_of(way)) == files_of(folder / folder_of("one process"))
            print(way, files[way])
        one = folder / folder_of("one process")
        rows = sum(pq.read_metadata(path).num_rows for path in (one / "data").iterdir())
        files |= {"pages": number, "rows": rows, "bytes a row": sizes(one, rows)}
    cpu = files["one process"]["CPU, stage 1"]
    return files | {"ms CPU a page, stage 1": round(1000 * cpu / number, 1)}


def main() -> None:
    """Measure, or build in one way for the measuring process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=900)
    parser.add_argument("--clusters", action="store_true", help="only Ray on two nodes and Slurm, beside one process")
    parser.add_argument("--way", nargs=2, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.way:
        way, folder = said.way
        print(json.dumps(built(way, Path(folder) / "pages", Path(folder) / folder_of(way))))
        return
    if said.clusters:
        figures = json.loads(RESULTS.read_text("utf-8"))
        figures["clusters"] = measured(said.pages, ["one process", *CLUSTERS]) | {"machine": machine()}
    else:
        figures = measured(said.pages, WAYS) | {"machine": machine()}
    RESULTS.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    print(f"written to {RESULTS}")


if __name__ == "__main__":
    main()
