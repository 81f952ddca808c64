"""Ready-made text corpora as JSON lines and Parquet, with one text per row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from archive.dataset.inputs.shards import Input, Missing, Origin, Shard
from archive.readers.rows import FETCHED, PUBLISHED, TITLE, Row, read_rows
from cleaners import Page


def read_corpus(shard: Shard, text_column: str) -> Iterator[Input]:
    """Yield the texts of a shard. A row without a text is listed with its reason."""
    columns = (text_column, "url", *FETCHED, *PUBLISHED, *TITLE)
    path = Path(shard.path)
    for row in read_rows(path, columns=columns, first=shard.first, count=shard.rows, start=shard.at):
        yield _input(shard.name, row, text_column)


def _input(name: str, row: Row, text_column: str) -> Input:
    if row.problem:
        return Origin(name, row.number), Missing.failed(row.problem)
    text = row.values.get(text_column)
    if not isinstance(text, str):
        return Origin(name, row.number), Missing.failed(f"no text in '{text_column}'")
    try:
        text.encode()
    except UnicodeEncodeError:
        return Origin(name, row.number), Missing.failed("half a surrogate pair in the text")
    origin = Origin(
        name,
        row.number,
        url=row.text("url") or None,
        fetched=row.fetched,
        published=row.text(*PUBLISHED) or None,
        title=row.text(*TITLE) or None,
    )
    return origin, Page(text, origin.url, is_text=True)
