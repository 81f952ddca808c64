"""Read bounds as a person writes them: a day, a host, a language, a rule, a confidence, a time, a size."""

from __future__ import annotations

import re
from datetime import date, timedelta
from urllib.parse import urlsplit


def day_from(value: str) -> date:
    """Return a day such as 2026-11-21. Raises ValueError, with what to write, as all of these do."""
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        raise ValueError(f"{value!r} is not a date: write it as 2026-11-21.") from None


def host_from(value: str) -> str:
    """Return a host, alone or in a URL, in lower case, with its port if it has one.

    >>> host_from("https://Gazette.example:8000/news")
    'gazette.example:8000'
    """
    text = value.strip().lower()
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host, port = "", None
    if not host or not all(char.isalnum() or char in "-._:" for char in host):
        raise ValueError(f"{value!r} is no host: give it as gazette.example.")
    return f"{host}:{port}" if port else host


def rule_from(value: str) -> str:
    """Return a rule's id, or the beginning of several that ends in a slash, such as sites/gazette.example/."""
    text = value.strip()
    if not text.isprintable() or " " in text or "//" in text or "/" not in text[1:]:
        raise ValueError(
            f"{value!r} is no rule: give its id, as lines/share-bar, or sites/gazette.example/ for all of it."
        )
    return text


def confidence_from(value: str) -> float:
    """Return a confidence, a number from 0 to 1."""
    try:
        confidence = float(value)
    except ValueError:
        confidence = -1.0
    if not 0 <= confidence <= 1:
        raise ValueError(f"{value!r} is no confidence: give a number from 0 to 1, as 0.5.")
    return confidence


def language_from(value: str) -> str:
    """Return the code of a language, such as en, in lower case."""
    code = value.strip().lower()
    if not (code.isascii() and code.isalpha() and 2 <= len(code) <= 3):
        raise ValueError(f"{value!r} is no language code: give it as en or de.")
    return code


def duration_from(value: str) -> timedelta:
    """Return a time such as 15m, 1h or 1d.

    >>> duration_from("15m")
    datetime.timedelta(seconds=900)
    """
    match = _DURATION.fullmatch(value)
    if not match:
        raise ValueError(f"{value!r} is not a number with m, h or d, such as '30m' or '1h'")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def size_from(value: str) -> int:
    """Return a number of bytes such as 500M, 1G or 2T, counted in powers of 1024.

    >>> size_from("1G")
    1073741824
    """
    match = _SIZE.fullmatch(value.strip().upper())
    if not match:
        raise ValueError(f"{value!r} is not a number with M, G or T, such as 500M or 1G.")
    return int(match[1]) << _POWERS[match[2]]


_DURATION = re.compile(r"([1-9]\d{0,6})(m|h|d)", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_SIZE = re.compile(r"(\d{1,6})([MGT])", re.ASCII)
_POWERS = {"M": 20, "G": 30, "T": 40}
