"""A catalog where there is none: made from the files, whole, so that what is entered next does not pass for all."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.catalog import Catalog
from archive.layout import CATALOG, TEXT_SUFFIX, locate, text_folder
from archive.rebuild import Rebuilder
from archive.recovery import enter_file
from archive.warc.writer import OPEN_SUFFIX

log = logging.getLogger(__name__)


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
            for file in file_names(text_folder(root, name), TEXT_SUFFIX):
                enter_file(locate(text_folder(root, name), file), file, name, catalog)
        yield catalog


def complete_catalog(root: Path) -> None:
    """Make a missing catalog from the files of all collections: with new texts alone it would pass for a whole one."""
    if not (root / CATALOG).is_file():
        for finding in Rebuilder(root).findings():
            log.warning("%s", finding)
