"""Measure what proposed rules would remove from the stored pages of their hosts, before anybody accepts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from archive.catalog.catalog import Catalog
from archive.catalog.sealed import collections
from archive.collection import read_capture
from archive.files.errors import ArchiveError
from archive.files.layout import CATALOG
from archive.warc.records import read_text
from cleaners import PAGE_SECONDS, Article, LostError, Page, RuleSet, clean_page, rule_hosts, work_many

PROPOSED_RULE = "proposed/"
"""The beginning of the ids of proposed rules."""

# the row with the greatest `age` gives the other columns: https://www.sqlite.org/lang_select.html#bareagg
_NEWEST = """SELECT a.url, a.file AS text_file, a.offset AS text_offset, a.rules_version, c.file, c.offset,
    max(c.fetched || ' ' || a.stored || ' ' || a.record_id) AS age
    FROM article AS a JOIN capture AS c ON c.record_id = a.capture_id AND c.collection = a.collection
    WHERE a.collection = ? AND a.text_length GROUP BY a.url ORDER BY c.file, c.offset"""


@dataclass(slots=True)
class RuleEffect:
    """What one proposed rule would remove from its host's pages."""

    pages: int = 0
    characters: int = 0
    from_text: int = 0
    """How many of these characters are in today's text; other rules remove the rest already."""

    def add(self, other: RuleEffect) -> None:
        """Add the effect on another page."""
        self.pages += other.pages
        self.characters += other.characters
        self.from_text += other.from_text


@dataclass(frozen=True, slots=True)
class PageEffect:
    """What the proposed rules would change on one page."""

    url: str
    host: str
    """The host whose proposed rules apply to the page; empty where none do, and the page is not cleaned."""
    text: int = 0
    """Characters of today's text."""
    besides: int = 0
    """Characters without blanks that the text loses though no proposed rule removes them: without the removed lines,
    the cleaner may decide differently about others. Negative if the text gains some."""
    changed: bool = False
    rules: dict[str, RuleEffect] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Work:
    url: str
    host: str
    file: str
    offset: int
    text: tuple[str, int] | None
    """File and offset of a text that was made with the rules in force."""


def proposed_effects(
    root: Path, name: str, *, hosts: Collection[str], rules: RuleSet, proposed: RuleSet, jobs: int | None = 1
) -> Generator[PageEffect]:
    """Clean the newest capture of each page of `hosts` with the proposed rules, and yield how its text differs.

    `rules` are those in force, `proposed` the same with the proposed ones. Pages of other hosts are yielded unread.
    Raises ArchiveError where there is no such collection, or no catalog.
    """
    collections(root, name)  # raises where there is none
    task = partial(_effect, root=root, name=name, rules=rules, proposed=proposed)
    # who stops early must not leave a query behind that is closed after its catalog
    with Catalog(root / CATALOG) as catalog, closing(_works(catalog, name, hosts, rules.version)) as works:
        yield from work_many(task, works, lost=_lost, jobs=jobs, seconds=PAGE_SECONDS)


def _works(catalog: Catalog, name: str, hosts: Collection[str], version: str) -> Generator[_Work]:
    for row in catalog.query(_NEWEST, name):
        host = next((host for host in rule_hosts(row["url"]) if host in hosts), "")
        text = (row["text_file"], row["text_offset"]) if row["rules_version"] == version else None
        yield _Work(row["url"], host, row["file"], row["offset"], text)


def _effect(work: _Work, *, root: Path, name: str, rules: RuleSet, proposed: RuleSet) -> PageEffect:
    """Compare the texts of one page, in any process. Raises nothing."""
    if not work.host:
        return PageEffect(work.url, "")
    try:
        capture = read_capture(root, name, work.file, work.offset)
        page = Page(capture.payload(), work.url, capture.charset)
        before = read_text(root, name, *work.text).text if work.text else clean_page(page, rules).text
    except ArchiveError as error:
        return PageEffect(work.url, work.host, problem=str(error))
    return effect(work.url, work.host, before, clean_page(page, proposed))


def _lost(work: _Work, loss: LostError) -> PageEffect:
    return PageEffect(work.url, work.host, problem=f"cleaning failed: {loss}: please report the page")


def effect(url: str, host: str, before: str, after: Article) -> PageEffect:
    """Compare the text of a page by the rules in force, `before`, with its article by the proposed rules, `after`."""
    old, new = Counter(_lines(before)), Counter(_lines(after.text))
    gone = list((old - new).elements())
    besides = sum(map(_ink, gone)) - sum(map(_ink, (new - old).elements()))
    by_rule: dict[str, RuleEffect] = {}
    for removal in after.removals:
        if removal.rule.startswith(PROPOSED_RULE):
            removed_lines = _lines_of(_plain(removal.text), gone)
            besides -= sum(map(_ink, removed_lines))
            from_text = min(sum(map(len, removed_lines)), len(removal.text))
            by_rule.setdefault(removal.rule, RuleEffect(1)).add(RuleEffect(0, len(removal.text), from_text))
    return PageEffect(url, host, len(before), besides, old != new, by_rule)


def _lines_of(removed: str, gone: list[str]) -> list[str]:
    """Return the parts of a removed text that were in lines that are gone, and remove whole lines from `gone`."""
    if whole := [line for line in dict.fromkeys(gone) if line in removed]:
        for line in whole:
            gone.remove(line)
        return whole
    # a fragment, of which the rest of the line is kept
    return [removed] if removed and any(removed in line for line in gone) else []


def _ink(text: str) -> int:
    """Count the characters that are no blanks, since the blanks around a fragment are removed with it."""
    return len(text) - text.count(" ")


def _lines(text: str) -> list[str]:
    return [_plain(line) for line in text.splitlines() if line.strip()]


def _plain(text: str) -> str:
    return " ".join(text.split())
