"""From a row back to its source: what lies at its place gives its text, and a text corpus its own bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import duckdb

from archive.dataset.inputs.shards import Shard
from archive.dataset.inputs.sources import read, shards
from archive.dataset.provenance import manifest
from archive.dataset.table.database import PARTS, dataset_database, row_files, rows_sql
from archive.dataset.table.options import Options
from archive.files.errors import ArchiveError
from archive.maintain.findings import Finding
from archive.warc.reader import read_exchange
from cleaners import Article, Page, Removal, clean_page
from cleaners import restore as restore_article

_COLUMNS = (
    "id", "url", "text", "removed", "warc_file", "warc_offset", "warc_length", "warc_digest", "warc_record_id",
    "source_file", "source_row",
)  # fmt: skip


def restore(row: Mapping[str, Any]) -> str:
    """Return the text that a text corpus's row was made of, to the character. Raises ValueError for a page's row.

    >>> taken = {"rule": "lines/advertisement", "stage": "lines", "text": "Ad\\n", "where": "", "start": 3, "end": 6}
    >>> restore({"text": "It rained.", "removed": [taken]})
    'It Ad\\nrained.'
    """
    return restore_article(Article(row["text"], removals=tuple(Removal(**taken) for taken in row["removed"] or ())))


def options_of(said: Mapping[str, Any], rule_paths: tuple[str, ...] = (), jobs: int = 1) -> Options:
    """Return the options that a manifest or a recipe names; where the rules lie on this machine, it cannot say."""
    names = {field.name for field in fields(Options)}
    given = {name: _frozen(value) for name, value in said["options"].items() if name in names}
    return Options(**given | {"rule_paths": rule_paths, "jobs": jobs})


def prove(folder: Path, inputs: Sequence[Path], options: Options) -> Iterator[Finding]:
    """Yield every row that its source does not bear out. Raises ArchiveError where dataset or sources are not whole.

    For a page, the record at the row's offset (or the file) must be the one that the row names, and cleaning it must
    give the row's text; for a ready-made text, putting back what was taken out must give the input.
    """
    manifest.read(folder)
    proved = 0
    with dataset_database(folder) as connection:
        rows = " UNION ALL ".join(
            f"SELECT {', '.join(_COLUMNS)} FROM {rows_sql(files)} WHERE text IS NOT NULL"
            for part in PARTS
            if (files := row_files(folder, part))
        )
        total = connection.sql(f"SELECT count(*) FROM ({rows})").fetchall()[0][0] if rows else 0
        for shard in shards(inputs, options) if rows else ():
            of_shard = _rows_of(connection, rows, shard)
            proved += len(of_shard)
            found = _captures(shard, of_shard, options) if shard.kind == "warc" else _items(shard, of_shard, options)
            for row, problem in found:
                place = row["warc_offset"] if row["warc_file"] else row["source_row"]
                yield Finding(row["warc_file"] or row["source_file"], place, row["url"], f"{problem}: row {row['id']}")
    if proved != total:
        raise ArchiveError(f"{folder}: {total - proved} of {total} rows are of other inputs: give those too")


def _rows_of(connection: duckdb.DuckDBPyConnection, rows: str, shard: Shard) -> list[dict[str, Any]]:
    values: list[Any]
    if shard.kind == "warc":
        where, values = "warc_file = ?", [shard.name]
    elif shard.files:
        where, values = "list_contains(?, source_file)", [[f"{shard.name}/{file}" for file in shard.files]]
    else:
        where = "source_file = ? AND source_row >= ? AND source_row < ?"
        values = [shard.name, shard.first, shard.first + shard.rows]
    found = connection.execute(f"SELECT * FROM ({rows}) WHERE {where} ORDER BY warc_offset, source_row", values)
    return [dict(zip(_COLUMNS, row, strict=True)) for row in found.fetchall()]


def _captures(shard: Shard, rows: list[dict[str, Any]], options: Options) -> Iterator[tuple[dict[str, Any], str]]:
    """Go to each row's offset by itself, as somebody does who has nothing but the row."""
    for row in rows:
        try:
            found = read_exchange(Path(shard.path), row["warc_offset"])
            html = found.capture.payload()
        except ArchiveError as error:
            yield row, f"no page there ({error})"
            continue
        said = (found.record.record_id, found.record.length, found.record.header("WARC-Payload-Digest"))
        if said != (row["warc_record_id"], row["warc_length"], row["warc_digest"]):
            yield row, "another record lies there"
        elif not _is_text(row, clean_page(Page(html, found.capture.url, found.capture.charset), options.rules)):
            yield row, "cleaning the page there gives another text"


def _items(shard: Shard, rows: list[dict[str, Any]], options: Options) -> Iterator[tuple[dict[str, Any], str]]:
    by_place = {(row["source_file"], row["source_row"]): row for row in rows}
    for item in read(shard, options):
        row = by_place.pop((item.source_file, item.source_row), None)
        if row is None:
            continue
        if not item.is_text:
            if not _is_text(row, clean_page(Page(item.data, item.url, item.charset), options.rules)):
                yield row, "cleaning the file gives another text"
        elif restore(row) != item.data:
            yield row, "putting back what was taken out does not give the input"
    for row in by_place.values():
        yield row, "no such file or row in the input"


def _is_text(row: Mapping[str, Any], article: Article) -> bool:
    return bool(article.text.encode("utf-8", "replace") == row["text"].encode())


def _frozen(value: Any) -> Any:  # noqa: ANN401 - JSON
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
