"""Every package that is imported is declared where it is needed, and every declared one is needed."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.import_graph import PACKAGES, ROOT, modules, relative, tree_of

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
OURS = {*PACKAGES, "tests", "benchmarks"}
NEWER_PYTHON = {"compression"}
"""Modules of a Python that is newer than the oldest supported one."""
ABSENT = {"backports": "backports-zstd"}
"""The distributions of modules that are not there on every Python."""
UNDECLARED = {
    "ray": "a cluster brings its own version",
    "atheris": "has no wheel for every Python that is supported",
    "htmldate": "trafilatura brings it; a benchmark measures that version",
    "resiliparse": "only benchmarks measure it and its texts, where it is installed",
    "scipy": "lightgbm brings it; training alone needs it",
    "turbohtml": "a row of the table of speed, where it is installed",
}
"""What is imported and yet not declared."""
UNIMPORTED = {
    "lxml-html-clean": "trafilatura imports it",
    "psycopg": "SQLAlchemy imports it for postgresql+psycopg://",
    "wacz": "is run as a command",
}
"""What is declared and yet not imported."""
EXTRA_OF = {
    "archive/dataset/distributed/datatrove.py": ("datasets", "scale"),
    "archive/dataset/": ("datasets",),
    "scraper/report/metrics.py": ("metrics",),  # `scraper/cli/status.py` catches the ImportError
    "scraper/rendering/": ("browser",),  # `find_browser` looks for it before anything is rendered
    "scraper/web/": ("web",),  # `scraper/cli/serve.py` catches the ImportError
    "cleaners/metadata/language.py": ("datasets",),  # its callers catch the ImportError that it says it raises
}
"""The extras that a file may take for granted. Everywhere else an extra's package is imported in a `try` that says
which extra has it."""


installed = cache(packages_distributions)
"""The distributions that have each package. It reads every file list there is, which takes a second."""


@dataclass(frozen=True, slots=True)
class Imported:
    """An import of another project's package."""

    package: str
    path: Path
    line: int
    guarded: bool
    """Whether it lies in a `try` that catches ImportError."""

    @property
    def names(self) -> set[str]:
        """The distributions that have the package: several for a namespace."""
        found = installed().get(self.package) or [ABSENT.get(self.package, self.package)]
        return {canonicalize_name(name) for name in found}

    def __str__(self) -> str:
        return f"{relative(self.path)}:{self.line}: {self.package}"


def imported(path: Path) -> Iterator[Imported]:
    """Yield a file's imports of other projects' packages, those inside functions too."""

    def walk(node: ast.AST, guarded: bool) -> Iterator[Imported]:
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            package = name.partition(".")[0]
            if package not in OURS | NEWER_PYTHON | sys.stdlib_module_names:
                yield Imported(package, path, node.lineno, guarded)  # type: ignore[attr-defined]
        for child in ast.iter_child_nodes(node):
            tried = isinstance(node, ast.Try) and child in node.body and any(map(_catches, node.handlers))
            yield from walk(child, guarded or tried)

    return walk(tree_of(path), False)


def _catches(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.type, ast.Name) and handler.type.id == "ImportError"


@cache
def declared(extra: str = "") -> dict[str, Requirement]:
    """Return the requirements of the package, or of one of its extras without those of the extras that it names."""
    lines = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    requirements = {canonicalize_name((read := Requirement(line)).name): read for line in lines}
    requirements.pop("pressclip", None)
    return requirements


def in_folder(folder: str) -> list[Imported]:
    """Return the imports of a folder's files."""
    return [each for path in sorted((ROOT / folder).rglob("*.py")) for each in imported(path)]


def of_the_product() -> list[Imported]:
    """Return the imports of the files that are in the wheel."""
    return [each for path in modules().values() for each in imported(path)]


def test_the_product_imports_what_it_declares() -> None:
    for each in of_the_product():
        place = relative(each.path)
        extras = next((extras for start, extras in EXTRA_OF.items() if place.startswith(start)), ())
        if each.guarded:
            extras = tuple(PROJECT["optional-dependencies"])
        known = {name for extra in ("", *extras) for name in declared(extra)}
        assert each.names & (known | UNDECLARED.keys()), f"{each} is in no dependencies{extras and f' or {extras}'}"


@pytest.mark.parametrize(("folder", "extras"), [("tests", ("datasets", "dev")), ("benchmarks", ("dev", "train"))])
def test_tests_and_benchmarks_import_what_their_extras_declare(folder: str, extras: tuple[str, ...]) -> None:
    known = {name for extra in ("", "datasets", *extras) for name in declared(extra)} | UNDECLARED.keys()
    assert [str(each) for each in in_folder(folder) if not each.names & known] == []


def test_what_is_declared_for_users_is_imported() -> None:
    used = {name for each in of_the_product() for name in each.names} | UNIMPORTED.keys()
    wanted = {
        name
        for extra in ("", "datasets", "scale", "postgres", "pack", "web", "metrics", "fast", "sign")
        for name in declared(extra)
    }
    assert wanted - used == set()


def test_every_exception_is_needed() -> None:
    everywhere = [*of_the_product(), *in_folder("benchmarks"), *in_folder("tests")]
    names = {name for each in everywhere for name in each.names}
    extras = ("", *PROJECT["optional-dependencies"])
    assert names >= UNDECLARED.keys()
    assert {name for extra in extras for name in declared(extra)} >= UNIMPORTED.keys()
    assert not {name for each in of_the_product() for name in each.names} & UNIMPORTED.keys()


@pytest.mark.parametrize("extra", ["", "datasets", "scale", "postgres", "pack", "web", "metrics", "fast", "sign"])
def test_what_users_install_has_a_floor(extra: str) -> None:
    for requirement in declared(extra).values():
        assert any(each.operator == ">=" for each in requirement.specifier), requirement


def test_two_extras_give_a_package_one_floor() -> None:
    floors: dict[str, set[str]] = {}
    for extra in ("", *PROJECT["optional-dependencies"]):
        for name, requirement in declared(extra).items():
            floors.setdefault(name, set()).add(str(requirement))
    assert {name: lines for name, lines in floors.items() if len(lines) > 1} == {}


@pytest.mark.parametrize("extra", ["", "datasets", "dev", "web", "metrics", "sign"])
def test_the_lock_file_holds_what_is_declared(extra: str) -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pinned = {
        canonicalize_name(name): version
        for name, version in re.findall(r"^([\w.-]+)==([\w.+!-]+)(?: ;.*)?$", lock, re.M)
    }
    for name, requirement in declared(extra).items():
        if not requirement.marker or requirement.marker.evaluate({"python_version": "3.11"}):
            assert name in pinned, f"{requirement}: make lock"
            assert requirement.specifier.contains(pinned[name]), f"{requirement}: the lock has {pinned[name]}"


NEWEST_TESTED = 13
"""The newest Python 3 on which the fast tests were run: `make test-python`."""


def test_each_tested_python_is_a_classifier_and_no_other() -> None:
    oldest = int(PROJECT["requires-python"].removeprefix(">=3."))
    named = [int(line.rpartition("3.")[2]) for line in PROJECT["classifiers"] if "Python :: 3." in line]
    assert named == list(range(oldest, NEWEST_TESTED + 1))
