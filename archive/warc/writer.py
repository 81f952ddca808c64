"""Append whole records to WARC files, also if the process is killed or the disk full, and seal files that are full."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.files.errors import ArchiveError, cannot_read, cannot_write
from archive.files.layout import OPEN_SUFFIX, RAW_SUFFIX, raw_folder, stem, text_folder, text_name
from archive.files.lock import lock
from archive.files.whole import sync, sync_folder
from archive.warc.records import warcinfo


class Appender:
    """Writes one file as `<path>.open`, locked by this process, until `seal` gives it its name.

    Raises ArchiveError where the file cannot be created, and FileExistsError where the name is taken.
    """

    def __init__(self, path: Path, warcinfo_id: str, *, sync_seconds: float, now: Callable[[], datetime]) -> None:
        self.path, self.warcinfo_id, self._sync_seconds, self._now = path, warcinfo_id, sync_seconds, now
        self.opened = self._synced = now()
        self.size = self._safe = 0
        self._open_path = path.with_name(path.name + OPEN_SUFFIX)
        self._fd = _create(self._open_path)

    def append(self, data: bytes) -> int:
        """Write whole records with one system call, and return their offset. Raises ArchiveError if they do not fit."""
        # what was written of them is then removed, so that the file ends with a whole record
        offset = self.size
        try:
            if os.write(self._fd, data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self.size += len(data)
            if (self._now() - self._synced).total_seconds() >= self._sync_seconds:
                self.sync()
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._fd, offset)
            self.size = os.fstat(self._fd).st_size
            raise cannot_write(self._open_path, error) from error
        return offset

    def sync(self) -> None:
        """Put everything appended on the disk, unless it is there already."""
        if self.size != self._safe:
            sync(self._fd, data_only=True)
            self._safe = self.size
        self._synced = self._now()

    def seal(self, register: Callable[[Path], None]) -> None:
        """Give the finished file its name, and keep its lock while `register` enters it where sealed files are listed.

        A file without any record is removed instead.
        """
        try:
            try:
                if self.size:
                    sync(self._fd)
                    finish(self._open_path, self.path)
                else:
                    self._open_path.unlink()
            except OSError as error:
                raise cannot_write(self._open_path, error) from error
            if self.size:
                register(self.path)
        finally:
            os.close(self._fd)


@contextmanager
def claim(open_path: Path) -> Iterator[int | None]:
    """Lock an `.open` file that a killed process left, and yield its descriptor.

    Yields None while its writer lives, and where another process has recovered it.
    """
    fd = None
    try:
        with suppress(FileNotFoundError):
            fd = os.open(open_path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise cannot_write(open_path, error) from error
    try:
        yield fd if fd is not None and _locked(fd, open_path) else None
    finally:
        if fd is not None:
            os.close(fd)


def is_claimed(path: Path) -> bool:
    """Tell whether a process still writes a file, or seals it and has not registered it yet."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise cannot_read(path, error) from error
    try:
        return not lock(fd, shared=True)
    except OSError:
        return False  # without locks there is one writer, and nobody to wait for
    finally:
        os.close(fd)


def finish(open_path: Path, path: Path) -> None:
    """Give a complete file its name, and put the name on the disk."""
    if path.exists():
        raise ArchiveError(f"{path}: exists already beside {open_path.name}: move one of the two away")
    open_path.rename(path)
    sync_folder(path.parent)


