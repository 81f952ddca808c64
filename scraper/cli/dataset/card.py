"""`pressclip dataset card` and `stats`: write the card of a finished dataset, or print its figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.dataset.inputs import dataset_module, folder_argument
from scraper.cli.terminal.options import data_option, json_option, read_day, sign_key_option
from scraper.cli.terminal.output import print_json, print_text

if TYPE_CHECKING:
    from archive import SigningKey
    from archive.dataset import Statistics

SHOWN = 10
"""The most entries of a list; --json prints all."""


@click.command()
@folder_argument
@click.option("--title", default="News articles", show_default=True, help="The dataset's title on the card.")
@click.option("--license", "license_id", default="other", show_default=True, metavar="ID", help="Such as cc-by-4.0.")
@click.option("--url", metavar="URL", help="Where the dataset can be downloaded, for croissant.json.")
@click.option(
    "--published", metavar="DATE", callback=read_day, help="The day when it was made public, for croissant.json."
)
@sign_key_option("the manifest")
@data_option
def card(
    folder: Path,
    title: str,
    license_id: str,
    url: str | None,
    published: date | None,
    sign_key: SigningKey | None,
    data: Path,
) -> None:
    """Write the card (README.md), charts, croissant.json and manifest of the dataset in DIR again.

    An earlier signature, which is of the old manifest, goes; --sign-key makes a new one.
    """
    dataset = dataset_module()
    from cleaners import load_in_force

    dataset.describe(folder, load_in_force(data), title=title, license=license_id, url=url, published=published)
    if sign_key:
        dataset.sign_dataset(str(folder), sign_key, datetime.now(UTC))
    print_text(f"{folder}: README.md, croissant.json and charts written")


@click.command()
@folder_argument
@json_option
def stats(folder: Path, as_json: bool) -> None:
    """Print the figures of the dataset in DIR: rows, languages, sites, removals by rule, dropped rows."""
    statistics = dataset_module().read_statistics(folder)
    if as_json:
        print_json(asdict(statistics), indent=1)
    else:
        print_text("\n".join(_lines(statistics)))


def _lines(statistics: Statistics) -> Iterator[str]:
    for name, value in statistics.totals.items():
        yield f"{name.replace('_', ' ')}: {f'{value:,}' if isinstance(value, int) else value or '-'}"
    for name, rows in (
        ("splits", statistics.splits),
        ("languages", statistics.languages),
        ("sites", statistics.hosts),
        ("access", statistics.access),
        ("kinds", statistics.kinds),
        ("removals by rule", statistics.removals),
        ("dropped", statistics.dropped),
    ):
        if rows:
            more = f" (and {len(rows) - SHOWN:,} more: --json)" if len(rows) > SHOWN else ""
            yield f"{name}: {', '.join(f'{row[0]} {row[1]:,}' for row in rows[:SHOWN])}{more}"
