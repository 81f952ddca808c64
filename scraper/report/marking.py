"""Name the lines of a stored text, and the pieces that were removed from it, so that a person can mark them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from archive import CATALOG, ArticleRow, Catalog, TextRecord, read_text
from archive.site_rules import Verdict, read_judgements
from scraper.printable import one_line, printable
from scraper.report.places import MAX_REMOVED


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a stored text, or a piece that was removed from it."""

    row: ArticleRow
    text: str
    rule: str
    """The rule that removed it; empty for a line of the text."""

    @property
    def asked(self) -> dict[str, str]:
        """The parameters of an address that name it."""
        return {"record": self.row.record_id, "line": key_of(self.text)}


def key_of(line: str) -> str:
    """Return the key of a line as it is shown: forms have it instead of the line, which may be long."""
    return sha256(line.encode("utf-8", "replace")).hexdigest()[:32]


def said_of(data: Path, url: str) -> dict[str, Verdict]:
    """Return what people said of the lines of a page, by key."""
    return {key_of(one.line): one.verdict for one in read_judgements(data) if one.url == url}


def marked_lines(data: Path, record_id: str, key: str) -> list[Line] | None:
    """Return the lines of a text that have a key, then the removed pieces; None where no text has this record id.

    Raises ArchiveError where the text cannot be read.
    """
    with Catalog(data / CATALOG) as catalog:
        row = catalog.article(record_id)
    if row is None or row.record_id != record_id:
        return None
    stored = read_text(data, row.collection, row.file, row.offset)
    return [Line(row, text, rule) for text, rule in _pieces(stored) if text and key_of(text) == key]


def _pieces(stored: TextRecord) -> Iterator[tuple[str, str]]:
    for line in printable(stored.text).split("\n"):
        yield line.strip(), ""
    removals = stored.metadata.get("removals")
    for one in removals if isinstance(removals, list) else ():
        if isinstance(one, dict):
            yield printable(one.get("text", ""), MAX_REMOVED).strip(), one_line(one.get("rule", ""))
