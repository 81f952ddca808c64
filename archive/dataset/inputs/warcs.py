"""The pages of a WARC file, each with the place where it lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from archive.dataset.inputs.shards import Item, Shard
from archive.readers.pages import Refusal, page_of
from archive.warc.reader import Exchange, read_exchanges
from archive.warc.scan import MAX_BLOCK, Damage, Record, scan
from cleaners import Page


def read_warc_shard(shard: Shard) -> Iterator[Item]:
    """Yield the pages of a WARC file in the order of the file; what is damaged of it is an item with a problem.

    Revisit records are passed over: what they stand for has its own record and its own row. A second record under the
    id of an earlier one has no row: two rows would have one id.
    """
    wanted = None if shard.offsets is None else frozenset(shard.offsets)
    damages: list[Item] = []
    seen: set[str] = set()
    for found in read_exchanges(Path(shard.path), items=_readable(shard, damages)):
        yield from damages
        damages.clear()
        if found.record.kind != "response":
            continue
        is_article = wanted is None or found.record.offset in wanted
        page = page_of(found.capture)
        if isinstance(page, Refusal) and not is_article and page.reason != "undecodable":
            continue  # a feed, an image or an error page of a collection, whose catalog says what is an article
        record_id = found.record.record_id
        if record_id in seen or not record_id:
            yield _problem(shard, found.record.offset, "its WARC-Record-ID is missing or another record's")
        else:
            seen.add(record_id)
            yield _item(shard, found, page, is_article)
    yield from damages


def _item(shard: Shard, found: Exchange, page: Page | Refusal, is_article: bool) -> Item:
    record, capture = found.record, found.capture
    data: bytes | str = b""
    problem, reason = "", "failed"
    if not is_article:
        problem = "stored without a text: a home page, a section or another page that is no article"
        reason = "no_article"
    elif isinstance(page, Page):
        data = page.html
    elif page.reason == "undecodable":
        problem = page.detail
    else:
        problem, reason = str(page), "no_page"
    return Item(
        shard.name,
        record.offset,
        data,
        problem=problem,
        reason=reason,
        url=capture.url,
        charset=capture.charset,
        fetched=capture.fetched,
        warc_file=shard.name,
        warc_offset=record.offset,
        warc_length=record.length,
        warc_digest=record.header("WARC-Payload-Digest"),
        warc_record_id=record.record_id,
        opt_outs=capture.opt_outs,
    )


def _readable(shard: Shard, damages: list[Item]) -> Iterator[Record | Damage]:
    """Yield the records of a file; what cannot be read of it goes into `damages`."""
    for item in scan(Path(shard.path)):
        if isinstance(item, Damage):
            damages.append(_problem(shard, item.offset, f"{item.length:,} bytes are damaged ({item.reason})"))
        elif item.kind == "response" and item.block is None:
            damages.append(_problem(shard, item.offset, f"a record of more than {MAX_BLOCK >> 20} MB"))
        else:
            yield item


def _problem(shard: Shard, offset: int, problem: str) -> Item:
    return Item(shard.name, offset, problem=problem, warc_file=shard.name, warc_offset=offset)
