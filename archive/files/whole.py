"""Write a file whole: a reader has the old content or the new one, also after a power cut."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from archive.files.errors import cannot_read, cannot_write

HALF = ".half"
"""The end of a file's name while it is written. A killed writer leaves one, which the next one removes."""


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to. On leaving, put it on the disk as `path`; after an error, remove it.

    Makes the folder. Raises ArchiveError where the system refuses to write.
    """
    half = path.with_name(path.name + HALF)
    try:
        make_folder(path.parent)
        half.unlink(missing_ok=True)  # what is left there may be a link, which a writer would follow
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
    """Rename a finished file to `path`, replacing what is there; content and name are on the disk afterwards."""
    with new.open("rb") as file:
        sync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, and put the names of new ones on the disk."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in reversed(missing):
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync(fd)
    finally:
        os.close(fd)


def sync(fd: int, *, data_only: bool = False) -> None:
    """Put an open file, or folder, on the disk. *data_only*: its content and size are enough, not its times.

    Raises OSError where the disk fails or is full.
    """
    # on macOS, fsync leaves the data in the disk's own memory, which a power cut empties
    if (full := getattr(fcntl, "F_FULLFSYNC", None)) is not None:
        try:
            fcntl.fcntl(fd, full)
        except OSError as error:
            if error.errno not in _NO_FULL_SYNC:
                raise
        else:
            return
    if data_only and hasattr(os, "fdatasync"):
        os.fdatasync(fd)
    else:
        os.fsync(fd)


_NO_FULL_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.ENOTTY, errno.ENODEV}
"""How file systems that know no F_FULLFSYNC, such as those of a network, answer it."""


def sha256_of(path: Path) -> str:
    """Return a file's sha256 in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise cannot_read(path, error) from error
