"""Files in places that are no folder of this machine: what fsspec reaches (`s3://`, `gs://`, `file://`), as a whole.

A WARC file is read by offsets and duckdb wants files, so what is read from a URL is first copied here, and what is
written is published when it is finished.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, cast

from archive.files.errors import ArchiveError, cannot_write
from archive.files.whole import whole_file

if TYPE_CHECKING:
    from archive.dataset.inputs.shards import Kind, Shard

AT_ONCE = 8 << 20
"""Bytes read at once: S3 is paid by request, and parts of a multipart upload have 5 MiB at least."""
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "adl", "oss", "oci"})
"""Where an upload is seen when it is whole, and where a rename is a copy of all bytes."""


def is_url(place: str) -> bool:
    """Tell whether a place is for fsspec; every path of this machine is not.

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
    """Return the place of something inside a folder."""
    return "/".join([place.rstrip("/"), *parts])


def normal(url: str) -> str:
    """Return a URL as `listed` spells it."""
    with _reached(url) as (files, path):
        return str(files.unstrip_protocol(path)).rstrip("/")


def exists(url: str) -> bool:
    """Tell whether there is a file or folder; *url* may be a path."""
    if not is_url(url):
        return Path(url).exists()
    with _reached(url) as (files, path):
        return bool(files.exists(path))


def listed(url: str) -> list[tuple[str, int]]:
    """Return the URL and size of each file below a folder, sorted; of one file, its own. Raises where there is none."""
    with _reached(url) as (files, path):
        # another machine may have written since, and fsspec remembers what it listed
        files.invalidate_cache()
        found = files.find(path, detail=True)
        if not found:
            raise FileNotFoundError("there is no file")
        return sorted((str(files.unstrip_protocol(name)), int(info["size"])) for name, info in found.items())


def sha256_of(url: str) -> str:
    """Return the SHA-256 of a file, read once."""
    sha256 = hashlib.sha256()
    with opened(url) as file:
        while data := file.read(AT_ONCE):
            sha256.update(data)
    return sha256.hexdigest()


@contextmanager
def opened(url: str) -> Iterator[IO[bytes]]:
    """Open a file to read."""
    with _reached(url) as (files, path), files.open(path, "rb", block_size=AT_ONCE) as file:
        yield cast("IO[bytes]", file)


@contextmanager
def local(url: str) -> Iterator[Path]:
    """Give a copy of a file in a folder of this machine ($TMPDIR), under its own name; it is gone afterwards."""
    with TemporaryDirectory(prefix="pressclip-") as folder:
        path = Path(folder) / name_of(url)
        fetch(url, path)
        yield path


def fetch(url: str, path: Path) -> None:
    """Copy a file from a place into a path."""
    with opened(url) as source:
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            target = path.open("wb")
        with target:
            while data := source.read(AT_ONCE):
                with _writing(path):
                    target.write(data)


def publish(path: Path, url: str) -> None:
    """Put a finished file into a place, which may be a path; nobody sees a part of it under its name."""
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
        # the same for all that publish this file, so that a killed one leaves one, which the next writes over
        unfinished = f"{folder}/.{name}.part"
        files.put_file(str(path), unfinished)
        files.mv(unfinished, target)


def remove(url: str, names: Iterable[str]) -> None:
    """Remove files and folders below a URL, where they are."""
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
    """Give the file system of a URL and the path in it; every failure there becomes one line."""
    try:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]
    except ImportError as error:
        raise ArchiveError(f"{url}: a URL needs fsspec: pip install 'pressclip[scale]'") from error
    try:
        yield url_to_fs(url)
    except ArchiveError:
        raise
    # each store has exceptions of its own, most of them no OSError (botocore's are not)
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ArchiveError(
            f"{url}: cannot be reached ({reason}): check the address, your credentials and rights, "
            "and that fsspec's package for it is installed (s3:// needs s3fs)"
        ) from error


Plan = Callable[..., Iterator["Shard"]]
"""Of a kind, a folder and files in it; `alone`: the file was named, not the folder."""


def shards_at(url: str, kind_of: Callable[[Path], Kind | None], plan: Plan, files_a_shard: int) -> Iterator[Shard]:
    """Yield the shards of a file or folder at a URL, as a folder of this machine with these files would give them.

    `plan` makes shards of files of one kind in a folder. Each file is copied once, for its hash; never more than one
    shard's files are here. Raises ArchiveError where there is nothing to read.
    """
    url = normal(url)
    kinds = {found: kind for found, _ in listed(url) if (kind := kind_of(Path(found)))}
    if len({*kinds.values()}) != 1:
        several = (
            f"holds several kinds of input ({', '.join(sorted({*kinds.values()}))})" if kinds else "nothing to read"
        )
        raise ArchiveError(
            f"{url}: {several}: give a file or a folder of one kind; collections are read from disk only"
        )
    alone, kind = [*kinds] == [url], next(iter(kinds.values()))
    folder = url.rpartition("/")[0] if alone else url
    # in the order of paths on a disk, by which shards are cut
    files = sorted(kinds, key=lambda found: PurePosixPath(found).parts)
    step = files_a_shard if kind in ("pages", "texts") else 1
    for first in range(0, len(files), step):
        with _copies(folder, [found.removeprefix(folder + "/") for found in files[first : first + step]]) as (
            root,
            paths,
        ):
            for shard in plan(kind, root, paths, alone=alone):
                yield replace(shard, path=folder + shard.path.removeprefix(str(root)))


@contextmanager
def here(shard: Shard) -> Iterator[Shard]:
    """Give a shard whose files are on this machine: the same, or with copies of them."""
    if not is_url(shard.path):
        yield shard
    elif shard.files:
        with _copies(shard.path, list(shard.files)) as (root, _):
            yield replace(shard, path=str(root))
    else:
        with local(shard.path) as path:
            yield replace(shard, path=str(path))


@contextmanager
def _copies(folder: str, files: list[str]) -> Iterator[tuple[Path, list[Path]]]:
    with TemporaryDirectory(prefix="pressclip-") as temporary:
        root = Path(temporary) / name_of(folder)
        for file in files:
            fetch(join(folder, file), root / file)
        yield root, [root / file for file in files]
