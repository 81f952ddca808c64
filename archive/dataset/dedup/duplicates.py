"""Find duplicates, each with its proof: the row that stays and the measured similarity to it.

Of duplicates, the one published first stays, then the longest, then the one with the smallest id; the order of shards
does not matter. Of a page that was fetched several times, the newest text stays and older ones are dropped as its
revisions, however similar they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from archive.dataset.dedup.keys import jaccard, shingles_of, words_of
from archive.dataset.dedup.ranking import HashFile, count, create_table, pairs_in, texts_in
from archive.dataset.table.database import Database

NEAR = 0.75
"""The least Jaccard similarity of five-word shingles of near duplicates. FineWeb's 14 bands of 8 were chosen for it
(Penedo et al. 2024, "at least 75 % similar")."""
SMALLEST = 4
"""Two texts that share one of this many smallest fingerprints are candidates too. Of 1,209 development articles with
replaced words and a similarity of at least 0.75, bands alone find 95 %, both together find all."""
MOST_KEEPERS = 16
"""The most keepers per bucket: different pages of one template would otherwise fill buckets without end."""

TABLES = f"""
CREATE TABLE dropped (n INTEGER, reason VARCHAR, keeper INTEGER, similarity FLOAT, revision_of INTEGER);

-- only rows with a fetch time can be older than others
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
SELECT n, unnest(bands || fingerprints[1:{SMALLEST}]) AS hash
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

-- an exact duplicate of a dropped row points to the row that stays
UPDATE dropped SET reason = 'near_duplicate', keeper = near.keeper, similarity = near.similarity
FROM near WHERE dropped.reason = 'exact_duplicate' AND dropped.keeper = near.n;

UPDATE dropped SET similarity = measured.similarity
FROM measured WHERE dropped.n = measured.n;

-- a revision points to the row that stays for its newest text
UPDATE dropped SET keeper = coalesce(newest.keeper, dropped.revision_of)
FROM (SELECT n, d.keeper FROM numbered LEFT JOIN dropped AS d USING (n)) AS newest
WHERE dropped.reason = 'revision' AND dropped.revision_of = newest.n;

DROP TABLE near; DROP TABLE measured; DROP TABLE member; DROP TABLE bucket; DROP TABLE compared;
"""


def find(db: Database, work: Path) -> None:
    """Create the table `dropped`: each row that does not stay, the reason, and the row that stays. Needs `ranking`."""
    db.run(TABLES)
    columns = {"n": "i", "keeper": "i", "similarity": "d"}
    with TemporaryFile(dir=work, buffering=0) as file:
        shingles = HashFile(file, count(db, "numbered"))
        for row, text in texts_in(db, "compared"):
            shingles.add(row, shingles_of(words_of(text).hashes))
        members = pairs_in(db, "SELECT n, bucket FROM member ORDER BY n, bucket")
        create_table(db, "near", _near_duplicates(members, shingles, count(db, "bucket")), columns)
        revisions = pairs_in(db, "SELECT n, revision_of FROM dropped WHERE reason = 'revision'")
        measured = ((row, newest, jaccard(shingles.read(row), shingles.read(newest))) for row, newest in revisions)
        create_table(db, "measured", measured, columns)
    db.run(SETTLED)


def _near_duplicates(
    members: Iterable[tuple[int, int]], shingles: HashFile, buckets: int
) -> Iterator[tuple[int, int, float]]:
    """Yield each near duplicate with its keeper and their similarity.

    Each row is compared with the keepers in its buckets, so none is dropped for its similarity to a dropped row.
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
    """Return the first keeper that is similar enough, and the similarity; the row itself if none is."""
    own = shingles.read(row)
    for keeper in keepers:
        small, large = sorted((len(own), shingles.size(keeper)))
        if small >= NEAR * large and (similarity := jaccard(own, shingles.read(keeper))) >= NEAR:
            return keeper, similarity
    return row, 1.0
