"""Read what a request asks for: the parameters of its address, and the fields of its form."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

T = TypeVar("T")

MAX_VALUE = 500
"""Characters of a parameter's value; the longest record id of the archive's own has 45."""
MAX_FIELD = 20_000
"""Characters of a form's field, which may be a paragraph."""


def parameters(request: Request, known: Collection[str], most: int = MAX_VALUE) -> dict[str, str]:
    """Return a request's parameters that have a value. Answers 400 to an unknown, a repeated and a long one."""
    return _named(request.query_params.multi_items(), known, most)


def form(request: Request, known: Collection[str]) -> dict[str, str]:
    """Return the fields of a form that have a value, which the guard has let in; answers as `parameters` does."""
    return _named(request.state.form, known, MAX_FIELD)


def read(reader: Callable[[str], T], asked: dict[str, str], name: str) -> T | None:
    """Return a value as `reader` reads it; None where it is not given. Answers 400 where that raises ValueError."""
    try:
        return reader(asked[name]) if name in asked else None
    except ValueError as error:
        raise HTTPException(400, f"{name}: {error}") from None


def _named(pairs: Iterable[tuple[str, str]], known: Collection[str], most: int) -> dict[str, str]:
    asked: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            raise HTTPException(400, f"{name}: no parameter of this page; it has {', '.join(known) or 'none'}.")
        if name in asked:
            raise HTTPException(400, f"{name}: given twice.")
        if len(value) > most:
            raise HTTPException(400, f"{name}: longer than {most:,} characters.")
        asked[name] = value
    return {name: value.strip() for name, value in asked.items() if value.strip()}
