"""Compile the modules that have a `.pxd` beside them and those in Cython, where that can be done, and put the manual
page into the packages that are built, if `make man` has made it.

`python .ci/build_hook.py` compiles in place, for the Python that runs it."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MANUAL = "build/man/pressclip.1"
PURE = "PRESSCLIP_PURE"
"""The variable that asks for no compiled module: the wheel then runs on every Python."""


class BuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """The hook that hatchling calls before it builds."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the page's place in a wheel, from where an installer puts it among the manual pages, or in an sdist; in
        a wheel, name the compiled modules' places too."""
        root, is_wheel = Path(self.root), self.target_name == "wheel"
        page = root / MANUAL
        if page.is_file() and is_wheel:
            build_data["shared_data"][str(page)] = "share/man/man1/pressclip.1"
        elif page.is_file():
            build_data["force_include"][str(page)] = MANUAL
        if not is_wheel:
            return
        built = compile_modules(root)
        if version == "editable":
            put_in_place(root, built)
        elif built:
            build_data["pure_python"], build_data["infer_tag"] = False, True
            build_data["force_include"] |= {str(path): name for name, path in built.items()}


def put_in_place(root: Path, built: dict[str, Path]) -> None:
    """Copy compiled modules beside their sources, where a checkout that is installed in place finds them."""
    for name, path in built.items():
        shutil.copy(path, root / name)


def compile_modules(root: Path) -> dict[str, Path]:
    """Compile the modules that have a `.pxd` beside them, and those in Cython, unless they are as new as their sources.
    Return their files in `build` by their names in a package; none where there is no Cython or no compiler, after a
    line that says so: the packages work without them."""
    if os.environ.get(PURE):
        return {}
    try:
        import lxml
        from Cython.Build import cythonize
        from Cython.Compiler.Errors import CompileError as CythonError
        from setuptools import Distribution, Extension
        from setuptools.command.build_ext import build_ext
        from setuptools.errors import BaseError, CCompilerError
    except ImportError as error:
        return _pure(str(error))
    typed = [path.with_suffix(".py") for path in root.glob("cleaners/**/*.pxd")]
    sources = sorted(path.relative_to(root) for path in [*typed, *root.glob("cleaners/**/*.pyx")])
    at = Path.cwd()
    os.chdir(root)
    try:
        extensions = cythonize(
            [
                Extension(
                    ".".join(path.with_suffix("").parts),
                    [str(path)],
                    # libxml2's headers; nothing is linked to it, since lxml has it inside
                    include_dirs=lxml.get_include(),
                    extra_compile_args=["-O2", "-g0", "-Wno-unused-function"],
                )
                for path in sources
            ],
            build_dir="build/cython",
            # our hints are for mypy: a module says in its .pxd what is to be held to
            compiler_directives={"language_level": 3, "annotation_typing": False},
            quiet=True,
        )
        command = build_ext(Distribution({"ext_modules": extensions}))
        command.build_lib, command.build_temp = "build/compiled", "build/temp"
        command.parallel = os.cpu_count()
        command.ensure_finalized()
        command.run()
    except (BaseError, CCompilerError, CythonError, OSError) as error:
        return _pure(str(error))
    finally:
        os.chdir(at)
    suffix = EXTENSION_SUFFIXES[0]
    return {
        path.with_suffix(suffix).as_posix(): root / "build" / "compiled" / path.with_suffix(suffix) for path in sources
    }


def _pure(cause: str) -> dict[str, Path]:
    why = cause.strip().splitlines()[-1] if cause.strip() else "no reason given"
    sys.stderr.write(f"pressclip: nothing is compiled ({why}); the cleaner works in plain Python, more slowly\n")
    return {}


if __name__ == "__main__":
    checkout = Path(__file__).parent.parent
    put_in_place(checkout, compile_modules(checkout))
