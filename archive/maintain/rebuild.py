"""Rebuild catalog, indexes and manifests from the WARC and text files alone, then replace the old ones."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.catalog import manifest
from archive.catalog.catalog import Catalog
from archive.catalog.cdxj import SUFFIX, index_path, write_index
from archive.catalog.rows import Unread, rows_of
from archive.catalog.sealed import collections, has_lost_catalog, is_text, name_in, sealed_files
from archive.files.errors import ArchiveError, cannot_write
from archive.files.layout import CATALOG, OPEN_SUFFIX, TEXT_SUFFIX, collection_folder, locate, text_folder
from archive.files.lock import alone
from archive.files.whole import put_in_place, sha256_of
from archive.maintain.file_check import RECOVER
from archive.maintain.findings import Finding
from archive.maintain.recover import recover
from archive.warc.scan import Damage, whole_records

_NEW = CATALOG + ".new"
RESTORE = "restore it from a copy and run this again"
AGAIN = ", or clean its pages again with `pressclip archive reclean`"
_SIDES = ("-wal", "-shm", "-journal")


class Rebuilder:
    """Rebuilds the derived files of a data root. Afterwards `files`, `captures` and `texts` count what was entered."""

    def __init__(self, root: Path, *, on_progress: Callable[[str], None] = lambda name: None) -> None:
        """`on_progress` gets the name of each file."""
        self.files = self.captures = self.texts = 0
        self._root, self._on_progress = root, on_progress

    def findings(self) -> Iterator[Finding]:
        """Rebuild, and yield a finding for all that is left out, and for each file that the old manifest does not fit.

        Left out are damage, records that cannot be read, and files that are gone, which are told this once. Everything
        is in place after the last finding. Raises ArchiveError where another process writes here.
        """
        names = collections(self._root)
        with alone(self._root):
            _remove(self._root / _NEW)
            with Catalog(self._root / _NEW, create=True) as catalog:
                lines = {}
                for name in names:
                    recover(self._root, name, catalog)
                    lines[name] = yield from self._collection(name, catalog)
            _replace_catalog(self._root / _NEW, self._root / CATALOG)
            for name, collection_lines in lines.items():
                manifest.replace(collection_folder(self._root, name), collection_lines)

    def _collection(self, collection: str, catalog: Catalog) -> Generator[Finding, None, list[str]]:
        hashes, _ = manifest.read(collection_folder(self._root, collection))
        files = sealed_files(self._root, collection)
        present = {name_in(path) for path in files}
        for name in sorted((hashes.keys() | self._known(collection)) - present):
            advice = AGAIN if name.startswith("text/") else ""
            where = f"collections/{collection}/{name}"
            yield Finding(where, None, None, f"is gone, its records are left out: {RESTORE}{advice}")
        wanted = {index_path(path) for path in files if not is_text(path)}
        lines = []
        for path in files:
            self._on_progress(path.name)
            self.files += 1
            where = path.relative_to(self._root).as_posix()
            damages: list[Damage] = []
            unread = Unread(path.name)
            try:
                self._enter(path, collection, catalog, damages, unread)
            except ArchiveError as error:
                yield Finding(where, 0, None, str(error).removeprefix(f"{path}: "))
            for damage in damages:
                yield Finding(where, damage.offset, None, f"{damage.length} bytes damaged: {damage.reason}: {RECOVER}")
            for offset, url, reason in unread.reasons():
                yield Finding(where, offset, url, f"{reason}: left out")
            sha256 = sha256_of(path)
            if hashes.get(name_in(path), sha256) != sha256:
                yield Finding(where, None, None, "its sha256 is not the old manifest's: entered as it is now")
            if not is_text(path):
                write_index(path, damaged=bool(damages))
            catalog.add_file(collection, path.name, path.stat().st_size, sha256)
            lines.append(manifest.line(path, sha256))
        for stale in (collection_folder(self._root, collection) / "indexes").glob(f"*{SUFFIX}"):
            if stale not in wanted:
                stale.unlink()
        return lines

    def _known(self, collection: str) -> set[str]:
        """Return the files that the old catalog knows, as the manifest names them; none where it cannot be read."""
        with suppress(ArchiveError), Catalog(self._root / CATALOG) as old:
            return {f"{'text' if name.endswith(TEXT_SUFFIX) else 'archive'}/{name}" for name in old.files(collection)}
        return set()

    def _enter(self, path: Path, collection: str, catalog: Catalog, damages: list[Damage], unread: Unread) -> None:
        records = unread.passing(whole_records(path, damages))
        for row, text in rows_of(path, collection, path.name, items=records):
            catalog.add(row, text)
            unread.has_row(row)
            self.texts += is_text(path)
            self.captures += not is_text(path)


def _replace_catalog(new: Path, path: Path) -> None:
    try:
        if path.exists():
            with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as old:
                old.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # so that the old one is whole without its side files
        _remove(path, sides_only=True)
        put_in_place(new, path)
    except OSError as error:
        raise cannot_write(path, error) from error


def _remove(path: Path, *, sides_only: bool = False) -> None:
    for name in [path.name + side for side in _SIDES] + ([] if sides_only else [path.name]):
        path.with_name(name).unlink(missing_ok=True)


def remove_unfinished(root: Path) -> None:
    """Remove what a killed rebuild left; for a writer, whose share of the data root keeps a living one out."""
    try:
        _remove(root / _NEW)
    except OSError as error:
        raise cannot_write(root / _NEW, error) from error


log = logging.getLogger(__name__)


def file_names(folder: Path, suffix: str) -> list[str]:
    """Return the names of the files that end with `suffix`, also of those still being written, oldest first."""
    # open ones first: a file that is sealed meanwhile must not be missed
    paths = [path for end in (OPEN_SUFFIX, "") for path in folder.glob(f"*{suffix}{end}")]
    return sorted({path.name.removesuffix(OPEN_SUFFIX) for path in paths})


@contextmanager
def readable_catalog(root: Path, name: str) -> Iterator[Catalog]:
    """Open the catalog; if it is missing, a temporary one with the texts of the collection."""
    if (root / CATALOG).is_file():
        with Catalog(root / CATALOG) as catalog:
            yield catalog
        return
    with TemporaryDirectory(prefix="pressclip-") as folder, Catalog(Path(folder) / CATALOG, create=True) as catalog:
        for file in file_names(text_folder(root, name), TEXT_SUFFIX):
            for row, text in rows_of(locate(text_folder(root, name), file), name, file):
                catalog.add(row, text)
        yield catalog


def complete_catalog(root: Path) -> None:
    """Rebuild a lost catalog before writing to it, so that a partial one is never mistaken for complete."""
    if has_lost_catalog(root):
        for finding in Rebuilder(root).findings():
            log.warning("%s", finding)
