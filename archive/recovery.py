"""What a killed process left behind: the partial tail cut off, missing catalog rows entered, files sealed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from archive.catalog import Catalog
from archive.errors import ArchiveError, cannot_write
from archive.layout import TEXT_SUFFIX, raw_folder, text_folder
from archive.rows import ArticleRow, CaptureRow
from archive.sealed import register
from archive.texts import read_texts
from archive.warc.reader import read_exchanges
from archive.warc.scan import Record, scan
from archive.warc.writer import OPEN_SUFFIX, claim, finish

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
