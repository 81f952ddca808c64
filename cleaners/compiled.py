"""Tell which modules of the cleaner are compiled. Those with a `.pxd` beside them and those in Cython are, where Cython
and a C compiler were found at installation; elsewhere the package is plain Python with the same results."""

from __future__ import annotations

import sys
import warnings
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path

ROOT = Path(__file__).parent.parent


def compiled_modules() -> tuple[str, ...]:
    """Return the names of the cleaner's modules that run compiled in this process; none in a plain installation."""
    ours = ((name, module.__spec__) for name, module in [*sys.modules.items()] if name.startswith("cleaners."))
    return tuple(sorted(name for name, spec in ours if spec and isinstance(spec.loader, ExtensionFileLoader)))


def stale_modules(root: Path = ROOT) -> dict[str, Path]:
    """Return all compiled modules of a checkout, by name, each with its source in Python or Cython, if one of them is
    older than its source: they share their classes. None of an installed package, whose files are never changed."""
    if not (root / "pyproject.toml").is_file():
        return {}
    sources, is_stale = {}, False
    for types in (*root.glob("cleaners/**/*.pxd"), *root.glob("cleaners/**/*.pyx")):
        built, python = types.with_suffix(EXTENSION_SUFFIXES[0]), types.with_suffix(".py")
        source = python if python.is_file() else types
        if built.is_file():
            sources[".".join(types.relative_to(root).with_suffix("").parts)] = source
            is_stale |= built.stat().st_mtime < max(types.stat().st_mtime, source.stat().st_mtime)
    return sources if is_stale else {}


class _FromSource:
    """Finds the sources of modules, where Python would take what is compiled."""

    def __init__(self, stale: dict[str, Path]) -> None:
        self.stale = stale

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Return the source of such a module. Raises ImportError for one in Cython, which has a twin in Python."""
        source = self.stale.get(name)
        if source is not None and source.suffix != ".py":
            raise ImportError(f"{name} is compiled from an older source", name=name)
        return spec_from_file_location(name, source) if source is not None else None


if _stale := stale_modules():
    warnings.warn(
        "the compiled modules are older than their sources, so plain Python is used: `make .venv/.built` compiles them",
        RuntimeWarning,
        stacklevel=2,
    )
    sys.meta_path.insert(0, _FromSource(_stale))
