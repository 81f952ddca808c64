"""Find texts that share passages without being duplicates, and measure how much of that is in quotation marks.

Both rows list each other. This does not show who wrote the passage first, and no row is dropped for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from numpy.typing import NDArray

from archive.dataset.dedup.arrays import Arrays, write_arrays
from archive.dataset.dedup.duplicates import KEPT
from archive.dataset.dedup.groups import Rank, group_names, hashes_in, read_groups, texts_in
from archive.dataset.dedup.keys import TOKENS, Hashes, run_of, runs_of, words_of
from archive.dataset.dedup.ranking import numbered_sql
from archive.dataset.dedup.runs import parts_of, read_part, write_runs
from archive.dataset.table.database import build_database, copy_table, parquet_sql
from archive.dataset.table.files import table_writer
from archive.dataset.table.steps import Task, divided, undivided

COMMON = 4
"""The least number of fingerprints that two texts have in common."""
TOO_COMMON = 20
"""A fingerprint in more texts than this is a stock phrase, a disclosure or a law, and does not count."""
SHARE = 0.06
"""The least share of the words of one of the two texts. The three real pairs among the seeds have 0.18, 0.09 and 0.08.
Among 917 development articles 18 pairs have four fingerprints; those with less than 0.05 quote a law or ask a stock
question, the four with more are re-publications and copies of terms."""

QUOTED = re.compile(
    '“[^“”\n]*[”"]|„[^„“”\n]*[“”]|«[^«»\n]*»|»[^«»\n]*«|"[^"\n]*"|‘[^‘\n]*?’(?!\\w)|「[^「」\n]*」|『[^『』\n]*』'
)

MEASURED = pa.schema(
    [("n", pa.int32()), ("other", pa.int32()), ("fingerprints", pa.int32()), ("share", pa.float32()),
     ("words", pa.int32()), ("quoted_words", pa.int32())]
)  # fmt: skip
"""What two rows share; each pair is there twice, once for each of the two."""
_COUNTED = pa.schema([("one", pa.int32()), ("other", pa.int32()), ("fingerprints", pa.int32())])
_SHARING = "sharing.parquet"
PAIRS = 1_000_000
"""Counted pairs of a unit, before those with too few fingerprints are left out. Each unit opens the pairs of all parts:
choosing those of 2 M made rows took 6.6 s of CPU in 81 units, and 0.5 s in 5 (2026-11-30)."""
AT_ONCE = 10_000
"""Pairs that are measured at a time."""

_COMMON = f"""SELECT one, other, sum(fingerprints)::INTEGER AS fingerprints FROM {{}}
WHERE one BETWEEN {{}} AND {{}} GROUP BY one, other HAVING sum(fingerprints) >= {COMMON} ORDER BY one, other"""
_LISTED = """SELECT shard, place, n FROM numbered SEMI JOIN (
    SELECT one AS n FROM {0} UNION ALL SELECT other FROM {0}) USING (n)
ORDER BY shard, place"""


def _write_prints(task: Task, group: str) -> None:
    """Write the fingerprints of a group's rows. Of each, one more than counts shows that it is too common."""
    with build_database(task.work) as db:
        hashes = hashes_in(db, task, task.path(KEPT), group, {"fingerprints": None})
        write_runs(task.path("prints", f"{group}.runs"), hashes, TOO_COMMON + 1)


def _printed(task: Task) -> list[Path]:
    return [task.path("prints", f"{group}.runs") for group in group_names(task)]


def _parts(task: Task) -> list[str]:
    return [f"{part:05}" for part in range(parts_of(_printed(task)))]


def _count_pairs(task: Task, unit: str) -> None:
    """Count for each pair of rows the rare fingerprints that both have, of a part of all fingerprints."""
    hashes, ranks = read_part(_printed(task), int(unit), len(_parts(task)))
    pairs, counts = np.unique(_pairs(hashes, ranks), return_counts=True)
    columns = [pairs >> _HALF, pairs & ((1 << _HALF) - 1), counts]
    with table_writer(task.path("pairs", f"{unit}.parquet"), _COUNTED) as writer:
        writer.write_table(pa.table([pa.array(column, pa.int32()) for column in columns], schema=_COUNTED))


_HALF = 32


def _pairs(hashes: Hashes, ranks: Rank) -> NDArray[np.int64]:
    """Return each pair of rows with the same rare hash as one number; hashes are sorted, and the ranks of each."""
    starts = np.flatnonzero(np.append(True, hashes[1:] != hashes[:-1])[: len(hashes)])
    counts = np.diff(np.append(starts, len(hashes)))
    rare = np.repeat(counts <= TOO_COMMON, counts)
    hashes, rows = hashes[rare], ranks[rare].astype(np.int64)
    found = [np.zeros(0, np.int64)]
    for distance in range(1, TOO_COMMON):
        same = np.flatnonzero(hashes[distance:] == hashes[:-distance])
        found.append((rows[same] << _HALF) | rows[same + distance])
    return np.concatenate(found)


