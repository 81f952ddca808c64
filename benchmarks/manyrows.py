"""Rows and keys of a large dataset, made and not real: what stage 2 is measured on.

Of a thousand rows 50 are exact copies and 10 near duplicates of the row before them, 10 are later texts of the address
of the row before them, and 20 hold a passage that nine others hold as well. Four of five have a day of publication.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from archive.dataset.dedup.keys import BANDS, KEYS
from archive.dataset.table.files import GROUP, table_writer
from archive.dataset.table.schema import DROPPED_SCHEMA, SCHEMA, TIMESTAMP

SHARD = 20_000
EXACT, NEAR, REVISED, SHARING = range(1, 101, 2), range(101, 121, 2), range(201, 221, 2), range(980, 1000)
"""Their places in a thousand; in the first two the row before is copied."""
FIRST_DAY, DAYS, DAY = 1_700_000_000_000_000, 800, 86_400_000_000
"""Of publication, and a day, in microseconds."""
UNDATED = 0.2
TEMPLATE = 100
"""One row in so many has a band in common with all others of these, as pages of one template have, and its own text."""
TOGETHER = 10
"""Rows that hold the same passage."""
TEXT, PASSAGE = 3_000, 500
"""Characters."""
FINGERPRINTS, SHARED = 200, 30
"""Of a text, of a passage: as many as real ones of this length have."""
STOCK = 5_000_000


def write(work: Path, rows: int) -> dict[str, int]:
    """Write the shards below work/rows and work/keys, and return what must be dropped, by reason."""
    chance = np.random.default_rng(7)
    syllables = np.array(["ba", "do", "ki", "lum", "mer", "na ", "pol ", "ris ", "tu ", "ven ", "zo ", "sha "])
    stock = "".join(syllables[chance.integers(0, len(syllables), STOCK // 3)])
    for part in ("rows", "keys"):
        (work / part).mkdir(parents=True, exist_ok=True)
    for start in range(0, rows, SHARD):
        _write(work, range(start, min(start + SHARD, rows)), stock, chance)
    places = [row % 1000 for row in range(rows)]
    return {
        "exact_duplicate": sum(place in EXACT for place in places),
        "near_duplicate": sum(place in NEAR for place in places),
        "revision": sum(place in REVISED for place in places),
    }


def _write(work: Path, rows: range, stock: str, chance: np.random.Generator) -> None:
    bands = chance.integers(0, 2**63, (len(rows), BANDS), np.uint64)
    prints = chance.integers(0, 2**63, (len(rows), FINGERPRINTS), np.uint64)
    starts = chance.integers(0, len(stock) - TEXT, len(rows))
    texts = [f"{row} {stock[start : start + TEXT]}" for row, start in zip(rows, starts, strict=True)]
    days = FIRST_DAY + DAY * chance.integers(0, DAYS, len(rows))
    addresses = [f"gazette.example/{row - (row % 1000 in REVISED)}" for row in rows]
    bands[::TEMPLATE, 0] = 1
    for k in range(len(rows)):
        place = k % 1000
        if place in EXACT or place in NEAR:
            bands[k], prints[k], texts[k] = bands[k - 1], prints[k - 1], texts[k - 1]
        if place in NEAR:
            bands[k, 4:] += np.uint64(1)
            texts[k] += f" and {k} more at the end"
        if place in SHARING:
            first = k - k % TOGETHER
            prints[k, :SHARED] = prints[first, :SHARED]
            texts[k] += ". " + texts[first][:PASSAGE]
    columns: dict[str, Any] = {
        "id": [hashlib.sha256(str(row).encode()).hexdigest() for row in rows],
        "text": texts,
        "n_chars": [len(text) for text in texts],
        "text_sha256": [hashlib.sha256(text.encode()).hexdigest() for text in texts],
        "host": [f"gazette{row % 300}.example" for row in rows],
        "n_words": [text.count(" ") + 1 for text in texts],
        "published": pa.array(days, TIMESTAMP, mask=chance.random(len(rows)) < UNDATED),
        "fetched": pa.array(days + np.array(rows), TIMESTAMP),
        "address": addresses,
        "bands": _lists(bands),
        "fingerprints": _lists(prints),
    }
    for part, schema in (("rows", SCHEMA), ("keys", KEYS), ("failed", DROPPED_SCHEMA)):
        table = [
            pa.array(columns[f.name], f.type) if f.name in columns else pa.nulls(len(rows), f.type) for f in schema
        ]
        with table_writer(work / part / f"{rows.start // SHARD:05}.parquet", schema) as writer:
            if part != "failed":
                writer.write_table(pa.table(table, schema=schema), row_group_size=GROUP)


def _lists(values: Any) -> pa.Array:  # noqa: ANN401 - a table of hashes
    ends = np.arange(0, values.size + 1, values.shape[1], dtype=np.int32)
    return pa.ListArray.from_arrays(ends, values.reshape(-1))
