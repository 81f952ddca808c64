"""Verify that each record is intact, and that files, manifest, catalog and indexes agree, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from archive.catalog import manifest
from archive.catalog.catalog import Catalog
from archive.catalog.cdxj import SUFFIX, index_path
from archive.catalog.sealed import collections, is_text, name_in, sealed_files
from archive.files.errors import ArchiveError
from archive.files.layout import CATALOG, OPEN_SUFFIX, TEXT_SUFFIX, collection_folder, raw_folder, text_folder
from archive.files.whole import sha256_of
from archive.maintain.file_check import REBUILD, RECOVER, Inventory
from archive.maintain.findings import Finding
from archive.maintain.recover import TAIL_SUFFIX
from archive.warc.writer import claim, is_claimed

MAX_FINDINGS = 1000
"""The most findings listed for one file: a ruined file must not fill the screen."""
_ROWS = """
SELECT file, count(*) AS rows FROM capture WHERE collection = ?1 GROUP BY file
UNION ALL SELECT file, count(*) AS rows FROM article WHERE collection = ?1 GROUP BY file
"""


class Verifier:
    """Checks the collections of a data root. Afterwards `files` and `records` are how many were read."""

    def __init__(
        self, root: Path, *, full: bool = False, on_progress: Callable[[str], None] = lambda name: None
    ) -> None:
        """`full` also indexes every file again and has SQLite check its own; `on_progress` gets each file's name."""
        self.files = self.records = 0
        self._root, self._full, self._on_progress = root, full, on_progress
        self._catalog: Catalog | None = None

    def findings(self, only: str | None = None) -> Iterator[Finding]:
        """Yield what is wrong with one collection, or with all."""
        names = collections(self._root, only)
        try:
            self._catalog = Catalog(self._root / CATALOG)
        except ArchiveError as error:
            yield self._about_catalog(str(error))
        try:
            for name in names:
                yield from self._collection(name)
            if self._catalog and self._full:
                for row in self._catalog.query("PRAGMA integrity_check"):
                    if row[0] != "ok":
                        yield self._about_catalog(f"{row[0]}: {REBUILD}")
        except ArchiveError as error:
            yield self._about_catalog(str(error))
        finally:
            if self._catalog:
                self._catalog.close()

    def _about_catalog(self, problem: str) -> Finding:
        return Finding(CATALOG, None, None, problem.removeprefix(f"{self._root / CATALOG}: "))

    def _collection(self, collection: str) -> Iterator[Finding]:
        folder = collection_folder(self._root, collection)
        files = sealed_files(self._root, collection)
        hashes, bad = manifest.read(folder)
        listed = self._catalog.files(collection) if self._catalog else None
        for number in bad:
            yield self._finding(folder / manifest.MANIFEST, f"line {number} is damaged: {REBUILD}")
        for name in sorted(hashes.keys() - {name_in(path) for path in files}):
            if not (folder / name).exists():  # a file that exists was sealed since the files were listed
                problem = f"is in the manifest, but gone: restore it from a copy, or {REBUILD}"
                yield self._finding(folder / name, problem)
        yield from self._strangers(collection)
        yield from self._gone(collection, {path.name for path in files} | {name.split("/")[1] for name in hashes})
        for path in files:
            if name_in(path) not in hashes:
                if is_claimed(path):
                    continue  # its writer is registering it
                # it may have been registered since the manifest was read
                now, _ = manifest.read(folder)
                if sha256 := now.get(name_in(path)):
                    hashes[name_in(path)] = sha256
                    listed = self._catalog.files(collection) if self._catalog else None
            self._on_progress(path.name)
            self.files += 1
            yield from self._file(path, collection, hashes.get(name_in(path)), listed)

    def _file(
        self, path: Path, collection: str, sha256: str | None, listed: dict[str, tuple[int, str]] | None
    ) -> Iterator[Finding]:
        digest = sha256_of(path)
        row = listed.get(path.name) if listed is not None else None
        if sha256 is None:
            yield self._finding(path, "is not in the manifest: run `pressclip archive recover` if it belongs here")
        elif digest != sha256:
            yield self._finding(path, f"its sha256 is not the manifest's: {RECOVER}")
        if listed is not None and row is None:
            yield self._finding(path, f"the catalog does not know this file: {REBUILD}")
        elif row and row != (path.stat().st_size, digest):
            yield self._finding(path, f"its size or sha256 is not the catalog's: {RECOVER}; then {REBUILD}")
        changed = sha256 not in (None, digest) or (row is not None and row[1] != digest)
        inventory = Inventory(path, self._name(path), collection, self._catalog)
        findings = inventory.findings(changed=changed, full=self._full)
        yield from islice(findings, MAX_FINDINGS)
        if next(findings, None):
            yield self._finding(path, f"more than {MAX_FINDINGS:,} findings: the rest is not listed")
        self.records += inventory.records

    def _strangers(self, collection: str) -> Iterator[Finding]:
        """Yield the files that do not belong into the folders, and those that a killed process left."""
        raw, text = raw_folder(self._root, collection), text_folder(self._root, collection)
        found = sorted([*raw.glob("*"), *text.glob("*")])
        found_indexes = sorted((raw.parent / "indexes").glob(f"*{SUFFIX}"))
        files = set(sealed_files(self._root, collection))  # afterwards: a writer seals its file meanwhile
        for path in found:
            if path.name.endswith(OPEN_SUFFIX):
                if _has_bytes(path):
                    with claim(path) as fd:
                        if fd is not None:
                            yield self._finding(path, "a killed process left it: run `pressclip archive recover`")
            elif path not in files and not path.name.endswith(TAIL_SUFFIX):
                yield self._finding(path, "is no file of this archive: move it away")
        indexes = {index_path(path) for path in files if not is_text(path)}
        for path in found_indexes:
            if path not in indexes:
                yield self._finding(path, f"is the index of no file here: {REBUILD}")

    def _gone(self, collection: str, known: set[str]) -> Iterator[Finding]:
        """Yield the files that only the catalog has."""
        if self._catalog is None:
            return
        folders = (raw_folder(self._root, collection), text_folder(self._root, collection))
        counts = {row["file"]: row["rows"] for row in self._catalog.query(_ROWS, collection)}
        for name in sorted((counts.keys() | self._catalog.files(collection).keys()) - known):
            if not any((folder / (name + end)).exists() for folder in folders for end in (OPEN_SUFFIX, "")):
                problem = f"is in the catalog ({counts.get(name, 0)} rows), but gone: restore it, or {REBUILD}"
                yield self._finding(folders[name.endswith(TEXT_SUFFIX)] / name, problem)

    def _finding(self, path: Path, problem: str) -> Finding:
        return Finding(self._name(path), None, None, problem)

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()


def _has_bytes(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False  # its writer has sealed it
