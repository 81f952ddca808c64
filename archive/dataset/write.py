"""Stage 3: write data/ and dropped/ from rows and verdicts. The order depends on the rows alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from archive.dataset.dedup.verdicts import bounds_of
from archive.dataset.table.database import Database, build_database, path_sql, quoted
from archive.dataset.table.files import GROUP, form_writer
from archive.dataset.table.options import Options
from archive.dataset.table.schema import DECIDED, DROPPED_SCHEMA, NAMES, SCHEMA
from archive.files.errors import ArchiveError

_COLUMNS = ", ".join(f"{'verdict' if name in DECIDED else 'built'}.{name}" for name in NAMES)
_JOINED = f"""CREATE VIEW joined AS
    SELECT {_COLUMNS}, reason, parse_filename(built.filename) AS place, 0 AS part, built.file_row_number AS number
    FROM read_parquet({{rows}}, filename = true, file_row_number = true, hive_partitioning = false) built
    JOIN read_parquet({{verdicts}}, hive_partitioning = false) verdict USING (id)
    UNION ALL
    SELECT {", ".join(NAMES)}, reason, parse_filename(filename) AS place, 1 AS part, file_row_number AS number
    FROM read_parquet({{failed}}, filename = true, file_row_number = true, hive_partitioning = false)"""
_DROPPED_BY_REASON = """SELECT split_part(reason, ':', 1), count(*) FROM joined
    WHERE reason IS NOT NULL GROUP BY 1 ORDER BY 1"""


View = Mapping[str, str]
"""The columns of a row file: the name there, and ours. Empty: all columns under our names."""


def write_outputs(out: Path, options: Options) -> tuple[dict[str, int], dict[str, int]]:
    """Write data/ and dropped/. Returns the number of rows by split, and of dropped rows by the reason's first word.

    A split without rows has no file, because `datasets.load_dataset` fails for an empty one. If no row is kept at all,
    the first split gets a file without rows.
    """
    work = out / "work"
    rows, failed = (path_sql(work / part, "*.parquet") for part in ("rows", "failed"))
    verdicts = path_sql(work / "verdicts.parquet")
    with build_database(work) as con:
        con.execute(_JOINED.format(rows=rows, failed=failed, verdicts=verdicts))
        kept = "SELECT split, count(*) FROM joined WHERE reason IS NULL GROUP BY split"
        splits = dict.fromkeys((name for name, _ in options.splits), 0) | dict(con.execute(kept).fetchall())
        bounds_of(options.splits)
        if foreign := splits.keys() - {name for name, _ in options.splits}:
            raise ArchiveError(f"{work}: rows of the split {min(map(str, foreign))!r}, which the options do not name")
        for split in [name for name, count in splits.items() if count] or [options.splits[0][0]]:
            where = f"reason IS NULL AND split = {quoted(split)}"
            _write_files(con, where, "id", out / "data" / split, SCHEMA, view_of(options.columns), options)
        dropped = out / "dropped" / "dropped"
        _write_files(con, "reason IS NOT NULL", "place, part, number", dropped, DROPPED_SCHEMA, {}, options)
        return splits, dict(con.execute(_DROPPED_BY_REASON).fetchall())


def _write_files(
    con: Database, where: str, order: str, stem: Path, schema: pa.Schema, view: View, options: Options
) -> None:
    """Write the joined rows that meet a condition, in this order, to files called `stem`-NNNNN-of-NNNNN."""
    total = int(con.execute(f"SELECT count(*) FROM joined WHERE {where}").fetchall()[0][0])
    files = max(1, -(-total // options.rows_a_file))
    query = f"SELECT {', '.join(schema.names)} FROM joined WHERE {where} ORDER BY {order}"
    tables = _tables(con.query(query).to_arrow_reader(GROUP), schema, options.rows_a_file)
    table = next(tables, None)
    for number in range(files):
        path = stem.with_name(f"{stem.name}-{number:05}-of-{files:05}.{options.form}")
        left = options.rows_a_file
        with form_writer(path, _schema_of(schema, view), options.form) as write:
            while table is not None and left:
                write(_viewed(table, view))
                left -= table.num_rows
                table = next(tables, None)


def _tables(reader: pa.RecordBatchReader, schema: pa.Schema, rows_a_file: int) -> Iterator[pa.Table]:
    """Yield the rows as tables of GROUP rows, fewer at the end of a file, whatever size duckdb's batches have."""
    waiting, room = schema.empty_table(), rows_a_file
    for batch in reader:
        waiting = pa.concat_tables([waiting, pa.Table.from_batches([batch]).cast(schema)])
        while waiting.num_rows >= (step := min(GROUP, room)):
            yield waiting.slice(0, step)
            waiting, room = waiting.slice(step), room - step or rows_a_file
    if waiting.num_rows:
        yield waiting


LIKE_FINEWEB = "like-fineweb"
_FINEWEB = {
    "text": "text", "id": "id", "url": "url", "date": "fetched", "file_path": "file_path", "language": "language",
    "language_score": "language_score", "n_words": "n_words",
}  # fmt: skip
"""FineWeb's column names and ours. FineWeb has a token_count, whose tokenizer must be downloaded; we give n_words."""


def view_of(columns: tuple[str, ...]) -> View:
    """Return the view that `--columns` names. Raises ArchiveError for an unknown column."""
    if columns == (LIKE_FINEWEB,):
        return _FINEWEB
    if unknown := next((name for name in columns if name not in NAMES), None):
        raise ArchiveError(f"--columns: no column '{unknown}': give {LIKE_FINEWEB}, or some of {', '.join(NAMES)}")
    return {name: name for name in columns}


def _schema_of(schema: pa.Schema, view: View) -> pa.Schema:
    if not view:
        return schema
    kinds = {name: pa.string() if ours == "file_path" else schema.field(ours).type for name, ours in view.items()}
    return pa.schema(kinds, metadata=schema.metadata)


def _viewed(table: pa.Table, view: View) -> pa.Table:
    if not view:
        return table
    return pa.table([_column(table, ours) for ours in view.values()], schema=_schema_of(table.schema, view))


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    if name == "file_path":
        return pc.coalesce(table.column("warc_file"), table.column("source_file"))
    return table.column(name)
