"""Rows and keys of a large dataset, made and not real: what stage 2 is measured on.

Of a thousand rows 50 are exact copies, 50 near duplicates, and 50 hold a passage that 10 others hold as well. One row
in ten has the same band as all the others of these, as pages of one template have, with another text each.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from archive.dataset.keys import KEYS
from archive.dataset.minhash import BANDS
from archive.dataset.schema import SCHEMA
from archive.dataset.tables import GROUP as ROW_GROUP
from archive.dataset.tables import table_writer
from archive.dataset.words import Hashes

SHARD = 20_000
COPIES = NEAR = SHARING = 50
"""Of a thousand."""
GROUP = 10
"""Rows that hold the same passage."""
TEXT, FINGERPRINTS = 500, 200
"""Words and fingerprints of a text: 3 KB have so many."""
_WORDS = 2_000_000


def write(work: Path, rows: int) -> dict[str, int]:
    """Write the shards below work/rows and work/keys, and return what must be dropped, by reason."""
    chance = np.random.default_rng(7)
    vocabulary = np.array([f"{'abcdefghij'[k % 10]}{k:x}word" for k in range(20_000)])
    story = vocabulary[chance.integers(0, len(vocabulary), _WORDS)]
    dropped = {"exact_duplicate": 0, "near_duplicate": 0}
    for part in ("rows", "keys"):
        (work / part).mkdir(parents=True)
    for number in range(-(-rows // SHARD)):
        count = min(SHARD, rows - number * SHARD)
        shard = [_row(number * SHARD + k, story, chance) for k in range(count)]
        for row in shard:
            if row["planted"]:
                dropped[row["planted"]] += 1
        _write(work, number, shard)
    return dropped


def _row(k: int, story: Any, chance: np.random.Generator) -> dict[str, Any]:  # noqa: ANN401 - an array of words
    """Return a row with its keys: planted ones copy the keys and the text of the row before them."""
    place = k % 1000
    planted = 2 <= place < 2 * (COPIES + NEAR) + 2 and place % 2 == 1
    like = k - 1 if planted else k
    own = np.random.default_rng(like)
    start = int(own.integers(0, len(story) - 2 * TEXT))
    text = " ".join(story[start : start + TEXT])
    bands: Hashes = own.integers(0, 2**63, BANDS, np.uint64)
    prints: Hashes = own.integers(0, 2**63, FINGERPRINTS, np.uint64)
    reason = ("exact_duplicate" if place < 2 * COPIES + 2 else "near_duplicate") if planted else None
    if reason == "near_duplicate":
        text += f" and {k} more at the end"
        bands[: BANDS // 2] = chance.integers(0, 2**63, BANDS // 2, np.uint64)
    if place >= 1000 - SHARING:
        shared = np.random.default_rng(10**9 + k // GROUP)
        passage = int(shared.integers(0, len(story) - 2 * TEXT))
        text += ". " + " ".join(story[passage : passage + 80])
        prints[:30] = shared.integers(0, 2**63, 30, np.uint64)
    if place % 10 == 0:
        bands[0] = 1
    name = hashlib.sha256(str(k).encode()).hexdigest()
    text_hash = hashlib.sha256(text.encode()).hexdigest()
    keys = {"text_sha256": text_hash, "bands": bands, "fingerprints": prints, "n_chars": len(text)}
    return keys | {"id": name, "text": text, "address": f"gazette.example/{k}", "planted": reason}


def _write(work: Path, number: int, shard: list[dict[str, Any]]) -> None:
    columns = {"id", "text", "n_chars"}
    table = {
        field.name: pa.array([row[field.name] for row in shard], field.type)
        if field.name in columns
        else pa.nulls(len(shard), field.type)
        for field in SCHEMA
    }
    _write_table(pa.table(table, schema=SCHEMA), work / "rows" / f"{number:05}.parquet")
    keys = pa.Table.from_pylist([{name: row.get(name) for name in KEYS.names} for row in shard], schema=KEYS)
    _write_table(keys, work / "keys" / f"{number:05}.parquet")


def _write_table(table: pa.Table, path: Path) -> None:
    with table_writer(path, table.schema) as writer:
        writer.write_table(table, row_group_size=ROW_GROUP)
