"""CDXJ: where each capture lies, for replay tools; one sorted file beside each sealed WARC file. Derived."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from archive.errors import cannot_write
from archive.layout import RAW_SUFFIX
from archive.warc.scan import Damage, scan

SUFFIX = ".cdxj"
_READ = 1 << 16


def index_path(path: Path) -> Path:
    """Return where a WARC file's index belongs.

    >>> index_path(Path("news/archive/news-1.warc.gz")).as_posix()
    'news/indexes/news-1.cdxj'
    """
    return path.parent.parent / "indexes" / (path.name.removesuffix(RAW_SUFFIX) + SUFFIX)


def write_index(path: Path, damages: Iterable[Damage] = ()) -> Path:
    """Index a sealed WARC file around its damaged parts, and return the index; nobody sees it before it is whole."""
    target = index_path(path)
    try:
        target.parent.mkdir(exist_ok=True)
        fd, name = tempfile.mkstemp(prefix=target.name, suffix=".tmp", dir=target.parent)
        new = Path(name)
        try:
            with os.fdopen(fd, "w", encoding="utf-8") as out:
                out.writelines(sorted(index_lines(path, damages)))
                os.fchmod(out.fileno(), 0o644)
                out.flush()
                os.fsync(out.fileno())
            new.replace(target)
        except BaseException:
            with suppress(FileNotFoundError):
                new.unlink()
            raise
    except OSError as error:
        raise cannot_write(target, error) from error
    return target


def index_lines(path: Path, damages: Iterable[Damage] = ()) -> list[str]:
    """Return the index's lines, unsorted, by cdxj-indexer.

    It stops at damage, so that each whole part of the file is given to it on its own; damage that nobody knew of is
    looked for when it stops.
    """
    known = list(damages)
    lines = _Lines()
    try:
        _index(path, known, lines)
    except Exception:  # each library below it has its own errors
        found = [item for item in scan(path) if isinstance(item, Damage)]
        if not found or found == known:
            raise
        lines = _Lines()
        _index(path, found, lines)
    return lines.lines


class _Lines:
    """What cdxj-indexer writes to."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
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


def _index(path: Path, damages: list[Damage], lines: _Lines) -> None:
    # imported here: it takes 0.1 s, which nothing needs before the first file is sealed
    from cdxj_indexer.main import CDXJIndexer  # type: ignore[import-untyped]

    with path.open("rb") as file:
        for start, end in whole_parts(damages, path.stat().st_size):
            CDXJIndexer(lines, [], filename=path.name).process_one(_Part(file, start, end), lines, path.name)


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
