"""Imports go one way and through doors, doors promise what is there, and the cleaners know no site and no world."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from inspect import isfunction
from pathlib import Path
from typing import get_args, get_type_hints

from tests.support.import_graph import (
    PACKAGES,
    PUBLIC,
    ROOT,
    folder_cycles,
    folder_imports,
    imported_names,
    imports_around_doors,
    modules,
    relative,
    tree_of,
)

BELOW = {"cleaners": set[str](), "archive": {"cleaners"}, "scraper": {"archive", "cleaners"}}
OURS = {*BELOW, "tests", "benchmarks"}
WORLD = {"socket", "http", "requests", "httpx", "aiohttp", "urllib3", "subprocess", "random", "time", "os", "scrapy"}
POOL = {("cleaners/pool.py", "os")}
"""The pool counts the processors and ends a process whose parent is gone."""
VOCABULARIES = {"w3.org", "schema.org", "tei-c.org"}
"""Hosts that are names of markup, not of sites."""
HOST = re.compile(
    r"\b[a-z0-9-]+\.(com|org|net|info|news|press|tv|io|co|eu|uk|us|de|fr|es|it|nl|pl|ru|ua|in|br|jp|cn)\b", re.I
)
DOORS = [(name, path) for name, path in modules().items() if path.name == "__init__.py" and tree_of(path).body]
CLEANERS = [path for name, path in modules().items() if name.partition(".")[0] == "cleaners"]


def bound_names(door: Path) -> set[str]:
    """Return the public names that a module's top level binds, modules aside."""
    names: set[str] = set()
    body = tree_of(door).body
    # a door that imports its modules when they are used names them for the type checker
    lazily = [node for test in body if isinstance(test, ast.If) for node in test.body]
    for node in [*body, *lazily]:
        match node:
            case ast.ImportFrom():
                names |= {alias.asname or alias.name for alias in node.names}
            case ast.FunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Assign():
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return {name for name in names if not name.startswith("_") and name != "annotations"}


def strings(path: Path) -> list[tuple[str, int]]:
    """Return the strings of a module with their lines, but for those that only document."""
    tree = tree_of(path)
    documenting = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in documenting]
    return [(node.value, node.lineno) for node in constants if isinstance(node.value, str)]


def given_by(thing: object) -> Iterator[type]:
    """Yield the types of the public fields of a class and of what its methods return, or of what a function returns."""
    if isinstance(thing, type):
        members = [member for name, member in vars(thing).items() if not name.startswith("_")]
        fields = {name: hint for name, hint in get_type_hints(thing).items() if not name.startswith("_")}
    else:
        members, fields = [thing], {}
    results = [get_type_hints(member).get("return") for member in members if isfunction(member)]
    for hint in (*fields.values(), *results):
        yield from types_in(hint)


def types_in(hint: object) -> Iterator[type]:
    inner = get_args(hint)
    if isinstance(hint, type) and not inner:
        yield hint
    for one in inner:
        yield from types_in(one)


def test_a_package_imports_only_those_below_it() -> None:
    upward = [
        f"{relative(path)}:{line}: {imported}"
        for name, path in modules().items()
        for imported, line in imported_names(path)
        if (package := name.partition(".")[0]) != (other := imported.partition(".")[0])
        and other in OURS - BELOW[package]
    ]
    assert upward == []


def test_no_two_folders_import_each_other() -> None:
    assert folder_cycles() == []


def test_no_folder_imports_itself_by_way_of_others() -> None:
    # raises CycleError, which names the folders
    TopologicalSorter(folder_imports()).prepare()


def test_other_packages_are_imported_by_their_doors() -> None:
    assert imports_around_doors() == []


def test_a_door_promises_what_it_exports_and_all_of_it_exists() -> None:
    wrong = []
    for name, path in DOORS:
        door = importlib.import_module(name)
        promised = set(getattr(door, "__all__", []))
        wrong += [f"{name}.{missing} does not exist" for missing in promised if not hasattr(door, missing)]
        if name in PUBLIC:
            wrong += [f"{name}.{one} is not both exported and in __all__" for one in promised ^ bound_names(path)]
    assert sorted(wrong) == []


def test_what_a_door_gives_is_of_types_that_a_door_exports() -> None:
    doors = [importlib.import_module(name) for name in sorted(PUBLIC)]
    exported = {id(getattr(door, name)) for door in doors for name in door.__all__}
    missing = {
        f"{door.__name__}.{name} gives {kind.__module__}.{kind.__qualname__}"
        for door in doors
        for name in door.__all__
        for kind in given_by(getattr(door, name))
        if kind.__module__.partition(".")[0] in PACKAGES and id(kind) not in exported
    }
    assert sorted(missing) == []


def test_a_door_says_what_its_package_is_for() -> None:
    assert [name for name, path in DOORS if not ast.get_docstring(tree_of(path))] == []


def test_trafilatura_is_imported_in_one_file() -> None:
    importers = [
        name
        for name, path in modules().items()
        if any(imported.partition(".")[0] == "trafilatura" for imported, _ in imported_names(path))
    ]
    assert len(importers) == 1
    assert importers[0].startswith("cleaners.")


def test_importing_the_cleaners_does_not_import_trafilatura() -> None:
    script = "import sys, cleaners; sys.exit('trafilatura' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


def test_the_cleaners_import_no_network_clock_or_chance() -> None:
    worldly = [
        f"{relative(path)}:{line}: {imported}"
        for path in CLEANERS
        for imported, line in imported_names(path)
        if imported.partition(".")[0] in WORLD and (relative(path), imported) not in POOL
    ]
    assert worldly == []


def test_the_cleaners_name_no_host() -> None:
    hosts = [
        f"{relative(path)}:{line}: {host[0]}"
        for path in CLEANERS
        for string, line in strings(path)
        for host in HOST.finditer(string)
        if host[0] not in VOCABULARIES
    ]
    assert hosts == []
