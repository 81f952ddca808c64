"""Pack a collection, or a part of it, into one WACZ file, with its cleaned texts in the page list."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from archive.catalog.reader import CatalogReader, RecordPlace, Selection
from archive.exchange.wacz import sign_wacz
from archive.files.errors import ArchiveError, cannot_write
from archive.files.extras import how_to_install
from archive.files.keys import SigningKey
from archive.files.layout import RAW_SUFFIX, locate, raw_files, raw_folder
from archive.files.lock import sole
from archive.files.whole import make_folder, put_in_place
from archive.warc.records import file_info, read_text, warcinfo
from archive.warc.scan import Record, scan

MAX_PAGES_BYTES = 2**31 - 1
"""py-wacz writes the page list as a ZIP member of unknown size, which Python's zipfile limits to this."""
HEADER = {"format": "json-pages-1.0", "id": "pages", "title": "Pages", "hasText": True}


@dataclass(frozen=True, slots=True)
class Packed:
    """What a WACZ file holds."""

    path: Path
    files: int
    """WARC files."""
    pages: int
    """Pages of its list, each with a text."""
    skipped: int
    """WARC files that are still being written."""


def pack(
    root: Path,
    choice: Selection,
    out: Path,
    *,
    software: str,
    key: SigningKey | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    on_progress: Callable[[str], None] = lambda url: None,
) -> Packed:
    """Write a collection, or the chosen part of it, to a WACZ file, signed where there is a *key*. `on_progress` gets
    the URL of each page.

    Needs as much free space beside `out` as the file takes, for a part twice as much. `out` appears when it is whole.
    Raises ArchiveError where nothing is chosen, py-wacz is missing or fails, or `out` cannot be written.
    """
    if importlib.util.find_spec("wacz") is None:
        raise ArchiveError(f"packing needs py-wacz: {how_to_install('pack')}")
    warcs = raw_folder(root, choice.collection)
    sealed, left_open = raw_files(warcs)
    with CatalogReader(root) as reader:
        if not sealed:
            raise ArchiveError(f"{warcs}: holds no sealed WARC file: give another --collection, or crawl first")
        try:
            make_folder(out.parent)
            with _workplace(out) as work:
                source = _Source(root, reader, choice, frozenset(path.name for path in sealed))
                files = sealed if choice.is_all else [source.write_part(work, software)]
                pages = source.write_pages(work / "pages.jsonl", on_progress)
                _run_wacz(files, work / "pages.jsonl", work / out.name)
                if key:
                    sign_wacz(work / out.name, key, now())
                put_in_place(work / out.name, out)
        except OSError as error:
            raise cannot_write(out, error) from error
    return Packed(out, len(files), pages, len(left_open))


@contextmanager
def _workplace(out: Path) -> Iterator[Path]:
    """Yield an empty folder beside `out`, and remove it afterwards; one that a killed process left is used again."""
    folder = out.absolute().with_name(f".{out.name}.part")
    folder.mkdir(exist_ok=True)
    with sole(folder, "another process packs this file: let it end, or give another --out"):
        try:
            for left in folder.iterdir():
                left.unlink()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class _Source:
    """The chosen captures in those WARC files that are sealed."""

    root: Path
    reader: CatalogReader
    choice: Selection
    sealed: frozenset[str]

    def write_pages(self, path: Path, on_progress: Callable[[str], None]) -> int:
        """Write the page list with the texts, and return how many pages it has."""
        count = 0
        with path.open("w", encoding="ascii") as file:
            file.write(json.dumps(HEADER) + "\n")
            for page in self.reader.pages(self.choice):
                if page.raw not in self.sealed:
                    continue
                count += 1
                text = read_text(self.root, self.choice.collection, page.file, page.offset).text
                fetched = page.fetched.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
                line = {"id": f"{count}", "url": page.url, "ts": fetched, "title": page.title or page.url, "text": text}
                file.write(json.dumps(line) + "\n")
                on_progress(page.url)
            if file.tell() > MAX_PAGES_BYTES:
                advice = "pack them in parts with --site or --since"
                raise ArchiveError(f"{count:,} pages have more than 2 GB of text: {advice}")
        return count

    def write_part(self, folder: Path, software: str) -> Path:
        """Copy the chosen records, with their requests and originals, to a WARC file in `folder`."""
        now, name = datetime.now(UTC), self.choice.collection
        path = folder / f"{name}-part-{now:%Y%m%d%H%M%S}{RAW_SUFFIX}"
        copied: set[str] = set()
        with path.open("wb") as out:
            out.write(warcinfo(uuid4().urn, now, path.name, file_info(software, name)))
            for place in self.reader.captures(self.choice):
                if place.file in self.sealed:
                    self._copy(place, out, copied)
        if not copied:
            raise ArchiveError(f"{name}: no capture is of that site and time: check --site and --since")
        return path

    def _copy(self, place: RecordPlace, out: BinaryIO, copied: set[str]) -> None:
        if place.record_id in copied:
            return
        copied.add(place.record_id)
        path = locate(raw_folder(self.root, self.choice.collection), place.file)
        records = _exchange(path, place.offset)
        response = next(records)
        if response.kind == "revisit" and (original := self.reader.place(response.refers_to)):
            self._copy(original, out, copied)
        with path.open("rb") as file:
            for record in (response, *records):
                file.seek(record.offset)
                out.write(file.read(record.length))


def _exchange(path: Path, offset: int) -> Iterator[Record]:
    """Yield the record at an offset, and its request if that follows."""
    records = scan(path, offset)
    first = next(records, None)
    if not isinstance(first, Record) or first.offset != offset or not first.length:
        raise ArchiveError(f"{path}: no record at offset {offset}: run `pressclip archive verify`")
    yield first
    second = next(records, None)
    if isinstance(second, Record) and second.kind == "request" and second.concurrent_to == first.record_id:
        yield second


def _run_wacz(files: list[Path], pages: Path, out: Path) -> None:
    # in a process of its own: importing wacz changes which records cdxj-indexer accepts, and wacz prints to stdout
    command = [
        sys.executable,
        "-m",
        "archive.exchange.run_wacz",
        "create",
        "--copy-pages",
        "--pages",
        str(pages),
        "--output",
        str(out),
    ]
    process = subprocess.run(
        [*command, "--file", *map(str, files)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if process.returncode or not out.is_file():
        last = (process.stderr.strip() or process.stdout.strip() or "no message").splitlines()[-1]
        raise ArchiveError(
            f"py-wacz failed: {last}: run `pressclip archive verify`, and report this line if that finds nothing"
        )
