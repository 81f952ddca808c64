"""Find texts that share passages without being duplicates, and measure how much of that is in quotation marks.

Both rows list each other. This does not show who wrote the passage first, and no row is dropped for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
from numpy.typing import NDArray

from archive.dataset.dedup.keys import TOKENS, Hashes, run_of, runs_of, words_of
from archive.dataset.dedup.ranking import HashFile, count, create_table, pairs_in, texts_in
from archive.dataset.table.database import Database

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

CANDIDATES = f"""
CREATE VIEW print AS
SELECT n, unnest(fingerprints) AS print FROM keys JOIN numbered USING (shard, place) ANTI JOIN dropped USING (n);
CREATE TABLE rare AS SELECT print FROM print GROUP BY print HAVING count(*) BETWEEN 2 AND {TOO_COMMON};
CREATE TABLE few AS SELECT n, print FROM print JOIN rare USING (print);
CREATE TABLE pair AS
SELECT one.n AS one, other.n AS other, count(*)::INTEGER AS fingerprints
FROM few AS one JOIN few AS other ON one.print = other.print AND one.n < other.n
GROUP BY ALL HAVING count(*) >= {COMMON};
DROP TABLE few; DROP TABLE rare;
CREATE TABLE sharing AS SELECT one AS n FROM pair UNION SELECT other FROM pair;
"""
MEASURED = {"n": "i", "other": "i", "share": "f", "words": "i", "quoted_words": "i"}
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


def find(db: Database, work: Path) -> None:
    """Create the tables `shared`, two rows per pair, and `story`: for each row, the smallest id of all linked rows.

    Needs the table `dropped`: only rows that stay are compared.
    """
    db.run(CANDIDATES)
    with TemporaryFile(dir=work, buffering=0) as file:
        texts = HashFile(file, count(db, "numbered"))
        for row, text in texts_in(db, "sharing"):
            texts.add(row, _record(text))
        pairs = pairs_in(db, "SELECT one, other FROM pair ORDER BY one, other")
        measured = [row for one, other in pairs for row in _measured(one, other, texts)]
    create_table(db, "measured", measured, MEASURED)
    create_table(db, "linked", _linked((row[0], row[1]) for row in measured).items(), {"n": "i", "root": "i"})
    db.run(STORIES)


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


def _measured(one: int, other: int, texts: HashFile) -> list[tuple[int, int, float, int, int]]:
    """Measure what each of two texts shares with the other. Empty where it is too small a share of both."""
    a, b = texts.read(one), texts.read(other)
    run = int(max(a[0], b[0]))
    words = [(row[1:] >> np.uint64(1), row[1:] & np.uint64(1)) for row in (a, b)]
    runs = [runs_of(hashes, run) for hashes, _ in words]
    rows = []
    for k, (row, mate) in enumerate(((one, other), (other, one))):
        covered = _covered(np.isin(runs[k], runs[1 - k]), run)
        quoted = int((covered & words[k][1].astype(bool)).sum())
        rows.append((row, mate, float(covered.mean()), int(covered.sum()), quoted))
    return rows if max(share for _, _, share, _, _ in rows) >= SHARE else []


def _covered(runs: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Return for each word whether it is part of a shared run."""
    covered = np.zeros(len(runs) + length - 1, bool)
    for k in range(length):
        covered[k : k + len(runs)] |= runs
    return covered


def _linked(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
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
