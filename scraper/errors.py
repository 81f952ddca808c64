"""Tell our own errors, whose messages say what is wrong, from the traces of a bug."""

from __future__ import annotations

from traceback import walk_tb

PACKAGES = ("cleaners", "archive", "scraper")


def is_ours(error: BaseException) -> bool:
    """Tell whether an error is one of the project's own: it says in one line what is wrong, where, and how to mend it.

    >>> is_ours(ValueError("a bug"))
    False
    """
    return type(error).__module__.partition(".")[0] in PACKAGES


def is_in_our_code(error: BaseException) -> bool:
    """Tell whether an error passed through our code on its way."""
    return bool(_places(error))


def bug_line(error: BaseException) -> str:
    """Return an unexpected error as one line: its kind, its words, and the last place in our code.

    >>> bug_line(ValueError("no such month"))
    'ValueError: no such month'
    """
    places = _places(error)
    where = f" (at {places[-1]})" if places else ""
    return f"{type(error).__name__}: {error}{where}"


def _places(error: BaseException) -> list[str]:
    modules = [(str(frame.f_globals.get("__name__")), line) for frame, line in walk_tb(error.__traceback__)]
    return [f"{module}:{line}" for module, line in modules if module.partition(".")[0] in PACKAGES]
