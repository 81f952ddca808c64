"""Stage 3: write data/ and dropped/ from rows and verdicts. The order depends on the rows alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.dedup.verdicts import bounds_of
from archive.dataset.table.database import Database, build_database, path_sql, quoted
from archive.dataset.table.files import GROUP, form_writer
from archive.dataset.table.options import Options
from archive.dataset.table.schema import BLOCKS, DECIDED, NAMES, schema_with
from archive.dataset.table.view import View, schema_of_view, view_of, viewed
from archive.files.errors import ArchiveError

_JOINED = """CREATE VIEW joined AS
    SELECT {joined}, reason, parse_filename(built.filename) AS place, 0 AS part, built.file_row_number AS number
    FROM read_parquet({rows}, filename = true, file_row_number = true, hive_partitioning = false) built
    JOIN read_parquet({verdicts}, hive_partitioning = false) verdict USING (id)
    UNION ALL
    SELECT {names}, reason, parse_filename(filename) AS place, 1 AS part, file_row_number AS number
    FROM read_parquet({failed}, filename = true, file_row_number = true, hive_partitioning = false)"""
_DROPPED_BY_REASON = """SELECT split_part(reason, ':', 1), count(*) FROM joined
    WHERE reason IS NOT NULL GROUP BY 1 ORDER BY 1"""


def write_outputs(out: Path, options: Options) -> tuple[dict[str, int], dict[str, int]]:
    """Write data/ and dropped/. Returns the number of rows by split, and of dropped rows by the reason's first word.

    A split without rows has no file, because `datasets.load_dataset` fails for an empty one. If no row is kept at all,
    the first split gets a file without rows.
    """
    work = out / "work"
    rows, failed = (path_sql(work / part, "*.parquet") for part in ("rows", "failed"))
    verdicts = path_sql(work / "verdicts.parquet")
    with build_database(work) as con:
        names = (*NAMES, BLOCKS) if options.has_blocks else NAMES
        joined = ", ".join(f"{'verdict' if name in DECIDED else 'built'}.{name}" for name in names)
        con.execute(_JOINED.format(joined=joined, names=", ".join(names), rows=rows, failed=failed, verdicts=verdicts))
        kept = "SELECT split, count(*) FROM joined WHERE reason IS NULL GROUP BY split"
        splits = dict.fromkeys((name for name, _ in options.splits), 0) | dict(con.execute(kept).fetchall())
        bounds_of(options.splits)
        if foreign := splits.keys() - {name for name, _ in options.splits}:
            raise ArchiveError(f"{work}: rows of the split {min(map(str, foreign))!r}, which the options do not name")
        for split in [name for name, count in splits.items() if count] or [options.splits[0][0]]:
            where = f"reason IS NULL AND split = {quoted(split)}"
            view = view_of(options.columns)
            _write_files(con, where, "id", out / "data" / split, schema_with(blocks=BLOCKS in view), view, options)
        dropped = out / "dropped" / "dropped"
        schema = schema_with(blocks=options.has_blocks, reason=True)
        everything = {name: name for name in schema.names}
        _write_files(con, "reason IS NOT NULL", "place, part, number", dropped, schema, everything, options)
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
        with form_writer(path, schema_of_view(view, schema), options.form) as write:
            while table is not None and left:
                write(viewed(table, view))
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
