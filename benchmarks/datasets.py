"""Stage 2 of a dataset: what it finds, what it costs, and how much memory a million rows take.

    python -m benchmarks.datasets                             # all, writes benchmarks/results/datasets.json
    python -m benchmarks.datasets --part spins                # one of: spins, cost, memory, offsets
    python -m benchmarks.datasets --part memory --rows 200000
    python -m benchmarks.datasets --data FOLDER               # where it is all written for the time being

spins: texts put together from the sentences of real articles, none, 5 % and 15 % of their words replaced; and pairs
flagged among the real articles. cost: CPU of cleaning the development corpora, of their keys, of stage 2.
memory: made keys and texts (benchmarks/manyrows.py), decided in a process of its own. offsets: from the
demo's and a corpus's crawl, see benchmarks/offsets.py. Exit code 1 where a promise is not kept.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from archive.dataset.dedup.keys import KEYS, keys_of
from archive.dataset.dedup.verdicts import STEPS, VERDICTS
from archive.dataset.table.database import build_database
from archive.dataset.table.options import Options
from archive.dataset.table.steps import Task, run
from benchmarks import corpora, manyrows, spins
from benchmarks.offsets import offsets
from benchmarks.quality import machine
from cleaners import clean

RESULTS = Path(__file__).parent / "results" / "datasets.json"
SPINS, REPLACED, SEED = 60, (0.0, 0.05, 0.15), 7
LEAST_FOUND, MOST_REAL = 58, 5
MOST_COST = 0.15
"""Of a build's CPU, for keys and stage 2 together."""
MOST_MB = 1000


def found_spins(folder: Path, _: int) -> dict[str, Any]:
    """Count the spins that are linked with one of their sources, and the pairs among real articles."""
    articles = spins.articles()
    figures: dict[str, Any] = {"articles": len(articles), "spins": SPINS}
    for share in REPLACED:
        made = spins.made(articles, count=SPINS, replaced=share, seed=SEED)
        verdicts = judged(folder / f"spins-{share}", [*articles, *(spin.row for spin in made)])
        links = {(row["id"], mate["id"]) for row in verdicts for mate in row["shared_with"] or ()}
        figures[f"{share:.0%} replaced"] = {
            "found": sum(any((spin.row["id"], source) in links for source in spin.sources) for spin in made),
            "sources found": sum((spin.row["id"], source) in links for spin in made for source in spin.sources),
            "real pairs": sum(one < other and "spin-" not in one + other for one, other in links),
        }
    rows = [figures[f"{share:.0%} replaced"] for share in REPLACED]
    figures["kept"] = all(row["found"] >= LEAST_FOUND and row["real pairs"] <= MOST_REAL for row in rows)
    return figures


def cost(folder: Path, _: int) -> dict[str, Any]:
    """Measure the CPU of a build's parts over the development corpora."""
    pages = [(page, page.html()) for page in corpora.pages()]
    clean(pages[0][1], url=pages[0][0].url)
    start = time.process_time()
    rows = [{"id": page.id, "text": clean(html, url=page.url).text, "url": page.url} for page, html in pages]
    cleaned = time.process_time()
    keys = [keys_of(row) for row in rows]
    keyed = time.process_time()
    judged(folder / "cost", rows, keys)
    seconds = {"clean": cleaned - start, "keys": keyed - cleaned, "decide": time.process_time() - keyed}
    share = (seconds["keys"] + seconds["decide"]) / sum(seconds.values())
    rounded = {name: round(value, 2) for name, value in seconds.items()}
    return {"pages": len(pages), "CPU seconds": rounded, "share": round(share, 3), "kept": share <= MOST_COST}


def judged(
    out: Path, rows: Sequence[dict[str, Any]], keys: Sequence[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """Return the verdicts on rows; their keys are made where they are not given."""
    task = Task(out, Options(splits=(("train", 0.9), ("test", 0.1))))
    for part, table in (
        ("rows", pa.table({"text": [row["text"] for row in rows]})),
        ("keys", pa.Table.from_pylist(keys or [keys_of(row) for row in rows], schema=KEYS)),
    ):
        (task.work / part).mkdir(parents=True)
        pq.write_table(table, task.work / part / "00000.parquet")
    run(task, STEPS)
    verdicts: list[dict[str, Any]] = pq.read_table(task.path(VERDICTS)).to_pylist()
    return verdicts


def memory(folder: Path, rows: int) -> dict[str, Any]:
    """Decide made rows in a process of its own, whose memory is measured."""
    out = folder / "memory"
    planted = manyrows.write(out / "work", rows)
    worker = [sys.executable, "-m", "benchmarks.datasets", "--worker", str(out)]
    done = subprocess.run(worker, capture_output=True, text=True, check=True)
    figures: dict[str, Any] = {"rows": rows, "planted": planted} | json.loads(done.stdout)
    # made texts are pieces of one stock: among those that share a bucket, some overlap enough to be near duplicates
    is_found = sum(figures["reasons"].values()) >= sum(planted.values())
    figures["kept"] = figures["memory MB"] < MOST_MB and is_found
    return figures


def worker(out: Path) -> dict[str, Any]:
    """Decide the rows below `out`, and tell this process's largest memory."""
    start, cpu = time.monotonic(), time.process_time()
    task = Task(out, Options(splits=(("train", 0.9), ("test", 0.1))))
    run(task, STEPS)
    seconds = {"seconds": round(time.monotonic() - start, 1), "CPU seconds": round(time.process_time() - cpu, 1)}
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with build_database(out / "work") as db:
        file = task.path(VERDICTS)
        counted = f"SELECT reason, count(*), count(shared_with) FROM '{file}' GROUP BY 1 ORDER BY 1"
        reasons = {reason: (count, sharing) for reason, count, sharing in db.execute(counted).fetchall()}
    sharing = reasons.pop(None)[1]
    counts = {reason: count for reason, (count, _) in reasons.items()}
    return seconds | {"memory MB": round(largest), "reasons": counts, "sharing text": sharing}


PARTS = {"spins": found_spins, "cost": cost, "memory": memory, "offsets": offsets}


def main() -> int:
    """Run the parts and write the figures; 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        print(json.dumps(worker(args.worker)))
        return 0
    figures = json.loads(RESULTS.read_text("utf-8"))["figures"] if RESULTS.exists() else {}
    for name in [args.part] if args.part else PARTS:
        with tempfile.TemporaryDirectory(dir=args.data) as folder:
            found = PARTS[name](Path(folder), args.rows)
        figures[name] = {"date": datetime.now(UTC).date().isoformat()} | found
        print(name, json.dumps(found, indent=1), flush=True)
        RESULTS.write_text(json.dumps(machine() | {"figures": figures}, indent=1) + "\n", "utf-8")
    return int(not all(figures[name]["kept"] for name in ([args.part] if args.part else PARTS)))


if __name__ == "__main__":
    sys.exit(main())
