"""A catalog where there is none: made from the files, whole, so that what is entered next does not pass for all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.catalog import Catalog
from archive.layout import CATALOG, RAW_SUFFIX, TEXT_SUFFIX, locate, raw_folder, text_folder
from archive.recovery import enter_file
from archive.warc.writer import OPEN_SUFFIX


def file_names(folder: Path, suffix: str) -> list[str]:
    """Return the names of the files that end with *suffix*, also of those still being written, oldest first."""
    paths = [path for end in ("", OPEN_SUFFIX) for path in folder.glob(f"*{suffix}{end}")]
    return sorted({path.name.removesuffix(OPEN_SUFFIX) for path in paths})


@contextmanager
def readable_catalog(root: Path, name: str) -> Iterator[Catalog]:
    """Give the catalog; where it is missing, one of the collection's texts that is gone afterwards."""
    known = (root / CATALOG).is_file()
    place = nullcontext(str(root)) if known else TemporaryDirectory(prefix="pressclip-")
    with place as folder, Catalog(Path(folder) / CATALOG, create=not known) as catalog:
        if not known:
            _enter(catalog, name, text_folder(root, name), TEXT_SUFFIX)
        yield catalog


def complete_catalog(root: Path) -> None:
    """Make a missing catalog from the files of all collections: with new texts alone it would pass for a whole one."""
    if (root / CATALOG).is_file():
        return
    with TemporaryDirectory(prefix=".catalog-", dir=root) as folder:
        made = Path(folder) / CATALOG
        with Catalog(made, create=True) as catalog:
            for name in sorted(path.name for path in (root / "collections").iterdir() if path.is_dir()):
                _enter(catalog, name, raw_folder(root, name), RAW_SUFFIX)
                _enter(catalog, name, text_folder(root, name), TEXT_SUFFIX)
        made.rename(root / CATALOG)


def _enter(catalog: Catalog, name: str, folder: Path, suffix: str) -> None:
    for file in file_names(folder, suffix):
        path = locate(folder, file)
        enter_file(path, file, name, catalog)
        if path.name == file:
            catalog.add_file(name, file, path.stat().st_size)
