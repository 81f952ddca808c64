"""Find the WARC and ARC data in a file: plain, gzip, zstd, LZ4, or packed together as WACZ."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Literal, cast

from archive.files.errors import ArchiveError
from archive.files.extras import how_to_install

Packing = Literal["plain", "gzip", "zstd"]

GZIP = b"\x1f\x8b\x08"
ZSTD = b"\x28\xb5\x2f\xfd"
_LZ4 = b"\x04\x22\x4d\x18"
_ZIP = b"PK\x03\x04"
_STORED_HEAD = 30
"""Bytes of a ZIP member's own header before its name."""
MAX_UNPACKED, UNPACKED_OF_SIZE = 256 << 20, 30
"""The most that an .lz4 file, or a compressed member of a .wacz, is unpacked to on the disk: as a number, and as a
multiple of the file's size. Pages take a fifth to a tenth of their size; LZ4 makes up to 255 times as much."""
_STEP = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """A range of a file with records."""

    file: BinaryIO
    begin: int
    end: int
    packing: Packing
    in_place: bool = True
    """Whether its offsets are places in the file that was given: false for what was unpacked to another file."""


@contextmanager
def parts_of(path: Path, file: BinaryIO) -> Iterator[list[Part]]:
    """Yield the parts of an open file. Raises ArchiveError where they need a package that is missing."""
    size = file.seek(0, 2)
    start = _read(file, 0, 4)
    unpacked: list[BinaryIO] = []
    try:
        if start == _LZ4:
            yield [_unpacked_part(_lz4(path, file), size, path, unpacked)]
        elif start == _ZIP and (members := _members(file)):
            yield [_member(file, member, size, path, unpacked) for member in members]
        else:
            yield [Part(file, 0, size, _packing(start, path.name.lower()))]
    finally:
        for copy in unpacked:
            copy.close()


def _packing(start: bytes, name: str) -> Packing:
    """Return how a file is packed; a damaged start is taken for what the name says, and a damaged ZIP for gzip."""
    if start.startswith(GZIP) or start == _ZIP:
        return "gzip"
    if start == ZSTD or (start[1:] == b"\x2a\x4d\x18" and 0x50 <= start[0] <= 0x5F):
        return "zstd"
    if start.startswith((b"WAR", b"file", b"\r\n")):
        return "plain"
    return "gzip" if name.endswith((".gz", ".wacz")) else "zstd" if name.endswith(".zst") else "plain"


def _members(file: BinaryIO) -> list[zipfile.ZipInfo]:
    """Return the members of a WACZ with records, in the order of the file; none where its directory is damaged."""
    try:
        with zipfile.ZipFile(file) as packed:
            found = [info for info in packed.infolist() if info.filename.startswith("archive/") and info.file_size]
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return []  # its members are searched for as in any damaged file
    ordered = sorted(found, key=lambda info: info.header_offset)
    # members that lie over each other would be read many times
    return [
        info for before, info in zip([None, *ordered], ordered, strict=False)
        if before is None or info.header_offset >= before.header_offset + before.compress_size
    ]  # fmt: skip


def _member(file: BinaryIO, info: zipfile.ZipInfo, size: int, path: Path, unpacked: list[BinaryIO]) -> Part:
    if info.compress_type == zipfile.ZIP_STORED:
        head = _read(file, info.header_offset, _STORED_HEAD)
        begin = info.header_offset + _STORED_HEAD + sum(int.from_bytes(head[at : at + 2], "little") for at in (26, 28))
        end = min(begin + info.compress_size, size)
        return Part(file, begin, end, _packing(_read(file, begin, 4), info.filename.lower()))
    with zipfile.ZipFile(file) as packed, packed.open(info) as member:
        return _unpacked_part(cast(BinaryIO, member), size, path, unpacked)


def _lz4(path: Path, file: BinaryIO) -> BinaryIO:
    try:
        from fastwarc.stream_io import Lz4Reader  # an extra's package
    except ImportError as error:
        raise ArchiveError(f"{path}: needs fastwarc: {how_to_install('lz4')}") from error
    file.seek(0)
    return cast(BinaryIO, Lz4Reader(file))


def _unpacked_part(source: BinaryIO, size: int, path: Path, unpacked: list[BinaryIO]) -> Part:
    """Unpack to a temporary file, as far as the data is whole; what is missing shows as a record that is cut off."""
    copy = cast(BinaryIO, TemporaryFile())  # noqa: SIM115 - closed by `parts_of`
    unpacked.append(copy)
    left = MAX_UNPACKED + UNPACKED_OF_SIZE * size
    try:
        while left > 0 and (data := source.read(_STEP)):
            copy.write(data)
            left -= len(data)
    except OSError as error:
        if error.errno is not None:  # of the disk; that of the data has no number
            raise
    except (ValueError, RuntimeError, EOFError, zipfile.BadZipFile):
        pass
    if left <= 0:
        raise ArchiveError(f"{path}: unpacks to more than {UNPACKED_OF_SIZE} times its size: unpack it first")
    return Part(copy, 0, copy.seek(0, 2), _packing(_read(copy, 0, 4), ""), in_place=False)


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)
