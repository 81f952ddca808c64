"""Find what inline elements mean in a block's text: links, emphasis, code, formulas."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from types import MappingProxyType
from typing import Literal
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import ada_url
from lxml.html import HtmlElement

from cleaners.html.blocks import PageBlock
from cleaners.html.code import trimmed

SpanKind = Literal["link", "strong", "emphasis", "code", "math", "subscript", "superscript", "note", "image"]
_KINDS: dict[str, SpanKind] = {
    "a": "link", "b": "strong", "strong": "strong", "i": "emphasis", "em": "emphasis", "code": "code", "kbd": "code",
    "samp": "code", "tt": "code", "formula": "math", "sub": "subscript", "sup": "superscript",
}  # fmt: skip
_SCHEMES = ("http", "https", "mailto", "tel", "")
MAX_ADDRESS = 2000
"""Characters of an address that is kept: browsers and servers refuse longer ones."""
NO_MARKS: Mapping[HtmlElement, str] = MappingProxyType({})
_NO_GAP = " \u00a0\n[(（【"
_FIRST_WIDE = "\u2e80"
"""The first of the characters of East Asia, between which no space stands."""
_PLAIN = re.compile(r"https?://[a-z0-9.-]+/[!-\"$-:<->@-~]*(?:\?[!-\"$-~]+)?")
"""An address with nothing to resolve, lower or escape, as most links to other sites are."""
_WORD = re.compile(r"\S+")
_LINE_ENDS, _SPACE = re.compile(r"[\t\n\r]+"), re.compile(r"\s")
_FOREIGN = re.compile("[^!-~]+")
"""What an address has no signs for: white space and whatever is not ASCII."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a block's text that an inline element says something about."""

    start: int
    end: int
    kind: SpanKind
    value: str = ""
    """A link's or image's address, a note's label, `display` for a formula on a line of its own; else empty."""


def spans_of(block: PageBlock, base: str = "", notes: Mapping[HtmlElement, str] = NO_MARKS) -> tuple[Span, ...]:
    """Return the spans of a block, in the order of their beginnings, outer ones first. `base`: the address to which
    links are relative; `notes`: the elements that are marks of notes, each with the note's label."""
    spans: list[Span] = []
    marked: list[tuple[int, int]] = []
    for element, start, end in ranges_of(block):
        if element in notes:
            spans.append(Span(start, end, "note", notes[element]))
            marked.append((start, end))
        else:
            spans += _span(element, start, end, base)
    if marked:
        # the signs of the mark itself, such as its link and its raised type, say nothing more
        spans = [
            span
            for span in spans
            if span.kind == "note" or not any(start <= span.start and span.end <= end for start, end in marked)
        ]
    # written down when they ended, inner ones first
    spans.reverse()
    if len(spans) < 2:
        return tuple(spans)
    # `<b><strong>` says the same twice
    return tuple(dict.fromkeys(sorted(spans, key=lambda span: (span.start, -span.end))))


def ranges_of(block: PageBlock) -> list[tuple[HtmlElement, int, int]]:
    """Return where in a block's text its inline elements begin and end, inner ones first."""
    if not block.marks:
        return []
    places = _Places(block)
    open_: list[tuple[HtmlElement, int]] = []
    ranges: list[tuple[HtmlElement, int, int]] = []
    for pieces, element, begins in block.marks:
        if begins:
            open_.append((element, pieces))
        elif any(element is other for other, _ in open_):
            while True:
                inner, began = open_.pop()
                ranges.append((inner, places.start(began), places.end(pieces)))
                if inner is element:
                    break
    ranges += [(element, places.start(began), len(block.text)) for element, began in reversed(open_)]
    return [(element, start, end) for element, start, end in ranges if start < end]


def _span(element: HtmlElement, start: int, end: int, base: str) -> list[Span]:
    kind, value = _KINDS.get(str(element.tag)), ""
    if kind is None:
        return []
    if kind == "link":
        value = address_of(element.get("href") or "", base)
        if not value:
            return []
    elif kind == "math":
        value = element.get("display") or ""
    return [Span(start, end, kind, value)]


def address_of(reference: str, base: str = "") -> str:
    """Return an absolute address for a link, where the base is known, as a browser would write it (https://url.spec.whatwg.org);
    empty for one that leads nowhere: an anchor, a script, too long.

    >>> address_of("HTTPS://Example.com"), address_of("/wiki/Größe (1)#Maß", "https://example.com/a")
    ('https://example.com/', 'https://example.com/wiki/Gr%C3%B6%C3%9Fe%20(1)#Ma%C3%9F')
    """
    reference = _LINE_ENDS.sub("", reference.strip())
    if not reference or reference.startswith("#") or len(reference) > MAX_ADDRESS:
        return ""
    if _PLAIN.fullmatch(reference):
        return reference
    try:
        parts = urlsplit(urljoin(base, reference) if base else reference)
    except ValueError:
        return ""
    if parts.scheme not in _SCHEMES:
        return ""
    # a query stays: non-ASCII letters in it count in the page's encoding
    path, query, fragment = _ascii(parts.path), _SPACE.sub("%20", parts.query), _ascii(parts.fragment)
    account, at, host = parts.netloc.rpartition("@")
    return urlunsplit((parts.scheme, account + at + host.lower(), path or ("/" if host else ""), query, fragment))


def base_address(root: HtmlElement, url: str | None) -> str:
    """Return the address to which what a page names is relative: that of its `base` element, else *url*, its own."""
    element = root.find(".//base[@href]")
    reference = "" if element is None else (element.get("href") or "").strip()
    return web_address(reference, url or "") or url or ""


