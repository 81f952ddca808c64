"""Name the files and folders of a data root."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from archive.files.errors import ArchiveError, cannot_read

CATALOG = "catalog.sqlite"
RAW_SUFFIX = ".warc.gz"
TEXT_SUFFIX = ".wet.gz"
OPEN_SUFFIX = ".open"
"""The end of a file's name until it is sealed; tools for replay and indexing ignore such files."""

_COLLECTIONS, RAW, _TEXTS = "collections", "archive", "text"
"""The folders: of all collections, and in each of them of its WARC files and of its texts."""

_COLLECTION = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,250}")


def check_name(collection: str) -> str:
    """Return the name of a collection. Raises ArchiveError where it cannot be the name of a folder."""
    if not _COLLECTION.fullmatch(collection):
        raise ArchiveError(
            f"{collection!r}: not a collection name: use 1 to 64 of a-z, 0-9, - and _, with a letter or digit first"
        )
    return collection


def collections_folder(root: Path) -> Path:
    """Return the folder of all collections."""
    return root / _COLLECTIONS


def collection_folder(root: Path, collection: str) -> Path:
    """Return the folder of a collection."""
    return collections_folder(root) / check_name(collection)


def is_collection(folder: Path) -> bool:
    """Tell whether a folder has WARC files of a collection below it."""
    return (folder / RAW).is_dir()


def root_of(folder: Path) -> Path | None:
    """Return the data root whose collections are in a folder, by the folder's name; None for any other folder."""
    return folder.parent if folder.name == _COLLECTIONS else None


def raw_folder(root: Path, collection: str) -> Path:
    """Return the folder of the WARC files."""
    return collection_folder(root, collection) / RAW


def text_folder(root: Path, collection: str) -> Path:
    """Return the folder of the cleaned texts."""
    return collection_folder(root, collection) / _TEXTS


def is_stored_text(path: Path) -> bool:
    """Tell whether a file holds the cleaned texts of a collection, by its name and the folders around it."""
    folder, collection = path.parent, path.parent.parent
    is_named = path.name.endswith(TEXT_SUFFIX) and folder.name == _TEXTS and root_of(collection.parent) is not None
    return is_named and is_collection(collection)


def locate(folder: Path, file: str) -> Path:
    """Return the path of a file, also while it is being written. Raises ArchiveError where there is none."""
    if not _FILE.fullmatch(file) or ".." in file:
        raise ArchiveError(f"{file!r}: not the name of an archive file")
    sealed = folder / file
    for path in (sealed, folder / (file + OPEN_SUFFIX), sealed):  # it may be sealed between the first two looks
        if path.exists():
            return path
    raise ArchiveError(f"{folder / file}: is gone: restore it, or run `pressclip archive rebuild`")


def stored_files(root: Path, pattern: str, *, texts: bool = False) -> list[Path]:
    """Return the WARC files of all collections whose names fit a pattern, and with `texts` those of texts."""
    parts = (RAW, _TEXTS) if texts else (RAW,)
    return sorted(path for part in parts for path in collections_folder(root).glob(f"*/{part}/{pattern}"))


def raw_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the sealed WARC files of a folder, and those still being written; a writer may seal one meanwhile.

    Raises CannotReadError where the system refuses to list the folder.
    """
    try:
        os.scandir(folder).close()  # glob finds nothing in a folder that it may not list
    except FileNotFoundError:
        return [], []
    except OSError as error:
        raise cannot_read(folder, error) from error
    left_open = sorted(folder.glob(f"*{RAW_SUFFIX}{OPEN_SUFFIX}"))  # first: what is sealed then, is seen sealed
    sealed = sorted(folder.glob(f"*{RAW_SUFFIX}"))
    names = {path.name for path in sealed}
    return sealed, [path for path in left_open if path.name.removesuffix(OPEN_SUFFIX) not in names]


def stem(collection: str, opened: datetime, serial: int, token: str) -> str:
    """Return a file name without suffix, as WARC 1.1 annex C proposes, with milliseconds and a random token.

    >>> stem("news", datetime(2026, 11, 21, 16, 0, 0, 123456, UTC), 7, "k3f9a2bq")
    'news-20261121160000123-00007-k3f9a2bq'
    """
    return f"{collection}-{opened.astimezone(UTC):%Y%m%d%H%M%S%f}"[:-3] + f"-{serial:05}-{token}"


def text_name(raw_stem: str, rules_version: str) -> str:
    """Return the name of the text file beside a WARC file.

    >>> text_name("news-1", "0.1.0+ab/c")
    'news-1.0.1.0+ab-c.wet.gz'
    """
    return f"{raw_stem}.{re.sub(r'[^A-Za-z0-9.+_-]', '-', rules_version)[:64]}{TEXT_SUFFIX}"
