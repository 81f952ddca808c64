"""Who may write to a data root: many writers at once, or one that rebuilds the catalog; its rules, one after another.

Every lock of the project is taken by `lock`; the system gives it back when its file is closed or its process ends.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.files.errors import ArchiveError, cannot_write


def lock(fd: int, *, shared: bool = False, wait: bool = False) -> bool:
    """Lock an open file; False where somebody else holds it (with `wait`, the lock is waited for).

    Raises OSError where the file system has no locks.
    """
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


class Share:
    """One writer's share of a data root, held until `release`."""

    def __init__(self, root: Path) -> None:
        """Raises ArchiveError while the catalog is being rebuilt."""
        busy = "its catalog is being rebuilt: wait until `pressclip archive rebuild` has ended"
        self._fd: int | None = _locked_folder(root, busy, shared=True)

    def release(self) -> None:
        """Give the share back; a second call does nothing."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Keep all writers out of a data root; ArchiveError where one is at work."""
    fd = _locked_folder(root, "another process is writing here: let it end, or stop it, and try again")
    try:
        yield
    finally:
        os.close(fd)


@contextmanager
def in_turn(folder: Path) -> Iterator[None]:
    """Wait until nobody else is at work in a folder, and keep all others waiting; make the folder where it is missing.

    For work that takes moments. Raises ArchiveError where the folder cannot be made or locked.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    fd = _locked_folder(folder, "another process is writing here", wait=True)
    try:
        yield
    finally:
        os.close(fd)


def _locked_folder(folder: Path, busy: str, *, shared: bool = False, wait: bool = False) -> int:
    # The folder itself is locked: no lock file stays behind, and none can be deleted under a holder.
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        locked = lock(fd, shared=shared, wait=wait)
    except OSError as error:
        os.close(fd)
        raise cannot_write(folder, error) from error
    if not locked:
        os.close(fd)
        raise ArchiveError(f"{folder}: {busy}")
    return fd
