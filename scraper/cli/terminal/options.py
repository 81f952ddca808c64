"""Options that several commands share, and readers for the days, times and hosts that users type."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from scraper.bounds import (
    confidence_from,
    day_from,
    duration_from,
    host_from,
    language_from,
    rule_from,
    size_from,
)
from scraper.cli.terminal.completion import complete_collections
from scraper.cli.terminal.output import say

if TYPE_CHECKING:
    from archive import SigningKey
    from cleaners import CleanOptions

T = TypeVar("T")

DATA = Path("pressclip-data")
FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)


def _with_settings(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    from scraper.cli.terminal.settings import beside

    return beside(ctx, value)


data_option = click.option(
    "--data",
    type=FOLDER,
    is_eager=True,  # the settings beside it hold for the other options
    callback=_with_settings,
    default=DATA,
    envvar="PRESSCLIP_DATA",
    show_default=True,
    help="The data root: archive, catalog and crawl state.",
)
frontier_option = click.option(
    "--frontier",
    envvar="PRESSCLIP_FRONTIER",
    metavar="URL",
    help="postgresql+psycopg://USER@HOST/DATABASE: share the crawl state with crawls on other machines.",
)
rules_option = click.option(
    "--rules",
    "rule_paths",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Rule file or folder, used after the packaged rules and those accepted in the data root.",
)


def choice_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that cleans pages; the command gets them as one, `choice`, None for the usual
    ones."""

    @functools.wraps(command)
    def with_choice(*args: Any, keep: str | None, only_rules: bool, precision: bool, recall: bool, **own: Any) -> Any:  # noqa: ANN401
        return command(*args, choice=_read_choice(keep, only_rules, precision, recall), **own)

    added = with_choice
    for option in (
        click.option("--recall", is_flag=True, help="Keep also blocks that the model is less sure of."),
        click.option("--precision", is_flag=True, help="Keep only blocks that the model is surer of."),
        click.option("--only-rules", is_flag=True, help="Remove only what rules name; ask no model."),
        click.option(
            "--keep",
            metavar="FAMILY,...",
            help="Leave in the text: captions, headline, byline, dateline, read-more, ... (docs/rules.md), or all.",
        ),
    ):
        added = option(added)
    return added


def _read_choice(keep: str | None, only_rules: bool, precision: bool, recall: bool) -> CleanOptions | None:
    names = list(filter(None, (name.strip() for name in (keep or "").split(","))))
    if not (names or only_rules or precision or recall):
        if keep is not None:
            raise click.BadParameter("names no family: give --keep captions,headline", param_hint="'--keep'")
        return None
    from cleaners import CleanOptions

    if only_rules + precision + recall > 1:
        raise click.UsageError("--only-rules, --precision and --recall exclude each other: give one of them.")
    try:
        return CleanOptions(tuple(names), only_rules, "precision" if precision else "recall" if recall else "")
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="'--keep'") from None


def require_data(data: Path) -> None:
    """Raise click.UsageError if the data root does not exist."""
    if not data.is_dir():
        raise click.UsageError(f"{data}: no such data root: crawl first, or name another one with --data.")


def default_jobs() -> int:
    """Return how many processes clean by default; one core is left for the network and the archive."""
    from cleaners import cores

    return max(1, cores() - 1)


jobs_option = click.option(
    "--jobs",
    type=click.IntRange(0, 256),
    default=default_jobs,
    show_default="number of cores minus 1, at least 1",
    help="Processes that clean; 0 cleans in a thread of the crawl process.",
)
cleaning_jobs_option = click.option(
    "--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that clean."
)
collection_option = click.option(
    "--collection",
    default="news",
    show_default=True,
    shell_complete=complete_collections,
    help="The collection in the data root.",
)


def read_key(path: Path) -> SigningKey:
    """Read a key file, and say where everybody could."""
    from archive import SigningKey, is_exposed

    key = SigningKey.read(path)
    if is_exposed(path):
        say(f"{path}: everybody on this machine can read or write this key: chmod 600 it, or make a new one")
    return key


def sign_key_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option that names the key with which a command signs *what*; the command gets a SigningKey or None."""
    told = f"Sign {what} with this key, which `pressclip key new` makes."
    option = click.option("--sign-key", type=FILE, metavar="FILE", help=told)

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def with_key(*args: Any, sign_key: Path | None, **own: Any) -> Any:  # noqa: ANN401
            return command(*args, sign_key=read_key(sign_key) if sign_key else None, **own)

        return option(with_key)

    return add


KEYID = re.compile(r"[\w-]{43}", re.ASCII)
"""The id of a key: a thumbprint, which no file is called."""


def signed_by_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that names who must have signed; the command gets ids of keys, none where it is not given."""

    @functools.wraps(command)
    def with_ids(*args: Any, signed_by: str | None, **own: Any) -> Any:  # noqa: ANN401
        from archive import key_ids

        ids: frozenset[str] = frozenset()
        if signed_by is not None:
            ids = frozenset({signed_by}) if KEYID.fullmatch(signed_by) else key_ids(Path(signed_by))
        return command(*args, signed_by=ids, **own)

    told = "Demand a signature by this key: its id, or a file with it or with a key directory."
    return click.option("--signed-by", metavar="KEYID|FILE", help=told)(with_ids)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def fetch_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that fetches."""
    for option in (
        click.option("--allow-private", is_flag=True, help="Allow non-public addresses, for intranets and tests."),
        click.option(
            "--delay",
            type=click.FloatRange(0, 3600),
            default=2.0,
            show_default=True,
            help="Minimum seconds between two requests to a host; robots.txt may ask for more. 0: own servers only.",
        ),
        click.option(
            "--contact", envvar="PRESSCLIP_CONTACT", help="Where a site can reach you: part of the user agent."
        ),
    ):
        command = option(command)
    return command


STAMP = 14
"""Digits of the time in a replay address, such as 20261121160000."""


def read_day(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    """Read a date such as 2026-11-21."""
    return _read(day_from, ctx, param, value)


def read_moment(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Read a time in ISO 8601 or as in replay addresses. A day alone means its end; a time without a zone is UTC."""
    try:
        return _moment(value.strip()) if value is not None else None
    except (ValueError, OverflowError):
        expected = "write 2026-11-21, 2026-11-21T16:00 or 20261121160000 (UTC)."
        raise click.BadParameter(f"{value!r} is not a time: {expected}", ctx, param) from None


def read_host(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Read a host, alone or in a URL; return it in lower case, with its port if it has one."""
    return _read(host_from, ctx, param, value)


def read_language(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Read the code of a language, such as en."""
    return _read(language_from, ctx, param, value)


def read_rule(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Read a rule's id, or the beginning of several."""
    return _read(rule_from, ctx, param, value)


def read_confidence(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Read a confidence, from 0 to 1."""
    return _read(confidence_from, ctx, param, value)


def read_duration(ctx: click.Context, param: click.Parameter, value: str | None) -> timedelta | None:
    """Read a time such as 15m, 1h or 1d."""
    return _read(duration_from, ctx, param, value)


def read_size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Read a number of bytes such as 500M or 1G."""
    return _read(size_from, ctx, param, value)


def _read(reader: Callable[[str], T], ctx: click.Context, param: click.Parameter, value: str | None) -> T | None:
    try:
        return reader(value) if value is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


def _moment(text: str) -> datetime:
    if len(text) == STAMP and text.isascii() and text.isdigit():
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    try:
        return datetime.combine(date.fromisoformat(text), time.max, UTC)
    except ValueError:
        moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
