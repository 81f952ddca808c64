"""The whole records of a damaged file, copied beside it; the damaged file itself is never touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.files.errors import ArchiveError
from archive.files.whole import whole_file
from archive.warc.scan import Damage, Record, scan

FOLDER = "salvaged"
"""Where copies go, in the collection's folder: in `archive/` every tool would take them for more captures."""
_COPY = 1 << 20


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What became of a damaged file."""

    path: Path
    """The damaged file."""
    copy: Path | None
    """Its whole records; None where it has none."""
    records: int
    damages: tuple[Damage, ...]


def salvage(path: Path) -> Salvaged | None:
    """Copy the whole records of a damaged file, byte by byte as they are; None where nothing is damaged."""
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
