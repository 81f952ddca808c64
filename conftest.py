"""Leave modules that are compiled out of the search for examples: pytest would import the compiled file for the source,
and refuse it. `tests/cleaners/test_compiled.py` runs the examples in their sources."""

from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
SUFFIX = EXTENSION_SUFFIXES[0]
COMPILED = [types for types in ROOT.glob("cleaners/**/*.pxd") if types.with_suffix(SUFFIX).exists()]

collect_ignore = [str(types.with_suffix(".py")) for types in COMPILED]


def pytest_sessionstart() -> None:
    """Refuse to test a compiled module that is older than its source."""
    for types in COMPILED:
        built = types.with_suffix(SUFFIX).stat().st_mtime
        if built < max(types.stat().st_mtime, types.with_suffix(".py").stat().st_mtime):
            stale = types.with_suffix(SUFFIX).relative_to(ROOT)
            raise pytest.UsageError(f"{stale} is older than its source: `python .ci/build_hook.py`, or delete it")
