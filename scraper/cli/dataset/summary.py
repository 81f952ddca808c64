"""`pressclip dataset summary`: draft the public summary of training content that EU law asks for."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from scraper.cli.dataset.inputs import dataset_module, folder_argument
from scraper.cli.terminal.options import json_option
from scraper.cli.terminal.output import print_json, print_text
from scraper.cli.terminal.outputs import check_output, force_option


@click.command()
@folder_argument
@click.option("--eu", is_flag=True, help="As Article 53(1)(d) of the EU's AI Act asks; the only form there is.")
@click.option("--small", is_flag=True, help="List the domains as a small or medium-sized provider may: 5 % or 1,000.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write Markdown here.")
@force_option
@json_option
def summary(folder: Path, eu: bool, small: bool, out: Path | None, force: bool, as_json: bool) -> None:
    """Print a draft of the public summary of training content, from the rows of the dataset in DIR, in Markdown.

    It has sizes, languages, the crawler and how it behaves, the period, the domains with the most text, signals of
    rights and dropped rows. What only the provider of a model knows is marked "[to be completed by the provider]".
    """
    if not eu:
        raise click.UsageError("give --eu: the summary of EU law is the only one there is.")
    if out and as_json:
        raise click.UsageError("--out is for Markdown: leave one of --out and --json out.")
    if out:
        check_output(out, "--out", force=force)
    dataset = dataset_module()
    fetcher = dataset.Fetcher(*_crawler())
    found = dataset.read_training_summary(folder, _domain_of, small=small)
    if as_json:
        print_json(asdict(found) | {"crawler": asdict(fetcher)}, indent=1)
        return
    text = dataset.training_summary(found, fetcher)
    if out is None:
        print_text(text.rstrip("\n"))
        return
    from archive import write_whole

    write_whole(out, text)
    print_text(f"{out}: {text.count(dataset.TO_COMPLETE)} places are to be completed")


def _domain_of(place: str) -> str:
    from scraper.urls import site_of

    return site_of(place if "://" in place else f"https://{place}/") or place


def _crawler() -> tuple[str, str, tuple[str, ...]]:
    """Return the crawler's name, its user agent, and how it behaves by its settings."""
    from scraper import settings
    from scraper.fetch.pacing import MAX_CRAWL_DELAY

    behaviour = (
        f"It obeys robots.txt under the name {settings.ROBOTSTXT_USER_AGENT}, by RFC 9309, and fetches nothing of an "
        "origin whose robots.txt cannot be fetched.",
        f"It sends one request at a time to a host, {settings.DOWNLOAD_DELAY} seconds apart or more, and keeps a "
        f"Crawl-delay of up to {MAX_CRAWL_DELAY:.0f} seconds and a Retry-After.",
        "It connects to public addresses only, unless it is told to fetch private ones.",
        "It logs in nowhere, solves no captchas and passes no paywalls.",
    )
    return settings.ROBOTSTXT_USER_AGENT, settings.USER_AGENT, behaviour
