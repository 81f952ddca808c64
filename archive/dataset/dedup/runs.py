"""Bring equal hashes of all rows together: each group writes its hashes in sorted runs, and a unit reads one part of
the range of hashes out of all of them.

A file holds some runs, then their lengths, then how many runs there are. A run is its hashes, sorted, then the ranks of
their rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from archive.dataset.dedup.groups import Rank
from archive.files.whole import whole_file

Hashes = NDArray[np.uint64]

RUN = 4_000_000
"""Hashes of a run, and of a part of the range: sorting so many takes some 200 MB."""
PAIR = 12
"""Bytes of a hash with a rank."""


def write_runs(path: Path, pairs: Iterable[tuple[Hashes, Rank]], most: int | None = None) -> None:
    """Write hashes with the ranks of their rows. `most`: of each hash, a run holds no more than so many."""
    waiting: list[tuple[Hashes, Rank]] = []
    held, lengths = 0, []
    with whole_file(path) as half, half.open("wb") as file:
        for hashes, ranks in pairs:
            waiting.append((hashes, ranks))
            held += len(hashes)
            if held >= RUN:
                lengths.append(_write_run(file, waiting, most))
                waiting, held = [], 0
        if held:
            lengths.append(_write_run(file, waiting, most))
        file.write(np.array([*lengths, len(lengths)], np.int64).tobytes())


def _write_run(file: IO[bytes], waiting: Sequence[tuple[Hashes, Rank]], most: int | None) -> int:
    hashes, ranks = (np.concatenate(column) for column in zip(*waiting, strict=True))
    order = np.argsort(hashes, kind="stable")
    hashes, ranks = hashes[order], ranks[order]
    if most is not None and len(hashes) > most:
        again = np.zeros(len(hashes), bool)
        again[most:] = hashes[most:] == hashes[:-most]
        hashes, ranks = hashes[~again], ranks[~again]
    file.write(hashes.tobytes())
    file.write(ranks.tobytes() + bytes(_size(len(hashes)) - PAIR * len(hashes)))
    return len(hashes)


def _size(length: int) -> int:
    """Return the bytes of a run: the next one begins where 8 divides, otherwise numpy would copy it to search it."""
    return 8 * length + 8 * -(-length // 2)


def parts_of(files: Sequence[Path]) -> int:
    """Return into how many parts the range of hashes is divided, so that each has some RUN of them."""
    return max(1, -(-sum(file.stat().st_size for file in files) // (RUN * PAIR)))


def read_part(files: Sequence[Path], part: int, parts: int) -> tuple[Hashes, Rank]:
    """Return the hashes of a part of the range that several rows have, and the ranks of the rows; sorted by both."""
    found = [(np.zeros(0, np.uint64), np.zeros(0, np.int32)), *_slices(files, part, parts)]
    hashes, ranks = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(hashes)
    hashes, ranks = hashes[order], ranks[order]
    same = hashes[1:] == hashes[:-1]
    several = (np.append(same, False) | np.insert(same, 0, False))[: len(hashes)]
    hashes, ranks = hashes[several], ranks[several]
    order = np.lexsort((ranks, hashes))
    return hashes[order], ranks[order]


def _slices(files: Sequence[Path], part: int, parts: int) -> Iterator[tuple[Hashes, Rank]]:
    for path in files:
        whole = np.memmap(path, np.uint8, "r")
        count = int(whole[-8:].view(np.int64)[0])
        start = 0
        for length in whole[-8 * (count + 1) : -8].view(np.int64).tolist():
            hashes = whole[start : start + 8 * length].view(np.uint64)
            ranks = whole[start + 8 * length : start + PAIR * length].view(np.int32)
            first, last = (_place(hashes, number, parts) for number in (part, part + 1))
            yield np.array(hashes[first:last]), np.array(ranks[first:last])
            start += _size(length)


def _place(hashes: Hashes, part: int, parts: int) -> int:
    """Return where a part of the range begins among sorted hashes."""
    return len(hashes) if part == parts else int(np.searchsorted(hashes, np.uint64((part << 64) // parts)))
