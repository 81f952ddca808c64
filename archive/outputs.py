"""The two files that a collection is writing: captures in one, their texts in the other, under one stem."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.errors import cannot_write
from archive.layout import RAW_SUFFIX, raw_folder, stem, text_folder, text_name
from archive.warc.records import CONFORMS_TO, warcinfo
from archive.warc.writer import Appender


@dataclass(frozen=True, slots=True)
class Origin:
    """Who writes: what every file's warcinfo record says."""

    software: str
    rules_version: str
    info: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """When files are closed and put on the disk."""

    max_bytes: int
    max_age_seconds: float
    sync_seconds: float


@dataclass(frozen=True, slots=True)
class Output:
    """A file being written, and the id of its warcinfo record."""

    appender: Appender
    warcinfo_id: str

    @property
    def file(self) -> str:
        """The name it will have when it is sealed."""
        return self.appender.path.name


class Outputs:
    """Opens files when they are needed and seals both when one is full or old, so that they keep one stem.

    `sealed` is called with the path of each file that is finished.
    """

    def __init__(
        self,
        root: Path,
        collection: str,
        origin: Origin,
        limits: Limits,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        sealed: Callable[[Path], None],
    ) -> None:
        self._root = root
        self._collection = collection
        self._origin = origin
        self._limits = limits
        self._now = now
        self._new_id = new_id
        self._sealed = sealed
        self._token = new_id().replace("-", "")[-8:]
        self._serial = 0
        self._stem: str | None = None
        self._raw: Output | None = None
        self._text: Output | None = None

    def raw(self) -> Output:
        """Return the file for the next capture."""
        self._rotate()
        if self._raw is None:
            self._raw = self._open(raw_folder(self._root, self._collection), lambda stem: stem + RAW_SUFFIX)
        return self._raw

    def text(self) -> Output:
        """Return the file for the next text."""
        self._rotate()
        if self._text is None:
            folder = text_folder(self._root, self._collection)
            self._text = self._open(folder, lambda stem: text_name(stem, self._origin.rules_version))
        return self._text

    def sync(self) -> None:
        """Return when everything written is on the disk."""
        for output in (self._raw, self._text):
            if output:
                try:
                    output.appender.sync()
                except OSError as error:
                    raise cannot_write(output.appender.path, error) from error

    def seal(self) -> None:
        """Finish both files; the next record begins new ones."""
        outputs = (self._raw, self._text)
        self._raw = self._text = self._stem = None
        for output in outputs:
            if output:
                self._sealed(output.appender.seal())

    def _rotate(self) -> None:
        if any(output and self._is_due(output.appender) for output in (self._raw, self._text)):
            self.seal()

    def _is_due(self, appender: Appender) -> bool:
        age = (self._now() - appender.opened).total_seconds()
        return appender.size >= self._limits.max_bytes or age >= self._limits.max_age_seconds

    def _open(self, folder: Path, file_name: Callable[[str], str]) -> Output:
        while True:
            if self._stem is None:
                self._stem = stem(self._collection, self._now(), self._serial, self._token)
                self._serial += 1
            path = folder / file_name(self._stem)
            try:
                appender = Appender(path, sync_seconds=self._limits.sync_seconds, now=self._now)
                break
            except FileExistsError:
                self._stem = None
        record_id = f"urn:uuid:{self._new_id()}"
        appender.append(warcinfo(record_id, appender.opened, path.name, self._warcinfo()))
        return Output(appender, record_id)

    def _warcinfo(self) -> dict[str, str]:
        return {
            "software": self._origin.software,
            "format": "WARC File Format 1.1",
            "conformsTo": CONFORMS_TO,
            "isPartOf": self._collection,
            "hostname": socket.gethostname(),
            "rules-version": self._origin.rules_version,
        } | dict(self._origin.info)
