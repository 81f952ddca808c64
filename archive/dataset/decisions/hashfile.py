"""Arrays of hashes on disk, by row number: the compared texts, of which there may be more than memory holds."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType

import numpy as np

from archive.dataset.decisions.words import Hashes


class HashFile:
    """A file without a name that holds an array for some of the rows; it is gone when it is closed."""

    def __init__(self, folder: Path, rows: int) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by __exit__
        self._end = 0
        self._starts = np.zeros(rows, np.int64)
        self._sizes = np.zeros(rows, np.int32)

    def __enter__(self) -> HashFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, row: int, hashes: Hashes) -> None:
        """Write a row's array."""
        self._file.write(hashes.tobytes())
        self._starts[row], self._sizes[row] = self._end, len(hashes)
        self._end += hashes.nbytes

    def size(self, row: int) -> int:
        """Return the length of a row's array, 0 where there is none."""
        return int(self._sizes[row])

    def read(self, row: int) -> Hashes:
        """Return a row's array, empty where there is none."""
        # read, not mapped: a mapped file's pages would count as this process's memory
        return np.frombuffer(os.pread(self._file.fileno(), self.size(row) * 8, int(self._starts[row])), np.uint64)
