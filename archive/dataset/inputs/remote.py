"""List, copy and publish whole files at URLs that fsspec can reach (`s3://`, `gs://`, `file://`).

WARC files are read by offset and duckdb needs files, so an input at a URL is copied first, and an output is published
when it is finished. The copies are temporary.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Any, cast

from archive.dataset.inputs.shards import Shard
from archive.files.errors import ArchiveError, cannot_write
from archive.files.extras import how_to_install
from archive.files.whole import whole_file
from archive.readers.files import kind_of

AT_ONCE = 8 << 20
"""Bytes per read: S3 charges per request, and parts of a multipart upload have at least 5 MiB."""
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "adl", "oss", "oci"})
"""Protocols of stores where an upload appears when it is complete, and where a rename copies all bytes."""


def is_url(place: str) -> bool:
    """Tell whether a place is a URL for fsspec, not a path of this machine.

    >>> is_url("s3://corpora/news"), is_url("/data/news.warc.gz")
    (True, False)
    """
    return "://" in place


def name_of(url: str) -> str:
    """Return the last part of a URL.

    >>> name_of("s3://corpora/2026/news.warc.gz")
    'news.warc.gz'
    """
    return url.rstrip("/").rpartition("/")[2]


def join(place: str, *parts: str) -> str:
    """Return the path or URL of something inside a folder."""
    return "/".join([place.rstrip("/"), *parts])


def normal(url: str) -> str:
    """Return a URL in the form that `listed` uses."""
    with _reached(url) as (files, path):
        return str(files.unstrip_protocol(path)).rstrip("/")


def exists(url: str) -> bool:
    """Tell whether a file or folder exists at a URL or path."""
    if not is_url(url):
        return Path(url).exists()
    with _reached(url) as (files, path):
        return bool(files.exists(path))


def listed(url: str) -> list[tuple[str, int]]:
    """Return URL and size of each file below a folder, or of a file itself, sorted. Raises where there is none."""
    with _reached(url) as (files, path):
        # another machine may have written meanwhile, and fsspec caches its listings
        files.invalidate_cache()
        details = files.find(path, detail=True)
        if not details:
            raise FileNotFoundError("there is no file")
        return sorted((str(files.unstrip_protocol(name)), int(info["size"])) for name, info in details.items())


@contextmanager
def opened(url: str) -> Iterator[IO[bytes]]:
    """Open a file for reading."""
    with _reached(url) as (files, path), files.open(path, "rb", block_size=AT_ONCE) as file:
        yield cast("IO[bytes]", file)


def fetch(url: str, path: Path) -> None:
    """Copy a file from a URL to a path."""
    with opened(url) as source:
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            target = path.open("wb")
        with target:
            while data := source.read(AT_ONCE):
                with _writing(path):
                    target.write(data)


def publish(path: Path, url: str) -> None:
    """Copy a finished file to a URL or path. It never appears there incomplete."""
    if not is_url(url):
        with whole_file(Path(url)) as half:
            shutil.copyfile(path, half)
        return
    with _reached(url) as (files, target):
        if files.unstrip_protocol(target).partition("://")[0] in OBJECT_STORES:
            files.put_file(str(path), target)
            return
        folder, _, name = target.rpartition("/")
        files.makedirs(folder, exist_ok=True)
        # the same name for all that publish this file, so that the next one overwrites what a killed one left
        unfinished = f"{folder}/.{name}.part"
        files.put_file(str(path), unfinished)
        files.mv(unfinished, target)


def remove(url: str, names: Iterable[str]) -> None:
    """Remove files and folders below a URL if they exist."""
    with _reached(url) as (files, path):
        for name in names:
            if files.exists(f"{path}/{name}"):
                files.rm(f"{path}/{name}", recursive=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from error


@contextmanager
def _reached(url: str) -> Iterator[tuple[Any, str]]:
    """Give the file system of a URL and the path in it. Every failure there becomes an ArchiveError of one line."""
    try:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]
    except ImportError as error:
        raise ArchiveError(f"{url}: a URL needs fsspec: {how_to_install('scale')}") from error
    try:
        yield url_to_fs(url)
    except ArchiveError:
        raise
    # each store has its own exceptions, and most are no OSError (for example botocore's)
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ArchiveError(
            f"{url}: cannot be reached ({reason}): check the address, your credentials and permissions, "
            "and that fsspec's package for it is installed (s3:// needs s3fs)"
        ) from error


def placed(error: ArchiveError, copy: Path, place: str) -> ArchiveError:
    """Let an error about a temporary copy name the place of the original. A disk that is full here stays here."""
    if not isinstance(error.__cause__, OSError):
        error.args = (str(error).replace(str(copy), place),)
    return error


def shards_at(
    url: str, plan: Callable[..., Iterator[Shard]], files_a_shard: int, tell: Callable[[ArchiveError], None]
) -> Iterator[Shard]:
    """Yield the shards of a file or folder at a URL, the same as for a folder of this machine with these files.

    `plan` makes shards from a kind, a folder and files in it; it gets `alone` where the URL is that of a file, and
    `tell` for the error of each file that cannot be read. Each
    file is copied once, for its hash, and the files of at most one shard are here at a time. Raises ArchiveError where
    there is nothing to read.
    """
    url = normal(url)
    kinds = {file: kind for file, _ in listed(url) if (kind := kind_of(Path(file)))}
    if len({*kinds.values()}) != 1:
        several = f"holds several kinds of input ({', '.join(sorted({*kinds.values()}))})"
        raise ArchiveError(
            f"{url}: {several if kinds else 'nothing to read'}: give a file or a folder of one kind; "
            "collections are read from disk only"
        )
    alone, kind = [*kinds] == [url], next(iter(kinds.values()))
    folder = url.rpartition("/")[0] if alone else url
    # in the order of paths on a disk, by which shards are cut
    files = sorted(kinds, key=lambda file: PurePosixPath(file).parts)
    step = files_a_shard if kind in ("pages", "texts") else 1
    for first in range(0, len(files), step):
        names = [file.removeprefix(folder + "/") for file in files[first : first + step]]
        with _copies(folder, names) as (root, paths):
            told = partial(_tell_placed, tell, root, folder)
            for shard in plan(kind, root, paths, alone=alone, tell=told):
                yield replace(shard, path=folder + shard.path.removeprefix(str(root)))


def _tell_placed(tell: Callable[[ArchiveError], None], copy: Path, place: str, error: ArchiveError) -> None:
    tell(placed(error, copy, place))


@contextmanager
def here(shard: Shard) -> Iterator[Shard]:
    """Give a shard whose files are on this machine: the shard itself, or one with temporary copies."""
    if not is_url(shard.path):
        yield shard
    elif shard.files:
        with _copies(shard.path, list(shard.files)) as (root, _):
            yield replace(shard, path=str(root))
    else:
        folder, _, name = shard.path.rpartition("/")
        with _copies(folder, [name]) as (_, [path]):
            yield replace(shard, path=str(path))


@contextmanager
def _copies(folder: str, files: list[str]) -> Iterator[tuple[Path, list[Path]]]:
    """Give a temporary copy of a folder with these files, and their paths there."""
    with TemporaryDirectory(prefix="pressclip-") as temporary:
        root = Path(temporary) / name_of(folder)
        for file in files:
            fetch(join(folder, file), root / file)
        try:
            yield root, [root / file for file in files]
        except ArchiveError as error:
            placed(error, root, folder)
            raise
