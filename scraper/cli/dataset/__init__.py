"""`pressclip dataset`: build datasets of articles, in which each row names its source, and check them."""

from __future__ import annotations

import click

from scraper.cli.dataset.build import build, finish
from scraper.cli.dataset.card import card, stats
from scraper.cli.dataset.inputs import dataset_module
from scraper.cli.dataset.provenance import check, diff, rebuild, recipe
from scraper.cli.dataset.summary import summary


@click.group()
def dataset() -> None:
    """Build datasets from collections, WARC files, folders of pages and text corpora."""


for command in (build, finish, card, stats, summary, check, diff, recipe, rebuild):
    dataset.add_command(command)

__all__ = ["dataset", "dataset_module"]
