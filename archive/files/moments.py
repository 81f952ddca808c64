"""Bring a date that somebody else wrote into UTC, or say that it is none; write a moment to the second."""

from __future__ import annotations

from datetime import UTC, date, datetime

FIRST_YEAR, LAST_YEAR = 1600, 2199
"""The first newspaper is of 1605. Dates outside these years come from empty database fields (0001, 9999); they are one
time zone from what Python can hold, and a chart with one of them has 10,000 years."""


def iso_second(moment: datetime) -> str:
    """Return an aware moment in UTC and ISO 8601, to the second.

    >>> iso_second(datetime(2026, 11, 30, 12, 5, 7, 123, tzinfo=UTC))
    '2026-11-30T12:05:07Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def in_utc(value: date | datetime) -> datetime | None:
    """Return a moment in UTC, the midnight of a day; None where its year is outside FIRST_YEAR to LAST_YEAR.

    >>> in_utc(datetime.fromisoformat("2026-11-28T23:30:00-02:00")).isoformat()
    '2026-11-29T01:30:00+00:00'
    >>> in_utc(datetime.fromisoformat("9999-12-31T23:59:59-12:00"))
    """
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        return None
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
