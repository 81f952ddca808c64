"""Inputs at URLs: planned and read as files of this machine are, from copies that are gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from archive.dataset import places
from archive.files.errors import ArchiveError

if TYPE_CHECKING:
    from archive.dataset.inputs.shards import Kind, Shard

Plan = Callable[..., Iterator["Shard"]]
"""Of a kind, a folder and files in it; `alone`: the file was named, not the folder."""


def shards_at(url: str, kind_of: Callable[[Path], Kind | None], plan: Plan, files_a_shard: int) -> Iterator[Shard]:
    """Yield the shards of a file or folder at a URL, as a folder of this machine with these files would give them.

    `plan` makes shards of files of one kind in a folder. Each file is copied once, for its hash; never more than one
    shard's files are here. Raises ArchiveError where there is nothing to read.
    """
    url = places.normal(url)
    kinds = {found: kind for found, _ in places.listed(url) if (kind := kind_of(Path(found)))}
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
    if not places.is_url(shard.path):
        yield shard
    elif shard.files:
        with _copies(shard.path, list(shard.files)) as (root, _):
            yield replace(shard, path=str(root))
    else:
        with places.local(shard.path) as path:
            yield replace(shard, path=str(path))


@contextmanager
def _copies(folder: str, files: list[str]) -> Iterator[tuple[Path, list[Path]]]:
    with TemporaryDirectory(prefix="pressclip-") as temporary:
        root = Path(temporary) / places.name_of(folder)
        for file in files:
            places.fetch(places.join(folder, file), root / file)
        yield root, [root / file for file in files]
