"""List the sealed files of a collection, and register each one in index, catalog and manifest."""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path

from archive.catalog import manifest
from archive.catalog.catalog import BUSY_SECONDS, Catalog, errors
from archive.catalog.cdxj import index_path, write_index
from archive.catalog.rows import rows_of
from archive.files.errors import ArchiveError
from archive.files.layout import (
    CATALOG,
    OPEN_SUFFIX,
    RAW_SUFFIX,
    TEXT_SUFFIX,
    check_name,
    collection_folder,
    collections_folder,
    is_collection,
    raw_folder,
    stored_files,
    text_folder,
)
from archive.files.reading import connect_reading
from archive.files.whole import sha256_of
from cleaners import LostError, Pool, PoolError

LARGE = 32 << 20
"""Bytes from which on a file is read in a process of its own: that takes 0.4 s, as long as a process takes to begin."""

log = logging.getLogger(__name__)


def collections(root: Path, only: str | None = None) -> list[str]:
    """Return the names of a data root's collections. Raises ArchiveError where there is none, or not the `only` one."""
    folder = collections_folder(root)
    if only is not None:
        if not (folder / check_name(only)).is_dir():
            raise ArchiveError(f"{folder / only}: no such collection: see which there are in {folder}")
        return [only]
    if not folder.is_dir():
        raise ArchiveError(f"{folder}: no collection there: crawl first, or give the data folder with --data")
    return sorted(path.name for path in folder.iterdir() if is_collection(path))


def sealed_files(root: Path, collection: str) -> list[Path]:
    """Return the sealed files of a collection in the order in which one process would have sealed them."""
    raw = [path for path in raw_folder(root, collection).glob(f"*{RAW_SUFFIX}") if path.is_file()]
    texts = [path for path in text_folder(root, collection).glob(f"*{TEXT_SUFFIX}") if path.is_file()]
    return sorted([*raw, *texts], key=lambda path: (path.name.partition(".")[0], is_text(path), path.name))


def is_text(path: Path) -> bool:
    """Tell whether a file holds cleaned texts."""
    return path.name.endswith(TEXT_SUFFIX)


def name_in(path: Path) -> str:
    """Return a file's name in its collection: `archive/<file>` or `text/<file>`."""
    return f"{path.parent.name}/{path.name}"


def register(path: Path, collection: str, catalog: Catalog, *, apart: bool = False) -> None:
    """Index a file that was just sealed, and enter it in catalog and manifest.

    `apart`: a large one is read in a process of its own, so that this one's other threads go on.
    """
    # the manifest comes last: `finish_sealing` registers again what is not in it
    sha256 = _indexed_apart(path) if apart and path.stat().st_size >= LARGE else _indexed(path)
    catalog.add_file(collection, path.name, path.stat().st_size, sha256)
    manifest.add(path, sha256)


def _indexed(path: Path) -> str:
    """Write the index of a file, unless it holds texts, and return the file's sha256."""
    sha256 = sha256_of(path)
    if not is_text(path):
        write_index(path)
    return sha256


def _indexed_apart(path: Path) -> str:
    with Pool(_indexed, 1) as pool:
        try:
            return pool.answer(path)
        except (LostError, PoolError) as error:
            log.info("%s: read in the process that writes: %s", path, error)
            return _indexed(path)


def enter(path: Path, collection: str, catalog: Catalog) -> None:
    """Enter the rows of a file that the catalog may lack."""
    for row, text in rows_of(path, collection, path.name.removesuffix(OPEN_SUFFIX)):
        catalog.add(row, text)


def has_lost_catalog(root: Path) -> bool:
    """Tell whether a data root has captures or texts, but no catalog, or an empty one, which must not pass for new."""
    path = root / CATALOG
    if path.is_file() and path.stat().st_size:
        with (
            errors(path, "delete it and run `pressclip archive rebuild`"),
            closing(connect_reading(path, seconds=BUSY_SECONDS)) as connection,
        ):
            if connection.execute("PRAGMA user_version").fetchone()[0]:
                return False
    return any(path.stat().st_size for path in stored_files(root, "*.gz*", texts=True))


def finish_sealing(root: Path, collection: str, catalog: Catalog) -> list[Path]:
    """Register the sealed files that a killed process did not register, and return them."""
    listed, _ = manifest.read(collection_folder(root, collection))
    unfinished = [path for path in sealed_files(root, collection) if name_in(path) not in listed]
    known = catalog.files(collection) if unfinished else {}
    for path in unfinished:
        if path.name not in known:
            try:
                enter(path, collection, catalog)  # a full disk may have kept rows out of the catalog
                register(path, collection, catalog)
            except ArchiveError as error:
                # somebody else's file, or a ruined one: `verify` names it, and writing goes on
                log.warning("%s", error)
            continue
        # the catalog has the hash from when it was sealed: a lost manifest must not hide later changes of the file
        if not is_text(path) and not index_path(path).exists():
            write_index(path)
        manifest.add(path, known[path.name][1])
    return unfinished
