"""`pressclip archive show`: print a page's captures, their texts, and the differences between the texts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from scraper.cli.serve import LOOPBACK, PORT
from scraper.cli.terminal.options import data_option, json_option, read_moment
from scraper.cli.terminal.output import print_json, print_text, say
from scraper.printable import one_line

if TYPE_CHECKING:
    from archive import ArticleRow, CaptureRow, Catalog, TextRecord

SOME_FAILED, NOTHING = 1, 3
BASE = f"http://{LOOPBACK}:{PORT}"
"""Where `pressclip serve` is unless told otherwise."""
FIRST_WORDS = 70
"""How many characters of a removal are shown; --json has all."""
OWN_FIELDS = frozenset({"removals", "title", "rules_version", "text_sha256"})


@click.command()
@click.argument("url")
@click.option("--at", "moment", metavar="TIME", callback=read_moment,
              help="The last capture up to this time, with all removals.")  # fmt: skip
@click.option("--diff", is_flag=True, help="Show how the text changed from one capture or cleaning to the next.")
@click.option("--format", "form", type=click.Choice(("text", "markdown")), default="text", show_default=True,
              help="markdown: the text with the structure of its page, which is cleaned again for it.")  # fmt: skip
@click.option("--links", is_flag=True, help="With markdown: keep the addresses of links.")
@click.option("--images", is_flag=True, help="With markdown: keep the addresses of pictures.")
@click.option("--timemap", is_flag=True, help="List the captures as a TimeMap (RFC 7089), by addresses of `serve`.")
@click.option("--base", metavar="URL", help=f"With --timemap: where `serve` is.  [default: {BASE}]")
@data_option
@json_option
def show(
    url: str, moment: datetime | None, diff: bool, form: Literal["text", "markdown"], links: bool, images: bool,
    timemap: bool, base: str | None, data: Path, as_json: bool,
) -> None:  # fmt: skip
    """Show a page's captures: time, WARC file and offset, and the text with its removals."""
    from archive import CATALOG, Catalog
    from scraper.report.mementos import captures_of

    if timemap and (moment or diff or form == "markdown"):
        raise click.UsageError("--timemap lists all captures: use it without --at, --diff and --format markdown.")
    if base is not None and not timemap:
        raise click.UsageError("--base is for --timemap.")
    if base is not None and not base.startswith(("http://", "https://")):
        raise click.UsageError(f"--base {base}: begin it with http:// or https://.")
    if diff and as_json:
        raise click.UsageError("--diff prints text: use it without --json.")
    if form == "markdown" and (diff or as_json):
        raise click.UsageError(
            f"--format markdown is for the text alone: use it without {'--diff' if diff else '--json'}."
        )
    with Catalog(data / CATALOG) as catalog:
        stored_url, rows = captures_of(catalog, url)
        if not rows:
            say(f"{url}: not in the archive {data}")
            raise SystemExit(NOTHING)
        if timemap:
            _print_timemap(base or BASE, stored_url, rows, as_json=as_json)
            return
        if moment:
            first = rows[-1].fetched
            rows = [row for row in rows if row.fetched <= moment][:1]
            if not rows:
                say(f"{url}: no capture up to {moment:%Y-%m-%dT%H:%M:%SZ}; the first is of {first:%Y-%m-%dT%H:%M:%SZ}")
                raise SystemExit(NOTHING)
        shown = [_capture(catalog, data, row) for row in rows]
        if form == "markdown":
            _as_markdown(catalog, data, shown, links=links, images=images)
    problems = [text["problem"] for item in shown for text in item["texts"] if "problem" in text]
    for problem in problems:
        say(problem)
    if as_json:
        for item in shown:
            item["texts"] = [{name: text[name] for name in text if name != "record"} for text in item["texts"]]
        print_json(shown, indent=2)
    else:
        lines = _differences(shown) if diff else _lines(shown, in_full=moment is not None)
        print_text("\n".join(lines), exact=True)
    raise SystemExit(SOME_FAILED if problems else 0)


def _print_timemap(base: str, url: str, rows: list[CaptureRow], *, as_json: bool) -> None:
    from scraper.report.mementos import time_map

    found = time_map(base, url, rows)
    if not found.mementos:
        say(f"{url}: no capture of it has a page as its server sent it")
        raise SystemExit(NOTHING)
    if as_json:
        print_json(found.as_dict(), indent=2)
    else:
        print_text(found.as_links(), newline=False, exact=True)


def _capture(catalog: Catalog, data: Path, row: CaptureRow) -> dict[str, Any]:
    articles = catalog.articles(row.record_id) or (catalog.articles(row.refers_to) if row.refers_to else [])
    texts = [_text(data, article) for article in articles]
    newest: TextRecord | None = texts[0]["record"] if texts else None
    metadata = dict(newest.metadata) if newest else {}
    return {
        "url": row.url,
        "fetched": row.fetched.isoformat(),
        "status": row.status,
        "content_type": row.content_type,
        "record_id": row.record_id,
        "revisit": row.revisit,
        "refers_to": row.refers_to,
        "is_rendering": row.is_rendering,
        "warc": f"collections/{row.collection}/archive/{row.file}",
        "offset": row.offset,
        "length": row.length,
        "payload_digest": row.payload_digest,
        "title": metadata.get("title"),
        "rules_version": metadata.get("rules_version"),
        "removals": metadata.get("removals", []),
        "metadata": {name: value for name, value in metadata.items() if name not in OWN_FIELDS},
        "opt_outs": json.loads(row.opt_outs) if row.opt_outs else None,
        "texts": texts,
        "text": newest.text if newest else None,
    }


