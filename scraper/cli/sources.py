"""Read pages for `pressclip clean`: files, folders, standard input, WARC files, JSON lines and Parquet."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, Union

if TYPE_CHECKING:
    from archive import ArchiveError, Record, Unused
    from archive.readers import Kind
    from archive.site_rules import CorpusText
    from cleaners import Page

_WET = (".wet", ".wet.gz")
_WARC = (".warc", ".warc.gz", ".warc.zst", ".warc.lz4", ".arc", ".arc.gz", *_WET, ".wacz")
MANY = (*_WARC, ".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
"""Endings of files with many pages; they are listed here because `archive.readers` is slow to import."""
LANGUAGE = "WARC-Identified-Content-Language"
"""The header in which WET files name the languages of a text, the main one first: `deu` or `deu,eng`."""
TEXT_COLUMN = "text"
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
class Unreadable:
    """A source without a page to clean, and the reason."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a page came from."""

    source: str
    """The file, or the URL that was asked for."""
    place: str = ""
    """Its place in a file with many pages: the offset of its WARC record, or its line or row."""
    is_url: bool = False

    def __str__(self) -> str:
        return f"{self.source}:{self.place}" if self.place else self.source


Input: TypeAlias = Union["Page", Path, Unreadable]
"""A page; the path of a file with one page, which is read in the process that cleans it; or a source without a page."""


def name_of(page: Page) -> str:
    """Return the name under which a page is printed: its file, with the line if there are several, or its URL."""
    return page.url if page.url and page.source.lower().endswith(_WARC) else str(origin_of(page))


def origin_of(source: Input) -> Origin:
    """Return where a page came from."""
    if isinstance(source, Path):
        return Origin(str(source))
    return Origin(source.source, "" if isinstance(source, Unreadable) else source.place)


def holds_files(path: Path) -> bool:
    """Tell whether a path is a folder; it is none for whom the system does not say."""
    try:
        return path.is_dir()
    except PermissionError:
        return False


def read_source(
    source: str,
    *,
    text_mode: bool = False,
    text_column: str = TEXT_COLUMN,
    leave_out: Path | None = None,
    on_refused: Callable[[str], None] = lambda line: None,
) -> Iterator[Input]:
    """Yield the pages of a source that is not a URL, and an `Unreadable` for each part that cannot be read.

    In text mode these are ready-made texts: files with one, the column `text_column` of JSON lines and Parquet, and the
    conversion records of WARC files. `leave_out`: a folder within the source that is not read. `on_refused` gets a line
    for each WARC file with records that are not cleaned: how many, and why.
    """
    from archive import ArchiveError
    from archive.readers import MAX_PAGE, MAX_TEXT, require_path, too_large

    path = Path(source)
    if source == "-":
        limit = MAX_TEXT if text_mode else MAX_PAGE
        data = sys.stdin.buffer.read(limit + 1)
        yield Unreadable("-", too_large(limit)) if len(data) > limit else _page(data, "-", text_mode)
        return
    try:
        require_path(path, "a file, a folder, a URL or -")
    except ArchiveError as error:
        yield _unreadable(path, error)
        return
    column = text_column if text_mode else "html"
    if holds_files(path):
        yield from _read_folder(path, text_mode, column, leave_out, on_refused)
    else:
        yield from _read_file(path, text_mode, column, on_refused)


def read_texts(source: str, *, text_column: str = TEXT_COLUMN, leave_out: Path | None = None) -> Iterator[CorpusText]:
    """Yield the texts that `read_source` yields in text mode, with the day and the headline that a corpus has for them,
    and say nothing of what cannot be read."""
    from archive import ArchiveError
    from archive.readers import kind_of
    from archive.site_rules import CorpusText, corpus_texts
    from cleaners import Page

    for path in _files_in(Path(source), True, leave_out):
        if kind_of(path) in ("jsonl", "parquet"):
            with suppress(ArchiveError):
                yield from corpus_texts(path, text_column)
            continue
        for found in _read_file(path, True, text_column, lambda line: None):
            page = read_page(found, text_mode=True) if isinstance(found, Path) else found
            if isinstance(page, Page):
                yield CorpusText(page.url or "", str(page.html))


def count_sources(sources: Sequence[str], *, text_mode: bool = False, leave_out: Path | None = None) -> int | None:
    """Return the number of pages in the sources, or None if they would have to be read to know it."""
    total = 0
    for source in sources:
        paths = _files_in(Path(source), text_mode, leave_out)
        if any(path.name.lower().endswith(MANY) for path in paths):
            return None
        total += len(paths)
    return total


def read_page(path: Path, *, text_mode: bool = False) -> Page | Unreadable:
    """Read a file with one page or text. Never raises for a file that cannot be read."""
    from archive import ArchiveError
    from archive.readers import read_file

    try:
        return _page(read_file(path, is_text=text_mode), str(path), text_mode)
    except ArchiveError as error:
        return _unreadable(path, error)


def _read_folder(
    folder: Path, text_mode: bool, column: str, leave_out: Path | None, on_refused: Callable[[str], None]
) -> Iterator[Input]:
    from archive.readers import ENDINGS

    unreadable: list[Unreadable] = []
    paths = _files_in(folder, text_mode, leave_out, lambda path, error: unreadable.append(_unreadable(path, error)))
    yield from unreadable
    for path in paths:
        yield from _read_file(path, text_mode, column, on_refused)
    if not (paths or unreadable):
        endings = [ending for kind in _kinds(text_mode) for ending in ENDINGS[kind] if _is_read(ending, text_mode)]
        yield Unreadable(str(folder), f"no {', '.join(endings)} file in this folder")


