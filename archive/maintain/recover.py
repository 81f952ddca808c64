"""Recover the files that a killed process left open, and copy the whole records of damaged files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from archive.catalog.catalog import Catalog
from archive.catalog.sealed import collections, enter, finish_sealing, has_lost_catalog, register, sealed_files
from archive.files.errors import ArchiveError, cannot_write
from archive.files.layout import CATALOG, OPEN_SUFFIX, raw_folder, text_folder
from archive.files.lock import in_turn, sharing
from archive.files.whole import sync, whole_file, write_whole
from archive.warc.renderings import is_rendering
from archive.warc.scan import Damage, Record, scan
from archive.warc.writer import claim, finish

TAIL_SUFFIX = ".tail"
FOLDER = "salvaged"
"""The folder of the copies, beside `archive/`, where every tool would take them for more captures."""
_COPY = 1 << 20


@dataclass(frozen=True, slots=True)
class Recovered:
    """One file that was recovered."""

    path: Path
    size: int
    """Bytes kept: whole records."""
    cut: int
    """Bytes behind the last whole record, moved to `<name>.tail`."""


@dataclass(frozen=True, slots=True)
class Salvaged:
    """A damaged file, and the copy of its whole records."""

    path: Path
    """The damaged file."""
    copy: Path | None
    """Its whole records; None where it has none."""
    records: int
    damages: tuple[Damage, ...]


def recover(root: Path, collection: str, catalog: Catalog) -> list[Recovered]:
    """Recover the files that no process is writing any more: cut off partial records, enter missing rows, and seal."""
    folders = (raw_folder(root, collection), text_folder(root, collection))
    left_open = [path for folder in folders for path in sorted(folder.glob(f"*{OPEN_SUFFIX}"))]
    return [recovered for path in left_open if (recovered := _recover_file(path, collection, catalog))]


def _recover_file(open_path: Path, collection: str, catalog: Catalog) -> Recovered | None:
    path = open_path.with_name(open_path.name.removesuffix(OPEN_SUFFIX))
    with claim(open_path) as fd:
        if fd is None:
            return None
        kept, cut = _whole(open_path)
        try:
            if cut:
                _cut_tail(fd, path, kept)
            catalog.forget(collection, path.name, kept)
            if not kept:
                open_path.unlink()
                return Recovered(path, 0, cut)
            sync(fd)
            enter(open_path, collection, catalog)
            finish(open_path, path)
        except OSError as error:
            raise cannot_write(open_path, error) from error
        register(path, collection, catalog)
    return Recovered(path, kept, cut)


def _whole(path: Path) -> tuple[int, int]:
    """Return how many bytes end with the last whole record, or whole text, and how many follow."""
    kept = 0
    with suppress(ArchiveError):  # it has no whole record: its writer was killed within the first write
        for item in scan(path):
            # without its metadata record a conversion is no text
            if isinstance(item, Record) and (item.kind != "conversion" or is_rendering(item)):
                kept = item.offset + item.length
    return kept, path.stat().st_size - kept


def _cut_tail(fd: int, path: Path, kept: int) -> None:
    os.lseek(fd, kept, os.SEEK_SET)
    with os.fdopen(os.dup(fd), "rb") as file:
        write_whole(path.with_name(path.name + TAIL_SUFFIX), file.read())  # on the disk before it is cut off
    os.ftruncate(fd, kept)


def recover_left(root: Path, only: str | None = None) -> Iterator[Recovered]:
    """Recover the files of one collection, or of all, that no process is writing any more, and yield them."""
    names = collections(root, only)
    if has_lost_catalog(root):
        advice = "run `pressclip archive rebuild`, which recovers open files too"
        raise ArchiveError(f"{root / CATALOG}: is missing or empty: {advice}")
    with sharing(root), Catalog(root / CATALOG, create=True) as catalog:
        for name in names:
            yield from recover(root, name, catalog)
            for path in finish_sealing(root, name, catalog):
                yield Recovered(path, path.stat().st_size, 0)


def salvage_all(
    root: Path, only: str | None = None, *, on_progress: Callable[[str], None] = lambda name: None
) -> Iterator[Salvaged]:
    """Copy the whole records of every damaged sealed file, and yield a report for each."""
    for name in collections(root, only):
        for path in sealed_files(root, name):
            on_progress(path.name)
            if salvaged := salvage(path):
                yield salvaged


def salvage(path: Path) -> Salvaged | None:
    """Copy the whole records of a damaged file, byte for byte; None where nothing is damaged."""
    records, damages = 0, []
    try:
        for item in scan(path):
            if isinstance(item, Record):
                records += 1
            else:
                damages.append(item)
    except ArchiveError:
        if not path.is_file():
            raise
        return Salvaged(path, None, 0, (Damage(0, path.stat().st_size, "not one whole record"),))
    if not damages:
        return None
    copy = path.parent.parent / FOLDER / path.name
    with in_turn(copy.parent):
        _copy(path, copy, whole_parts(damages, path.stat().st_size))
    return Salvaged(path, copy, records, tuple(damages))


def whole_parts(damages: Iterable[Damage], size: int) -> Iterator[tuple[int, int]]:
    """Yield where a file's undamaged parts begin and end.

    >>> list(whole_parts([Damage(10, 5, "cut off")], 20))
    [(0, 10), (15, 20)]
    """
    position = 0
    for damage in sorted(damages, key=lambda damage: damage.offset):
        if damage.offset > position:
            yield position, damage.offset
        position = max(position, damage.offset + damage.length)
    if position < size:
        yield position, size


def _copy(path: Path, copy: Path, parts: Iterable[tuple[int, int]]) -> None:
    with whole_file(copy) as half, path.open("rb") as source, half.open("wb") as out:
        for start, end in parts:
            source.seek(start)
            while start < end:
                data = source.read(min(_COPY, end - start))
                if not data:
                    break
                start += out.write(data)
