"""Define what cleaning takes, a page, and what it returns: an article, its blocks, and everything that was removed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, make_dataclass
from operator import attrgetter
from typing import Any, Literal, cast

from cleaners.classify import PageKind
from cleaners.html.blocks import BlockKind
from cleaners.html.inline import Span
from cleaners.metadata.dates import DateEvidence

RichKind = Literal[BlockKind, "term", "definition", "note", "caption", "verse", "attribution", "image"]
Access = Literal["full", "teaser", "registration", "paywall", "consent", "blocked", "unknown"]
Stage = Literal["dom", "blocks", "lines"]

FAILED = "failed:"
"""Begins the flag of a page on which cleaning failed; the error's name, `crash` or `timeout` follows."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page to clean, or a ready-made text."""

    html: bytes | str
    url: str | None = None
    charset: str | None = None
    """As declared in the HTTP header."""
    is_text: bool = False
    """Whether `html` is ready-made text, from which only debris lines are removed."""
    source: str = ""
    """The file or address that it was read from."""
    place: str = ""
    """Its place in the source: the offset of a WARC record, or the number of a row or line."""
    flags: tuple[str, ...] = ()
    """What had to be mended to read it; the article has them too."""
    language: str | None = None
    """Of ready-made text: its language, as its source names it (ISO 639-1); rules of other languages do not apply."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table."""

    text: str
    spans: tuple[Span, ...] = ()
    is_header: bool = False
    columns: int = 1
    rows: int = 1
    """How many columns and rows it reaches over."""


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of the article's text, and its kind on the page; Markdown is written from these."""

    kind: RichKind
    text: str
    level: int = 0
    """The level of a heading, 1 to 6; the number of an item of an ordered list; else 0."""
    spans: tuple[Span, ...] = ()
    """The parts of the text that are links, strong, code and so on: by their beginnings, outer ones first."""
    cells: tuple[Cell, ...] = ()
    """Of a row of a table: its cells; `text` is theirs, parted by ` | `."""
    table: int = 0
    """Of a row and a caption: the number of its table in the article, from 1."""
    depth: int = 0
    """Of an item: how many lists it is in below the outermost."""
    continues: bool = False
    """Whether it goes on with the item or note above."""
    language: str = ""
    """Of code: its language, as the page names it."""
    label: str = ""
    """Of a note: how its marks in the text name it, such as `1`."""
    quoted: int = 0
    """The number of the quote that it is in, from 1; 0 outside of one. Quotes in a quote are part of it."""
    address: str = ""
    """Of a quote, of the line that names its source, and of a caption: the address that the quote is from, or that of
    the picture."""
    marker: str = ""
    """Of an item of an ordered list that shows no number from 1: what it shows, such as `b`, `iv` or `0`."""
    src: str = ""
    alt: str = ""
    caption: str = ""
    """Of a picture: its address, what stands for it where it is not shown, and its caption, be it in the text or not.
    Its `text` is empty."""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields that say something, ready for JSON; `read_blocks` reads them."""
        fields: dict[str, Any] = _plain(self)
        return fields


_Draft = make_dataclass("_Draft", [(one.name, Any, field(default=one.default)) for one in fields(Block)], slots=True)
"""A block that is not finished: a frozen class writes each of its fields by a call, which takes five times as long."""
_values = attrgetter(*(one.name for one in fields(Block)))


def block_of(kind: RichKind, text: str, level: int = 0) -> Block:
    """Return a block that has no more than these, faster than `Block` does."""
    return _finished(_Draft(kind, text, level))


def changed(block: Block, **changes: Any) -> Block:  # noqa: ANN401 - a field's value may be of any type
    """Return a block with other values of some fields, faster than `dataclasses.replace` does.

    >>> changed(Block("paragraph", "One."), depth=1) == Block("paragraph", "One.", depth=1)
    True
    """
    draft = _Draft(*_values(block))
    for name, value in changes.items():
        setattr(draft, name, value)
    return _finished(draft)


def _finished(draft: Any) -> Block:  # noqa: ANN401 - a draft's class is made above
    draft.__class__ = Block
    return cast("Block", draft)


class _Reason:
    """The field of a removal for its reason: a text, or what works the text out when it is first read. Few readers ask
    for reasons, and those of a model's removals take longer than its decision."""

    def __get__(self, removal: Removal | None, owner: type[Removal]) -> str:
        if removal is None:
            return ""
        reason = vars(removal)["why"]
        if not isinstance(reason, str):
            reason = vars(removal)["why"] = reason()
        return str(reason)

    def __set__(self, removal: Removal, reason: str | Callable[[], str]) -> None:
        vars(removal)["why"] = reason


