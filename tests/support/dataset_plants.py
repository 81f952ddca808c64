"""The shards of a build, as stage 1 leaves them, with planted duplicates, revisions and shared passages."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.dataset import Options, write
from archive.dataset.dedup import groups, runs, shared_text
from archive.dataset.dedup.keys import KEYS, keys_of
from archive.dataset.inputs.shards import Shard
from archive.dataset.plan import freeze
from archive.dataset.table import slices
from archive.dataset.table.files import table_rows, table_writer
from archive.dataset.table.schema import DROPPED_SCHEMA, SCHEMA
from tests.support.dataset_verdicts import prose

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def use_small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make bounds so small that every step has several units."""
    for module, name, value in (
        (groups, "LARGEST", 20), (groups, "SMALLEST", 20), (groups, "AT_ONCE", 7), (groups, "KEYS_AT_ONCE", 7),
        (runs, "RUN", 900), (shared_text, "PAIRS", 3), (shared_text, "AT_ONCE", 9), (write, "RANGE", 11),
        (slices, "HELD", 20_000),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)


def plant(out: Path, options: Options, *, seed: int = 1, rows: int = 120, shards: int = 3) -> list[Shard]:
    """Write the shards of a build below `out`/work, and its plan. The rows depend on `seed` and `rows` alone."""
    chance = random.Random(seed)
    made = [_row(number, chance, seed) for number in range(rows)]
    for number in range(1, rows):
        _spoil(made, number, chance)
    frozen = [Shard(number, "jsonl", f"{number}.jsonl", str(out), 1, f"{number:064}") for number in range(shards)]
    freeze(frozen, out, options)
    for shard in frozen:
        own = made[shard.number :: shards]
        failed = [
            row | {"id": _id(f"{row['id']} failed"), "text": None, "reason": "no_text"}
            for row in own if int(row["id"][:2], 16) < 16
        ]  # fmt: skip
        for part, schema, table in (
            ("rows", SCHEMA, own),
            ("failed", DROPPED_SCHEMA, failed),
            ("keys", KEYS, [keys_of(row) for row in own]),
        ):
            with table_writer(out / "work" / part / f"{shard.stem}.parquet", schema) as writer:
                writer.write_table(table_rows(table, schema))
    return frozen


def _row(number: int, chance: random.Random, seed: int) -> dict[str, Any]:
    return {
        "id": _id(f"{seed} {number}"),
        "url": f"https://{chance.choice(('gazette', 'herald'))}.example/{number}",
        "host": chance.choice(("gazette.example", "herald.example")),
        "fetched": DAY + timedelta(hours=chance.randrange(900)) if chance.random() < 0.9 else None,
        "published": DAY + timedelta(days=chance.randrange(9)) if chance.random() < 0.8 else None,
        "language": chance.choice(("en", "de", None)),
        "text": prose(seed * 10_000 + number, chance.randint(3, 24)) if chance.random() < 0.97 else "!",
        "kind": chance.choice(("article", "listing")),
        "confidence": chance.randrange(100) / 100,
        "source_file": "plants.jsonl",
        "source_row": number,
    }


def _spoil(made: list[dict[str, Any]], number: int, chance: random.Random) -> None:
    """Make a row a copy, a near duplicate, a revision or a neighbour of an earlier one, or leave it."""
    row, other, fate = made[number], chance.choice(made[:number]), chance.random()
    words = other["text"].split(" ")
    if fate < 0.12:
        row["text"] = other["text"]
    elif fate < 0.3:
        for _ in range(max(1, len(words) // chance.choice((40, 80, 150)))):
            words[chance.randrange(len(words))] = "quay"
        row["text"] = " ".join(words)
    elif fate < 0.4:
        row["url"] = other["url"]
    elif fate < 0.6:
        row["text"] += "\n\n" + other["text"][: chance.choice((150, 400))] + '. "' + other["text"][:90] + '."'
    row["n_chars"], row["n_words"] = len(row["text"]), len(row["text"].split())


def _id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
