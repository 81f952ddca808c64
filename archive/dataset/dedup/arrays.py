"""Hold the arrays of hashes to compare in files, one for each group, since they may not fit in memory.

A file is the arrays one after the other, then the ranks of their rows, then their lengths, then how many there are.
"""

from __future__ import annotations

import os
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from archive.dataset.dedup.keys import Hashes
from archive.dataset.table.database import Database
from archive.files.whole import whole_file

MOST_OPEN = 200
"""Files that are open at a time; a process is often allowed 1,024."""


def write_arrays(path: Path, arrays: Iterable[tuple[int, Hashes]]) -> None:
    """Write arrays with the ranks of their rows."""
    ranks, lengths = array("q"), array("q")
    with whole_file(path) as half, half.open("wb") as file:
        for rank, hashes in arrays:
            file.write(hashes.tobytes())
            ranks.append(rank)
            lengths.append(len(hashes))
        for numbers in (ranks, lengths, array("q", [len(ranks)])):
            file.write(numbers.tobytes())


class Arrays:
    """The arrays of several files, by the ranks of their rows."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files, self._open = files, OrderedDict[int, int]()
        ranks, places = [np.zeros(0, np.int32)], [np.zeros((0, 3), np.int64)]
        for number, path in enumerate(files):
            whole = np.memmap(path, np.int64, "r")
            count = int(whole[-1])
            lengths = whole[-1 - count : -1]
            ranks.append(whole[-1 - 2 * count : -1 - count].astype(np.int32))
            places.append(np.column_stack([np.full(count, number), np.cumsum(lengths) - lengths, lengths]))
        found, rows = np.concatenate(ranks), np.concatenate(places)
        order = np.argsort(found)
        self._ranks, self._places = found[order], rows[order]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        while self._open:
            os.close(self._open.popitem()[1])

    def size(self, rank: int) -> int:
        """Return the length of a row's array."""
        return int(self._place(rank)[2])

    def read(self, rank: int) -> Hashes:
        """Return a row's array."""
        file, start, length = self._place(rank).tolist()
        # read instead of mapped: the pages of a mapped file would count as memory of this process
        return np.frombuffer(os.pread(self._descriptor(file), 8 * length, 8 * start), np.uint64)

    def _place(self, rank: int) -> Any:  # noqa: ANN401 - three numbers
        return self._places[np.searchsorted(self._ranks, np.int32(rank))]

    def _descriptor(self, file: int) -> int:
        if file in self._open:
            self._open.move_to_end(file)
        else:
            if len(self._open) >= MOST_OPEN:
                os.close(self._open.popitem(last=False)[1])
            self._open[file] = os.open(self._files[file], os.O_RDONLY | os.O_CLOEXEC)
        return self._open[file]


def create_table(db: Database, name: str, rows: Iterable[Sequence[float]], columns: Mapping[str, str]) -> None:
    """Create a table of numbers. `columns`: their names, with the type codes of the module `array`."""
    arrays: dict[str, array[Any]] = {column: array(code) for column, code in columns.items()}
    for row in rows:
        for values, value in zip(arrays.values(), row, strict=True):
            values.append(value)
    db.register("arrays", {column: np.array(values) for column, values in arrays.items()})
    db.execute(f"CREATE TABLE {name} AS SELECT * FROM arrays")
    db.unregister("arrays")
