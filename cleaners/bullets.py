"""Make items of the lines of a paragraph that begin with a sign of a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from cleaners.article import Block, changed
from cleaners.html.blocks import PageBlock
from cleaners.verse import lines_of

_SIGN = re.compile(r"(?:([•‣◦∙·▪▫●○■□►▶➤✓✔✅])\s*|([*-])\s+)(?=\S)")
_AMBIGUOUS = ("*", "-")
FEWEST = 2
FEWEST_AMBIGUOUS = 3
"""Lines that begin with the same sign in a list; a star is that of a remark too, and a hyphen that of speech. Of 28
lists of the development corpora that are written so none is something else. Longer dashes begin speech."""


def parted(block: PageBlock, plain: Block) -> Iterator[Block]:
    """Yield a paragraph as it is; but one whose last lines all begin with the same sign as its first lines and as
    items, without the sign."""
    lines = lines_of(block, plain) if plain.kind == "paragraph" and not plain.continues else []
    matches = [_SIGN.match(line) for line in lines]
    first = next((n for n, match in enumerate(matches) if match), len(lines))
    signs = {match and (match[1] or match[2]) for match in matches[first:]}
    sign = signs.pop() if len(signs) == 1 else None
    if not sign or len(lines) - first < (FEWEST_AMBIGUOUS if sign in _AMBIGUOUS else FEWEST):
        yield plain
        return
    at = len(" ".join(lines[:first]))
    if first:
        yield _cut(plain, 0, at)
        at += 1
    for line, match in zip(lines[first:], matches[first:], strict=True):
        yield changed(_cut(plain, at + (match.end() if match else 0), at + len(line)), kind="list item")
        at += len(line) + 1


def _cut(block: Block, start: int, end: int) -> Block:
    spans = (
        replace(span, start=max(span.start, start) - start, end=min(span.end, end) - start)
        for span in block.spans
        if span.start < end and span.end > start
    )
    return changed(block, text=block.text[start:end], spans=tuple(spans))
