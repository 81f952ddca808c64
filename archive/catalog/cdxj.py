"""Write CDXJ indexes, by which replay tools find captures: one sorted file for each sealed WARC file."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from archive.files.layout import RAW_SUFFIX
from archive.files.lock import in_turn
from archive.files.whole import write_whole
from archive.warc.scan import Record, scan

SUFFIX = ".cdxj"
_READ = 1 << 16

log = logging.getLogger(__name__)


def index_path(path: Path) -> Path:
    """Return where a WARC file's index belongs.

    >>> index_path(Path("news/archive/news-1.warc.gz")).as_posix()
    'news/indexes/news-1.cdxj'
    """
    return path.parent.parent / "indexes" / (path.name.removesuffix(RAW_SUFFIX) + SUFFIX)


def write_index(path: Path, *, damaged: bool = False) -> Path:
    """Index a sealed WARC file and return the path of the index."""
    target = index_path(path)
    lines = "".join(sorted(index_lines(path, damaged=damaged)))
    with in_turn(target.parent):  # a sealing process and a replay may index the same file at once
        write_whole(target, lines)
    return target


def index_lines(path: Path, *, damaged: bool = False) -> list[str]:
    """Return the lines that cdxj-indexer makes of a file, unsorted."""
    # It stops at damage and takes a cut-off record for a whole one, so a damaged file, or one that it cannot read, is
    # given to it record by record.
    lines = _Lines()
    _indexer()  # where it cannot be imported, no file is damaged
    with path.open("rb") as file:
        if not damaged:
            try:
                _index(file, path.name, lines)
                return lines.lines
            except Exception as error:  # each library below it has its own errors
                log.info("%s: indexed record by record: %s", path, error)
        lines = _Lines()
        for item in scan(path):
            if isinstance(item, Record) and item.length:
                part = cast("BinaryIO", _Part(file, item.offset, item.offset + item.length))
                with suppress(Exception):  # `archive verify` names the record that has no line
                    _index(part, path.name, lines)
    return lines.lines


class _Lines:
    """Collects the lines that cdxj-indexer writes."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        # for the line of a 304, pywb answers 304, which a browser shows blank; without the line, it answers the page
        if '"status": "304"' not in line:
            self.lines.append(line)


class _Part:
    """A file that ends at a place, with its own offsets."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file, self._end = file, end
        file.seek(start)

    def read(self, size: int = _READ) -> bytes:
        left = max(self._end - self._file.tell(), 0)
        return self._file.read(min(size if size >= 0 else left, left))

    def tell(self) -> int:
        return self._file.tell()


def _indexer() -> Callable[..., Any]:
    # imported here: it takes 0.1 s, which nothing needs before the first file is sealed
    with warnings.catch_warnings():
        # pyamf, which it imports, uses what Python 3.12 and newer warn of; where warnings are errors, no file is sealed
        warnings.simplefilter("ignore", DeprecationWarning)
        from cdxj_indexer.main import CDXJIndexer  # type: ignore[import-untyped]

    return cast("Callable[..., Any]", CDXJIndexer)


def _index(file: BinaryIO, name: str, lines: _Lines) -> None:
    _indexer()(lines, [], filename=name).process_one(file, lines, name)
