"""Prove a dataset's rows: cleaning the source again must give the text of each, or restore the input of a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from archive.dataset.inputs.pages import payload_digest
from archive.dataset.inputs.shards import Missing, Shard
from archive.dataset.inputs.sources import read, shards
from archive.dataset.provenance import manifest
from archive.dataset.table.blocks import blocks_of
from archive.dataset.table.database import PARTS, Database, dataset_database, row_files, rows_sql
from archive.dataset.table.options import OF_FILES, Options, cleaning_of
from archive.dataset.table.schema import BLOCKS
from archive.files.errors import ArchiveError
from archive.maintain.findings import Finding
from archive.readers.pages import Refusal, page_of
from archive.warc.reader import read_exchange
from archive.warc.scan import id_by_content
from cleaners import Article, Page, Removal, clean_page, read_blocks
from cleaners import restore as restore_article

_COLUMNS = (
    "id", "url", "text", "removed", "warc_file", "warc_offset", "warc_length", "warc_digest", "warc_record_id",
    "source_file", "source_row", BLOCKS,
)  # fmt: skip
Row = dict[str, Any]


def restore(row: Mapping[str, Any]) -> str:
    """Return the text that a text corpus's row was made from, to the character. Raises ValueError for a page's row.

    >>> removed = {"rule": "lines/advertisement", "stage": "lines", "text": "Ad\\n", "where": "", "start": 3, "end": 6}
    >>> restore({"text": "It rained.", "removed": [removed]})
    'It Ad\\nrained.'
    """
    return restore_article(Article(row["text"], removals=tuple(Removal(**part) for part in row["removed"] or ())))


def options_of(head: Mapping[str, Any], rule_paths: tuple[str, ...] = (), jobs: int = 1) -> Options:
    """Return the options in the head of a manifest or a recipe, which cannot name the rule files of this machine.
    Raises ArchiveError where it was made with a way of cleaning that is unknown here."""
    given = {name: _tuples(value) for name, value in head["options"].items() if name in OF_FILES}
    cleaning = cleaning_of(head["options"]["rules_version"])
    return Options(**given | {"rule_paths": rule_paths, "jobs": jobs, "cleaning": cleaning})


def prove(folder: Path, inputs: Sequence[Path], options: Options) -> Iterator[Finding]:
    """Yield every row that its source does not confirm. Raises ArchiveError where dataset or sources are incomplete.

    For a page, the record at the row's offset (or the file) must be the one that the row names, and cleaning it must
    give the row's text. For a ready-made text, putting back what was taken out must give the input.
    """
    manifest.read(folder)
    proved = 0
    with dataset_database(folder) as connection:
        parts = filter(None, (row_files(folder, part) for part in PARTS))
        rows = " UNION ALL ".join(_texts(connection, rows_sql(files)) for files in parts)
        total = connection.query(f"SELECT count(*) FROM ({rows})").fetchall()[0][0] if rows else 0
        for shard in shards(inputs, options) if rows else ():
            shard_rows = _rows_of(connection, rows, shard)
            proved += len(shard_rows)
            check = _check_captures if shard.kind == "warc" else _check_inputs
            for row, problem in check(shard, shard_rows, options):
                place = row["warc_offset"] if row["warc_file"] else row["source_row"]
                yield Finding(row["warc_file"] or row["source_file"], place, row["url"], f"{problem}: row {row['id']}")
    if proved != total:
        raise ArchiveError(f"{folder}: {total - proved} of {total} rows are of other inputs: give those too")


def _texts(connection: Database, rows: str) -> str:
    """Return the SQL for the rows that have a text; most datasets have no blocks."""
    there = connection.columns_of(f"FROM {rows}")
    columns = (f"NULL AS {name}" if name == BLOCKS and name not in there else name for name in _COLUMNS)
    return f"SELECT {', '.join(columns)} FROM {rows} WHERE text IS NOT NULL"


def _rows_of(connection: Database, rows: str, shard: Shard) -> list[Row]:
    values: list[Any]
    if shard.kind == "warc":
        where, values = "warc_file = ?", [shard.name]
    elif shard.files:
        where, values = "list_contains(?, source_file)", [[f"{shard.name}/{file}" for file in shard.files]]
    else:
        where = "source_file = ? AND source_row >= ? AND source_row < ?"
        values = [shard.name, shard.first, shard.first + shard.rows]
    query = f"SELECT * FROM ({rows}) WHERE {where} ORDER BY warc_offset, source_row"
    return [dict(zip(_COLUMNS, row, strict=True)) for row in connection.execute(query, values).fetchall()]


def _check_captures(shard: Shard, rows: list[Row], options: Options) -> Iterator[tuple[Row, str]]:
    """Compare each row with the record at its offset, which is read by itself, as a user with only the row would."""
    for row in rows:
        try:
            exchange = read_exchange(Path(shard.path), row["warc_offset"])
        except ArchiveError as error:
            yield row, f"no page there ({error})"
            continue
        record, page = exchange.record, page_of(exchange.capture)
        named = row["warc_length"], row["warc_digest"]
        if isinstance(page, Refusal):
            yield row, f"no page there ({page.detail})"
        elif named != (record.length, payload_digest(exchange)) or row["warc_record_id"] not in (
            record.record_id,
            id_by_content(record),
        ):
            yield row, "another record is there"
        elif other := _other(page, row, options):
            yield row, f"cleaning the page there gives {other}"


def _check_inputs(shard: Shard, rows: list[Row], options: Options) -> Iterator[tuple[Row, str]]:
    by_place = {(row["source_file"], row["source_row"]): row for row in rows}
    for origin, page in read(shard, options):
        if (row := by_place.pop((origin.file, origin.row), None)) is None:
            continue
        if isinstance(page, Missing):
            yield row, f"no page or text there ({page.reason})"
        elif page.is_text and restore(row) != page.html:
            yield row, "putting back what was taken out does not give the input"
        elif not page.is_text and (other := _other(page, row, options)):
            yield row, f"cleaning the file gives {other}"
    yield from ((row, "no such file or row in the input") for row in by_place.values())


def _other(page: Page, row: Row, options: Options) -> str:
    """Tell what of a page's row cleaning gives otherwise; empty where text and blocks, if it has them, are the same."""
    article = clean_page(page, options.rules)
    if article.text.encode("utf-8", "replace") != row["text"].encode():
        return "another text"
    has_others = row[BLOCKS] is not None and read_blocks(row[BLOCKS]) != read_blocks(blocks_of(article))
    return "other blocks" if has_others else ""


def _tuples(value: Any) -> Any:  # noqa: ANN401 - JSON
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