@dataclass(frozen=True, init=False)
class Removal:
    """A piece of text that was removed, and the rule that removed it, recorded at the moment of removal."""

    rule: str
    """The rule's id, such as `dom/share-bar`, `lines/advertisement` or `block/model`."""
    stage: Stage
    text: str
    """The removed text. In text mode the exact slice of the input, line end included."""
    where: str
    """The path of the element in HTML mode, the number of the line in text mode."""
    start: int | None = None
    """Text mode only: the position of the first character in the input."""
    end: int | None = None
    """Text mode only: the position after the last character: `source[start:end] == text`."""
    why: str = cast("str", _Reason())
    """Of a block rule: why it took this block; of the model `score 0.04: nearly all a link; in a footer`. The reason
    of any other rule is in its file (`RuleSet.reasons`). Of a line that the model refused and a line rule names: the
    model's reason."""

    def __init__(
        self,
        rule: str,
        stage: Stage,
        text: str,
        where: str,
        start: int | None = None,
        end: int | None = None,
        why: str | Callable[[], str] = "",
    ) -> None:
        # a page has some hundred removals, and what dataclass makes takes twice as long
        own = vars(self)
        own["rule"], own["stage"], own["text"], own["where"] = rule, stage, text, where
        own["start"], own["end"], own["why"] = start, end, why

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"why": self.why}


@dataclass(frozen=True, slots=True)
class Article:
    """A cleaned page or text. Where no article is found, `text` is empty and `flags` says why."""

    text: str
    """Paragraphs, one a line, with a blank line between them."""
    blocks: tuple[Block, ...] = ()
    url: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    date: dt.datetime | dt.date | None = None
    """When it was published: an aware datetime, or a date where only the day is known."""
    date_evidence: DateEvidence = ""
    """How sure the date is: why it was taken. `sources["date"]` is where it was read."""
    modified: dt.datetime | dt.date | None = None
    site: str | None = None
    language: str | None = None
    """ISO 639-1 code, as the page declares it."""
    image: str | None = None
    tags: tuple[str, ...] = ()
    canonical_url: str | None = None
    access: Access = "unknown"
    kind: PageKind = "unknown"
    """What kind of page it is; `other` for one that is like none, `unknown` for ready-made text."""
    kind_evidence: tuple[str, ...] = ()
    """What counted most for the kind, in words, such as `declared: JSON-LD NewsArticle` or `24 prices`."""
    encoding: str | None = None
    """How the bytes were decoded, and why, such as `windows-1252 (declared in the page)`."""
    flags: tuple[str, ...] = ()
    """Remarks: `empty`, `low-confidence`, `replacement-characters`, `twice-encoded`, the evidence for `access`,
    `taken-for:section` for a section page without text."""
    removals: tuple[Removal, ...] = ()
    """Everything that was removed, in page order."""
    rules_version: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    """The source of each metadata field and of the kind: `json-ld`, `opengraph`, `meta`, `microdata`, `page` or
    `url`; `script` for a date; `text` for a language that `pressclip clean --language auto` guessed, `record` for one
    that the WARC record of a ready-made text names. `sources["text"]` is where the text was found on a page that
    shows none: `json-ld`, `microdata`, `noscript`, `template` or `state`."""
    confidence: float | None = None
    """The probability, 0 to 1, that the text is right: that its words are those that a reader would read, but for a
    tenth. None without text, and for ready-made text, of which no block was judged."""
    doubts: tuple[str, ...] = ()
    """What speaks against the text, in words, the worst first: the facts that lower `confidence` most."""

    @property
    def failure(self) -> str:
        """Why cleaning failed, such as `crash` or `RecursionError`; empty if it did not fail."""
        return next((flag.removeprefix(FAILED) for flag in self.flags if flag.startswith(FAILED)), "")

    def lines_as_blocks(self) -> tuple[Block, ...]:
        """Return the blocks; for ready-made text, which has none, return its lines as paragraphs."""
        lines = (line for line in self.text.splitlines() if line.strip())
        return self.blocks or tuple(Block("paragraph", line) for line in lines)

    def as_dict(self, *, without: Collection[str] = ()) -> dict[str, Any]:
        """Return the fields under their own names, ready for JSON: dates in ISO 8601, tuples as lists. `without`: those
        that are left out."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__ if name not in without}


def read_blocks(blocks: Iterable[Mapping[str, Any]]) -> tuple[Block, ...]:
    """Return the blocks of an article's JSON, or of a dataset's column `blocks`; a field that says nothing may be None.

    >>> read_blocks([{"kind": "heading", "text": "Tides", "level": 2, "spans": None}])[0].level
    2
    """
    return tuple(_read(Block, block) for block in blocks)


def _read(kind: type[Any], fields: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a Block, Cell or Span
    told = {name: value for name, value in fields.items() if value is not None}
    for name, part in (("spans", Span), ("cells", Cell)):
        if name in told:
            told[name] = tuple(_read(part, inner) for inner in told[name])
    return kind(**told)


def _plain(value: Any) -> Any:  # noqa: ANN401 - a field's value may be of any of the types above
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, (Block, Cell, Span)):
        always = ("kind", "text", "start", "end")
        fields = {name: getattr(value, name) for name in value.__dataclass_fields__}
        return {name: _plain(own) for name, own in fields.items() if own or name in always}
    if isinstance(value, Removal):
        plain: dict[str, Any] = {"rule": value.rule, "stage": value.stage, "text": value.text, "where": value.where}
        if value.start is not None:
            plain |= {"start": value.start, "end": value.end}
        if why := value.why:
            plain["why"] = why
        return plain
    return dict(value) if isinstance(value, Mapping) else value
