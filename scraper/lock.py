"""One crawl at a time on a data root: the archive's own lock lets several writers in, a second crawl is a mistake."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from scraper.options import CrawlError, CrawlOptions
from scraper.outcomes import one_line

LOCK = "crawl.lock"
"""Never removed: a lock file that is deleted lets two crawls hold two files of one name."""
MAX_HOLDER = 200
"""Bytes of the file that are shown: its holder's process id and since when."""


class CrawlRunning(CrawlError):
    """Another crawl works on the data root; the message says which and since when."""


@contextmanager
def alone(options: CrawlOptions, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Iterator[None]:
    """Keep other crawls off the data root; CrawlRunning where one is at work, CrawlError where none can be kept off.

    Single pages (`refetch`) and crawls that keep nothing need no lock. The system gives it back when the process ends.
    """
    if options.data is None or options.refetch:
        yield
        return
    fd = _held(options.data, now())
    try:
        yield
    finally:
        os.close(fd)


def hold(options: CrawlOptions) -> CrawlOptions:
    """Keep other crawls off the data root until this process ends, and return *options*."""
    if options.data is not None and not options.refetch:
        _held(options.data, datetime.now(UTC))
    return options


def _held(data: Path, now: datetime) -> int:
    path = data / LOCK
    try:
        data.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        where = path if data.is_dir() else data
        raise CrawlError(f"{where}: {error.strerror}; choose a folder that can be written") from None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.truncate(fd, 0)
        os.pwrite(fd, f"pid {os.getpid()}, since {now:%Y-%m-%dT%H:%M:%SZ}\n".encode(), 0)
    except BlockingIOError:
        holder = one_line(os.pread(fd, MAX_HOLDER, 0).decode("utf-8", "replace")) or "just begun"
        os.close(fd)
        raise CrawlRunning(f"{data}: another crawl works here ({holder}); let it end, or stop it") from None
    except OSError as error:
        os.close(fd)
        raise CrawlError(f"{path}: cannot be locked ({error.strerror}); choose a folder on a local disk") from None
    return fd
