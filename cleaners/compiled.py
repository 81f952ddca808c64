"""Tell which modules of the cleaner are compiled. Those with a `.pxd` beside them are, where Cython and a C compiler
were found at installation; the others, and the same ones elsewhere, are plain Python with the same results."""

from __future__ import annotations

import sys
from importlib.machinery import ExtensionFileLoader


def compiled_modules() -> tuple[str, ...]:
    """Return the names of the cleaner's modules that run compiled in this process; none in a plain installation."""
    ours = ((name, module.__spec__) for name, module in [*sys.modules.items()] if name.startswith("cleaners."))
    return tuple(sorted(name for name, spec in ours if spec and isinstance(spec.loader, ExtensionFileLoader)))
