"""Keep `manifest-sha256.txt`: a line for each sealed file, which `sha256sum -c` reads in the collection's folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from archive.files.errors import cannot_read, cannot_write
from archive.files.lock import lock
from archive.files.whole import sync, sync_folder, write_whole

MANIFEST = "manifest-sha256.txt"

_LINE = re.compile(r"([0-9a-f]{64})  ((?:archive|text)/[^/\n\\]+)")


def line(path: Path, sha256: str) -> str:
    """Return a sealed file's line, named from the collection's folder.

    >>> line(Path("data/collections/news/archive/a.warc.gz"), "0" * 4)
    '0000  archive/a.warc.gz\\n'
    """
    return f"{sha256}  {path.parent.name}/{path.name}\n"


def add(path: Path, sha256: str) -> None:
    """Add the line of a sealed file, unless it is there already, and put it on the disk; writers take turns."""
    manifest = path.parent.parent / MANIFEST
    new = line(path, sha256).encode()
    try:
        fd = os.open(manifest, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            lock(fd, wait=True)
            present = os.pread(fd, os.fstat(fd).st_size, 0)
            if new in present.splitlines(keepends=True):
                return
            half = present.rpartition(b"\n")[2]
            if half and not _LINE.fullmatch(half.decode("utf-8", "replace")):
                os.ftruncate(fd, len(present) - len(half))  # a power cut left it; its file is registered again
                half = b""
            os.write(fd, (b"\n" if half else b"") + new)
            sync(fd)
        finally:
            os.close(fd)
        if not present:
            sync_folder(manifest.parent)
    except OSError as error:
        raise cannot_write(manifest, error) from error


def read(folder: Path) -> tuple[dict[str, str], list[int]]:
    """Return the sha256 of each `archive/<file>` and `text/<file>`, and the numbers of damaged lines.

    Of two lines for one file, the last one counts. A missing manifest is an empty one.
    """
    hashes: dict[str, str] = {}
    bad: list[int] = []
    path = folder / MANIFEST
    try:
        lines = path.read_bytes().decode("utf-8", "replace").split("\n") if path.exists() else []
    except OSError as error:
        raise cannot_read(path, error) from error
    for number, text in enumerate(lines, 1):
        if match := _LINE.fullmatch(text):
            hashes[match[2]] = match[1]
        elif text:
            bad.append(number)
    return hashes, bad


def replace(folder: Path, lines: Iterable[str]) -> None:
    """Replace the manifest in a collection's folder. The old one stays until the new one is on the disk."""
    write_whole(folder / MANIFEST, "".join(lines))
