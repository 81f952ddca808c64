"""`pressclip archive`: what is in the archive, and where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scraper.cli.archive_exchange import import_files, pack, replay
from scraper.cli.options import data_option, json_option
from scraper.cli.output import harmless, say

if TYPE_CHECKING:
    from archive import CaptureRow, Catalog, TextRecord

NOTHING = 3


@click.group()
def archive() -> None:
    """Look into the archive."""


for command in (import_files, pack, replay):
    archive.add_command(command)


@archive.command()
@click.argument("url")
@data_option
@json_option
def show(url: str, data: Path, as_json: bool) -> None:
    """Show a page's captures: when, where in which WARC file, and the text with its removals."""
    from archive import Catalog
    from scraper.links import canonical

    with Catalog(data / "catalog.sqlite") as catalog:
        rows = catalog.captures(url) or catalog.captures(canonical(url) or url)
        if not rows:
            say(f"{url}: not in the archive {data}")
            raise SystemExit(NOTHING)
        shown = [_capture(catalog, data, row) for row in rows]
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    for item in shown:
        click.echo(" ".join(str(item[name] or "-") for name in ("fetched", "status", "content_type", "warc", "offset")))
        if text := item["text"]:
            click.echo(
                harmless(
                    f"  title: {item['title']}\n  rules: {item['rules_version']}; {len(item['removals'])} removals"
                )
            )
            click.echo(harmless(f"\n{text}\n"))


def _capture(catalog: Catalog, data: Path, row: CaptureRow) -> dict[str, Any]:
    from archive import read_text

    article = catalog.article(row.record_id)
    text: TextRecord | None = read_text(data, article.collection, article.file, article.offset) if article else None
    said = text.metadata if text else {}
    return {
        "url": row.url,
        "fetched": row.fetched.isoformat(),
        "status": row.status,
        "content_type": row.content_type,
        "record_id": row.record_id,
        "warc": f"collections/{row.collection}/archive/{row.file}",
        "offset": row.offset,
        "length": row.length,
        "payload_digest": row.payload_digest,
        "title": said.get("title"),
        "rules_version": said.get("rules_version"),
        "removals": said.get("removals", []),
        "text": text.text if text else None,
    }


@archive.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@data_option
@json_option
def search(words: tuple[str, ...], limit: int, data: Path, as_json: bool) -> None:
    """Find articles whose text has all the WORDS; "words in quotes" stand together."""
    from archive import Catalog

    with Catalog(data / "catalog.sqlite") as catalog:
        hits = catalog.search(" ".join(f'"{word}"' if " " in word else word for word in words), limit=limit)
    for hit in hits:
        fields = {
            name: getattr(hit, name)
            for name in ("url", "title", "date", "site", "snippet", "collection", "file", "offset")
        }
        if as_json:
            click.echo(json.dumps(fields, ensure_ascii=False, default=str))
        else:
            lines = f"{str(hit.date or '-')[:10]}  {hit.title or '-'}\n  {hit.url}\n  {' '.join(hit.snippet.split())}"
            click.echo(harmless(lines))
    if not hits:
        say(f"nothing in {data} has these words")
        raise SystemExit(NOTHING)
