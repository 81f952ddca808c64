"""Stage 3: rows and verdicts into data/ and dropped/, in an order that hangs on nothing but the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.engine import connected, quoted
from archive.dataset.forms import form_writer
from archive.dataset.options import Options
from archive.dataset.schema import DECIDED, DROPPED_SCHEMA, NAMES, SCHEMA
from archive.dataset.tables import GROUP
from archive.dataset.views import FULL, View, view_of

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
