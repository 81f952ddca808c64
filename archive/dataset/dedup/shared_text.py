"""Texts that hold the same passages without being duplicates: said of both, with how much of it stands in quotation
marks. Nobody knows from this who wrote it first, and nothing is dropped for it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from archive.dataset.dedup.keys import run_of
from archive.dataset.dedup.ranking import HashFile, count, pairs_in, texts_in
from archive.dataset.dedup.words import TOKENS, Hashes, runs_of, words_of

AT_LEAST = 4
"""Fingerprints that two texts have in common."""
TOO_COMMON = 20
"""A fingerprint in more texts than this is a stock phrase, a disclosure or a law, and does not count."""
SHARE = 0.06
"""Of the words of either text. The three real pairs among the seeds have 0.18, 0.09 and 0.08. Among 917 development
articles 18 pairs have four fingerprints; one with less than 0.05 quotes a law or asks a stock question, the four with
more are re-publications and copies of terms."""

QUOTED = re.compile(
    '“[^“”\n]*[”"]|„[^„“”\n]*[“”]|«[^«»\n]*»|»[^«»\n]*«|"[^"\n]*"|‘[^‘\n]*?’(?!\\w)|「[^「」\n]*」|『[^『』\n]*』'
)

CANDIDATES = f"""
CREATE VIEW print AS
SELECT n, unnest(fingerprints) AS print FROM keys JOIN numbered USING (shard, place) ANTI JOIN dropped USING (n);
CREATE TABLE rare AS SELECT print FROM print GROUP BY print HAVING count(*) BETWEEN 2 AND {TOO_COMMON};
CREATE TABLE few AS SELECT n, print FROM print JOIN rare USING (print);
CREATE TABLE pair AS
SELECT one.n AS one, other.n AS other, count(*)::INTEGER AS fingerprints
FROM few AS one JOIN few AS other ON one.print = other.print AND one.n < other.n
GROUP BY ALL HAVING count(*) >= {AT_LEAST};
DROP TABLE few; DROP TABLE rare;
CREATE TABLE sharing AS SELECT one AS n FROM pair UNION SELECT other FROM pair;
"""
MEASURED = pa.schema(
    [
        ("n", pa.int32()),
        ("other", pa.int32()),
        ("share", pa.float32()),
        ("words", pa.int32()),
        ("quoted_words", pa.int32()),
    ]
)
STORIES = """
CREATE TABLE shared AS
SELECT m.n, m.other, p.fingerprints, m.share, m.words, m.quoted_words
FROM measured AS m JOIN pair AS p ON p.one = least(m.n, m.other) AND p.other = greatest(m.n, m.other);
CREATE TABLE story AS
SELECT n, min(id) OVER (PARTITION BY coalesce(root, stays)) AS story_id
FROM (SELECT n, id, coalesce(keeper, n) AS stays FROM numbered LEFT JOIN dropped USING (n))
LEFT JOIN (SELECT n AS stays, root FROM linked) USING (stays);
DROP TABLE measured; DROP TABLE linked; DROP TABLE pair; DROP TABLE sharing; DROP VIEW print;
"""


def find(db: duckdb.DuckDBPyConnection, work: Path) -> None:
    """Write the tables `shared`, two rows a pair, and `story`: the smallest id of all rows that hang together.

    Duplicates are found before (`dropped`); only rows that stay are compared.
    """
    db.execute(CANDIDATES)
    with HashFile(work, count(db, "numbered")) as texts:
        for row, text in texts_in(db, "sharing"):
            texts.add(row, _record(text))
        pairs = pairs_in(db, "SELECT one, other FROM pair ORDER BY one, other")
        measured = [found for one, other in pairs for found in _measured(one, other, texts)]
    linked = _linked((row[0], row[1]) for row in measured)
    _as_table(db, "measured", [*zip(*measured, strict=True)] or [()] * len(MEASURED), MEASURED)
    roots = pa.schema([("n", pa.int32()), ("root", pa.int32())])
    _as_table(db, "linked", [[*linked], [*linked.values()]], roots)
    db.execute(STORIES)


def _record(text: str) -> Hashes:
    """Return a text as it is compared: the length of a run, then the words; the lowest bit says which are quoted."""
    words = words_of(text)
    return np.concatenate([[np.uint64(run_of(words))], (words.hashes << np.uint64(1)) | quoted_of(text)])


def quoted_of(text: str) -> NDArray[np.uint64]:
    """Return for each word of a text whether it stands inside quotation marks."""
    text = unicodedata.normalize("NFC", text).casefold()
    starts = np.array([found.start() for found in TOKENS.finditer(text) if found[1]], np.int64)
    quotes = [found.span() for found in QUOTED.finditer(text)]
    begins, ends = np.array(quotes, np.int64).reshape(-1, 2).T
    return (np.searchsorted(begins, starts, "right") > np.searchsorted(ends, starts, "right")).astype(np.uint64)


def _measured(one: int, other: int, texts: HashFile) -> list[tuple[int, int, float, int, int]]:
    """Return what each of two texts shares with the other, nothing where it is too little of both."""
    a, b = texts.read(one), texts.read(other)
    run = int(max(a[0], b[0]))
    words = [(row[1:] >> np.uint64(1), row[1:] & np.uint64(1)) for row in (a, b)]
    runs = [runs_of(hashes, run) for hashes, _ in words]
    found = []
    for k, (row, mate) in enumerate(((one, other), (other, one))):
        covered = _covered(np.isin(runs[k], runs[1 - k]), run)
        quoted = int((covered & words[k][1].astype(bool)).sum())
        found.append((row, mate, float(covered.mean()), int(covered.sum()), quoted))
    return found if max(share for _, _, share, _, _ in found) >= SHARE else []


def _covered(runs: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Return for each word whether it is part of one of the runs."""
    covered = np.zeros(len(runs) + length - 1, bool)
    for k in range(length):
        covered[k : k + len(runs)] |= runs
    return covered


def _linked(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return the smallest rank that each linked row is connected with."""
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


def _as_table(db: duckdb.DuckDBPyConnection, name: str, columns: list[Iterable[float]], schema: pa.Schema) -> None:
    db.register(
        "found",
        pa.table([pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)], schema=schema),
    )
    db.execute(f"CREATE TABLE {name} AS SELECT * FROM found")
    db.unregister("found")
