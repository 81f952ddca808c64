"""What only the whole dataset decides about each row, in one connection to duckdb."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from archive.dataset.decisions import duplicates, ranking, shared_text, splits

_VERDICTS = """
CREATE TABLE sharing_with AS
SELECT s.n, list({'id': mate.id, 'fingerprints': s.fingerprints, 'share': s.share, 'words': s.words,
    'quoted_words': s.quoted_words} ORDER BY s.words DESC, mate.id) AS shared_with
FROM shared AS s JOIN numbered AS mate ON mate.n = s.other GROUP BY s.n;

CREATE VIEW verdict AS
SELECT row.id, d.reason, CASE WHEN d.reason <> 'revision' THEN keeper.id END AS duplicate_of, d.similarity,
    coalesce(keeper.id, row.id) AS cluster_id, newest.id AS revision_of, story.story_id, w.shared_with,
    CASE WHEN d.reason IS NULL THEN split.split END AS split
FROM numbered AS row LEFT JOIN dropped AS d USING (n) LEFT JOIN numbered AS keeper ON keeper.n = d.keeper
LEFT JOIN numbered AS newest ON newest.n = d.revision_of
LEFT JOIN story ON story.n = row.n LEFT JOIN split ON split.n = row.n LEFT JOIN sharing_with AS w ON w.n = row.n
"""


def decide(
    db: duckdb.DuckDBPyConnection, work: Path, shares: Sequence[tuple[str, float]], wanted: str = "true"
) -> None:
    """Make the view `verdict`: id, reason (null: the row stays) and the decided columns of each wanted row."""
    ranking.number(db, work, wanted)
    duplicates.find(db, work)
    shared_text.find(db, work)
    splits.assign(db, shares)
    db.execute(_VERDICTS)
