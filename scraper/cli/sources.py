"""What `pressclip clean` reads: files, folders, standard input, WARC files and JSON lines, one page after the other."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

MAX_BYTES = 10 * 2**20
"""Larger files are refused: no article has as much, and cleaners would not parse it."""
MAX_LINE = 6 * MAX_BYTES
"""Longest line of a .jsonl file: JSON may write a character with six."""

_PAGES = (".html", ".htm", ".xhtml", ".html.gz", ".htm.gz", ".warc", ".warc.gz")
_TEXTS = (".txt", ".txt.gz", ".jsonl", ".jsonl.gz")
MANY = (".warc", ".warc.gz", ".jsonl", ".jsonl.gz")
"""Endings of files that hold many pages."""
_MAGIC = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"RIFF": "a RIFF file",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"\x7fELF": "a program",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Something to clean, or why it cannot be: one of `data`, `error` and `path` is set."""

    name: str
    data: bytes | str | None = None
    url: str | None = None
    charset: str | None = None
    error: str = ""
    path: Path | None = None
    """A file of one page that is not read yet: `read_page` does it, in the process that cleans it."""

    @property
    def size(self) -> int:
        """The bytes that go to another process with it."""
        return len(self.data or "")


def is_url(source: str) -> bool:
    """Tell whether a source is a URL: fetched, not opened."""
    return source.lower().startswith(("http://", "https://"))


def read_source(
    source: str, *, text_mode: bool = False, on_refused: Callable[[str], None] = lambda line: None
) -> Iterator[Source]:
    """Yield the pages of a source that is not a URL. What cannot be read is one with an error: the rest goes on.

    `on_refused` gets one line a WARC file that holds responses which are no pages: how many, and why.
    """
    if source == "-":
        yield _checked("-", sys.stdin.buffer.read(MAX_BYTES + 1), text_mode)
        return
    path = Path(source)
    if not path.exists():
        yield Source(source, error="no such file or folder; give a file, a folder, a URL or -")
    elif path.is_dir():
        yield from _read_folder(path, text_mode, on_refused)
    else:
        yield from _read_file(path, text_mode, on_refused)


def count_sources(sources: Sequence[str], *, text_mode: bool = False) -> int | None:
    """Return how many pages the sources are; None where only reading them would tell."""
    total = 0
    for source in sources:
        paths = _files(Path(source), text_mode) if Path(source).is_dir() else [Path(source)]
        if any(path.name.lower().endswith(MANY) for path in paths):
            return None
        total += len(paths)
    return total


def _read_folder(folder: Path, text_mode: bool, on_refused: Callable[[str], None]) -> Iterator[Source]:
    paths = _files(folder, text_mode)
    for path in paths:
        yield from _read_file(path, text_mode, on_refused)
    if not paths:
        yield Source(str(folder), error=f"no {', '.join(_endings(text_mode))} file in this folder")


def _files(folder: Path, text_mode: bool) -> list[Path]:
    endings = _endings(text_mode)
    return [path for path in sorted(folder.rglob("*")) if path.name.lower().endswith(endings) and path.is_file()]


def _endings(text_mode: bool) -> tuple[str, ...]:
    return _TEXTS if text_mode else _PAGES


def _read_file(path: Path, text_mode: bool, on_refused: Callable[[str], None]) -> Iterator[Source]:
    name = path.name.lower()
    try:
        if name.endswith((".warc", ".warc.gz")):
            yield from _read_warc(path, on_refused)
        elif name.endswith((".jsonl", ".jsonl.gz")):
            yield from _read_lines(path, text_mode)
        else:
            yield Source(str(path), path=path)
    except (OSError, EOFError, zlib.error) as error:
        yield _unreadable(path, error)


def read_page(source: Source, *, text_mode: bool = False) -> Source:
    """Return the source with its data, or why it has none. Never raises for what cannot be read."""
    path = source.path
    if path is None:
        return source
    try:
        with _open(path) as file:
            return _checked(source.name, file.read(MAX_BYTES + 1), text_mode)
    except (OSError, EOFError, zlib.error) as error:
        return _unreadable(path, error)


def _unreadable(path: Path, error: Exception) -> Source:
    if isinstance(error, OSError):
        return Source(str(path), error=error.strerror or str(error))
    return Source(str(path), error=f"damaged gzip data: {error}")


def _open(path: Path) -> BinaryIO:
    packed = path.name.lower().endswith(".gz")
    return cast(BinaryIO, gzip.open(path)) if packed else path.open("rb")


def _checked(name: str, data: bytes, text_mode: bool) -> Source:
    # without a copy of the whole page, unless it begins with a great deal of space
    if not (data[:100].strip() or data.strip()):
        return Source(name, error="empty")
    if len(data) > MAX_BYTES:
        return Source(name, error=f"too large: more than {MAX_BYTES // 2**20} MB, the most that is cleaned")
    kind = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)
    if kind is None and b"\0" in data[:1024] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        kind = "binary data"
    if kind:
        return Source(name, error=f"{kind}, not a page; give HTML")
    if not text_mode:
        return Source(name, data)
    try:
        return Source(name, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        return Source(name, error=f"not UTF-8 text (byte {error.start}); text mode reads UTF-8")


def _read_warc(path: Path, on_refused: Callable[[str], None]) -> Iterator[Source]:
    from archive import ArchiveError, Refusal, page_of, read_warc, refusals

    refused: Counter[str] = Counter()
    try:
        for capture in read_warc(path):
            if capture.revisit:
                continue  # a page that this file or another has whole
            page = page_of(capture)
            if not isinstance(page, Refusal):
                yield Source(capture.url, page.html, capture.url, page.charset)
            elif page.reason == "undecodable":
                yield Source(capture.url, error=page.detail)
            else:
                refused[page.reason] += 1
    except ArchiveError as error:
        yield Source(str(path), error=str(error).removeprefix(f"{path}: "))
    if refused:
        on_refused(f"{path}: {refusals(refused)}")


def _read_lines(path: Path, text_mode: bool) -> Iterator[Source]:
    field = "text" if text_mode else "html"
    with _open(path) as file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE), b""), 1):
            name = f"{path}:{number}"
            if len(line) == MAX_LINE:
                yield Source(name, error=f"a line of more than {MAX_LINE // 2**20} MB; the rest is not read")
                return
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                yield Source(name, error="not JSON")
                continue
            if not isinstance(row, dict) or not isinstance(row.get(field), str):
                yield Source(name, error=f"no text field '{field}'")
                continue
            url = row.get("url")
            yield Source(name, row[field], url if isinstance(url, str) else None)
