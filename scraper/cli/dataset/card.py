"""`pressclip dataset card` and `stats`: a finished dataset's figures, as a card with charts or as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.dataset.build import dataset_module
from scraper.cli.terminal.options import data_option, json_option
from scraper.cli.terminal.output import print_json, print_text

if TYPE_CHECKING:
    from archive.dataset.card.statistics import Statistics

SHOWN = 10
"""Lines of a list; --json has all."""
_folder = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("folder", type=_folder, metavar="DIR")
@click.option("--title", default="News articles", show_default=True, help="What the card calls the dataset.")
@click.option("--license", "license_id", default="other", show_default=True, metavar="ID", help="Such as cc-by-4.0.")
@click.option("--url", metavar="URL", help="Where the dataset is to be had, for croissant.json.")
@data_option
def card(folder: Path, title: str, license_id: str, url: str | None, data: Path) -> None:
    """Write the card (README.md), charts and croissant.json of the dataset in DIR anew, and its manifest."""
    dataset_module()
    from archive.dataset.card import card as cards
    from archive.dataset.card import croissant
    from archive.dataset.provenance import manifest
    from cleaners import load_in_force

    said = manifest.read(folder)
    found = cards.write(folder, title=title, license=license_id, options=said["options"], rules=load_in_force(data))
    croissant.write(folder, title=title, license=license_id, url=url, found=found)
    manifest.write(folder, {"options": said["options"], "shards": said["inputs"]})
    print_text(f"{folder}: {cards.CARD}, {croissant.CROISSANT} and charts written")


@click.command()
@click.argument("folder", type=_folder, metavar="DIR")
@json_option
def stats(folder: Path, as_json: bool) -> None:
    """Print the figures of the dataset in DIR: rows, languages, sites, removals by rule, what was dropped."""
    dataset_module()
    from archive.dataset.card.statistics import read_statistics

    found = read_statistics(folder)
    if as_json:
        print_json(found.as_dict(), indent=1)
    else:
        print_text("\n".join(_lines(found)))


def _lines(found: Statistics) -> Iterator[str]:
    for name, value in found.totals.items():
        yield f"{name.replace('_', ' ')}: {f'{value:,}' if isinstance(value, int) else value or '-'}"
    for name, rows in (
        ("splits", found.splits),
        ("languages", found.languages),
        ("sites", found.hosts),
        ("access", found.access),
        ("removals by rule", found.removals),
        ("dropped", found.dropped),
    ):
        if rows:
            more = f" (and {len(rows) - SHOWN:,} more: --json)" if len(rows) > SHOWN else ""
            yield f"{name}: {', '.join(f'{row[0]} {row[1]:,}' for row in rows[:SHOWN])}{more}"
