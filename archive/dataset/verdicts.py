"""Stage 2: what only the whole dataset decides, a verdict a row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from archive.dataset import duplicates, ranking, shared_text, splits
from archive.dataset.engine import connected, first_line, quoted
from archive.dataset.options import Options
from archive.dataset.schema import DECIDED, SCHEMA
from archive.dataset.tables import whole
from archive.errors import ArchiveError

_SAME_ID = """SELECT id, min(coalesce(warc_file, source_file)) AS first, max(coalesce(warc_file, source_file)) AS last
    FROM rows GROUP BY id HAVING count(*) > 1 ORDER BY first, id LIMIT 1"""
_JUDGED = """
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


def decide(out: Path, options: Options) -> None:
    """Write work/verdicts.parquet: the id of each row, why it is dropped (null: kept), and the decided columns.

    Rows that the filter drops are none for what follows: a text that is not there makes no other one a duplicate.
    """
    work = out / "work"
    with connected(work) as con:
        con.execute(f"CREATE VIEW rows AS SELECT * FROM read_parquet({quoted(work / 'rows' / '*.parquet')})")
        _refuse_same_ids(con)
        _filter(con, options.where)
        judge(con, work, options.splits, "id IN (SELECT id FROM filtered WHERE passes)")
        decided = ", ".join(f"CAST({name} AS {_sql(con, name)}) AS {name}" for name in DECIDED)
        verdicts = f"""SELECT id, CASE WHEN passes THEN reason ELSE 'filtered' END AS reason, {decided}
            FROM filtered LEFT JOIN verdict USING (id) ORDER BY id"""
        with whole(work / "verdicts.parquet") as half:
            con.execute(f"COPY ({verdicts}) TO {quoted(half)} (FORMAT parquet, COMPRESSION zstd)")


def judge(
    con: duckdb.DuckDBPyConnection, work: Path, shares: Sequence[tuple[str, float]], wanted: str = "true"
) -> None:
    """Make the view `verdict`: id, reason and the decided columns of each row of work/keys that is wanted."""
    ranking.number(con, work, wanted)
    duplicates.find(con, work)
    shared_text.find(con, work)
    splits.assign(con, shares)
    con.execute(_JUDGED)


def _refuse_same_ids(con: duckdb.DuckDBPyConnection) -> None:
    if found := con.execute(_SAME_ID).fetchall():
        _, first, last = found[0]
        raise ArchiveError(f"{first} and {last}: hold the same record: give only one of the two files")


def _filter(con: duckdb.DuckDBPyConnection, where: str) -> None:
    """Make the table `filtered`: each row's id and whether it passes."""
    condition = f"coalesce((\n{where}\n), false)" if where else "true"
    view = f"SELECT * EXCLUDE ({', '.join(DECIDED)}) FROM rows"
    try:
        con.execute(f"CREATE TABLE filtered AS SELECT id, CAST({condition} AS BOOLEAN) AS passes FROM ({view})")
    except duckdb.ConversionException as error:
        raise ArchiveError(f"--where {where!r}: {first_line(error)}: it must be true or false for every row") from error


def _sql(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """Return duckdb's name for a column's type."""
    con.register("typed", SCHEMA.empty_table().select([name]))
    return str(con.sql("SELECT * FROM typed").types[0])
