"""Leave modules that are compiled out of the search for examples: pytest would import the compiled file for the source,
and refuse it. `tests/cleaners/test_compiled.py` runs the examples in their sources."""

from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
SUFFIX = EXTENSION_SUFFIXES[0]
SOURCES = [*ROOT.glob("cleaners/**/*.pxd"), *ROOT.glob("cleaners/**/*.pyx")]
COMPILED = [source for source in SOURCES if source.with_suffix(SUFFIX).exists()]

collect_ignore = [str(source.with_suffix(".py")) for source in COMPILED]


def pytest_sessionstart() -> None:
    """Refuse to test a compiled module that is older than its source."""
    for source in COMPILED:
        built = source.with_suffix(SUFFIX).stat().st_mtime
        python = source.with_suffix(".py")
        if built < max(one.stat().st_mtime for one in (source, python) if one.exists()):
            stale = source.with_suffix(SUFFIX).relative_to(ROOT)
            raise pytest.UsageError(f"{stale} is older than its source: `python .ci/build_hook.py`, or delete it")
