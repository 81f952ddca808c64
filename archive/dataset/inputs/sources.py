"""Cut inputs into shards, in an order that does not depend on the order of the inputs, and read the shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from archive.catalog.catalog import Catalog
from archive.dataset.inputs.pages import read_corpus, read_files, read_warc_shard
from archive.dataset.inputs.remote import here, shards_at
from archive.dataset.inputs.shards import Input, Shard
from archive.dataset.table.files import MANIFEST
from archive.dataset.table.options import Options, json_sha256
from archive.files.errors import ArchiveError
from archive.files.layout import CATALOG, check_name, raw_files, raw_folder
from archive.files.whole import sha256_of
from archive.readers.files import ENDINGS, Kind, files_in, kind_of, require_path
from archive.readers.rows import parquet_count, row_starts

FILES_A_SHARD = 500
ROWS_A_SHARD = 20_000
"""At 2 to 60 ms per page, a shard takes half a minute: little work is lost with one, and starting one costs little."""
KNOWN = "a collection, .warc(.gz), a folder of HTML, .jsonl(.gz, .zst), .parquet or .txt(.gz)"


def shards(inputs: Sequence[Path | str], options: Options) -> list[Shard]:
    """Return the numbered shards of all inputs, paths or URLs. Every byte of them is read once, for the hash.

    Raises ArchiveError where an input cannot be read or is empty, or where two files would have one name in the rows.
    """
    planned = [shard for path in inputs for shard in _shards_of(path, options)]
    planned.sort(key=lambda shard: (shard.name, shard.files, shard.first))
    _refuse_same_names(planned)
    if not planned:
        raise ArchiveError(f"{', '.join(map(str, inputs))}: nothing to read: give {KNOWN}")
    return [replace(shard, number=number) for number, shard in enumerate(planned)]


def read(shard: Shard, options: Options) -> Iterator[Input]:
    """Yield the pages of a shard, in the order of the source. A shard at a URL is copied first."""
    with here(shard) as local:
        match local.kind:
            case "warc":
                yield from read_warc_shard(local)
            case "pages" | "texts":
                yield from read_files(local)
            case _:
                yield from read_corpus(local, options.text_column)


def _shards_of(path: Path | str, options: Options) -> Iterator[Shard]:
    if isinstance(path, str):
        yield from shards_at(path, partial(_of_files, options=options), FILES_A_SHARD)
        return
    path = path.absolute()
    require_path(path, KNOWN)
    if not path.is_dir():
        kind = kind_of(path)
        if kind is None:
            raise ArchiveError(f"{path}: not a kind of file that datasets are built from: give {KNOWN}")
        yield from _of_files(kind, path.parent, [path], options, alone=True)
        return
    collections = collections_of(path)
    for root, name in collections:
        for warc, offsets in captures_of(root, name):
            yield replace(_whole(warc, "warc"), offsets=offsets)
    if not collections:
        yield from _of_folder(path, options)


def _of_folder(folder: Path, options: Options) -> Iterator[Shard]:
    found = files_in(folder, *ENDINGS)
    if (folder / MANIFEST).is_file() and (folder / "data").is_dir():
        raise ArchiveError(f"{folder}: a dataset: give {folder / 'data'} to build from its texts")
    files: dict[Kind, list[Path]] = {}
    for file in found:
        if kind := kind_of(file):
            files.setdefault(kind, []).append(file)
    if len(files) > 1:
        examples = ", ".join(str(paths[0].relative_to(folder)) for paths in files.values())
        raise ArchiveError(
            f"{folder}: holds several kinds of input ({examples}): give a folder of one kind, or the files"
        )
    if not files:
        raise ArchiveError(f"{folder}: nothing to read in this folder: give {KNOWN}")
    for kind, paths in files.items():
        yield from _of_files(kind, folder, paths, options)


def _of_files(kind: Kind, folder: Path, paths: list[Path], options: Options, *, alone: bool = False) -> Iterator[Shard]:
    if kind in ("pages", "texts"):
        for first in range(0, len(paths), FILES_A_SHARD):
            yield _some_files(kind, folder, paths[first : first + FILES_A_SHARD])
        return
    base = "" if alone else f"{folder.resolve().name}/"
    for path in paths:
        name = path.name if kind == "warc" else base + path.relative_to(folder).as_posix()
        shard = replace(_whole(path, kind), name=name)
        yield from _parts(shard, path, options) if kind in ("jsonl", "parquet") else (shard,)


def _parts(shard: Shard, path: Path, options: Options) -> Iterator[Shard]:
    """Yield the shards of a corpus."""
    is_parquet = shard.kind == "parquet"
    starts, rows = ([], parquet_count(path, options.text_column)) if is_parquet else row_starts(path, ROWS_A_SHARD)
    if not rows:
        raise ArchiveError(f"{path}: no row in it: give {KNOWN}")
    for first in range(0, rows, ROWS_A_SHARD):
        at = starts[first // ROWS_A_SHARD] if starts else 0
        yield replace(shard, first=first, rows=min(ROWS_A_SHARD, rows - first), at=at)


def _some_files(kind: Kind, folder: Path, paths: list[Path]) -> Shard:
    files = tuple(path.relative_to(folder).as_posix() for path in paths)
    hashes = [sha256_of(path) for path in paths]
    size = sum(path.stat().st_size for path in paths)
    sha256 = json_sha256(list(zip(files, hashes, strict=True)))
    return Shard(0, kind, folder.resolve().name, str(folder), size, sha256, files)


def _whole(path: Path, kind: Kind) -> Shard:
    if not path.stat().st_size:
        raise ArchiveError(f"{path}: empty: get the file again, or leave it out")
    return Shard(0, kind, path.name, str(path), path.stat().st_size, sha256_of(path))


def _refuse_same_names(planned: list[Shard]) -> None:
    """Raise ArchiveError for two files with one name: their rows would have the same ids."""
    paths: dict[tuple[str, str, int], str] = {}
    for shard in planned:
        for file in shard.files or ("",):
            if (before := paths.setdefault((shard.name, file, shard.first), shard.path)) is not shard.path:
                name = f"{shard.name}/{file}" if file else shard.name
                raise ArchiveError(
                    f"{shard.path}: its rows would be called {name}, like those of {before}: give each input once, "
                    "or rename one"
                )


_ARTICLES = """SELECT DISTINCT capture.file, capture.offset FROM capture JOIN article
    ON article.capture_id = capture.record_id WHERE capture.collection = ? ORDER BY 1, 2"""


def collections_of(path: Path) -> list[tuple[Path, str]]:
    """Return data root and name of each collection that a folder is or contains; empty for any other folder."""
    try:
        if (path / "archive").is_dir() and path.resolve().parent.name == "collections":
            return [(path.resolve().parent.parent, path.resolve().name)]
        if not (path / "collections").is_dir():
            return []
    except PermissionError:
        return []  # who reads the folder tells that it cannot be entered
    return [(path, folder.parent.name) for folder in sorted((path / "collections").glob("*/archive"))]


def captures_of(root: Path, name: str) -> Iterator[tuple[Path, tuple[int, ...] | None]]:
    """Yield the WARC files of a collection with the offsets of the captures that have a stored text.

    Where no text is stored at all, as after an import without cleaning, every page may be an article (None).
    """
    folder = raw_folder(root, check_name(name))
    paths, unfinished = raw_files(folder)
    if unfinished:
        raise ArchiveError(
            f"{unfinished[0]}: still being written: wait for the end of the crawl, or run `pressclip archive recover`"
        )
    if not paths:
        raise ArchiveError(f"{folder}: no WARC file in it: crawl first, or give another collection")
    if not (root / CATALOG).is_file():
        # what counts as an article must not depend on whether a derived file exists
        raise ArchiveError(f"{root / CATALOG}: the catalog is missing: run `pressclip archive rebuild --data {root}`")
    places: dict[str, list[int]] = {}
    with Catalog(root / CATALOG) as catalog:
        for row in catalog.query(_ARTICLES, name):
            places.setdefault(row["file"], []).append(row["offset"])
    for path in paths:
        yield path, tuple(places.get(path.name, ())) if places else None
