"""Tell input files apart by their names, and read them unpacked, within bounds."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, cast

from archive.files.errors import ArchiveError, cannot_read
from archive.files.extras import how_to_install
from archive.files.layout import is_stored_text

Kind = Literal["warc", "pages", "texts", "jsonl", "parquet"]

ENDINGS: dict[Kind, tuple[str, ...]] = {
    "warc": (
        *(".warc", ".warc.gz", ".warc.zst", ".warc.lz4"),
        *(".arc", ".arc.gz", ".wet", ".wet.gz", ".wacz"),
    ),
    "pages": (".html", ".htm", ".xhtml", ".html.gz", ".htm.gz"),
    "jsonl": (".jsonl", ".jsonl.gz", ".jsonl.zst"),
    "parquet": (".parquet",),
    "texts": (".txt", ".txt.gz"),
}
MAX_PAGE = 10 << 20
"""Bytes of a file with one HTML page: cleaners parse no larger one."""
MAX_TEXT = 64 << 20
"""Bytes of a file with one text, or of a line of JSON: nobody writes a longer one."""


def kind_of(path: Path) -> Kind | None:
    """Return the kind of a file by its name; None for one that no command reads."""
    name = path.name.lower()
    return next((kind for kind, endings in ENDINGS.items() if name.endswith(endings)), None)


def files_in(
    folder: Path, *kinds: Kind, on_unreadable: Callable[[Path, ArchiveError], None] | None = None
) -> list[Path]:
    """Return the files of these kinds in a folder and the folders below it, in order.

    The texts of a collection are left out but in a folder of their own: the records beside them have their pages.

    `on_unreadable` gets each folder that cannot be read, with the error; without it, the first such error is raised.
    """

    def refused(error: OSError) -> None:
        path = Path(error.filename)
        if on_unreadable is None:
            raise cannot_read(path, error) from error
        on_unreadable(path, cannot_read(path, error))

    below = (Path(place, name) for place, _, names in os.walk(folder, onerror=refused) for name in names)
    read = (path for path in below if path.parent == folder or not is_stored_text(path))
    return sorted(path for path in read if kind_of(path) in kinds and may_be(stat.S_ISREG, path))


def may_be(kind: Callable[[int], bool], path: Path) -> bool:
    """Tell whether a path is of a kind, such as `stat.S_ISREG`; True where the system does not say."""
    try:
        return kind(path.stat().st_mode)
    except PermissionError:
        return True  # its folder may not be entered; who reads the path tells that
    except OSError:
        return False


def require_path(path: Path, what: str) -> None:
    """Raise ArchiveError where there is nothing at a path, or where the system does not say; *what* to give instead."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise ArchiveError(f"{path}: no such file or folder: give {what}") from None
    except OSError as error:
        raise cannot_read(path, error) from error


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """Open a file, unpacked where its name ends with .gz or .zst.

    Raises ArchiveError where it cannot be opened, or while it is read, where its packing is damaged.
    """
    ending = path.suffix.lower()
    damage: tuple[type[Exception], ...] = (EOFError, zlib.error, gzip.BadGzipFile)
    if ending == ".zst":
        try:
            import zstandard  # an extra's package
        except ImportError as error:
            raise ArchiveError(f"{path}: needs zstandard: {how_to_install('datasets')}") from error
        damage = (zstandard.ZstdError,)
    try:
        with path.open("rb") as raw:
            if ending == ".gz":
                yield cast(BinaryIO, gzip.GzipFile(fileobj=raw))
            elif ending == ".zst":
                reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
                yield cast(BinaryIO, io.BufferedReader(reader))
            else:
                yield raw
    except damage as error:
        reason = f"damaged {'zstd' if ending == '.zst' else 'gzip'} data: {error}"
        raise ArchiveError(f"{path}: cannot be read to its end ({reason}): get the file again") from error
    except OSError as error:
        raise cannot_read(path, error) from error


def read_file(path: Path, *, is_text: bool = False) -> bytes:
    """Return the content of a file with one page or text, unpacked.

    Raises ArchiveError where it cannot be read, or is larger than MAX_PAGE, for a text MAX_TEXT.
    """
    limit = MAX_TEXT if is_text else MAX_PAGE
    with unpacked(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ArchiveError(f"{path}: {too_large(limit)}")
    return data


def too_large(limit: int) -> str:
    """Return the reason for which a page or text of more bytes is refused."""
    return f"too large: more than {limit >> 20} MB, the most that is cleaned"
