"""`pressclip dataset`: rows for training and research, each with the place that it is from."""

from __future__ import annotations

import click

from scraper.cli.dataset_build import build
from scraper.cli.dataset_scale import finish


@click.group()
def dataset() -> None:
    """Build datasets from collections, WARC files, folders of pages and text corpora."""


dataset.add_command(build)
dataset.add_command(finish)
