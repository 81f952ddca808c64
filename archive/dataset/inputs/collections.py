"""Collections of a data root: their WARC files, and which captures in them count as articles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from archive.catalog.catalog import Catalog
from archive.files.errors import ArchiveError
from archive.files.layout import CATALOG, OPEN_SUFFIX, RAW_SUFFIX, check_name, raw_folder

_ARTICLES = """SELECT DISTINCT capture.file, capture.offset FROM capture JOIN article
    ON article.capture_id = capture.record_id WHERE capture.collection = ? ORDER BY 1, 2"""


def collections_of(path: Path) -> list[tuple[Path, str]]:
    """Return data root and name of the collections that a folder is or holds; none where it is something else."""
    if (path / "archive").is_dir() and path.resolve().parent.name == "collections":
        return [(path.resolve().parent.parent, path.resolve().name)]
    if not (path / "collections").is_dir():
        return []
    return [(path, found.parent.name) for found in sorted((path / "collections").glob("*/archive"))]


def captures_of(root: Path, name: str) -> Iterator[tuple[Path, tuple[int, ...] | None]]:
    """Yield the WARC files of a collection with the places of the captures that a text was stored of.

    Where no text was stored at all, as after an import without cleaning, every page may be an article (None).
    """
    folder = raw_folder(root, check_name(name))
    paths = sorted(folder.glob(f"*{RAW_SUFFIX}"))
    if unfinished := next(iter(sorted(folder.glob(f"*{RAW_SUFFIX}{OPEN_SUFFIX}"))), None):
        raise ArchiveError(f"{unfinished}: still being written: let the crawl end, or run `pressclip archive recover`")
    if not paths:
        raise ArchiveError(f"{folder}: no WARC file in it: crawl first, or give --data and --collection")
    places: dict[str, list[int]] = {}
    if not (root / CATALOG).is_file():
        # what counts as an article must not hang on whether a derived file is there
        raise ArchiveError(f"{root / CATALOG}: no catalog there: run `pressclip archive rebuild --data {root}`")
    with Catalog(root / CATALOG) as catalog:
        for row in catalog.query(_ARTICLES, name):
            places.setdefault(row["file"], []).append(row["offset"])
    for path in paths:
        yield path, tuple(places.get(path.name, ())) if places else None
