"""Pair the marks of notes that are raised numbers without links with the notes, by their numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from cleaners.html.blocks import MAX_CLIMB, Frame, PageBlock
from cleaners.html.inline import ranges_of
from cleaners.notes import MAX_NOTES, NAMED, Note, Notes, cut_label, label_of, leading

_MARK = re.compile(r"[\[(]?\s*(\d{1,3})\s*[\])]?")
_ID = re.compile(r"(?i)(?:[a-z]+[-_:])?(?:fn|foot-?note|end-?note|side-?note|note|cite_note|ref)[-_:.]?(\d{1,3})")
"""The id of a numbered note."""
_NOTES = re.compile(
    r"(?i)\W*(?:foot-?notes?|end-?notes?|notes?|references|sources|notes and references|fu(?:ß|ss)noten|endnoten|"
    r"anmerkungen|notes de bas de page|références|notas(?: al pie)?|referencias|notas de rodapé|note a piè di pagina|"
    r"voetnoten|noten|fotnoter|noter|przypisy|примечания|сноски|脚注|注|注释|註釋|각주)\W*"
)
"""Headings above a page's notes."""
_MEASURED = re.compile(r"(?:^|[^\w])(?:\d|\d*[^\W\d_]|[\d.,]*\s?(?:[kcdmµn]?m|ft|in|mi|yd|sec))$|\d$")
"""What stands before an exponent, not before a mark: a number, a sign of one letter, a unit."""
_HOLDERS = frozenset(("aside", "footer"))


@dataclass(slots=True)
class _Mark:
    block: int
    element: HtmlElement
    number: int


@dataclass(slots=True)
class _Start:
    block: int
    number: int
    element: HtmlElement
    is_item: bool
    """Whether all of its element is the note, and nothing else."""


def with_numbered(found: Notes, page: Sequence[PageBlock], kept: Collection[int]) -> Notes:
    """Return the notes of a page whose marks have no links; where links tell notes (*found*), those alone. There are
    some only where the marks count from 1 and each number has exactly one note. `kept`: the numbers of the blocks of
    the text."""
    if found.of_block:
        return found
    marks = [mark for i in sorted(kept) for mark in _marks(i, page[i])][:MAX_NOTES]
    count = _counted(marks)
    if not count:
        return found
    starts = [*_starts(page, {mark.block for mark in marks})]
    numbers = [start.number for start in starts]
    first = {number: next(mark.block for mark in marks if mark.number == number) for number in range(1, count + 1)}
    # notes may go on counting where a mark is lost, but not begin anew
    if numbers != [*range(1, len(numbers) + 1)] or len(numbers) < count:
        return found
    if any(first[start.number] >= start.block for start in starts if start.number in first):
        return found
    paired = Notes()
    for n, start in enumerate(starts[:count]):
        end = starts[n + 1].block if n + 1 < len(starts) else len(page)
        label = str(start.number)
        blocks = tuple(_extent(page, start, end, kept))
        note = Note(label, label, start.element, blocks, frozenset())
        paired.of_block.update(dict.fromkeys(blocks, note))
        paired.marks.update((m.element, label) for m in marks if m.number == start.number and m.block not in blocks)
        for i in blocks:
            cut_label(note, page[i], i, paired)
    return paired


def _marks(number: int, block: PageBlock) -> Iterator[_Mark]:
    """Yield the raised numbers behind words of a block."""
    if not any(begins and element.tag == "sup" for _, element, begins in block.marks):
        return
    ranges = ranges_of(block)
    linked = [(start, end) for element, start, end in ranges if element.tag == "a" and element.get("href")]
    for element, start, end in sorted(ranges, key=lambda found: found[1]):
        if element.tag != "sup" or not (match := _MARK.fullmatch(block.text[start:end].strip())):
            continue
        before = block.text[:start]
        is_linked = any(begin <= start and end <= finish for begin, finish in linked)
        if before.strip() and not is_linked and not _MEASURED.search(before[-12:]):
            yield _Mark(number, element, int(match[1]))


def _counted(marks: Sequence[_Mark]) -> int:
    """Return how many numbers marks have, where they count from 1; else 0."""
    last = 0
    for mark in marks:
        if mark.number > last + 1 or mark.number < 1:
            return 0
        last = max(last, mark.number)
    return last


def _starts(page: Sequence[PageBlock], marked: Collection[int]) -> Iterator[_Start]:
    """Yield the blocks that begin a numbered note. `marked`: the blocks with marks."""
    last = max(marked)
    is_below = False
    """Whether all that follows is notes: below a heading that says so, or a line behind the last mark."""
    items: set[HtmlElement] = set()
    for i, block in enumerate(page):
        if block.kind == "heading":
            is_below = i > min(marked) and bool(_NOTES.fullmatch(block.text))
            continue
        if i > last and not is_below:
            is_below = _follows_line(block.frame)
        item = next((frame for frame in block.frame.up(MAX_CLIMB) if frame.tag == "li"), None)
        if item is not None and item.element in items:
            continue
        element = block.frame.element if item is None else item.element
        if item is not None:
            items.add(element)
        is_named = is_below or _is_named(block.frame)
        number = _number_by_id(block.frame)
        if not number and is_named and i not in marked:
            number = (item.number if item is not None else 0) or _leading_number(block)
        if number and (i not in marked or item is not None or is_named):
            yield _Start(i, number, element, item is not None or not is_below)


def _is_named(frame: Frame) -> bool:
    """Tell whether the elements around a block say that it is a note: their classes, ids or roles."""
    for step in frame.up(MAX_CLIMB):
        if step.tag in ("article", "body", "main"):
            break
        values = " ".join(step.element.get(name) or "" for name in ("class", "id", "role"))
        if step.tag in _HOLDERS or NAMED.search(values[:300]):
            return True
    return False


def _number_by_id(frame: Frame) -> int:
    for step in frame.up(3):
        if (own := step.element.get("id")) and (match := _ID.fullmatch(own[:40])):
            return int(match[1])
    return 0


def _leading_number(block: PageBlock) -> int:
    """Return the number that a block begins with, if it stands apart from the text: raised, bold, in brackets, before a
    full stop."""
    match = re.match(r"\W{0,3}(\d{1,3})", block.text)
    if not match:
        return 0
    if leading(block.text, match[1]):
        return int(match[1])
    for element, start, end in ranges_of(block):
        if start == 0 and element.tag in ("b", "strong", "sup") and label_of(block.text[:end]) == match[1]:
            return int(match[1])
    return 0


def _follows_line(frame: Frame) -> bool:
    """Tell whether a line (`hr`) stands right before a block."""
    element: HtmlElement | None = frame.element
    for _ in range(MAX_CLIMB):
        if element is None:
            return False
        before = element.getprevious()
        if before is not None:
            return before.tag == "hr"
        element = element.getparent()
    return False


def _extent(page: Sequence[PageBlock], start: _Start, end: int, kept: Collection[int]) -> Iterator[int]:
    """Yield the numbers of a note's blocks: those of its item; of loose paragraphs, what follows in the same element up
    to the next note, a heading or a line. `end`: where the next note begins."""
    yield start.block
    around = start.element if start.is_item else start.element.getparent()
    for i in range(start.block + 1, end):
        block = page[i]
        if around is None or all(frame.element is not around for frame in block.frame.up(MAX_CLIMB)):
            return
        if not start.is_item and (block.kind == "heading" or i not in kept or _follows_line(block.frame)):
            return
        yield i
