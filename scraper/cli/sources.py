"""What `pressclip clean` reads: files, folders, standard input, WARC files and JSON lines, one page after the other."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.readers import Kind

MANY = (".warc", ".warc.gz", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
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
    from archive.readers import MAX_PAGE, MAX_TEXT, too_large

    if source == "-":
        limit = MAX_TEXT if text_mode else MAX_PAGE
        data = sys.stdin.buffer.read(limit + 1)
        yield Source("-", error=too_large(limit)) if len(data) > limit else _checked("-", data, text_mode)
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
    from archive.readers import files_in

    total = 0
    for source in sources:
        paths = files_in(Path(source), *_kinds(text_mode)) if Path(source).is_dir() else [Path(source)]
        if any(path.name.lower().endswith(MANY) for path in paths):
            return None
        total += len(paths)
    return total


def _read_folder(folder: Path, text_mode: bool, on_refused: Callable[[str], None]) -> Iterator[Source]:
    from archive.readers import ENDINGS, files_in

    paths = files_in(folder, *_kinds(text_mode))
    for path in paths:
        yield from _read_file(path, text_mode, on_refused)
    if not paths:
        endings = [ending for kind in _kinds(text_mode) for ending in ENDINGS[kind]]
        yield Source(str(folder), error=f"no {', '.join(endings)} file in this folder")


def _kinds(text_mode: bool) -> tuple[Kind, ...]:
    """Return the kinds of files that are read in a folder."""
    return ("texts", "jsonl", "parquet") if text_mode else ("pages", "warc")


def _read_file(path: Path, text_mode: bool, on_refused: Callable[[str], None]) -> Iterator[Source]:
    from archive import ArchiveError
    from archive.readers import kind_of

    try:
        match kind_of(path):
            case "warc":
                yield from _read_warc(path, on_refused)
            case "jsonl" | "parquet":
                yield from _read_rows(path, "text" if text_mode else "html")
            case _:
                yield Source(str(path), path=path)
    except ArchiveError as error:
        yield Source(str(path), error=str(error).removeprefix(f"{path}: "))


def read_page(source: Source, *, text_mode: bool = False) -> Source:
    """Return the source with its data, or why it has none. Never raises for what cannot be read."""
    path = source.path
    if path is None:
        return source
    from archive import ArchiveError
    from archive.readers import read_file

    try:
        return _checked(source.name, read_file(path, is_text=text_mode), text_mode)
    except ArchiveError as error:
        return Source(str(path), error=str(error).removeprefix(f"{path}: "))


def _checked(name: str, data: bytes, text_mode: bool) -> Source:
    # without a copy of the whole page, unless it begins with a great deal of space
    if not (data[:100].strip() or data.strip()):
        return Source(name, error="empty")
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
    from archive import Refusal, page_of, read_warc, refusals

    refused: Counter[str] = Counter()
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
    if refused:
        on_refused(f"{path}: {refusals(refused)}")


def _read_rows(path: Path, column: str) -> Iterator[Source]:
    from archive.readers import read_rows

    for row in read_rows(path, columns=(column, "url")):
        name = f"{path}:{row.number + 1}"
        data = row.values.get(column)
        if row.problem or not isinstance(data, str):
            yield Source(name, error=row.problem or f"no text field '{column}'")
        else:
            yield Source(name, data, row.text("url") or None)
