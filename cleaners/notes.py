"""Pair the marks of notes in a text with the notes, by the links between them."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from cleaners.html.blocks import BLOCK_TAGS, MAX_CLIMB, Frame, PageBlock
from cleaners.html.inline import ranges_of

BACK_LINK = "block/back-link"
MAX_NOTES = 2000
"""Notes of a page: each is looked for once. The development corpora's pages have at most some hundred."""
_LABEL = re.compile(
    r"[\[(（【]?\s*(?P<label>(?:(?:note|nb|fn|n|注)\.?\s?)?\d{1,3}|[a-z]{1,2}|[ivxl]{1,6}|[*†‡§¶‖]{1,4})(?:(?<=\d):\d{1,2}(?=\]))?\s*[\])）】]?[.:]?",
    re.IGNORECASE,
)
"""The text of a mark: a number, a letter or a sign, with or without brackets. markdown-it shows `[1:1]` and `[1:2]`
where a note is marked again."""
NAMED = re.compile(
    r"(?i)foot-?note|end-?note|side-?note|note-?ref|\bfn(?:ref|anchor|r)?(?:\b|[-_:.]?\d)|_?ftn|cite_?(?:note|ref)|\bnote[-_]?\d"
)
"""What names a mark or its target in classes, ids and addresses, whatever the language of the page."""
_NEVER = re.compile(r"(?i)\b(?:eqn?|equation|fig|figure|sec|section|table?|thm|theorem|lemma)(?:\b|[-_.:\d])")
"""Targets of other references: equations, figures, tables, sections, theorems."""
_ARROWS = "↩↑⏎⤴⇑⬆^\ufe0e\ufe0f"
_TAIL = re.compile(rf"\s*[\[(]?[{_ARROWS.replace('^', '')}]+[\])]?\s*$")
_LEADING = f" \u00a0{_ARROWS}"
MAX_BACK = 24
"""Characters of a link back that says where it leads in words, such as `Back to text`."""
_GROWING = frozenset(("aside", "dd", "div", "li", "section", "td", "tr"))
_ATTRIBUTES = ("class", "id", "name", "role", "rel", "href", "epub:type")
_MAX_VALUE = 300
"""Characters of an attribute that are read."""

Range = tuple[int, int]


@dataclass(slots=True)
class Note:
    """A note of a page."""

    label: str
    """How its marks name it; no other note of the page has the same."""
    shown: str
    """The same as the page shows it."""
    element: HtmlElement
    """The element that holds it."""
    blocks: tuple[int, ...]
    """The numbers of its blocks."""
    back: frozenset[str]
    """The names that its links back may have."""
    cuts: dict[int, list[Range]] = field(default_factory=dict)
    """What of its blocks' text is its label or a link back."""

    def is_around(self, frame: Frame | None) -> bool:
        """Tell whether an item of a list is the note itself, and no item of a list in it."""
        while frame is not None and frame.tag != "li":
            frame = frame.parent
        return frame is not None and (frame.element is self.element or frame.element in self.element.iterancestors())


@dataclass(slots=True)
class Notes:
    """The notes of a page whose marks stand in its text."""

    marks: dict[HtmlElement, str] = field(default_factory=dict)
    """The elements of marks, each with the label of its note."""
    of_block: dict[int, Note] = field(default_factory=dict)
    """The note that a block belongs to, by the block's number."""
    back_links: dict[int, list[str]] = field(default_factory=dict)
    """The text of links back, by the numbers of the blocks that they stand in."""
    copies: set[int] = field(default_factory=set)
    """The numbers of blocks that say again, in a sentence, what a note says."""


NO_NOTES = Notes()
"""The notes of a page without any."""


@dataclass(slots=True)
class _Mark:
    block: int
    element: HtmlElement
    """The outermost element that holds nothing but the mark."""
    link: HtmlElement
    label: str
    is_bracketed: bool
    is_raised: bool


def find_notes(page: Sequence[PageBlock], kept: Iterable[int]) -> Notes:
    """Return the notes whose marks stand in the kept blocks of a page, wherever the notes themselves are."""
    found = Notes()
    marks: dict[str, list[_Mark]] = {}
    for i in kept:
        for mark in _marks(i, page[i]):
            marks.setdefault(fragment_of(mark.link), []).append(mark)
    if not marks:
        return found
    places = _Places(page)
    targets = {name: element for name, element in _targets(page, marks).items() if name in marks}
    firsts = {name: place for name, element in targets.items() if (place := places.first(element)) is not None}
    taken = {mark.block for those in marks.values() for mark in those}
    starts = set(firsts.values())
    labels: Counter[str] = Counter()
    for name, start in sorted(firsts.items(), key=lambda item: item[1])[:MAX_NOTES]:
        those = [mark for mark in marks[name] if mark.block < start]
        if not those or start in found.of_block:
            continue
        element, blocks = places.extent(targets[name], start, starts, taken - starts)
        if not _is_note(those, page, targets[name], element, start):
            continue
        label = those[0].label
        labels[label] += 1
        own = f"{label}-{labels[label]}" if labels[label] > 1 else label
        note = Note(own, label, element, blocks, _back(marks[name], name))
        for i in blocks:
            found.of_block.setdefault(i, note)
        found.marks.update((mark.element, note.label) for mark in marks[name] if mark.block not in blocks)
    _join(found, page)
    for i, note in found.of_block.items():
        cut_label(note, page[i], i, found)
    return found


