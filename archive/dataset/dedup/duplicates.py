"""Duplicates, each with its proof: the row that stays and the similarity that was measured to it.

The row that stays is the earliest published, then the longest, then the one with the smallest id: rows are numbered in
that order, so the order of shards never matters. Of a page that was fetched several times the newest text stays,
whatever it is like; older ones are revisions of it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import duckdb
import numpy as np

from archive.dataset.dedup.keys import jaccard, shingles_of
from archive.dataset.dedup.ranking import HashFile, count, pairs_in, texts_in
from archive.dataset.dedup.words import words_of

NEAR = 0.75
"""Jaccard similarity of the five-word shingles from which on a text is a near duplicate: FineWeb's bands of 14 x 8 were
chosen for it (Penedo et al. 2024, "at least 75 % similar")."""
LEAST = 4
"""Two texts are candidates as well when they share one of their smallest fingerprints: of 1,209 development articles
with words replaced, at a similarity of 0.75 and more, bands alone find 95 %, both together all."""
MOST_KEEPERS = 16
"""Rows of a bucket that others are compared with: pages of one template, each different, fill buckets without end."""

TABLES = f"""
CREATE TABLE dropped (n INTEGER, reason VARCHAR, keeper INTEGER, similarity FLOAT, revision_of INTEGER);

-- only what has a time of fetching can be older than something else
INSERT INTO dropped
SELECT n, 'revision', NULL, NULL, newest FROM (
    SELECT n, sha256, text, min(n) FILTER (WHERE sha256 = text) OVER (PARTITION BY address) AS newest FROM (
        SELECT n, address, sha256, first_value(sha256) OVER (PARTITION BY address ORDER BY fetched DESC, n) AS text
        FROM numbered WHERE address IS NOT NULL AND fetched IS NOT NULL AND sha256 IS NOT NULL))
WHERE sha256 <> text;

INSERT INTO dropped
SELECT n, 'exact_duplicate', keeper, 1, NULL FROM (
    SELECT n, min(n) OVER (PARTITION BY sha256) AS keeper
    FROM numbered ANTI JOIN dropped USING (n) WHERE sha256 IS NOT NULL)
WHERE n <> keeper;

CREATE TABLE banded AS
SELECT n, unnest(bands || fingerprints[1:{LEAST}]) AS hash
FROM keys JOIN numbered USING (shard, place) ANTI JOIN dropped USING (n);
CREATE TABLE bucket AS
SELECT hash, row_number() OVER () - 1 AS bucket FROM (SELECT hash FROM banded GROUP BY hash HAVING count(*) > 1);
CREATE TABLE member AS SELECT n, bucket::INTEGER AS bucket FROM banded JOIN bucket USING (hash);
DROP TABLE banded;
CREATE TABLE compared AS
SELECT n FROM member UNION SELECT n FROM dropped WHERE reason = 'revision' UNION SELECT revision_of FROM dropped;
"""

SETTLED = """
INSERT INTO dropped SELECT n, 'near_duplicate', keeper, similarity, NULL FROM near;

-- a text that equals one which is itself dropped stands by the row that stays
UPDATE dropped SET reason = 'near_duplicate', keeper = near.keeper, similarity = near.similarity
FROM near WHERE dropped.reason = 'exact_duplicate' AND dropped.keeper = near.n;

UPDATE dropped SET similarity = measured.similarity
FROM measured WHERE dropped.n = measured.n;

-- a revision belongs to the row that stays for its newest text
UPDATE dropped SET keeper = coalesce(newest.keeper, dropped.revision_of)
FROM (SELECT n, d.keeper FROM numbered LEFT JOIN dropped AS d USING (n)) AS newest
WHERE dropped.reason = 'revision' AND dropped.revision_of = newest.n;

DROP TABLE near; DROP TABLE measured; DROP TABLE member; DROP TABLE bucket; DROP TABLE compared;
"""


def find(db: duckdb.DuckDBPyConnection, work: Path) -> None:
    """Write the table `dropped`: each row that does not stay, why, and for which row (`ranking` comes first)."""
    db.execute(TABLES)
    with HashFile(work, count(db, "numbered")) as shingles:
        for row, text in texts_in(db, "compared"):
            shingles.add(row, shingles_of(words_of(text).hashes))
        members = pairs_in(db, "SELECT n, bucket FROM member ORDER BY n, bucket")
        _keep(db, "near", _claimed(members, shingles, count(db, "bucket")))
        revisions = pairs_in(db, "SELECT n, revision_of FROM dropped WHERE reason = 'revision'")
        measured = ((row, newest, jaccard(shingles.read(row), shingles.read(newest))) for row, newest in revisions)
        _keep(db, "measured", measured)
    db.execute(SETTLED)


def _claimed(members: Iterable[tuple[int, int]], shingles: HashFile, buckets: int) -> Iterator[tuple[int, int, float]]:
    """Yield each near duplicate with its keeper and their similarity.

    Each row is compared with those that stay, or stand for dropped ones, in the buckets that it is in. It is never
    dropped for its likeness to a row that is dropped itself.
    """
    first = np.full(buckets, -1, np.int32)
    more: dict[int, list[int]] = {}
    for row, pairs in groupby(members, key=lambda pair: pair[0]):
        places = [bucket for _, bucket in pairs]
        candidates = {int(first[bucket]) for bucket in places}.union(*(more.get(bucket, ()) for bucket in places))
        keeper, similarity = _nearest(row, sorted(candidates - {-1}), shingles)
        if keeper != row:
            yield row, keeper, similarity
        for bucket in places:
            if first[bucket] < 0:
                first[bucket] = keeper
            elif first[bucket] != keeper:
                others = more.setdefault(bucket, [])
                if keeper not in others and len(others) < MOST_KEEPERS:
                    others.append(keeper)


def _nearest(row: int, keepers: list[int], shingles: HashFile) -> tuple[int, float]:
    """Return the first keeper that is similar enough, and how similar; the row itself where none is."""
    own = shingles.read(row)
    for keeper in keepers:
        small, large = sorted((len(own), shingles.size(keeper)))
        if small >= NEAR * large and (similarity := jaccard(own, shingles.read(keeper))) >= NEAR:
            return keeper, similarity
    return row, 1.0


def _keep(db: duckdb.DuckDBPyConnection, name: str, found: Iterable[tuple[int, int, float]]) -> None:
    """Write what was found as a table."""
    rows, keepers, similarities = array("i"), array("i"), array("d")
    for row, keeper, similarity in found:
        rows.append(row)
        keepers.append(keeper)
        similarities.append(similarity)
    columns = {"n": np.array(rows), "keeper": np.array(keepers), "similarity": np.array(similarities)}
    db.register("found", columns)
    db.execute(f"CREATE TABLE {name} AS SELECT * FROM found")
    db.unregister("found")
