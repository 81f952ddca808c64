"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

DATA = Path("pressclip-data")

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=DATA,
    envvar="PRESSCLIP_DATA",
    show_default=True,
    help="The data root: archive, catalog and the crawl's state.",
)
frontier_option = click.option(
    "--frontier",
    envvar="PRESSCLIP_FRONTIER",
    metavar="URL",
    help="postgresql+psycopg://USER@HOST/DATABASE: share the crawl's state with other machines' crawls.",
)
rules_option = click.option(
    "--rules",
    "rule_paths",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Rule file or folder used after the packaged rules and those accepted in the data root.",
)


def require_data(data: Path) -> None:
    """Raise click.UsageError where there is no such data root."""
    if not data.is_dir():
        raise click.UsageError(f"{data}: there is no such data root: crawl first, or give another with --data.")


def default_jobs() -> int:
    """Return how many processes clean where nothing is said: one core is for the network and the archive."""
    return max(1, len(os.sched_getaffinity(0)) - 1)


jobs_option = click.option(
    "--jobs",
    type=click.IntRange(0, 256),
    default=default_jobs,
    show_default="one less than there are cores, at least 1",
    help="Processes that clean; 0: a thread of the crawl's own.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")


def fetch_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that fetches."""
    for option in (
        click.option("--allow-private", is_flag=True, help="Allow addresses that are not public: intranets, tests."),
        click.option(
            "--delay",
            type=click.FloatRange(0, 3600),
            default=2.0,
            show_default=True,
            help="Least seconds between two requests to a host; robots.txt may ask for more. 0: own servers only.",
        ),
        click.option("--contact", envvar="PRESSCLIP_CONTACT", help="Whom a site may write to: part of the user agent."),
    ):
        command = option(command)
    return command
