"""`pressclip why URL`: print everything that is known about one URL."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from scraper.cli.terminal.options import data_option, frontier_option, json_option
from scraper.cli.terminal.output import print_json, print_text, say

UNKNOWN = 3
WIDTH = 10
"""The width of the first column in characters."""


@click.command()
@click.argument("url")
@data_option
@frontier_option
@json_option
def why(url: str, data: Path, frontier: str | None, as_json: bool) -> None:
    """Explain what happened to URL: where it was found, what allowed or refused it, each fetch, its text, what is next.

    Exits with 3 if neither the crawl nor the archive knows the URL, and names similar URLs that are known.
    """
    from scraper.report.story import story_lines
    from scraper.report.why import why as story_of

    story = story_of(data, url, frontier)
    if as_json:
        print_json(story.as_dict(), indent=2)
    elif story.known:
        print_text("\n".join(f"{name:{WIDTH}} {line}" for name, line in story_lines(story, datetime.now(UTC))))
    if not story.known:
        near = f"; known: {', '.join(story.near)}" if story.near else "; no source has named it"
        say(f"{story.url}: not known in {data}{near}")
        raise SystemExit(UNKNOWN)
