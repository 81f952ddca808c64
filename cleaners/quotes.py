"""Say where quotes are from: their address, and the line that names their source."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import islice

from lxml.html import HtmlElement

from cleaners.article import Block, changed
from cleaners.html.blocks import MAX_CLIMB, Frame, PageBlock
from cleaners.html.inline import address_of
from cleaners.html.posts import address_of_post

LONGEST = 200
"""Characters of the longest line that names a source: longer ones are text. A judgement: the 81 of the
development corpora have at most 78."""
MAX_SOURCES = 50
"""Elements in a quote that may name its source and are looked at."""
MOST_LINES = 2
"""Lines of a source that are looked for behind a quote: a name, and who that is."""
_SOURCES = ("footer", "figcaption")
_FIGURE_CLIMB = 3
"""Elements around a quote in which its figure is looked for."""
_DASHES = ("—", "–", "―", "--", "- ", "~ ")
"""What begins a line that names who said the words above it."""
_NAMED = re.compile(r"attribution|\bcit(?:e|ation)\b|[_-]author|[_-]source|[_-]cite|^(?:author|source)$", re.IGNORECASE)
"""Classes of such a line in a quote."""
_NO_SOURCE = re.compile(r":\W*$|^[\W_]*$")
"""A line above a quote, as forums write it, or one without words."""
_DASHED = re.compile(r"[—–―~-]+\s*")
_SENTENCE = (".", "!", "?", "…", ":", '"', "”", "»")
"""What a line behind a quote ends with that is a sentence: dialogue begins with a dash too."""


def with_sources(page: Sequence[PageBlock], kept: Mapping[int, Block], base: str) -> dict[int, Block]:
    """Return the kept blocks, by their number on the page: quotes with the address of their source, and the line that
    names it as a block of its own kind. Words and order stay."""
    done = dict(kept)
    declared: dict[Frame, str] = {}
    for quote, numbers, sources in _with_lines(page, kept):
        if quote not in declared:
            declared[quote] = _address(quote.element, base)
        address = declared[quote] or next(
            (span.value for i in sources for span in kept[i].spans if span.kind == "link"), ""
        )
        for i in numbers:
            if kept[i].kind == "quote":
                done[i] = changed(kept[i], address=address)
        for i in sources:
            done[i] = changed(kept[i], kind="attribution", address=address)
    return done


def lost_sources(page: Sequence[PageBlock], kept: Mapping[int, Block], refused: Container[int]) -> frozenset[int]:
    """Return the numbers of the blocks that name the source of a kept quote and are not kept themselves. `refused`: the
    blocks that only the model removes."""
    tried = dict(kept)
    for i, block in kept.items():
        for beside in range(i + 1, i + 1 + MOST_LINES) if block.kind == "quote" else ():
            if beside in kept or beside not in refused:
                break
            tried[beside] = Block(page[beside].kind, page[beside].text)
    if len(tried) == len(kept):
        return frozenset()
    found = (i for _, _, sources in _with_lines(page, dict(sorted(tried.items()))) for i in sources)
    return frozenset(found) - set(kept)


def _with_lines(page: Sequence[PageBlock], kept: Mapping[int, Block]) -> Iterator[tuple[Frame, list[int], list[int]]]:
    """Yield the quotes: the element of each, the numbers of its blocks, and those of the lines that name its source."""
    cited: dict[Frame, frozenset[str]] = {}
    for quote, numbers, behind in _quotes(page, kept):
        sources = _sources(page, kept, quote, numbers, cited)
        if behind is not None and _is_behind(page[behind], kept[behind], quote, has_source=bool(sources)):
            sources.append(behind)
        yield quote, numbers, sources


def _quotes(page: Sequence[PageBlock], kept: Mapping[int, Block]) -> Iterator[tuple[Frame, list[int], int | None]]:
    """Yield the quotes: the element of each, the numbers of the kept blocks in it, and that of the block behind it."""
    quote: Frame | None = None
    numbers: list[int] = []
    for i, block in kept.items():
        frame = page[i].frame
        own = _around(frame) if quote is not None or block.kind == "quote" else None
        if quote is not None and own is not quote:
            yield quote, numbers, i
            quote, numbers = None, []
        if own is not None and (quote is not None or block.kind == "quote"):
            quote = own
            numbers.append(i)
    if quote is not None:
        yield quote, numbers, None


def _around(frame: Frame) -> Frame | None:
    """Return the innermost quote that a frame is or is in."""
    return next((step for step in frame.up(MAX_CLIMB) if step.tag == "blockquote"), None)


def _sources(
    page: Sequence[PageBlock],
    kept: Mapping[int, Block],
    quote: Frame,
    numbers: Sequence[int],
    cited: dict[Frame, frozenset[str]],
) -> list[int]:
    """Return the numbers of the blocks at the end of a quote that name its source. `cited` caches the texts of `cite`
    elements."""
    found: list[int] = []
    for i in reversed(numbers[1:]):
        block = kept[i]
        if block.kind not in ("quote", "paragraph") or len(block.text) > LONGEST or _NO_SOURCE.search(block.text):
            break
        if quote not in cited:
            cited[quote] = _cited(quote.element)
        steps = [*_within(page[i].frame, quote)]
        is_source = (
            bare(block.text) in cited[quote]
            or (block.text.startswith(_DASHES) and not found)
            or any(step.tag in _SOURCES for step in steps)
            or any(_NAMED.search((step.element.get("class") or "")[:LONGEST]) for step in steps)
        )
        if not is_source:
            break
        found.append(i)
    return found[::-1]


def _cited(quote: HtmlElement) -> frozenset[str]:
    cites = islice(quote.iter("cite"), MAX_SOURCES)
    return frozenset(bare(" ".join("".join(islice(cite.itertext(), MAX_SOURCES)).split())) for cite in cites)


def _within(frame: Frame, quote: Frame) -> Iterator[Frame]:
    for step in frame.up(MAX_CLIMB):
        if step is quote:
            return
        yield step


def bare(text: str) -> str:
    """Return the line that names a source without its dash."""
    return _DASHED.sub("", text, count=1) if text.startswith(_DASHES) else text


def _is_in_caption(frame: Frame, quote: Frame) -> bool:
    """Tell whether a block is in the caption of the figure that a quote is in."""
    figure = next((step for step in quote.up(_FIGURE_CLIMB) if step.tag == "figure"), None)
    if figure is None:
        return False
    tags = []
    for step in frame.up(MAX_CLIMB):
        if step is figure:
            return "figcaption" in tags
        tags.append(step.tag)
    return False


def _is_behind(block: PageBlock, plain: Block, quote: Frame, *, has_source: bool) -> bool:
    """Tell whether a block right behind a quote names its source: by the figure that both are in, or by its dash."""
    if plain.kind != "paragraph" or len(plain.text) > LONGEST:
        return False
    if _is_in_caption(block.frame, quote):
        return True
    if has_source or not plain.text.startswith(_DASHES) or plain.text.endswith(_SENTENCE):
        return False
    element = quote.element
    parent = element.getparent()
    following = element.getnext() if element.getnext() is not None or parent is None else parent.getnext()
    return following is not None and following is block.frame.element


def _address(quote: HtmlElement, base: str) -> str:
    """Return the address that a quote is from: that of the message that it is, the one that it declares, or that of a
    link in the element that names its source."""
    if address := address_of_post(quote, base) or address_of(quote.get("cite") or "", base):
        return address
    for source in islice(quote.iter("cite", "footer"), MAX_SOURCES):
        if next(source.iterancestors("blockquote"), None) is not quote:
            continue
        for link in islice(source.iter("a"), MAX_SOURCES):
            if address := address_of(link.get("href") or "", base):
                return address
    return ""
