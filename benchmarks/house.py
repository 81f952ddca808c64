"""The shape of the house: how many modules and lines there are, which are small, and which folders are entangled.

    python -m benchmarks.house

These are signs of a direction, not limits: no test counts them. Which imports are wrong is tested
(tests/test_architecture.py).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.support.import_graph import PACKAGES, folder_cycles, imports, imports_around_doors, modules, relative

SMALL = 60
"""Lines below which a module that one other imports probably belongs into that other."""


def main() -> None:
    """Print the figures, and below each the places that it counts."""
    files = [path for path in modules().values() if path.name != "__init__.py"]
    print(f"modules, __init__.py aside: {len(files)}")
    for package in PACKAGES:
        inside = [path for path in modules().values() if relative(path).startswith(f"{package}/")]
        print(
            f"  {package}: {sum(path.name != '__init__.py' for path in inside)}, {sum(map(code_lines, inside))} lines"
        )
    print(f"lines neither blank nor comment: {sum(map(code_lines, modules().values()))}")
    show(f"modules under {SMALL} lines that one other imports", small_modules())
    show("folders that import each other", folder_cycles())
    show("imports around a door", imports_around_doors())


def code_lines(path: Path) -> int:
    """Count a file's lines that are neither blank nor only a comment."""
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    return sum(bool(line) and not line.startswith("#") for line in lines)


def small_modules() -> list[str]:
    """Return the modules under SMALL lines that exactly one other imports, doors aside on either side."""
    doors = {name for name, path in modules().items() if path.name in ("__init__.py", "__main__.py")}
    pairs = {(each.importer, each.imported) for each in imports() if each.importer not in doors}
    importers = Counter(imported for _, imported in pairs if imported not in doors)
    sizes = {name: len(modules()[name].read_text("utf-8").splitlines()) for name in importers}
    return [
        f"{relative(modules()[name])}: {sizes[name]}, by {next(by for by, imported in pairs if imported == name)}"
        for name, count in sorted(importers.items())
        if count == 1 and sizes[name] < SMALL
    ]


def show(title: str, lines: list[str]) -> None:
    """Print how many there are, and each."""
    print(f"{title}: {len(lines)}", *(f"  {line}" for line in lines), sep="\n")


if __name__ == "__main__":
    main()