def _files_in(
    source: Path,
    text_mode: bool,
    leave_out: Path | None,
    on_unreadable: Callable[[Path, ArchiveError], None] = lambda path, error: None,
) -> list[Path]:
    """Return the files of a folder that are read; for a file, itself."""
    from archive.readers import files_in

    if not holds_files(source):
        return [source]
    found = files_in(source, *_kinds(text_mode), on_unreadable=on_unreadable)
    paths = [path for path in found if _is_read(path.name, text_mode)]
    left_out = leave_out.absolute() if leave_out else None
    return [path for path in paths if not (left_out and path.absolute().is_relative_to(left_out))]


def _kinds(text_mode: bool) -> tuple[Kind, ...]:
    """Return the kinds of files that are read in a folder."""
    return ("texts", "jsonl", "parquet", "warc") if text_mode else ("pages", "warc")


def _is_read(name: str, text_mode: bool) -> bool:
    """Tell whether a file of a folder is read, by its name: of the WARC files, text mode reads those that say that they
    hold texts."""
    return not text_mode or not name.lower().endswith(_WARC) or name.lower().endswith(_WET)


def _read_file(path: Path, text_mode: bool, column: str, on_refused: Callable[[str], None]) -> Iterator[Input]:
    from archive import ArchiveError
    from archive.readers import kind_of

    try:
        match kind_of(path):
            case "warc":
                yield from _read_warc(path, text_mode, on_refused)
            case "jsonl" | "parquet":
                yield from _read_rows(path, text_mode, column)
            case _:
                yield path
    except ArchiveError as error:
        yield _unreadable(path, error)


def _read_warc(path: Path, text_mode: bool, on_refused: Callable[[str], None]) -> Iterator[Input]:
    from archive import Refusal, UnusedRecords, page_of, read_exchanges, refusals, scan

    refused: Counter[str] = Counter()
    pages = 0
    unused = UnusedRecords()
    any_told = False
    for exchange in read_exchanges(path, items=unused.passing(scan(path))):
        for problem in unused.taken():
            any_told = True
            yield _unused(path, problem)
        capture = exchange.capture
        page = page_of(capture, source=str(path))
        if isinstance(page, Refusal):
            if page.reason == "undecodable":
                any_told = True
                yield Unreadable(capture.url, page.detail)
            else:
                refused[page.reason] += 1
        elif text_mode and not page.is_text:
            pages += 1
        else:
            any_told = True
            yield replace(page, place=str(exchange.record.offset), language=_language_of(exchange.record))
    for problem in unused.taken():
        any_told = True
        yield _unused(path, problem)
    no_texts = f"{pages} {'record is a page, no text' if pages == 1 else 'records are pages, no texts'}"
    told = "; ".join(filter(None, (no_texts if pages else "", refusals(refused), unused.counted())))
    if not any_told:
        yield Unreadable(str(path), f"no {'text' if text_mode else 'page'} in it: {told or unused.described()}")
    elif told:
        on_refused(f"{path}: {told}")


def _language_of(record: Record) -> str | None:
    """Return the language of a ready-made text where its record names a single one."""
    from scraper.languages import code_of_tag

    named = record.header(LANGUAGE) if record.kind == "conversion" else None
    return code_of_tag(named) or None if named and "," not in named else None


def _unused(path: Path, problem: Unused) -> Unreadable:
    return Unreadable(f"{path}:{problem.offset}", f"{problem.url}: {problem.reason}" if problem.url else problem.reason)


def _read_rows(path: Path, text_mode: bool, column: str) -> Iterator[Input]:
    from archive.readers import read_column
    from cleaners import Page

    # a file of texts says itself what to do
    other = {} if text_mode else {"instead": "clean texts with --text-mode"}
    for row in read_column(path, column, "url", **other):
        place = str(row.number + 1)
        content = row.values.get(column)
        if row.problem or not isinstance(content, str):
            yield Unreadable(f"{path}:{place}", row.problem or f"no text in '{column}'")
        else:
            yield Page(content, row.text("url") or None, is_text=text_mode, source=str(path), place=place)


def _page(data: bytes, source: str, text_mode: bool) -> Page | Unreadable:
    """Return the content of a file as a page, unless it is empty or binary data."""
    from cleaners import Page

    # the first bytes are tried first, since `strip` copies the whole page
    if not (data[:100].strip() or data.strip()):
        return Unreadable(source, "empty")
    kind = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)
    if kind is None and b"\0" in data[:1024] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        kind = "binary data"
    if kind:
        return Unreadable(source, f"{kind}, not a page; give HTML")
    if not text_mode:
        return Page(data, source=source)
    try:
        return Page(data.decode("utf-8"), is_text=True, source=source)
    except UnicodeDecodeError as error:
        return Unreadable(source, f"not UTF-8 text (byte {error.start}); text mode reads UTF-8")


def _unreadable(path: Path, error: Exception) -> Unreadable:
    return Unreadable(str(path), str(error).removeprefix(f"{path}: "))
