"""Accepted rules: where they lie below a data root, and which of them hold for inputs from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from cleaners import holds_rules

ACCEPTED = Path("rules", "sites")


def rule_paths(root: Path) -> tuple[Path, ...]:
    """Return the folder of the accepted rules of a data root, nothing where it has none."""
    return (root / ACCEPTED,) if holds_rules(root / ACCEPTED) else ()


def rule_paths_of(inputs: Iterable[Path], *roots: Path) -> tuple[Path, ...]:
    """Return the folders of accepted rules of *roots*, and of the data roots that inputs are or lie in.

    An input lies in a data root where it is the folder `collections` of one, or below it. The order hangs on what the
    rules say, not on names or on the order of the inputs: the rules' version hangs on it.
    """
    found = {*(root.resolve() for root in roots), *(root for path in inputs for root in _roots_of(path.resolve()))}
    return tuple(sorted((folder for root in found for folder in rule_paths(root)), key=_contents))


def _roots_of(path: Path) -> Iterator[Path]:
    if (path / "collections").is_dir():
        yield path
    yield from (above.parent for above in (path, *path.parents) if above.name == "collections")


def _contents(folder: Path) -> list[tuple[str, bytes]]:
    return [(file.name, file.read_bytes()) for file in sorted(folder.glob("*.toml"))]