def _ranges(task: Task) -> list[str]:
    """Return the units that pairs are divided into, by the lower of their ranks."""
    counted = sum(pq.read_metadata(task.path("pairs", f"{part}.parquet")).num_rows for part in _parts(task))
    return [f"{number:05}" for number in range(max(1, -(-counted // PAIRS)))]


def _choose_pairs(task: Task, unit: str) -> None:
    """Write the pairs with enough fingerprints in common."""
    rows, ranges, number = read_groups(task).rows, len(_ranges(task)), int(unit)
    files = parquet_sql(task.path("pairs"), "*.parquet")
    first, last = rows * number // ranges, rows * (number + 1) // ranges - 1
    with build_database(task.work) as db:
        copy_table(db, _COMMON.format(files, first, last), task.path("shared", f"{unit}.parquet"))


def _list_sharing(task: Task) -> None:
    with build_database(task.work) as db:
        db.execute(numbered_sql(task))
        copy_table(db, _LISTED.format(parquet_sql(task.path("shared"), "*.parquet")), task.path(_SHARING))


def _write_records(task: Task, group: str) -> None:
    with build_database(task.work) as db:
        texts = texts_in(db, task, task.path(_SHARING), group)
        write_arrays(task.path("records", f"{group}.arrays"), ((rank, _record(text)) for rank, text in texts))


def _measure(task: Task, unit: str) -> None:
    """Measure what the rows of the pairs of a unit share."""
    records = [task.path("records", f"{group}.arrays") for group in group_names(task)]
    with (
        Arrays(records) as texts,
        pq.ParquetFile(task.path("shared", f"{unit}.parquet")) as pairs,
        table_writer(task.path("measured", f"{unit}.parquet"), MEASURED) as writer,
    ):
        for batch in pairs.iter_batches(AT_ONCE):
            counted = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            rows = [row for one, other, prints in counted for row in _measured(one, other, prints, texts)]
            columns = zip(*rows, strict=True) if rows else [()] * len(MEASURED)
            writer.write_table(pa.table(list(map(pa.array, columns, MEASURED.types)), schema=MEASURED))


def _record(text: str) -> Hashes:
    """Return the array to compare: the length of a run, then the words; the lowest bit tells if a word is quoted."""
    words = words_of(text)
    return np.concatenate([[np.uint64(run_of(words))], (words.hashes << np.uint64(1)) | quoted_of(text)])


def quoted_of(text: str) -> NDArray[np.uint64]:
    """Return for each word of a text whether it is inside quotation marks."""
    text = unicodedata.normalize("NFC", text).casefold()
    starts = np.array([token.start() for token in TOKENS.finditer(text) if token[1]], np.int64)
    quotes = [quote.span() for quote in QUOTED.finditer(text)]
    begins, ends = np.array(quotes, np.int64).reshape(-1, 2).T
    return (np.searchsorted(begins, starts, "right") > np.searchsorted(ends, starts, "right")).astype(np.uint64)


def _measured(one: int, other: int, prints: int, texts: Arrays) -> list[tuple[int, int, int, float, int, int]]:
    """Measure what each of two texts shares with the other. Empty where it is too small a share of both."""
    a, b = texts.read(one), texts.read(other)
    run = int(max(a[0], b[0]))
    words = [(row[1:] >> np.uint64(1), row[1:] & np.uint64(1)) for row in (a, b)]
    runs = [runs_of(hashes, run) for hashes, _ in words]
    rows = []
    for k, (row, mate) in enumerate(((one, other), (other, one))):
        covered = _covered(np.isin(runs[k], runs[1 - k]), run)
        quoted = int((covered & words[k][1].astype(bool)).sum())
        rows.append((row, mate, prints, float(covered.mean()), int(covered.sum()), quoted))
    return rows if max(share for _, _, _, share, _, _ in rows) >= SHARE else []


def _covered(runs: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Return for each word whether it is part of a shared run."""
    covered = np.zeros(len(runs) + length - 1, bool)
    for k in range(length):
        covered[k : k + len(runs)] |= runs
    return covered


def linked(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return for each linked row the smallest rank among the rows it is connected with, by union-find."""
    roots: dict[int, int] = {}

    def root(row: int) -> int:
        while (above := roots.setdefault(row, row)) != row:
            roots[row] = roots[above]
            row = above
        return row

    for pair in pairs:
        low, high = sorted(map(root, pair))
        roots[high] = low
    return {row: root(row) for row in sorted(roots)}


STEPS = (
    divided("prints", group_names, _write_prints, ".runs"),
    divided("pairs", _parts, _count_pairs, ".parquet"),
    divided("shared", _ranges, _choose_pairs, ".parquet"),
    undivided("sharing", _list_sharing, _SHARING),
    divided("records", group_names, _write_records, ".arrays"),
    divided("measured", _ranges, _measure, ".parquet"),
)