def _create(open_path: Path) -> int:
    try:
        fd = os.open(open_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    except FileExistsError:
        raise
    except OSError as error:
        raise cannot_write(open_path, error) from error
    if not _locked(fd, open_path):
        # a recovery that started at the same moment takes the empty file for an abandoned one, and removes it
        os.close(fd)
        raise FileExistsError(open_path)
    try:
        sync_folder(open_path.parent)  # a record that is on the disk must be found there
    except OSError as error:
        os.close(fd)
        raise cannot_write(open_path, error) from error
    return fd


def _locked(fd: int, open_path: Path) -> bool:
    try:
        # another process may have renamed or removed the file before it was locked
        return lock(fd) and os.path.samestat(os.fstat(fd), open_path.stat())
    except FileNotFoundError:
        return False


@dataclass(frozen=True, slots=True)
class Limits:
    """When files are sealed, and how often they are put on the disk."""

    max_bytes: int = 10**9
    """WARC 1.1, annex C."""
    max_age_seconds: float = 24 * 3600
    """CC-NEWS closes its files after 1440 minutes."""
    sync_seconds: float = 1.0
    """A power cut may lose the last second of fetches; a killed process loses none. One sync took 0.29 ms (measured).
    With 0, every record is on the disk before it is reported as stored."""


DEFAULT_LIMITS = Limits()


class Outputs:
    """Opens and seals the two files that a collection writes: captures in one, texts in the other, under one stem.

    A file is opened when it is needed. Both are sealed when one is full or old: in a thread, while the next ones are
    written. `info` is what their warcinfo records say; `sealed` is called in the thread with the path of each sealed
    file, one after the other. Its error is raised where the next record is written, or by `seal`.
    """

    def __init__(
        self,
        root: Path,
        collection: str,
        info: Mapping[str, str],
        limits: Limits,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        sealed: Callable[[Path], None],
    ) -> None:
        self._root, self._collection, self._info, self._limits = root, collection, info, limits
        self._now, self._new_id, self._sealed = now, new_id, sealed
        self._token = new_id().replace("-", "")[-8:]
        self._serial = 0
        self._stem: str | None = None
        self._raw: Appender | None = None
        self._text: Appender | None = None
        self._sealer: ThreadPoolExecutor | None = None
        self._sealing: list[Future[None]] = []

    def raw(self) -> Appender:
        """Return the file for the next capture."""
        self._rotate()
        if self._raw is None:
            self._raw = self._open(raw_folder(self._root, self._collection), lambda stem: stem + RAW_SUFFIX)
        return self._raw

    def text(self) -> Appender:
        """Return the file for the next text."""
        self._rotate()
        if self._text is None:
            folder = text_folder(self._root, self._collection)
            self._text = self._open(folder, lambda stem: text_name(stem, self._info["rules-version"]))
        return self._text

    def sync(self) -> None:
        """Put everything written on the disk."""
        for appender in filter(None, (self._raw, self._text)):
            try:
                appender.sync()
            except OSError as error:
                raise cannot_write(appender.path, error) from error

    def seal(self) -> None:
        """Seal both files, and wait for those that are being sealed. The next record begins new ones."""
        self._hand_over()
        sealing, self._sealing = self._sealing, []
        with ExitStack() as all_of_them:  # where one cannot be sealed, the others are all the same
            if self._sealer is not None:
                all_of_them.callback(self._sealer.shutdown)
                self._sealer = None
            for future in reversed(sealing):
                all_of_them.callback(future.result)

    def _rotate(self) -> None:
        """Begin to seal both files if one of them is full or old. Raises what sealing earlier ones raised."""
        done = [future for future in self._sealing if future.done()]
        self._sealing = [future for future in self._sealing if future not in done]
        for future in done:
            future.result()
        for appender in filter(None, (self._raw, self._text)):
            age = (self._now() - appender.opened).total_seconds()
            if appender.size >= self._limits.max_bytes or age >= self._limits.max_age_seconds:
                self.sync()  # what `sync` promises holds of these files, too, which it does not know any more
                self._hand_over()
                return

    def _hand_over(self) -> None:
        """Let the thread seal both files."""
        appenders = [appender for appender in (self._raw, self._text) if appender is not None]
        self._raw = self._text = self._stem = None
        if appenders and self._sealer is None:
            self._sealer = ThreadPoolExecutor(1, thread_name_prefix="seal")
        for appender in appenders:
            assert self._sealer is not None
            self._sealing.append(self._sealer.submit(appender.seal, self._sealed))

    def _open(self, folder: Path, file_name: Callable[[str], str]) -> Appender:
        """Begin a file with its warcinfo record; under a new stem where the name is taken."""
        record_id = f"urn:uuid:{self._new_id()}"
        while True:
            if self._stem is None:
                self._stem = stem(self._collection, self._now(), self._serial, self._token)
                self._serial += 1
            path = folder / file_name(self._stem)
            try:
                appender = Appender(path, record_id, sync_seconds=self._limits.sync_seconds, now=self._now)
                break
            except FileExistsError:
                self._stem = None
        appender.append(warcinfo(record_id, appender.opened, path.name, self._info))
        return appender
