"""Catalog, indexes and manifests from the WARC and text files alone; what is in place stays until the new is whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from pathlib import Path

from archive import manifest
from archive.catalog import Catalog
from archive.errors import ArchiveError, cannot_write
from archive.findings import Finding
from archive.indexes import SUFFIX, index_path, write_index
from archive.inventory import RECOVER
from archive.layout import CATALOG
from archive.lock import alone
from archive.recovery import recover
from archive.rows import ArticleRow, CaptureRow
from archive.sealed import collections, is_text, name_in, sealed_files
from archive.texts import read_texts
from archive.warc.reader import read_exchanges
from archive.warc.scan import Damage, Record, scan

_NEW = CATALOG + ".new"
_SIDES = ("-wal", "-shm", "-journal")


class Rebuilder:
    """Builds the derived files of a whole data root; afterwards `files`, `captures` and `texts` say how many."""

    def __init__(self, root: Path, *, seen: Callable[[str], None] = lambda name: None) -> None:
        """`seen` is told each file that is read."""
        self.files = self.captures = self.texts = 0
        self._root, self._seen = root, seen

    def findings(self) -> Iterator[Finding]:
        """Build, and yield what is damaged, or another file than the manifest so far says.

        All is in place when the last one has come. Raises ArchiveError where another process writes here.
        """
        names = collections(self._root)
        with alone(self._root):
            _remove(self._root / _NEW)
            with Catalog(self._root / _NEW, create=True) as catalog:
                lines = {}
                for name in names:
                    recover(self._root, name, catalog)
                    lines[name] = yield from self._collection(name, catalog)
            _exchange(self._root / _NEW, self._root / CATALOG)
            for name, found in lines.items():
                manifest.replace(self._root / "collections" / name, found)

    def _collection(self, collection: str, catalog: Catalog) -> Generator[Finding, None, list[str]]:
        said, _ = manifest.read(self._root / "collections" / collection)
        files = sealed_files(self._root, collection)
        wanted = {index_path(path) for path in files if not is_text(path)}
        lines = []
        for path in files:
            self._seen(path.name)
            self.files += 1
            where = path.relative_to(self._root).as_posix()
            damages: list[Damage] = []
            try:
                self._enter(path, collection, catalog, damages)
            except ArchiveError as error:
                yield Finding(where, 0, None, str(error).removeprefix(f"{path}: "))
            for damage in damages:
                yield Finding(where, damage.offset, None, f"{damage.length} bytes damaged: {damage.reason}: {RECOVER}")
            sha256 = manifest.sha256_of(path)
            if said.get(name_in(path), sha256) != sha256:
                yield Finding(where, None, None, "is another file than the manifest so far said: now entered as it is")
            if not is_text(path):
                write_index(path, damaged=bool(damages))
            catalog.add_file(collection, path.name, path.stat().st_size, sha256)
            lines.append(manifest.line(path, sha256))
        for stale in (self._root / "collections" / collection / "indexes").glob(f"*{SUFFIX}"):
            if stale not in wanted:
                stale.unlink()
        return lines

    def _enter(self, path: Path, collection: str, catalog: Catalog, damages: list[Damage]) -> None:
        items = _whole(path, damages)
        if is_text(path):
            for text in read_texts(path, items=items):
                catalog.add_article(ArticleRow.of(text, collection, path.name), text.text)
                self.texts += 1
        else:
            for found in read_exchanges(path, items=items):
                catalog.add_capture(CaptureRow.of(found, collection, path.name))
                self.captures += 1


def _whole(path: Path, damages: list[Damage]) -> Iterator[Record]:
    for item in scan(path):
        if isinstance(item, Damage):
            damages.append(item)
        else:
            yield item


def _exchange(new: Path, path: Path) -> None:
    """Put the new catalog in the old one's place."""
    try:
        if path.exists():
            with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as old:
                old.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # until the next step the old one stays whole
        _remove(path, sides_only=True)
        new.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error


def _remove(path: Path, *, sides_only: bool = False) -> None:
    for name in [path.name + side for side in _SIDES] + ([] if sides_only else [path.name]):
        path.with_name(name).unlink(missing_ok=True)
