"""Lock a data root for many writers, or for the one that rebuilds its catalog; lock a folder for one at a time.

Every lock of the project is taken by `lock`; the system releases it when its file is closed or its process ends.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from archive.files.errors import ArchiveError, cannot_write
from archive.files.whole import make_folder


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
    return joined(root, "its catalog is being rebuilt: wait until `pressclip archive rebuild` has ended")


def joined(folder: Path, busy: str) -> AbstractContextManager[None]:
    """Hold one share of a folder, as others may too. Raises ArchiveError with `busy` where one has it alone."""
    return _locked_folder(folder, busy, shared=True)


def sole(folder: Path, busy: str) -> AbstractContextManager[None]:
    """Keep all other processes out of a folder. Raises ArchiveError with `busy` where one is at work."""
    return _locked_folder(folder, busy)


def alone(root: Path) -> AbstractContextManager[None]:
    """Keep all writers out of a data root. Raises ArchiveError where one is at work."""
    return _locked_folder(root, "another process is writing here: let it end, or stop it, and try again")


@contextmanager
def in_turn(folder: Path) -> Iterator[None]:
    """Wait until no other process works in a folder, and keep all others waiting; make the folder if it is missing.

    For work that takes moments. Raises ArchiveError where the folder cannot be made or locked.
    """
    try:
        make_folder(folder)
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
        if not locked or not _is_still(fd, folder):
            raise ArchiveError(f"{folder}: {busy}{_holder(fd)}")
        yield
    finally:
        os.close(fd)


def _is_still(fd: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), folder.stat())
    except OSError:
        return False  # its holder removed it before the lock was ours


_LOCKS = Path("/proc/locks")
MAX_COMMAND = 100
"""Characters of a command line that an error message quotes."""


def _holder(fd: int) -> str:
    """Return which command holds the lock, in brackets; empty where the system does not tell (only Linux does)."""
    held, words = os.fstat(fd), ""
    with suppress(OSError, ValueError, IndexError):
        place = f"{os.major(held.st_dev):02x}:{os.minor(held.st_dev):02x}:{held.st_ino}"
        for line in _LOCKS.read_text("ascii").splitlines():
            fields = line.split()
            if fields[1] == "FLOCK" and fields[5] == place:
                command = (Path("/proc") / fields[4] / "cmdline").read_bytes().decode("utf-8", "replace")
                shown = " ".join(command.split("\0")).strip()[:MAX_COMMAND]
                words = f" (process {fields[4]}: {''.join(c if c.isprintable() else '?' for c in shown)})"
                break
    return words
