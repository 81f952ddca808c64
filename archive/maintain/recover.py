"""What a killed process left behind: the partial tail cut off, missing catalog rows entered, files sealed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.catalog.catalog import Catalog
from archive.catalog.rows import ArticleRow, CaptureRow
from archive.catalog.sealed import collections, finish_sealing, register, sealed_files
from archive.files.errors import ArchiveError, cannot_write
from archive.files.layout import CATALOG, OPEN_SUFFIX, TEXT_SUFFIX, raw_folder, text_folder
from archive.files.lock import Share
from archive.maintain.salvage import Salvaged, salvage
from archive.warc.reader import read_exchanges
from archive.warc.scan import Record, scan
from archive.warc.texts import read_texts
from archive.warc.writer import claim, finish

TAIL_SUFFIX = ".tail"


@dataclass(frozen=True, slots=True)
class Recovered:
    """One file that was brought in order."""

    path: Path
    size: int
    """Bytes kept: whole records."""
    cut: int
    """Bytes behind the last whole record, moved to `<name>.tail`."""


def recover(root: Path, collection: str, catalog: Catalog) -> list[Recovered]:
    """Bring in order what no process is writing any more; return what was done, nothing where all is well."""
    folders = (raw_folder(root, collection), text_folder(root, collection))
    left = [path for folder in folders for path in sorted(folder.glob(f"*{OPEN_SUFFIX}"))]
    return [done for path in left if (done := _recover_file(path, collection, catalog))]


def enter_file(path: Path, name: str, collection: str, catalog: Catalog) -> None:
    """Enter every record of a file that the catalog does not know yet."""
    if name.endswith(TEXT_SUFFIX):
        for text in read_texts(path):
            catalog.add_article(ArticleRow.of(text, collection, name), text.text)
    else:
        for found in read_exchanges(path):
            catalog.add_capture(CaptureRow.of(found, collection, name))


def _recover_file(open_path: Path, collection: str, catalog: Catalog) -> Recovered | None:
    claimed = claim(open_path)
    if claimed is None:
        return None
    path = open_path.with_name(open_path.name.removesuffix(OPEN_SUFFIX))
    with claimed:
        kept, cut = _whole(open_path)
        try:
            if cut:
                _cut_tail(claimed.fd, path, kept)
            if not kept:
                open_path.unlink()
                return Recovered(path, 0, cut)
            os.fsync(claimed.fd)
            enter_file(open_path, path.name, collection, catalog)
            finish(open_path, path)
        except OSError as error:
            raise cannot_write(open_path, error) from error
    register(path, collection, catalog)
    return Recovered(path, kept, cut)


def _whole(path: Path) -> tuple[int, int]:
    """Return how many bytes end with the last whole record, and how many follow."""
    size = path.stat().st_size
    kept = 0
    try:
        for item in scan(path):
            if isinstance(item, Record):
                kept = item.offset + item.length
    except ArchiveError:
        kept = 0  # not one whole record: killed within the first write
    return kept, size - kept


def _cut_tail(fd: int, path: Path, kept: int) -> None:
    os.lseek(fd, kept, os.SEEK_SET)
    with os.fdopen(os.dup(fd), "rb") as file:
        path.with_name(path.name + TAIL_SUFFIX).write_bytes(file.read())
    os.ftruncate(fd, kept)


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
    root: Path, only: str | None = None, *, on_progress: Callable[[str], None] = lambda name: None
) -> Iterator[Salvaged]:
    """Copy the whole records of every damaged sealed file; yield one report for each such file."""
    for name in collections(root, only):
        for path in sealed_files(root, name):
            on_progress(path.name)
            if found := salvage(path):
                yield found
