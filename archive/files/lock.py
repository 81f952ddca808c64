"""Who may write to a data root: many writers at once, or one that builds the catalog anew; to its rules, one after the
other."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.files.errors import ArchiveError, cannot_write


class Share:
    """One writer's share of a data root, held until `release`; the system releases it when the process ends."""

    def __init__(self, root: Path) -> None:
        """Raises ArchiveError while the catalog is being built anew."""
        self._fd: int | None = _held(
            root,
            fcntl.LOCK_SH | fcntl.LOCK_NB,
            "its catalog is being built anew: wait until `pressclip archive rebuild` has ended",
        )

    def release(self) -> None:
        """Give the share back; a second call does nothing."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Keep all writers out of a data root; ArchiveError where one is at work."""
    kind = fcntl.LOCK_EX | fcntl.LOCK_NB
    fd = _held(root, kind, "another process is writing here: let it end, or stop it, and try again")
    try:
        yield
    finally:
        os.close(fd)


@contextmanager
def in_turn(folder: Path) -> Iterator[None]:
    """Wait until nobody else is at work in a folder, and keep all others waiting; make it where it is not there.

    For what takes moments. Raises ArchiveError where the folder cannot be had.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    fd = _held(folder, fcntl.LOCK_EX, "another process is writing here")
    try:
        yield
    finally:
        os.close(fd)


def _held(root: Path, kind: int, otherwise: str) -> int:
    # The folder itself is locked: no lock file stays behind, and none can be deleted under a holder.
    try:
        fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise cannot_write(root, error) from error
    try:
        fcntl.flock(fd, kind)
    except OSError as error:
        os.close(fd)
        if isinstance(error, BlockingIOError):
            raise ArchiveError(f"{root}: {otherwise}") from error
        raise cannot_write(root, error) from error
    return fd
