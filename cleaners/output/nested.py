"""Nest the spans of a text in each other, as Markdown and XML have to write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cleaners.article import Block
from cleaners.html.inline import Span

WHOLE = ("code", "math", "note", "image")
"""Kinds whose text is written as it is: other spans inside are left out."""
_JOINED = ("strong", "emphasis", "code", "subscript", "superscript")
"""Kinds of which two that touch are one: `<b>a</b><b>b</b>` looks like `<b>ab</b>`."""
_ORDER = ("link", "subscript", "superscript", "strong", "emphasis", *WHOLE)
"""The order from outside to inside of spans over the same characters."""


def shown(blocks: Iterable[Block], *, links: bool, images: bool) -> list[Block]:
    """Return the blocks that are written: without pictures, or without quotes that are only an address."""
    hidden = {kind for kind, is_shown in (("quote", links), ("image", images)) if not is_shown}
    return [block for block in blocks if block.text or block.cells or block.kind not in hidden]


@dataclass(slots=True)
class Node:
    """A span, and those inside it."""

    span: Span
    end: int
    inner: list[Node] = field(default_factory=list)

    @property
    def start(self) -> int:
        """Where it begins in the text."""
        return self.span.start


def nested(spans: Sequence[Span], size: int) -> list[Node]:
    """Return the spans as trees. One that crosses another ends with it; one inside another of its kind is left out.
    `size`: how long the text is."""
    roots: list[Node] = []
    around: list[Node] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end, _ORDER.index(span.kind))):
        while around and around[-1].end <= span.start:
            around.pop()
        if any(node.span.kind == span.kind or node.span.kind in WHOLE for node in around):
            continue
        end = min(span.end, around[-1].end if around else size)
        if end < span.start or (end == span.start and span.kind != "image"):
            continue
        siblings = around[-1].inner if around else roots
        last = siblings[-1] if siblings else None
        if last and span.kind in _JOINED and last.span.kind == span.kind and last.end == span.start:
            last.end = end
            around.append(last)
            continue
        node = Node(span, end)
        siblings.append(node)
        around.append(node)
    return roots