def _back(marks: Sequence[_Mark], name: str) -> frozenset[str]:
    """Return the names that links back from a note lead to: those of its marks, or its own in the form of word
    processors, which give the marks none."""
    return frozenset((*(own for mark in marks for own in _names_around(mark.element)), _as_back(name)))


def _as_back(name: str) -> str:
    return re.sub(r"^(_?[a-z]+)", r"\1ref", name)


def fragment_of(link: HtmlElement) -> str:
    """Return the name that a link leads to on a page; empty for a link without one."""
    reference = (link.get("href") or "").strip()
    return reference.partition("#")[2][:_MAX_VALUE] if "#" in reference else ""


def _marks(number: int, block: PageBlock) -> Iterator[_Mark]:
    """Yield the links of a block that look like marks of notes."""
    if not any(begins and element.tag == "a" and fragment_of(element) for _, element, begins in block.marks):
        return
    ranges = ranges_of(block)
    raised = [(element, start, end) for element, start, end in ranges if element.tag == "sup"]
    for link, start, end in ranges:
        if link.tag != "a" or not fragment_of(link) or not (label := label_of(block.text[start:end])):
            continue
        element, is_raised = link, False
        for other, its_start, its_end in raised:
            if its_start <= start and end <= its_end:
                is_raised = True
                element = other if label_of(block.text[its_start:its_end]) == label else element
            elif start <= its_start and its_end <= end:
                is_raised = True
        around = block.text[max(0, start - 1) : start] + block.text[end : end + 1]
        yield _Mark(number, element, link, label, "[" in block.text[start:end] or around == "[]", is_raised)


def label_of(text: str) -> str:
    """Return the label that the text of a mark shows; empty for other text.

    >>> label_of("[12]"), label_of("[12:1]"), label_of("†"), label_of("12:1"), label_of("Read more")
    ('12', '12', '†', '', '')
    """
    text = text.strip()
    found = _LABEL.fullmatch(text) if len(text) <= 12 else None
    return " ".join(found["label"].split()) if found else ""


class _Places:
    """Tells which blocks of a page are in which elements."""

    def __init__(self, page: Sequence[PageBlock]) -> None:
        self.page = page
        self.ranges: dict[HtmlElement, list[int]] = {}
        for i, block in enumerate(page):
            for frame in block.frame.up(MAX_CLIMB):
                self.ranges.setdefault(frame.element, [i, i])[1] = i

    def first(self, target: HtmlElement) -> int | None:
        """Return the number of the first block of what a target names."""
        if target in self.ranges:
            return self.ranges[target][0]
        following = target.getnext()
        is_empty = not "".join(target.itertext()).strip() and not (target.tail or "").strip()
        if is_empty and following is not None and following in self.ranges:
            return self.ranges[following][0]
        around = self._around(target)
        if around is None:
            return None
        first, last = self.ranges[around]
        inside = {*target.iter(), target}
        for i in range(first, last + 1):
            if any(element in inside for _, element, _ in self.page[i].marks):
                return i
        return first if first == last or around.tag in _GROWING else None

    def _around(self, element: HtmlElement) -> HtmlElement | None:
        at: HtmlElement | None = element
        for _ in range(MAX_CLIMB):
            if at is None or at in self.ranges:
                return at
            at = at.getparent()
        return None

    def extent(
        self, target: HtmlElement, start: int, starts: set[int], others: set[int]
    ) -> tuple[HtmlElement, tuple[int, ...]]:
        """Return the element of a note and the numbers of its blocks. `starts`: where notes begin; `others`: blocks
        that are no notes."""
        element = self.page[start].frame.element
        if target in self.ranges and self.ranges[target][0] == start:
            element = target
        if self.ranges[element][0] != start or self._holds(element, start, starts, others):
            return self.page[start].frame.element, (start,)
        for _ in range(MAX_CLIMB):
            parent = element.getparent()
            if parent is None or parent.tag not in _GROWING or parent not in self.ranges:
                break
            if self.ranges[parent][0] != start or self._holds(parent, start, starts, others):
                break
            element = parent
        return element, tuple(range(start, self.ranges[element][1] + 1))

    def _holds(self, element: HtmlElement, start: int, starts: set[int], others: set[int]) -> bool:
        first, last = self.ranges[element]
        return any(i in others or (i in starts and i != start) for i in range(first, last + 1))


