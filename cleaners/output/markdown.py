"""Write an article as Markdown (CommonMark, with the tables and notes of GitHub's)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cleaners.article import Article, Block
from cleaners.html.inline import Span

_SPECIAL = re.compile(r"[\\`*_\[\]<>]|^(?:#(?=#{0,5} )|[-+](?= ))|(?<=^\d)[.)](?= )|(?<=^\d\d)[.)](?= )")
_SIGNS = {"strong": "**", "emphasis": "*"}


def markdown(article: Article, *, links: bool = False) -> str:
    """Return the article as Markdown. `links`: whether links are written with their addresses."""
    parts = [f"# {_escape(article.title)}"] if article.title else []
    previous = None
    for block in article.lines_as_blocks():
        piece = _block(block, links=links)
        if previous == block.kind and block.kind in ("list item", "table"):
            parts[-1] += "\n" + piece
        elif previous == block.kind == "quote":
            parts[-1] += "\n>\n" + piece
        else:
            parts.append(_table_head(piece) if block.kind == "table" else piece)
        previous = block.kind
    return "\n\n".join(parts) + "\n" if parts else ""


def _block(block: Block, *, links: bool) -> str:
    text = block.text if block.kind == "code" else inline(block.text, block.spans, links=links)
    match block.kind:
        case "heading":
            return f"{'#' * max(2, min(6, block.level))} {text}"
        case "list item":
            return f"{f'{block.level}.' if block.level else '-'} {text}"
        case "quote":
            return f"> {text}"
        case "code":
            fence = _fence(text, 3)
            return f"{fence}\n{text}\n{fence}"
        case "table":
            return f"| {text} |"
        case _:
            return text


def inline(text: str, spans: Sequence[Span], *, links: bool) -> str:
    """Return a text with the signs of its spans. Spans of other kinds, and those that overlap, leave their text as it
    is."""
    shown = [span for span in spans if span.kind != "link" or links]
    pieces: list[str] = []
    open_: list[tuple[Span, str]] = []
    at, literal = 0, 0

    def close(until: int) -> Iterable[str]:
        nonlocal at
        while open_ and open_[-1][0].end <= until:
            span, sign = open_.pop()
            yield _escape(text[at : span.end])
            yield sign
            at = span.end

    for span in shown:
        if span.start < literal:
            continue
        if open_ and span.end > open_[-1][0].end > span.start:
            continue
        if any(other.kind == span.kind and span.start < other.end for other, _ in open_):
            continue
        pieces += close(span.start)
        pieces.append(_escape(text[at : span.start]))
        at = span.start
        if span.kind in ("code", "math"):
            pieces.append(_literal(text[span.start : span.end], span))
            at = literal = span.end
        elif span.kind in _SIGNS:
            pieces.append(_SIGNS[span.kind])
            open_.append((span, _SIGNS[span.kind]))
        elif span.kind == "link":
            pieces.append("[")
            open_.append((span, f"]({_address(span.value)})"))
    pieces += close(len(text))
    pieces.append(_escape(text[at:]))
    return "".join(pieces)


def _literal(text: str, span: Span) -> str:
    if span.kind == "math":
        sign = "$$" if span.value == "display" else "$"
        return f"{sign}{text}{sign}"
    fence = _fence(text, 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _address(address: str) -> str:
    return re.sub(r"[()<>\\\s]", lambda sign: f"%{ord(sign[0]):02X}", address)


def _fence(text: str, least: int) -> str:
    longest = max(map(len, re.findall("`+", text)), default=0)
    return "`" * max(least, 1 + longest if longest else least)


def _table_head(row: str) -> str:
    return f"{row}\n|{' --- |' * max(1, row.count(' | ') + 1)}"


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)
