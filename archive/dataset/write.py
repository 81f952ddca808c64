"""Stage 3: write data/ and dropped/ from rows and verdicts, in an order that depends on nothing but the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.table.database import build_database, first_line, quoted
from archive.dataset.table.files import GROUP, form_writer
from archive.dataset.table.options import Options
from archive.dataset.table.schema import DECIDED, DROPPED_SCHEMA, NAMES, SCHEMA
from archive.files.errors import ArchiveError

_COLUMNS = ", ".join(f"{'verdict' if name in DECIDED else 'built'}.{name}" for name in NAMES)
_JOINED = f"""CREATE VIEW joined AS
    SELECT {_COLUMNS}, reason, parse_filename(built.filename) AS place, 0 AS kind, built.file_row_number AS number
    FROM read_parquet({{rows}}, filename = true, file_row_number = true) built
    JOIN read_parquet({{verdicts}}) verdict USING (id)
    UNION ALL
    SELECT {", ".join(NAMES)}, reason, parse_filename(filename) AS place, 1 AS kind, file_row_number AS number
    FROM read_parquet({{failed}}, filename = true, file_row_number = true)"""
_DROPPED_BY_REASON = """SELECT split_part(reason, ':', 1), count(*) FROM joined
    WHERE reason IS NOT NULL GROUP BY 1 ORDER BY 1"""


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of rows of a dataset."""

    splits: dict[str, int]
    dropped: dict[str, int]
    """By the first word of the reason."""


def write_outputs(out: Path, options: Options) -> Counts:
    """Write data/ and dropped/.

    A split without rows has no file, because `datasets.load_dataset` fails for an empty one. If no row is kept at all,
    the first split gets a file without rows.
    """
    work = out / "work"
    rows, failed, verdicts = (
        quoted(work / name) for name in ("rows/*.parquet", "failed/*.parquet", "verdicts.parquet")
    )
    with build_database(work) as con:
        con.execute(_JOINED.format(rows=rows, failed=failed, verdicts=verdicts))
        kept = "SELECT split, count(*) FROM joined WHERE reason IS NULL GROUP BY split"
        splits = dict.fromkeys((name for name, _ in options.splits), 0) | dict(con.execute(kept).fetchall())
        for split in [name for name, count in splits.items() if count] or [options.splits[0][0]]:
            where = f"reason IS NULL AND split = {quoted(split)}"
            data = _RowFiles(out / "data" / split, SCHEMA, view_of(options.columns), options)
            data.write(con, f"FROM joined WHERE {where}", "id")
        dropped = _RowFiles(out / "dropped" / "dropped", DROPPED_SCHEMA, FULL, options)
        dropped.write(con, "FROM joined WHERE reason IS NOT NULL", "place, kind, number")
        return Counts(splits, dict(con.execute(_DROPPED_BY_REASON).fetchall()))


@dataclass(frozen=True, slots=True)
class View:
    """The columns of a row file as pairs of its name and the schema's name. Empty: the schema as it is."""

    columns: tuple[tuple[str, str], ...] = ()

    def table_of(self, table: pa.Table) -> pa.Table:
        """Return the columns of this view."""
        if not self.columns:
            return table
        return pa.table([_column(table, source) for _, source in self.columns], schema=self.schema_of(table.schema))

    def schema_of(self, schema: pa.Schema) -> pa.Schema:
        """Return the schema of the tables that `table_of` returns."""
        if not self.columns:
            return schema
        fields = [
            (name, pa.string() if source == "file_path" else schema.field(source).type) for name, source in self.columns
        ]
        return pa.schema(fields, metadata=schema.metadata)


@dataclass(frozen=True, slots=True)
class _RowFiles:
    """Row files that are called `stem`-NNNNN-of-NNNNN."""

    stem: Path
    schema: pa.Schema
    view: View
    options: Options

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, order: str) -> None:
        """Write the rows of an SQL source in this order."""
        form, rows_a_file = self.options.form, self.options.rows_a_file
        total = int(con.execute(f"SELECT count(*) {rows}").fetchall()[0][0])
        files = max(1, -(-total // rows_a_file))
        query = f"SELECT {', '.join(self.schema.names)} {rows} ORDER BY {order}"
        tables = _tables(con.sql(query).to_arrow_reader(GROUP), self.schema, rows_a_file)
        table = next(tables, None)
        for number in range(files):
            path = self.stem.with_name(f"{self.stem.name}-{number:05}-of-{files:05}.{form}")
            left = rows_a_file
            with form_writer(path, self.view.schema_of(self.schema), form) as write:
                while table is not None and left:
                    write(self.view.table_of(table))
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


FULL = View()
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
"""FineWeb's column names and ours. FineWeb has a token_count, whose tokenizer must be downloaded; we give n_words."""


def view_of(columns: tuple[str, ...]) -> View:
    """Return the view that `--columns` names. Raises ArchiveError for an unknown column."""
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
    """Check `--where` before anything is read. Raises ArchiveError unless it is a condition on columns of stage 1."""
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
