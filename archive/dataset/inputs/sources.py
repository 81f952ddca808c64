"""Cut inputs into shards, in an order that does not depend on the order of the inputs, and read the shards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from stat import S_ISDIR
from typing import NamedTuple

from archive.catalog.catalog import Catalog
from archive.dataset.inputs.pages import read_corpus, read_files, read_warc_shard
from archive.dataset.inputs.remote import here, shards_at
from archive.dataset.inputs.shards import Input, Shard
from archive.dataset.table.files import MANIFEST
from archive.dataset.table.options import Options, json_sha256
from archive.files.errors import ArchiveError, CannotReadError
from archive.files.layout import (
    CATALOG,
    RAW,
    check_name,
    collections_folder,
    is_collection,
    raw_files,
    raw_folder,
    root_of,
)
from archive.files.whole import sha256_of
from archive.readers.files import ENDINGS, Kind, files_in, kind_of, may_be, require_path
from archive.readers.rows import parquet_count, row_starts
from archive.rights.optouts import ONLY_HERE

FILES_A_SHARD = 500
ROWS_A_SHARD = 20_000
"""At 2 to 60 ms per page, a shard takes half a minute: little work is lost with one, and starting one costs little."""
KNOWN = (
    "a collection, .warc(.gz, .zst, .lz4), .arc(.gz), .wet(.gz), .wacz, a folder of HTML, .jsonl(.gz, .zst), .parquet "
    "or .txt(.gz)"
)


Tell = Callable[[ArchiveError], None]
"""Gets the error for each file and folder that the system refuses to read."""


def stop(error: ArchiveError) -> None:
    """Raise the error: nothing is read without what cannot be read."""
    raise error


def shards(inputs: Sequence[Path | str], options: Options, on_unreadable: Tell = stop) -> list[Shard]:
    """Return the numbered shards of all inputs, paths or URLs. Every byte of them is read once, for the hash.

    `on_unreadable` gets the error for each file and folder that the system refuses to read, which is left out. Where
    that is all there is, the first of these errors is raised, after all were told. Raises ArchiveError where an input
    does not exist or is empty, or where two files would have one name in the rows.
    """
    unreadable: list[ArchiveError] = []

    def tell(error: ArchiveError) -> None:
        unreadable.append(error)
        on_unreadable(error)

    planned = [shard for path in inputs for shard in _shards_of(path, options, tell)]
    if unreadable and not planned:
        raise unreadable[0]
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


def _shards_of(path: Path | str, options: Options, tell: Tell) -> Iterator[Shard]:
    if isinstance(path, str):
        yield from shards_at(path, partial(_of_files, options=options), FILES_A_SHARD, tell)
        return
    path = path.absolute()
    try:
        require_path(path, KNOWN)
    except CannotReadError as error:
        tell(error)
        return
    if not path.is_dir():
        kind = kind_of(path)
        if kind is None:
            raise ArchiveError(f"{path}: not a kind of file that datasets are built from: give {KNOWN}")
        yield from _of_files(kind, path.parent, [path], options, tell, alone=True)
        return
    collections = collections_of(path)
    for root, name in collections:
        try:
            captures = dict(captures_of(root, name))
        except CannotReadError as error:
            tell(error)
            continue
        for warc, sha256 in _hashed(captures, tell, "warc"):
            offsets, opt_outs = captures[warc]
            yield replace(_whole(warc, "warc", sha256), offsets=offsets, opt_outs=opt_outs)
    if not collections:
        yield from _of_folder(path, options, tell)


def _of_folder(folder: Path, options: Options, tell: Tell) -> Iterator[Shard]:
    unreadable: list[ArchiveError] = []
    found = files_in(folder, *ENDINGS, on_unreadable=lambda _, error: unreadable.append(error))
    for error in unreadable:
        tell(error)
    if _is_dataset(folder):
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
    if not (files or unreadable):
        raise ArchiveError(f"{folder}: nothing to read in this folder: give {KNOWN}")
    for kind, paths in files.items():
        yield from _of_files(kind, folder, paths, options, tell)


def _is_dataset(folder: Path) -> bool:
    with suppress(PermissionError):  # told where its files are read
        return (folder / MANIFEST).is_file() and (folder / "data").is_dir()
    return False


def _of_files(
    kind: Kind, folder: Path, paths: list[Path], options: Options, tell: Tell, *, alone: bool = False
) -> Iterator[Shard]:
    hashed = _hashed(paths, tell, kind)
    if kind in ("pages", "texts"):
        while some := list(islice(hashed, FILES_A_SHARD)):
            yield _some_files(kind, folder, some)
        return
    base = "" if alone else f"{folder.resolve().name}/"
    for path, sha256 in hashed:
        name = path.name if kind == "warc" else base + path.relative_to(folder).as_posix()
        shard = replace(_whole(path, kind, sha256), name=name)
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


def _hashed(paths: Iterable[Path], tell: Tell, kind: Kind) -> Iterator[tuple[Path, str]]:
    """Yield each file that can be read, with its hash. An empty WARC file is told as one that cannot be read."""
    for path in paths:
        try:
            sha256 = sha256_of(path)
        except CannotReadError as error:
            tell(error)
        else:
            if kind == "warc" and not path.stat().st_size:
                tell(CannotReadError(_empty(path)))
            else:
                yield path, sha256


def _some_files(kind: Kind, folder: Path, hashed: list[tuple[Path, str]]) -> Shard:
    hashes = [(path.relative_to(folder).as_posix(), sha256) for path, sha256 in hashed]
    size = sum(path.stat().st_size for path, _ in hashed)
    files = tuple(file for file, _ in hashes)
    return Shard(0, kind, folder.resolve().name, str(folder), size, json_sha256(hashes), files)


def _whole(path: Path, kind: Kind, sha256: str) -> Shard:
    if not path.stat().st_size:
        raise ArchiveError(_empty(path))
    return Shard(0, kind, path.name, str(path), path.stat().st_size, sha256)


def _empty(path: Path) -> str:
    return f"{path}: empty: get the file again, or leave it out"


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

_REREAD = "SELECT file, offset, opt_outs FROM capture WHERE collection = ? AND opt_outs LIKE ? ORDER BY file, offset"


def collections_of(path: Path) -> list[tuple[Path, str]]:
    """Return data root and name of each collection that a folder is or contains; empty for any other folder."""
    try:
        if is_collection(path) and (root := root_of(path.resolve().parent)):
            return [(root, path.resolve().name)]
        if not collections_folder(path).is_dir():
            return []
        # no glob, which passes over a folder that it may not enter
        folders = sorted(collections_folder(path).iterdir())
    except PermissionError:
        return []  # who reads the folder tells that it cannot be entered
    return [(path, folder.name) for folder in folders if may_be(S_ISDIR, folder / RAW)]


class Chosen(NamedTuple):
    """What the catalog tells of the captures in a WARC file: `Shard.offsets` and `Shard.opt_outs`."""

    offsets: tuple[int, ...] | None
    opt_outs: tuple[tuple[str, tuple[int, ...]], ...]


def captures_of(root: Path, name: str) -> Iterator[tuple[Path, Chosen]]:
    """Yield the WARC files of a collection with the captures that have a stored text, and their opt-outs read anew.

    Where no text is stored at all, as after an import without cleaning, every page may be an article.
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
    reread: dict[str, dict[str, list[int]]] = {}
    with Catalog(root / CATALOG) as catalog:
        for row in catalog.query(_ARTICLES, name):
            places.setdefault(row["file"], []).append(row["offset"])
        for row in catalog.query(_REREAD, name, f'%"{ONLY_HERE}"%'):
            reread.setdefault(row["file"], {}).setdefault(row["opt_outs"], []).append(row["offset"])
    for path in paths:
        # most pages of a site have the same ones
        opt_outs = tuple((stated, tuple(offsets)) for stated, offsets in reread.get(path.name, {}).items())
        yield path, Chosen(tuple(places.get(path.name, ())) if places else None, opt_outs)
