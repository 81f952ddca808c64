"""Tell verse from prose, and give it back its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from textwrap import dedent

from lxml.html import HtmlElement

from cleaners.article import Block, changed
from cleaners.html.blocks import LINE_BREAK, Frame, PageBlock

_DECLARED = frozenset(("lyrics", "poem", "poetry", "stanza", "verse", "wp-block-verse"))
MAX_CLIMB = 4
"""Elements around a block whose classes may say that it is verse."""
FEWEST_LINES = 4
LONGEST_LINE = 60
FEWEST_WORDS = 5
CAPITALS = 0.8
"""What verse is where the page does not say so: lines of a poem, letters of a line, mean words of a line, and the share
of lines that begin with a capital. Judgements: addresses and credits, the other texts with short lines, have names and
figures of one or two words; lists of merits, whose lines have four words on the development corpora."""
_NO_VERSE = ("@", "://", "www.", "©")


def with_verse(page: Sequence[PageBlock], kept: Mapping[int, Block]) -> dict[int, Block]:
    """Return the kept blocks, by their number on the page; verse has its lines. Words and order stay."""
    done = dict(kept)
    lines = {i: own for i, block in kept.items() if (own := _lines_of(page[i], block))}
    for _, group in groupby(lines, lambda i: id(page[i].frame)):
        numbers = [*group]
        if _is_declared(page[numbers[0]].frame) or _is_verse([line for i in numbers for line in lines[i]]):
            for i in numbers:
                done[i] = changed(kept[i], kind="verse", text="\n".join(lines[i]))
    for i, block in kept.items():
        if block.kind == "code" and _is_declared(page[i].frame):
            shift = block.text != (text := dedent(block.text))
            done[i] = changed(block, kind="verse", text=text, spans=() if shift else block.spans)
    return done


def _lines_of(block: PageBlock, plain: Block) -> list[str]:
    return lines_of(block, plain) if plain.kind in ("paragraph", "quote") and not block.linked else []


def lines_of(block: PageBlock, plain: Block) -> list[str]:
    """Return the lines of a block that is parted by line breaks; none where something was cut out of it."""
    if plain.text != block.text or LINE_BREAK not in block.pieces:
        return []
    lines = [line for part in "".join(block.pieces).split(LINE_BREAK) if (line := " ".join(part.split()))]
    # the same length, so that spans stay where they are
    return lines if len(lines) > 1 and " ".join(lines) == block.text else []


def _is_declared(frame: Frame) -> bool:
    element: HtmlElement | None = frame.element
    for _ in range(MAX_CLIMB):
        if element is None or element.tag in ("article", "body", "main"):
            return False
        if not _DECLARED.isdisjoint((element.get("class") or "").lower().split()):
            return True
        element = element.getparent()
    return False


def _is_verse(lines: Sequence[str]) -> bool:
    if len(lines) < FEWEST_LINES or max(map(len, lines)) > LONGEST_LINE:
        return False
    if sum(len(line.split()) for line in lines) < FEWEST_WORDS * len(lines):
        return False
    if any(sign in line for line in lines for sign in _NO_VERSE) or any(c.isdigit() for line in lines for c in line):
        return False
    if any(line.endswith(":") or ": " in line[:LONGEST_LINE] for line in lines):
        return False
    return sum(line.lstrip("\"'“„«‘—–-… ")[:1].isupper() for line in lines) >= CAPITALS * len(lines)
