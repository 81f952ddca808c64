"""Texts that somebody else extracted, with their addresses: `rules/corpora.sqlite`, derived from the files given."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from archive.database import transaction
from archive.errors import ArchiveError
from archive.site_rules.hosts import host_of
from archive.site_rules.store import BATCH, Store
from archive.textrows import FETCHED, MAX_LINE
from cleaners import RuleSet, clean_text
from cleaners.learn import read_page

CORPORA = Path("rules", "corpora.sqlite")
ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")


@dataclass(slots=True)
class Counts:
    """What reading corpora came to."""

    documents: int = 0
    without_url: int = 0
    """Nothing is learned from them: it is not known which host they are from."""
    without_text: int = 0


class Corpora(Store):
    """The documents of text corpora, of each URL one; with their texts, for their files may be gone when a line of
    theirs is to be shown. For use with `with`."""

    OWN = "text BLOB NOT NULL, rules_version TEXT NOT NULL"

    def __init__(self, root: Path) -> None:
        """Open or make the file. Raises ArchiveError where it cannot be written."""
        super().__init__(root / CORPORA)

    def add(self, file: Path, rules: RuleSet, text_column: str, seen: Callable[[str], None]) -> Counts:
        """Enter a file's documents as line rules leave them; `seen` is told each URL. One that is there stays, unless
        it is older, or was made with other rules. Raises ArchiveError where the file cannot be read."""
        counts, rows = Counts(), _rows(file, text_column)
        with self._errors():
            if not self._is_whole():
                self._renew()
            while batch := list(islice(rows, BATCH)):
                with transaction(self._connection):
                    for url, fetched, title, text in batch:
                        counts.documents += 1
                        if not text:
                            counts.without_text += 1
                        elif not host_of(url):
                            counts.without_url += 1
                        else:
                            self._enter(url, fetched, title, text, rules)
                            seen(url)
        return counts

    def text(self, url: str) -> str | None:
        """Return a document as line rules left it; None where there is none of this address."""
        with self._errors():
            found = self._connection.execute("SELECT text FROM page WHERE url = ?", (url,)).fetchone()
            return zlib.decompress(found["text"]).decode() if found else None

    def _enter(self, url: str, fetched: str, title: str, text: str, rules: RuleSet) -> None:
        cleaned = clean_text(text, url=url, rules=rules)
        packed = zlib.compress(cleaned.text.encode("utf-8", "replace"))
        query = "SELECT fetched, rules_version, text FROM page WHERE url = ?"
        known = self._connection.execute(query, (url,)).fetchone()
        # of two of one day either will do, but always the same
        if cleaned.text and (known is None or _age(known, rules) < (fetched, True, packed)):
            page = read_page(url, fetched, title, cleaned.text, [removal.text for removal in cleaned.removals])
            self._put(page, fetched, text=packed, rules_version=rules.version)


def _age(known: sqlite3.Row, rules: RuleSet) -> tuple[str, bool, bytes]:
    return known["fetched"], known["rules_version"] == rules.version, known["text"]


def _rows(file: Path, text_column: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield the URL, the day, the headline and the text of each row; what it does not have is empty."""
    if not file.name.lower().endswith(ENDINGS):
        raise ArchiveError(f"{file}: not a text corpus: give {', '.join(ENDINGS)} with a column 'url'")
    if file.name.lower().endswith((".jsonl", ".jsonl.gz")):
        yield from _json_rows(file, text_column)
        return
    # the only ones that need packages of an extra
    from archive.dataset import Options
    from archive.dataset.inputs.sources import read, shards

    options = Options(text_column=text_column)
    for shard in shards([file], options):
        for item in read(shard, options):
            day = item.fetched.date().isoformat() if item.fetched else ""
            yield item.url or "", day, item.title or "", str(item.data) if item.data else ""


def _json_rows(file: Path, text_column: str) -> Iterator[tuple[str, str, str, str]]:
    try:
        with gzip.open(file) if file.name.lower().endswith(".gz") else file.open("rb") as lines:
            while line := lines.readline(MAX_LINE):
                row = _parsed(line)
                days = (_day(_text(row, name)) for name in FETCHED)
                yield _text(row, "url"), next(filter(None, days), ""), _text(row, "title"), _text(row, text_column)
    except (OSError, EOFError, zlib.error) as error:
        raise ArchiveError(f"{file}: cannot be read to its end ({error}): get the file again") from error


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def _day(said: str) -> str:
    try:
        return date.fromisoformat(said[:10]).isoformat()
    except ValueError:
        return ""


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
