"""Mending by hand: files that a killed process left, and sealed files that are damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from archive.catalog import Catalog
from archive.layout import CATALOG
from archive.lock import Share
from archive.recovery import Recovered, recover
from archive.salvage import Salvaged, salvage
from archive.sealed import collections, finish_sealing, sealed_files


def recover_left(root: Path, only: str | None = None) -> Iterator[Recovered]:
    """Seal and enter what no process writes any more, in one collection or in all; yield what was done."""
    names = collections(root, only)
    share = Share(root)
    try:
        with Catalog(root / CATALOG, create=True) as catalog:
            for name in names:
                yield from recover(root, name, catalog)
                for path in finish_sealing(root, name, catalog):
                    yield Recovered(path, path.stat().st_size, 0)
    finally:
        share.release()


def salvage_all(
    root: Path, only: str | None = None, *, seen: Callable[[str], None] = lambda name: None
) -> Iterator[Salvaged]:
    """Copy the whole records of every damaged sealed file; yield one report for each such file."""
    for name in collections(root, only):
        for path in sealed_files(root, name):
            seen(path.name)
            if found := salvage(path):
                yield found
