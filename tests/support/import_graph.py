"""Which of our modules imports which, read from the source without running it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("cleaners", "archive", "scraper")
PUBLIC = frozenset(
    {"cleaners", "cleaners.learn", "archive", "archive.dataset", "archive.readers", "archive.site_rules"}
)
"""The doors: what the other packages may import names from."""
ENTRANCES = ("__init__.py", "__main__.py")
"""Files that only gather what is below them; what they import makes no cycle between folders."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a module of ours by another."""

    importer: str
    imported: str
    where: str
    """File and line, for a message."""


@cache
def modules() -> Mapping[str, Path]:
    """Return the file of each module of the product, by its dotted name."""
    return {dotted(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}


def dotted(path: Path) -> str:
    """Return a file's module name."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def relative(path: Path) -> str:
    """Return a file's path from the checkout."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text("utf-8"))


def imported_names(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the dotted name and the line of each import, those inside functions too; `from a import b` gives `a.b`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"{relative(path)}:{node.lineno}: a relative import")
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


@cache
def promised(door: Path) -> frozenset[str]:
    """Return the names in a door's `__all__`."""
    for node in tree_of(door).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


def imports() -> Iterator[Import]:
    """Yield each import of a module of ours; that of a name out of a module counts as one of the module.

    What a door promises comes out of the door, though a module behind it may be called alike.
    """
    for importer, path in modules().items():
        yielded = set()
        for name, line in imported_names(path):
            parent, _, last = name.rpartition(".")
            through_door = parent in modules() and last in promised(modules()[parent])
            imported = name if name in modules() and not through_door else parent
            if imported in modules() and imported != importer and (imported, line) not in yielded:
                yielded.add((imported, line))
                yield Import(importer, imported, f"{relative(path)}:{line}")


def folder_of(module: str) -> str:
    """Return the folder that a module lies in; a package's own folder for the package."""
    return relative(modules()[module].parent)


def folder_imports() -> Mapping[str, Mapping[str, list[str]]]:
    """Return for each folder the folders that it imports, each with the places."""
    graph: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in imports():
        importer, imported = folder_of(each.importer), folder_of(each.imported)
        if modules()[each.importer].name not in ENTRANCES and importer != imported:
            graph[importer][imported].append(each.where)
    return graph


def folder_cycles() -> list[str]:
    """Return a line for each two folders that import each other, with a place of either direction."""
    graph = folder_imports()
    return [
        f"{a} -> {b}: {graph[a][b][0]} ({len(graph[a][b])}); {b} -> {a}: {graph[b][a][0]} ({len(graph[b][a])})"
        for a in sorted(graph)
        for b in sorted(graph[a])
        if a < b and a in graph.get(b, {})
    ]


def imports_around_doors() -> list[str]:
    """Return a line for each import of a module behind the door of another package."""
    return [
        f"{each.where}: {each.imported}"
        for each in imports()
        if each.importer.partition(".")[0] != each.imported.partition(".")[0] and each.imported not in PUBLIC
    ]
