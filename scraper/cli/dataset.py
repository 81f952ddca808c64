"""`pressclip dataset`: rows for training and research, each with the place that it is from."""

from __future__ import annotations

import click

from scraper.cli.dataset_build import build
from scraper.cli.dataset_card import card, stats
from scraper.cli.dataset_proof import check, diff, rebuild, recipe
from scraper.cli.dataset_scale import finish


@click.group()
def dataset() -> None:
    """Build datasets from collections, WARC files, folders of pages and text corpora."""


for command in (build, finish, card, stats, check, diff, recipe, rebuild):
    dataset.add_command(command)
