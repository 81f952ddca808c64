"""Writing a file whole: whoever opens it, or finds it after a power cut, has the old content or the new."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from archive.files.errors import cannot_read, cannot_write

HALF = ".half"
"""What a file's name ends with while it is written. A killed writer leaves one, which the next writes over."""


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; on leaving, the file is on the disk under its name. After an error it is
    removed, and `path` is as it was.

    Makes the folder. Raises ArchiveError where the system refuses to write.
    """
    half = path.with_name(path.name + HALF)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield half
        put_in_place(half, path)
    except BaseException as error:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise cannot_write(path, error) from error
        raise


def write_whole(path: Path, data: bytes | str) -> None:
    """Write a file whole; a text as UTF-8. Raises ArchiveError where the system refuses."""
    with whole_file(path) as half:
        half.write_bytes(data.encode() if isinstance(data, str) else data)


def put_in_place(new: Path, path: Path) -> None:
    """Give a finished file its name, in the place of what has it; content and name are on the disk afterwards."""
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on the disk."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sha256_of(path: Path) -> str:
    """Return a file's sha256 in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise cannot_read(path, error) from error
