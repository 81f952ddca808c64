"""Rebuild catalog, indexes and manifests from the WARC and text files alone. The old ones stay until that is done."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.catalog import manifest
from archive.catalog.catalog import Catalog
from archive.catalog.cdxj import SUFFIX, index_path, write_index
from archive.catalog.rows import ArticleRow, CaptureRow
from archive.catalog.sealed import collections, is_text, name_in, sealed_files
from archive.files.errors import ArchiveError, cannot_write
from archive.files.layout import CATALOG, OPEN_SUFFIX, TEXT_SUFFIX, locate, text_folder
from archive.files.lock import alone
from archive.files.whole import put_in_place, sha256_of
from archive.maintain.file_check import RECOVER
from archive.maintain.findings import Finding
from archive.maintain.recover import enter_file, recover
from archive.warc.reader import read_exchanges
from archive.warc.records import read_texts
from archive.warc.scan import Damage, Record, scan

_NEW = CATALOG + ".new"
_SIDES = ("-wal", "-shm", "-journal")


class Rebuilder:
    """Rebuilds the derived files of a data root. Afterwards `files`, `captures` and `texts` count what was entered."""

    def __init__(self, root: Path, *, on_progress: Callable[[str], None] = lambda name: None) -> None:
        """`on_progress` gets the name of each file."""
        self.files = self.captures = self.texts = 0
        self._root, self._on_progress = root, on_progress

    def findings(self) -> Iterator[Finding]:
        """Rebuild, and yield the files that are damaged or not the ones in the old manifest.

        Everything is in place after the last finding. Raises ArchiveError where another process writes here.
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
            for name, collection_lines in lines.items():
                manifest.replace(self._root / "collections" / name, collection_lines)

    def _collection(self, collection: str, catalog: Catalog) -> Generator[Finding, None, list[str]]:
        hashes, _ = manifest.read(self._root / "collections" / collection)
        files = sealed_files(self._root, collection)
        wanted = {index_path(path) for path in files if not is_text(path)}
        lines = []
        for path in files:
            self._on_progress(path.name)
            self.files += 1
            where = path.relative_to(self._root).as_posix()
            damages: list[Damage] = []
            try:
                self._enter(path, collection, catalog, damages)
            except ArchiveError as error:
                yield Finding(where, 0, None, str(error).removeprefix(f"{path}: "))
            for damage in damages:
                yield Finding(where, damage.offset, None, f"{damage.length} bytes damaged: {damage.reason}: {RECOVER}")
            sha256 = sha256_of(path)
            if hashes.get(name_in(path), sha256) != sha256:
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
            for exchange in read_exchanges(path, items=items):
                catalog.add_capture(CaptureRow.of(exchange, collection, path.name))
                self.captures += 1


def _whole(path: Path, damages: list[Damage]) -> Iterator[Record]:
    for item in scan(path):
        if isinstance(item, Damage):
            damages.append(item)
        else:
            yield item


def _exchange(new: Path, path: Path) -> None:
    """Replace the old catalog by the new one."""
    try:
        if path.exists():
            with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as old:
                old.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # until the next step the old one stays whole
        _remove(path, sides_only=True)
        put_in_place(new, path)
    except OSError as error:
        raise cannot_write(path, error) from error


def _remove(path: Path, *, sides_only: bool = False) -> None:
    for name in [path.name + side for side in _SIDES] + ([] if sides_only else [path.name]):
        path.with_name(name).unlink(missing_ok=True)


log = logging.getLogger(__name__)


def file_names(folder: Path, suffix: str) -> list[str]:
    """Return the names of the files that end with *suffix*, also while they are being written, oldest first."""
    paths = [path for end in ("", OPEN_SUFFIX) for path in folder.glob(f"*{suffix}{end}")]
    return sorted({path.name.removesuffix(OPEN_SUFFIX) for path in paths})


@contextmanager
def readable_catalog(root: Path, name: str) -> Iterator[Catalog]:
    """Give the catalog; if it is missing, a temporary one with the texts of the collection."""
    known = (root / CATALOG).is_file()
    place = nullcontext(str(root)) if known else TemporaryDirectory(prefix="pressclip-")
    with place as folder, Catalog(Path(folder) / CATALOG, create=not known) as catalog:
        if not known:
            for file in file_names(text_folder(root, name), TEXT_SUFFIX):
                enter_file(locate(text_folder(root, name), file), file, name, catalog)
        yield catalog


def complete_catalog(root: Path) -> None:
    """Rebuild a missing catalog before writing to it, so that a partial one is never mistaken for complete."""
    if not (root / CATALOG).is_file():
        for finding in Rebuilder(root).findings():
            log.warning("%s", finding)
