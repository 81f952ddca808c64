"""Tell how rough a text is: a whole page as text, an extract with debris in it, or one that hardly has any."""

from __future__ import annotations

from typing import Literal

from cleaners.rules.context import LineContext

Roughness = Literal["clean", "rough", "whole-page"]

MOSTLY_PROSE = 0.7
"""A text is clean from this share of lines that are paragraphs on. On the development corpora these are 55 % of
trafilatura's texts of news, 10 % of resiliparse's, and no whole page."""
AROUND, SHORT = 15, 50
"""A text is a whole page if it has at least so many lines before its first paragraph and after its last one, and so
many lines that are no paragraph: 92 to 96 % of whole pages, 1 to 7 % of resiliparse's texts, 1 to 3 % of
trafilatura's."""


def roughness(lines: LineContext) -> Roughness:
    """Tell how rough a text is."""
    prose, count = lines.prose, len(lines.texts)
    if len(prose) >= MOSTLY_PROSE * count:
        return "clean"
    around = prose[0] + count - 1 - prose[-1] if prose else count
    return "whole-page" if around >= AROUND and count - len(prose) >= SHORT else "rough"
