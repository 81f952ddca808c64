"""Pair notes that stand in a sentence, though the page shows them beside it, with their marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from lxml.html import HtmlElement

from cleaners.html.blocks import PageBlock
from cleaners.html.inline import ranges_of
from cleaners.notes import Note, Notes, cut_label, label_of, leading

COPY = "block/copied-note"
"""The rule that removes a side note that is among the page's notes too."""


def with_side_notes(found: Notes, page: Sequence[PageBlock], kept: Collection[int], *, all_stay: bool) -> Notes:
    """Return the notes of a page (*found*) with its side notes; those that the page has a second time, for screens
    without room at the side, are copies. `kept`: the numbers of the blocks of the text; `all_stay`: whether notes stay
    that are not among them."""
    beside = [i for i, block in enumerate(page) if block.frame.mark_of_note is not None]
    if not beside:
        return found
    shown_by = _labels(page, beside, kept)
    done = Notes(dict(found.marks), dict(found.of_block), dict(found.back_links))
    staying = {note.label for i, note in found.of_block.items() if all_stay or i in kept}
    labels = Counter(note.shown for note in {id(note): note for note in found.of_block.values()}.values())
    for i in beside:
        mark = page[i].frame.mark_of_note
        if mark is None or i in done.of_block or not (shown := shown_by.get(mark)):
            continue
        label = next((found.marks[other] for other in (mark, *mark.iter("a", "sup")) if other in found.marks), "")
        if label in staying:
            done.copies.add(i)
            continue
        if not label:
            labels[shown] += 1
            label = f"{shown}-{labels[shown]}" if labels[shown] > 1 else shown
            done.marks[mark] = label
        note = Note(label, _own_label(page[i].text, shown), page[i].frame.element, (i,), frozenset())
        done.of_block[i] = note
        cut_label(note, page[i], i, done)
    return done


def _labels(page: Sequence[PageBlock], beside: Sequence[int], kept: Collection[int]) -> dict[HtmlElement, str]:
    """Return the labels that marks of side notes show in the kept blocks around the notes."""
    around = {id(page[i].frame.parent) for i in beside}
    marks = {page[i].frame.mark_of_note for i in beside}
    return {
        element: label
        for i in kept
        if id(page[i].frame) in around
        for element, start, end in ranges_of(page[i])
        if element in marks and (label := label_of(page[i].text[start:end]))
    }


def _own_label(text: str, shown: str) -> str:
    """Return the label at the beginning of a note: that of its mark, or its own number."""
    first = text.split(None, 1)[0] if text else ""
    own = label_of(first)
    return own if own and own[0].isdigit() and leading(text, own) else shown
