"""Read a shard: the pages of a WARC file with their places, the files of a folder, or the rows of a text corpus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from archive.dataset.inputs.shards import Input, Missing, Origin, Shard
from archive.files.errors import ArchiveError
from archive.readers.files import read_file
from archive.readers.pages import Refusal, page_of
from archive.readers.rows import FETCHED, PUBLISHED, TITLE, Row, read_rows
from archive.rights.optouts import OptOuts
from archive.warc.reader import Exchange, UnusedRecords, read_exchanges
from archive.warc.records import digest
from archive.warc.scan import Record, id_by_content, scan
from cleaners import Page

NO_ARTICLE = Missing("no_article")
"""Stored without a text: a home page, a section or another page that is no article."""

DERIVED_ID = "derived-record-id"
"""The flag of a page whose record has no id of its own: `warc_record_id` is made of the record's content."""


def read_warc_shard(shard: Shard) -> Iterator[Input]:
    """Yield the pages of a WARC file in the order of the file, and the reason for each that is damaged or refused.

    A revisit record is listed with the record that has its body: that one has the row. A page whose WARC-Record-ID is
    missing, or an earlier record's, gets an id made of its content and the flag `derived-record-id`; a record that is
    in the file twice is listed.
    """
    articles = None if shard.offsets is None else frozenset(shard.offsets)
    path, unused, count = Path(shard.path), UnusedRecords(), 0
    try:
        for found in _pages_of(shard, path, unused, articles):
            count += 1
            yield found
    except ArchiveError as error:
        yield _damage(shard, shard.size if count else 0, str(error).removeprefix(f"{path}: "))
        count = count or 1
    told = unused.counted() or ("" if count else unused.described())
    if told and articles is None:
        yield Origin(shard.name, shard.size, is_warc=True), Missing(f"no_page: {told}")


def _pages_of(shard: Shard, path: Path, unused: UnusedRecords, articles: frozenset[int] | None) -> Iterator[Input]:
    places: dict[str, int] = {}
    """Where the record with each id begins."""
    reread: dict[int, OptOuts | None] = {}
    for stated, offsets in shard.opt_outs:
        reread |= dict.fromkeys(offsets, OptOuts.parse(stated))
    for exchange in read_exchanges(path, items=unused.passing(scan(path))):
        yield from _left_out(shard, unused)
        record = exchange.record
        is_article = articles is None or record.offset in articles
        page = page_of(exchange.capture)
        if isinstance(page, Refusal) and not is_article and page.reason != "undecodable":
            continue  # a feed, an image, an error page or a revisit of a collection, whose catalog lists the articles
        record_id = record.record_id
        if not record_id or record_id in places:
            record_id = id_by_content(record)
            page = replace(page, flags=(*page.flags, DERIVED_ID)) if isinstance(page, Page) else page
        if record_id in places:
            origin = Origin(shard.name, record.offset, url=record.uri, is_warc=True)
            yield origin, Missing(f"no_page: a copy of the record at offset {places[record_id]}")
        else:
            places[record_id] = record.offset
            origin = _origin_of(shard, exchange, record_id, reread.get(record.offset))
            yield origin, _article_of(page, record) if is_article else NO_ARTICLE
    yield from _left_out(shard, unused)


def _left_out(shard: Shard, unused: UnusedRecords) -> Iterator[Input]:
    for problem in unused.taken():
        origin = Origin(shard.name, problem.offset, url=problem.url or None, is_warc=True)
        yield origin, Missing.failed(problem.reason)


def read_files(shard: Shard) -> Iterator[Input]:
    """Yield the files of a shard. A file that cannot be read is listed with its reason."""
    is_text = shard.kind == "texts"
    for file in shard.files:
        # the path below the input only: the rest of it is private to this machine
        path, name = Path(shard.path) / file, f"{shard.name}/{file}"
        url = None if is_text else f"file:{name}"
        try:
            data = read_file(path, is_text=is_text)
            html = data.decode("utf-8") if is_text else data
        except ArchiveError as error:
            yield Origin(name), Missing.failed(str(error).removeprefix(f"{path}: "))
        except UnicodeDecodeError as error:
            yield Origin(name), Missing.failed(f"not UTF-8 (byte {error.start})")
        else:
            yield Origin(name, url=url), Page(html, url, is_text=is_text)


def _article_of(page: Page | Refusal, record: Record) -> Page | Missing:
    if isinstance(page, Page):
        return page
    if page.reason == "revisit":
        original = ", ".join(filter(None, (record.refers_to_uri[:300], record.header("WARC-Refers-To-Date"))))
        return Missing(f"no_page: a revisit: {page.detail} ({original or 'which is not named'})")
    return Missing.failed(page.detail) if page.reason == "undecodable" else Missing(f"no_page: {page.detail}")


def payload_digest(exchange: Exchange) -> str | None:
    """Return WARC-Payload-Digest, or the digest of the body where the record has none; None for a revisit without."""
    declared = exchange.record.header("WARC-Payload-Digest")
    return declared or (None if exchange.capture.revisit else digest(exchange.capture.body))


def _origin_of(shard: Shard, exchange: Exchange, record_id: str, reread: OptOuts | None) -> Origin:
    record, capture = exchange.record, exchange.capture
    return Origin(
        shard.name,
        record.offset,
        url=capture.url,
        fetched=capture.fetched if capture.is_dated else None,
        is_warc=True,
        warc_length=record.length,
        warc_digest=payload_digest(exchange),
        warc_record_id=record_id,
        opt_outs=reread or capture.opt_outs or capture.stated(),
    )


def _damage(shard: Shard, offset: int, problem: str) -> Input:
    return Origin(shard.name, offset, is_warc=True), Missing.failed(problem)


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
    url, published, title = (row.text(*columns) or None for columns in (("url",), PUBLISHED, TITLE))
    origin = Origin(name, row.number, url=url, fetched=row.fetched, published=published, title=title)
    return origin, Page(text, url, is_text=True)