def _as_markdown(catalog: Catalog, data: Path, shown: list[dict[str, Any]], *, links: bool, images: bool) -> None:
    """Put Markdown in the place of the text that is printed, the newest; say why where it has no structure."""
    from archive import with_structure
    from cleaners import load_in_force, render

    for item in shown:
        if item["text"] is not None:
            record: TextRecord = item["texts"][0]["record"]
            article, problem = with_structure(data, record, catalog.capture(record.capture_id), load_in_force(data))
            if problem:
                say(f"{record.url}: paragraphs only: {problem}")
            item["text"] = render(article, "markdown", links=links, images=images).rstrip("\n")
            return


def _text(data: Path, article: ArticleRow) -> dict[str, Any]:
    from archive import ArchiveError, read_text

    fields = {
        "stored": article.stored.isoformat(),
        "rules_version": article.rules_version,
        "kind": article.kind,
        "confidence": article.confidence,
        "file": f"collections/{article.collection}/text/{article.file}",
        "offset": article.offset,
        "characters": article.text_length,
        "text_sha256": article.text_sha256,
        "record_id": article.record_id,
        "record": None,
    }
    try:
        return fields | {"record": read_text(data, article.collection, article.file, article.offset)}
    except ArchiveError as error:
        return fields | {"problem": str(error)}


def _lines(shown: list[dict[str, Any]], *, in_full: bool) -> Iterator[str]:
    """Yield a line for each capture, and the newest text; with `in_full` also its metadata and removals."""
    text_described = False
    for item in shown:
        head = " ".join(str(item[name] or "-") for name in ("fetched", "status", "content_type", "warc", "offset"))
        made = f" rendering of: {item['refers_to']}" if item["is_rendering"] else ""
        yield head + (f" revisit: {item['revisit']}" if item["revisit"] else made)
        if item["text"] is not None and not text_described:
            text_described = True
            yield f"  title: {item['title']}"
            yield f"  rules: {item['rules_version']}; {len(item['removals'])} removals"
            if told := kind_and_confidence(item["texts"][0]):
                yield f"  {told}"
            if in_full:
                yield from _metadata_lines(item["metadata"])
                yield from _metadata_lines(item["opt_outs"] or {})
        if len(item["texts"]) > 1:
            for text in item["texts"]:
                place = f"{text['file']} {text['offset']}"
                yield f"  text: {text['stored']} rules {text['rules_version']} {text['characters']} characters {place}"
    for item in shown:
        if item["text"] is not None:
            yield f"\n{item['text']}\n"
            if in_full:
                yield f"removed: {len(item['removals'])}"
                yield from (_removal_line(removal) for removal in item["removals"])
            return


def kind_and_confidence(text: Mapping[str, Any]) -> str:
    """Return what is known of a text's kind and confidence, such as `kind forum, confidence 0.42`."""
    parts = [f"kind {text['kind']}"] if text["kind"] else []
    parts += [f"confidence {text['confidence']:.2f}"] if text["confidence"] is not None else []
    return one_line(", ".join(parts))


def _metadata_lines(metadata: dict[str, Any]) -> Iterator[str]:
    for name, value in metadata.items():
        if value:
            yield f"  {name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"


def _removal_line(removal: dict[str, Any]) -> str:
    first_words = one_line(removal.get("text", ""), FIRST_WORDS)
    return f'- {removal.get("rule")}  {removal.get("stage")}  "{first_words}"  {one_line(removal.get("where"), None)}'


def _differences(shown: list[dict[str, Any]]) -> Iterator[str]:
    """Yield unified diffs from each text to the next, between cleanings of one capture and between captures."""
    from archive import aligned

    texts = {
        text["record_id"]: (f"{item['fetched']} rules {text['rules_version']}", text["record"].text.splitlines())
        for item in reversed(shown)
        for text in reversed(item["texts"])
        if text["record"]
    }
    ordered = list(texts.values())
    differ = 0
    for (old_name, old), (new_name, new) in pairwise(ordered):
        if old != new:
            differ += 1
            yield from (f"--- {old_name}", f"+++ {new_name}")
            yield from _hunks(list(aligned(old, new)))
    if not differ:
        yield f"{len(ordered)} texts, no difference" if len(ordered) != 1 else "1 text, nothing to compare it with"


def _hunks(lines: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield the lines that differ, with a line before and behind them and the places of each group in both texts."""
    from archive import near_changes

    near = near_changes([sign for sign, _ in lines], 1)
    old = new = 1
    for place, (sign, line) in enumerate(lines):
        if place in near:
            if place - 1 not in near:
                yield f"@@ -{old} +{new} @@"
            yield f"{sign}{line}"
        old, new = old + (sign != "+"), new + (sign != "-")
