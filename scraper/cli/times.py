"""Days, moments and hosts as a user types them: one line says what is expected. Callbacks of click's options."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from urllib.parse import urlsplit

import click

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
