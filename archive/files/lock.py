"""Lock a data root for many writers, or for the one that rebuilds its catalog; lock a folder for one at a time.

Every lock of the project is taken by `lock`; the system releases it when its file is closed or its process ends.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from archive.files.errors import ArchiveError, cannot_write


def lock(fd: int, *, shared: bool = False, wait: bool = False) -> bool:
    """Lock an open file and return True; return False if another process holds it, or with `wait` wait for it.

    Raises OSError where the file system has no locks.
    """
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def sharing(root: Path) -> AbstractContextManager[None]:
    """Hold one writer's share of a data root. Raises ArchiveError while the catalog is being rebuilt."""
    busy = "its catalog is being rebuilt: wait until `pressclip archive rebuild` has ended"
    return _locked_folder(root, busy, shared=True)


def alone(root: Path) -> AbstractContextManager[None]:
    """Keep all writers out of a data root. Raises ArchiveError where one is at work."""
    return _locked_folder(root, "another process is writing here: let it end, or stop it, and try again")


@contextmanager
def in_turn(folder: Path) -> Iterator[None]:
    """Wait until no other process works in a folder, and keep all others waiting; make the folder if it is missing.

    For work that takes moments. Raises ArchiveError where the folder cannot be made or locked.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    with _locked_folder(folder, "another process is writing here", wait=True):
        yield


@contextmanager
def _locked_folder(folder: Path, busy: str, *, shared: bool = False, wait: bool = False) -> Iterator[None]:
    """Hold the lock of the folder itself: no lock file is left behind, and nobody can delete one under its holder."""
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        try:
            locked = lock(fd, shared=shared, wait=wait)
        except OSError as error:
            raise cannot_write(folder, error) from error
        if not locked:
            raise ArchiveError(f"{folder}: {busy}")
        yield
    finally:
        os.close(fd)
