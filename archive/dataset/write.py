"""Stage 3: rows and verdicts into data/ and dropped/, in an order that hangs on nothing but the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.table.database import connected, first_line, quoted
from archive.dataset.table.files import GROUP, form_writer
from archive.dataset.table.options import Options
from archive.dataset.table.schema import DECIDED, DROPPED_SCHEMA, NAMES, SCHEMA
from archive.files.errors import ArchiveError

_COLUMNS = ", ".join(f"{'verdict' if name in DECIDED else 'found'}.{name}" for name in NAMES)
_JOINED = f"""CREATE VIEW joined AS
    SELECT {_COLUMNS}, reason, parse_filename(found.filename) AS place, 0 AS kind, found.file_row_number AS number
    FROM read_parquet({{rows}}, filename = true, file_row_number = true) found
    JOIN read_parquet({{verdicts}}) verdict USING (id)
    UNION ALL
    SELECT {", ".join(NAMES)}, reason, parse_filename(filename) AS place, 1 AS kind, file_row_number AS number
    FROM read_parquet({{failed}}, filename = true, file_row_number = true)"""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows a dataset has."""

    splits: dict[str, int]
    dropped: dict[str, int]
    """By the reason's first word."""


def write_outputs(out: Path, options: Options) -> Counts:
    """Write data/ and dropped/. A split without rows has no file, because `datasets.load_dataset` fails for one; where
    no row is kept at all, the first split has a file without rows."""
    work = out / "work"
    places = {"rows": work / "rows" / "*.parquet", "failed": work / "failed" / "*.parquet"}
    with connected(work) as con:
        con.execute(
            _JOINED.format(**{n: quoted(p) for n, p in places.items()}, verdicts=quoted(work / "verdicts.parquet"))
        )
        kept = "SELECT split, count(*) FROM joined WHERE reason IS NULL GROUP BY split"
        splits = dict.fromkeys((name for name, _ in options.splits), 0) | dict(con.execute(kept).fetchall())
        for split in [name for name, rows in splits.items() if rows] or [options.splits[0][0]]:
            where = f"reason IS NULL AND split = {quoted(split)}"
            _write(con, where, "id", SCHEMA, view_of(options.columns), out / "data" / split, options)
        _write(
            con, "reason IS NOT NULL", "place, kind, number", DROPPED_SCHEMA, FULL, out / "dropped" / "dropped", options
        )
        counted = (
            "SELECT split_part(reason, ':', 1), count(*) FROM joined WHERE reason IS NOT NULL GROUP BY 1 ORDER BY 1"
        )
        return Counts(splits, dict(con.execute(counted).fetchall()))


def _write(
    con: duckdb.DuckDBPyConnection, where: str, order: str, schema: pa.Schema, view: View, stem: Path, options: Options
) -> None:
    """Write what a condition holds for as `stem`-NNNNN-of-NNNNN."""
    total = int(con.execute(f"SELECT count(*) FROM joined WHERE {where}").fetchall()[0][0])
    files = max(1, -(-total // options.rows_a_file))
    query = f"SELECT {', '.join(schema.names)} FROM joined WHERE {where} ORDER BY {order}"
    tables = _tables(con.sql(query).to_arrow_reader(GROUP), schema, options.rows_a_file)
    table = next(tables, None)
    for number in range(files):
        path = stem.with_name(f"{stem.name}-{number:05}-of-{files:05}.{options.form}")
        left = options.rows_a_file
        with form_writer(path, view.schema_of(schema), options.form) as write:
            while table is not None and left:
                write(view.table_of(table))
                left -= table.num_rows
                table = next(tables, None)


def _tables(reader: pa.RecordBatchReader, schema: pa.Schema, rows_a_file: int) -> Iterator[pa.Table]:
    """Yield the rows in tables of GROUP rows, fewer at the end of a file: duckdb's own batches are as they come."""
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
    "text": "text",
    "id": "id",
    "url": "url",
    "date": "fetched",
    "file_path": "file_path",
    "language": "language",
    "language_score": "language_score",
    "n_words": "n_words",
}
"""FineWeb's names over ours. Its token_count is of a tokenizer that has to be downloaded: n_words stands for it."""


@dataclass(frozen=True, slots=True)
class View:
    """Names of columns over the schema's columns; empty: the schema as it is."""

    columns: tuple[tuple[str, str], ...] = ()

    def table_of(self, table: pa.Table) -> pa.Table:
        """Return a table's columns by this view."""
        if not self.columns:
            return table
        return pa.table([_column(table, source) for _, source in self.columns], schema=self.schema_of(table.schema))

    def schema_of(self, schema: pa.Schema) -> pa.Schema:
        """Return the schema of what `table_of` gives."""
        if not self.columns:
            return schema
        fields = [
            (name, pa.string() if source == "file_path" else schema.field(source).type) for name, source in self.columns
        ]
        return pa.schema(fields, metadata=schema.metadata)


FULL = View()


def view_of(columns: tuple[str, ...]) -> View:
    """Return the view that `--columns` asks for; ArchiveError for a name that is no column."""
    if columns == (LIKE_FINEWEB,):
        return View(tuple(_FINEWEB.items()))
    if unknown := next((name for name in columns if name not in NAMES), None):
        raise ArchiveError(f"--columns: no column '{unknown}': give {LIKE_FINEWEB}, or some of {', '.join(NAMES)}")
    return View(tuple((name, name) for name in columns))


def _column(table: pa.Table, source: str) -> pa.ChunkedArray:
    if source != "file_path":
        return table.column(source)
    files = zip(table.column("warc_file").to_pylist(), table.column("source_file").to_pylist(), strict=True)
    return pa.chunked_array([pa.array([warc or file for warc, file in files], pa.string())])


def check_condition(where: str) -> None:
    """Raise ArchiveError for a condition that duckdb cannot apply to the columns known before duplicates are."""
    if not where:
        return
    known = [field for field in SCHEMA if field.name not in DECIDED]
    empty = SCHEMA.empty_table().select([field.name for field in known])
    try:
        with duckdb.connect() as con:
            con.register("row", empty)
            kind = con.sql(f"SELECT (\n{where}\n) AS holds FROM row").types[0]
    except duckdb.Error as error:
        decided = next((name for name in DECIDED if name in where), None)
        also = f" ({decided} is decided after the filter)" if decided else ""
        raise ArchiveError(
            f"--where {where!r}: {first_line(error)}{also}: write a condition in SQL, such as "
            "\"language = 'en' AND n_words > 100\""
        ) from error
    if str(kind) != "BOOLEAN":
        raise ArchiveError(f"--where {where!r}: is a {kind}, neither true nor false: compare it with something")
