"""Options that several commands share, and the values that users type: days, times and hosts."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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


STAMP = 14
"""Digits of a replay address's time, such as 20261121160000."""


def read_day(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    """Read a date such as 2026-11-21."""
    try:
        return date.fromisoformat(value.strip()) if value is not None else None
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date: give it as 2026-11-21.", ctx, param) from None


def read_moment(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Read a time in ISO 8601 or as in replay addresses; a day alone means its end, and without a zone it is UTC."""
    try:
        return _moment(value.strip()) if value is not None else None
    except (ValueError, OverflowError):
        expected = "give 2026-11-21, 2026-11-21T16:00 or 20261121160000 (UTC)."
        raise click.BadParameter(f"{value!r} is no time: {expected}", ctx, param) from None


def read_host(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Read a host, also out of the URL of one of its pages; with its port where one is given, in lower case."""
    if value is None:
        return None
    text = value.strip().lower()
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host, port = "", None
    if not host or not all(sign.isalnum() or sign in "-._:" for sign in host):
        raise click.BadParameter(f"{value!r} is no host: give it as gazette.example.", ctx, param)
    return f"{host}:{port}" if port else host


def _moment(text: str) -> datetime:
    if len(text) == STAMP and text.isascii() and text.isdigit():
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    try:
        return datetime.combine(date.fromisoformat(text), time.max, UTC)
    except ValueError:
        found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
