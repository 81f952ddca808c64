"""Bring the rows of a range of the order together: each group writes its rows in slices, one for each range.

A file holds slices, each a record batch of Arrow, compressed; then for each the number of its range, its position and
its bytes, sorted; then how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from zstandard import ZstdCompressor, ZstdDecompressor

from archive.files.whole import whole_file

HELD = 400_000_000
"""Bytes of rows that are held to be written together: the more, the larger are slices. In all, a process takes twice as
much."""
LEVEL = 1
"""The compression level of what is read once and removed."""


def write_slices(path: Path, tables: Iterable[tuple[pa.Table, Any]]) -> None:
    """Write rows, with the number of the range of each; those of a range keep their order."""
    index: list[tuple[int, int, int]] = []
    waiting: list[tuple[pa.Table, Any]] = []
    held = 0
    with whole_file(path) as half, half.open("wb") as file:
        for table, ranges in tables:
            waiting.append((table, ranges))
            held += table.nbytes
            if held >= HELD:
                index.extend(_write(file, waiting))
                waiting, held = [], 0
        if waiting:
            index.extend(_write(file, waiting))
        file.write(np.array(sorted(index), np.int64).tobytes())
        file.write(np.array([len(index)], np.int64).tobytes())


def _write(file: IO[bytes], waiting: list[tuple[pa.Table, Any]]) -> Iterator[tuple[int, int, int]]:
    ranges = np.concatenate([some for _, some in waiting])
    table = pa.concat_tables([some for some, _ in waiting]).combine_chunks()
    waiting.clear()
    order = np.argsort(ranges, kind="stable")
    ends = np.flatnonzero(np.append(ranges[order][1:] != ranges[order][:-1], True)[: len(order)]) + 1
    compressor = ZstdCompressor(LEVEL)
    for start, end in zip([0, *ends.tolist()], ends.tolist(), strict=False):
        (batch,) = table.take(pa.array(order[start:end])).combine_chunks().to_batches()
        packed = compressor.compress(batch.serialize())
        yield int(ranges[order[start]]), file.tell(), len(packed)
        file.write(packed)


def read_slices(files: Sequence[Path], wanted: int, schema: pa.Schema) -> pa.Table:
    """Return the rows of a range, in the order of the files."""
    unpacker = ZstdDecompressor()
    batches = []
    for path in files:
        with path.open("rb") as file:
            for position, size in _found(file, wanted):
                file.seek(position)
                batches.append(pa.ipc.read_record_batch(pa.py_buffer(unpacker.decompress(file.read(size))), schema))
    return pa.Table.from_batches(batches, schema).combine_chunks()


def _found(file: IO[bytes], wanted: int) -> list[tuple[int, int]]:
    end = file.seek(-8, 2)
    count = int.from_bytes(file.read(8), "little")
    file.seek(end - 24 * count)
    index = np.frombuffer(file.read(24 * count), np.int64).reshape(-1, 3)
    first, last = np.searchsorted(index[:, 0], [wanted, wanted + 1])
    return [(int(position), int(size)) for _, position, size in index[first:last]]
