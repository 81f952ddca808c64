"""A dataset's stage 2 over rows given as dicts: what the tests of duplicates, shared text and splits share."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from archive.dataset.dedup.keys import KEYS, keys_of
from archive.dataset.dedup.verdicts import STEPS, VERDICTS
from archive.dataset.table.options import Options
from archive.dataset.table.steps import Task, run

Verdicts = dict[str, dict[str, Any]]


def verdicts(
    out: Path,
    rows: Sequence[Mapping[str, Any]],
    *,
    shards: int = 3,
    splits: Sequence[tuple[str, float]] = (("train", 1),),
) -> Verdicts:
    """Write the rows' keys and texts as stage 1 does, in so many shards, and return each id's verdict."""
    task = Task(out, Options(splits=tuple(splits)))
    for part in ("rows", "keys"):
        (task.work / part).mkdir(parents=True)
    for number in range(shards):
        shard = [dict(row) for row in rows[number::shards]]
        name = f"{number:05}.parquet"
        pq.write_table(pa.Table.from_pylist([keys_of(row) for row in shard], schema=KEYS), task.work / "keys" / name)
        pq.write_table(
            pa.table({"text": pa.array([row["text"] for row in shard], pa.string())}), task.work / "rows" / name
        )
    run(task, STEPS)
    found = pq.read_table(task.path(VERDICTS)).drop_columns(["shard", "place"]).sort_by("id").to_pylist()
    return {row.pop("id"): row for row in found}


def prose(seed: int, sentences: int = 30) -> str:
    """Return invented prose: sentences of random words, the same for a seed."""
    chance = random.Random(seed)
    syllables = ("ba", "do", "ki", "lum", "mer", "na", "pol", "ris", "tu", "ven", "zo", "sha")
    vocabulary = ["".join(chance.choices(syllables, k=chance.randint(1, 3))) for _ in range(900)]
    made = [" ".join(chance.choices(vocabulary, k=chance.randint(9, 22))).capitalize() + "." for _ in range(sentences)]
    return "\n\n".join(" ".join(made[k : k + 3]) for k in range(0, sentences, 3))