def web_address(reference: str, base: str = "") -> str | None:
    """Return an http or https address as a browser writes it (https://url.spec.whatwg.org), None for any other.
    `&amp;` is taken for `&`: it was escaped twice.

    >>> web_address("../a b?c=1&amp;d=2", "HTTPS://Example.com:443/x/y/"), web_address("mailto:desk@example.com")
    ('https://example.com/x/a%20b?c=1&d=2', None)
    """
    reference = reference.strip().replace("&amp;", "&")
    for parse in (partial(ada_url.join_url, base), ada_url.normalize_url) if reference else ():
        try:
            address = str(parse(reference))
        except ValueError:
            continue  # the base may be none, and the reference need none
        return address if address.startswith(("http://", "https://")) else None
    return None


def _ascii(text: str) -> str:
    return _FOREIGN.sub(lambda signs: quote(signs[0], safe="", errors="replace"), text)


class _Places:
    """Tells where the pieces of a block begin and end in its text, in which white space is single."""

    def __init__(self, block: PageBlock) -> None:
        raw = "".join(block.pieces)
        self._offsets = [0, *accumulate(map(len, block.pieces))]
        self._size = len(block.text)
        self._single = ""
        """The pieces, if no two spaces stand together between their words."""
        if block.kind == "code":
            self._raw, self._text = [0], [-trimmed(raw)[1]]
            self._ends = [len(raw)]
            return
        whole, lead = " ".join(raw.split()), len(raw) - len(raw.lstrip())
        cut = 0 if whole.startswith(block.text) else len(whole) - len(whole.lstrip("| "))
        if raw.startswith(whole, lead):
            # all words move alike, so that they need not be told apart
            self._single, self._raw, self._ends, self._text = raw, [lead], [lead + len(whole)], [-cut]
            return
        words = list(_WORD.finditer(raw))
        self._raw, self._ends = [word.start() for word in words], [word.end() for word in words]
        sizes = [end - start for start, end in zip(self._raw, self._ends, strict=True)]
        starts = [0, *accumulate(size + 1 for size in sizes)][: len(words)]
        self._text = [start - cut for start in starts]

    def start(self, piece: int) -> int:
        """Return where what follows a number of pieces begins: at the next word."""
        offset = self._offsets[piece]
        if self._single.startswith(" ", offset):
            offset += 1
        at = bisect_right(self._ends, offset)
        if at == len(self._raw):
            return self._size
        return self._within(self._text[at] + max(0, offset - self._raw[at]))

    def end(self, piece: int) -> int:
        """Return where what stands before a number of pieces ends: behind the word before."""
        offset = self._offsets[piece]
        if offset and self._single.startswith(" ", offset - 1):
            offset -= 1
        at = bisect_left(self._raw, offset) - 1
        if at < 0:
            return 0
        return self._within(self._text[at] + min(offset, self._ends[at]) - self._raw[at])

    def _within(self, place: int) -> int:
        return min(max(place, 0), self._size)


def cut_out(text: str, spans: Sequence[Span], start: int, end: int) -> tuple[str, tuple[Span, ...]]:
    """Return a text without the characters from *start* to *end*, and its spans at their new places.

    >>> cut_out("Read this: see more.", (Span(15, 20, "strong"),), 5, 10)
    ('Read see more.', (Span(start=9, end=14, kind='strong', value=''),))
    """
    left, right = text[:start].rstrip(), text[end:].lstrip()
    joined = f"{left} {right}"
    lead, text_end, behind = len(joined) - len(joined.lstrip()), len(left), len(text) - len(right)
    done = joined.strip()

    def begin(place: int) -> int:
        return place if place < text_end else text_end + 1 + max(0, place - behind)

    def finish(place: int) -> int:
        return min(place, text_end) if place <= behind else text_end + 1 + place - behind

    moved = (
        replace(span, start=max(begin(span.start) - lead, 0), end=min(finish(span.end) - lead, len(done)))
        for span in spans
    )
    return done, tuple(span for span in moved if span.start < span.end)


_MARKED_AGAIN = re.compile(r"^(\d+):\d+$")
"""The label that markdown-it shows where a note is marked again: `1:1` for a note 1."""


def shown_notes(text: str, spans: Sequence[Span]) -> tuple[str, tuple[Span, ...]]:
    """Return a text in which each mark of a note is its label in brackets, parted from the word before it.

    >>> shown_notes("Three ships1 sailed.", (Span(11, 12, "note", "1"),))
    ('Three ships [1] sailed.', (Span(start=12, end=15, kind='note', value='1'),))
    """
    moved = list(spans)
    for at in range(len(spans) - 1, -1, -1):
        if spans[at].kind != "note":
            continue
        start, end = moved[at].start, moved[at].end
        before, behind = text[:start], text[end:]
        label = _MARKED_AGAIN.sub(r"\1", text[start:end].strip("[]()（）【】 "))
        is_listed = before.rfind("[") > before.rfind("]")
        mark = label if is_listed else f"[{label}]"
        gap = "" if is_listed or not before or before[-1] in _NO_GAP or before[-1] >= _FIRST_WIDE else " "
        text = f"{before}{gap}{mark}{behind}"
        by = len(gap) + len(mark) - (end - start)
        for n, span in enumerate(moved):
            if n == at:
                moved[n] = replace(span, start=start + len(gap), end=start + len(gap) + len(mark))
            elif span.start >= end:
                moved[n] = replace(span, start=span.start + by, end=span.end + by)
            elif span.end >= end:
                moved[n] = replace(span, end=span.end + by)
    return text, tuple(moved)
