"""Accepted rules: where they lie below a data root, and which of them hold for inputs from anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

ACCEPTED = Path("rules", "sites")
PROPOSED = Path("rules", "proposed")


def rule_paths(root: Path) -> tuple[Path, ...]:
    """Return the folder of the accepted rules of a data root, nothing where it has none."""
    return _with_files(root / ACCEPTED)


def proposed_paths(root: Path) -> tuple[Path, ...]:
    """Return the folder of the proposed rules of a data root, nothing where it has none."""
    return _with_files(root / PROPOSED)


def roots_of(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the data roots that paths are or lie in, in an order that does not hang on that of the paths.

    A path lies in a data root where it is the folder `collections` of one, or below it.
    """
    found = {root: tuple(_contents(root)) for path in paths for root in _root_of(path.resolve())}
    # by what they say: a name is one machine's, and the rules' version hangs on their order
    return tuple(sorted(found, key=lambda root: (found[root], root)))


def _with_files(folder: Path) -> tuple[Path, ...]:
    return (folder,) if any(folder.glob("*.toml")) else ()


def _root_of(path: Path) -> Iterable[Path]:
    if (path / "collections").is_dir():
        yield path
    yield from (above.parent for above in (path, *path.parents) if above.name == "collections")


def _contents(root: Path) -> Iterable[tuple[str, bytes]]:
    for folder in rule_paths(root):
        yield from ((file.name, file.read_bytes()) for file in sorted(folder.glob("*.toml")))
