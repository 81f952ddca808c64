"""Imports go one way, modules stay small, and the cleaners know no site and no world."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "cleaners": {"cleaners"},
    "archive": {"archive", "cleaners"},
    "scraper": {"scraper", "archive", "cleaners"},
}
OURS = {*MAY_IMPORT, "tests", "benchmarks"}
WORLD = {"socket", "http", "requests", "httpx", "aiohttp", "urllib3", "subprocess", "random", "time", "os", "scrapy"}
VOCABULARIES = {"w3.org", "schema.org", "tei-c.org"}
"""Hosts that are names of markup, not of sites."""
MAX_MODULE = 250
MAX_FUNCTION = 40

MODULES = [
    path.relative_to(ROOT).as_posix() for package in MAY_IMPORT for path in sorted((ROOT / package).rglob("*.py"))
]
CLEANERS = [module for module in MODULES if module.startswith("cleaners/")]
HOST = re.compile(
    r"\b[a-z0-9-]+\.(com|org|net|info|news|press|tv|io|co|eu|uk|us|de|fr|es|it|nl|pl|ru|ua|in|br|jp|cn)\b", re.I
)


def tree_of(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text("utf-8"))


def imports(module: str) -> Iterator[str]:
    """Yield the first names of all imports, those inside functions too."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield module.partition("/")[0] if node.level else (node.module or "").partition(".")[0]


def docstrings(tree: ast.Module) -> set[int]:
    """Return the ids of the string nodes that only document."""
    return {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_lies_below_it(module: str) -> None:
    assert set(imports(module)) & OURS <= MAY_IMPORT[module.partition("/")[0]]


def test_trafilatura_is_imported_in_one_file() -> None:
    assert [module for module in MODULES if "trafilatura" in imports(module)] == ["cleaners/classify/decide.py"]


@pytest.mark.parametrize("module", CLEANERS)
def test_the_cleaners_import_no_network_clock_or_chance(module: str) -> None:
    assert set(imports(module)) & WORLD == set()


@pytest.mark.parametrize("module", CLEANERS)
def test_the_cleaners_name_no_host(module: str) -> None:
    tree = tree_of(module)
    silent = docstrings(tree)
    strings = [
        n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in silent
    ]
    hosts = {found[0]: node.lineno for node in strings for found in HOST.finditer(node.value)}
    assert {host: line for host, line in hosts.items() if host not in VOCABULARIES} == {}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_fits_on_three_screens(module: str) -> None:
    size = len((ROOT / module).read_text("utf-8").splitlines())
    assert size <= MAX_MODULE


@pytest.mark.parametrize("module", MODULES)
def test_a_function_fits_on_one_screen(module: str) -> None:
    functions = [n for n in ast.walk(tree_of(module)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    sizes = {f"{module}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    assert {where: size for where, size in sizes.items() if size >= MAX_FUNCTION} == {}
