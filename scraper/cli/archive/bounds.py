"""The options --site, --since, --until, --language, --rule and --below of the commands that choose articles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from scraper.cli.terminal.completion import complete_hosts
from scraper.cli.terminal.options import read_confidence, read_day, read_host, read_language, read_rule

if TYPE_CHECKING:
    from archive import SearchFilter

_OPTIONS = (
    click.option(
        "--site",
        metavar="HOST",
        callback=read_host,
        shell_complete=complete_hosts,
        help="Only this host and its subdomains.",
    ),
    click.option(
        "--since",
        metavar="DATE",
        callback=read_day,
        help="Only from this day on, by publication date, or by capture date if that is unknown.",
    ),
    click.option("--until", metavar="DATE", callback=read_day, help="Only up to this day."),
    click.option(
        "--language", metavar="CODE", callback=read_language, help="Only articles that declare this language, as en."
    ),
    click.option(
        "--rule",
        metavar="ID",
        callback=read_rule,
        help="Only articles from which this rule removed something, or one of those that begin so: sites/HOST/.",
    ),
    click.option(
        "--below", metavar="SHARE", callback=read_confidence, help="Only articles with less confidence, from 0 to 1."
    ),
)


def bounds_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which gets them as `bounds`."""

    @wraps(command)
    def bounded(
        *args: Any,  # noqa: ANN401 - what click passes on
        site: str | None,
        since: date | None,
        until: date | None,
        language: str | None,
        rule: str | None,
        below: float | None,
        **options: Any,  # noqa: ANN401 - what click passes on
    ) -> None:
        from archive import SearchFilter

        if since and until and since > until:
            raise click.UsageError(f"--since {since} is after --until {until}.")
        command(*args, bounds=SearchFilter(site, since, until, language, rule=rule, below=below), **options)

    chosen: Callable[..., None] = bounded
    for option in reversed(_OPTIONS):
        chosen = option(chosen)
    return chosen


def within(bounds: SearchFilter) -> str:
    """Return the end of a message that nothing was found."""
    return "" if bounds.is_all else " within these bounds"
