"""Leave modules that are compiled out of the search for examples: pytest would import the compiled file for the source,
and refuse it. `tests/cleaners/test_compiled.py` runs the examples in their sources."""

from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from cleaners.compiled import stale_modules

SUFFIX = EXTENSION_SUFFIXES[0]

collect_ignore = [
    str(types.with_suffix(".py"))
    for types in Path(__file__).parent.glob("cleaners/**/*.pxd")
    if types.with_suffix(SUFFIX).exists()
]


def pytest_sessionstart() -> None:
    """Refuse to test a compiled module that is older than its source."""
    if stale := stale_modules():
        raise pytest.UsageError(f"{', '.join(stale)}: older than the sources; `make .venv/.built` compiles them")