def _targets(page: Sequence[PageBlock], marks: dict[str, list[_Mark]]) -> dict[str, HtmlElement]:
    """Return the elements that links lead to, by their names: those of that name, else those of links back, as word
    processors write them."""
    found: dict[str, HtmlElement] = {}
    # what rules remove is no longer in the page's tree, nor is what an extractor was shown alone
    elements = {block.frame.element for block in page}
    roots = {deque([element, *element.iterancestors()], 1).pop() for element in elements}
    for root in roots:
        for element in root.xpath("descendant-or-self::*[@id] | descendant-or-self::a[@name]"):
            for name in (element.get("id"), element.get("name")):
                if name and name in marks:
                    found.setdefault(name, element)
    missing = {_as_back(name): name for name in marks if name not in found}
    if missing:
        for i, block in enumerate(page):
            for _, element, begins in block.marks:
                name = missing.get(fragment_of(element), "") if begins and element.tag == "a" else ""
                if name and any(mark.block < i for mark in marks[name]):
                    found.setdefault(name, element)
    return found


def _is_note(
    marks: Sequence[_Mark], page: Sequence[PageBlock], target: HtmlElement, element: HtmlElement, start: int
) -> bool:
    """Tell whether what a mark leads to is a note: it leads back, or its name or its number says so."""
    block, mark = page[start], marks[0]
    name = fragment_of(mark.link)
    back = _back(marks, name)
    if any(fragment_of(link) in back for top in (element, target) for link in top.iter("a")):
        return True
    if block.kind == "heading" or _NEVER.search(name):
        return False
    own = " ".join(_values(mark.element, mark.link, mark.element.getparent()))
    if NAMED.search(own) or NAMED.search(" ".join(_values(target))):
        return True
    is_numbered = str(block.frame.number or block.level) == mark.label or bool(leading(block.text, mark.label))
    return (mark.is_raised or mark.is_bracketed) and is_numbered


def _values(*elements: HtmlElement | None) -> Iterator[str]:
    for element in elements:
        if element is not None and (element.tag not in BLOCK_TAGS or element is elements[0]):
            yield from (value[:_MAX_VALUE] for name in _ATTRIBUTES if (value := element.get(name)))


def _names_around(mark: HtmlElement) -> Iterator[str]:
    """Yield the names by which a link back may lead to a mark: those of its own elements, and of what stands around it
    or right before it."""
    before = mark.getprevious()
    elements = [*mark.iter(), *([before] if before is not None and not len(before) else [])]
    parent = mark.getparent()
    for _ in range(3):
        if parent is None or parent.tag in BLOCK_TAGS:
            break
        elements.append(parent)
        before = parent.getprevious()
        elements += [before] if before is not None and not len(before) else []
        parent = parent.getparent()
    for element in elements:
        yield from (name for key in ("id", "name") if (name := element.get(key)))


def leading(text: str, label: str) -> int:
    """Return how many characters of a note's text are its label, as in `[1] Ibid.`; 0 if it has none."""
    found = re.match(rf"\s*(?:[\[(]\s*{re.escape(label)}\s*[\])]|{re.escape(label)}\s*[.):\]])[.:]?\s*", text)
    return found.end() if found else 0


def cut_label(note: Note, block: PageBlock, number: int, notes: Notes) -> None:
    """Find the label and the links back in a block of a note."""
    text, cuts = block.text, []
    is_first = number == note.blocks[0]
    for element, start, end in ranges_of(block):
        own = text[start:end]
        if element.tag == "a" and fragment_of(element) in note.back:
            is_short = bool(label_of(own)) or not any(map(str.isalnum, own)) or len(own) <= MAX_BACK
            cuts += [(start, end)] if is_short else []
        elif is_first and element.tag in ("b", "strong", "sup") and not text[:start].strip():
            cuts += [(start, end)] if label_of(own) == note.shown else []
    if is_first:
        lead = 0
        while lead < len(text):
            inside = next((end for start, end in cuts if start <= lead < end), 0)
            if not inside and text[lead] not in _LEADING:
                break
            lead = inside or lead + 1
        lead += leading(text[lead:], note.shown)
        cuts = [(0, lead), *((start, end) for start, end in cuts if start >= lead)] if lead else cuts
    if found := _TAIL.search(text):
        cuts = [*((start, end) for start, end in cuts if end <= found.start()), (found.start(), len(text))]
    note.cuts[number] = sorted(cuts)
    gone = [text[start:end].strip() for start, end in note.cuts[number]]
    if back := [piece for piece in gone if piece and label_of(piece) != note.shown]:
        notes.back_links[number] = back


def _join(notes: Notes, page: Sequence[PageBlock]) -> None:
    """Give a note whose block is only its label the block that follows, and each note what stands between it and the
    next one in the same element."""
    numbers = sorted(notes.of_block)
    for i, following in zip(numbers, [*numbers, -1][1:], strict=True):
        note = notes.of_block[i]
        if i != note.blocks[-1]:
            continue
        is_label = label_of(page[i].text) == note.shown
        end = following if following > 0 else min(i + 1 + is_label, len(page))
        between = range(i + 1, end)
        if any(page[k].kind == "heading" or not _is_inside(page[k], note.element.getparent()) for k in between):
            continue
        note.blocks += tuple(between)
        notes.of_block.update(dict.fromkeys(between, note))


def _is_inside(block: PageBlock, element: HtmlElement | None) -> bool:
    around = block.frame.parent
    return around is not None and any(frame.element is element for frame in around.up(MAX_CLIMB))
