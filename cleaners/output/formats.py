"""Write an article as text, Markdown, JSON or TEI."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Literal, get_args

from cleaners.article import Article, Block
from cleaners.html.inline import Span
from cleaners.output.json_text import json_text
from cleaners.output.nested import shown

Format = Literal["text", "markdown", "json", "jsonl", "xml"]

_LONE = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, which UTF-8 cannot encode; only ready-made text can have one."""


def render(
    article: Article,
    form: Format = "text",
    *,
    source: str | None = None,
    links: bool = False,
    images: bool = False,
) -> str:
    """Return the article in a format, ending with one line end. The JSON fields have the names of the Article's.

    `source`: the file or address that it came from, a field of JSON. `links` and `images`: whether Markdown, JSON and
    TEI have the addresses of links and of pictures.
    """
    match form:
        case "text":
            return article.text.rstrip("\n") + "\n" if article.text else ""
        case "markdown":
            from cleaners.output.markdown import markdown

            return markdown(article, links=links, images=images)
        case "json" | "jsonl":
            shown = article if links and images else without_addresses(article, links=links, images=images)
            return _json(shown, source, indent=2 if form == "json" else None)
        case "xml":
            from cleaners.output.tei import tei

            return tei(article, links=links, images=images)
    raise ValueError(f"unknown format '{form}': one of {', '.join(get_args(Format))}")


def _json(article: Article, source: str | None, indent: int | None) -> str:
    fields = ({} if source is None else {"source": source}) | article.as_dict()
    text = json_text(fields, indent=indent)
    return (json.dumps(fields, indent=indent) if _LONE.search(text) else text) + "\n"


def without_addresses(article: Article, *, links: bool, images: bool) -> Article:
    """Return an article whose blocks have no spans of links, or none of images, and no addresses of pictures; without
    those that only say an address."""
    hidden = {kind for kind, shown in (("link", links), ("image", images)) if not shown}

    def strip(block: Block) -> Block:
        spans, cells = _others(block.spans, hidden), block.cells
        if any(span.kind in hidden for cell in cells for span in cell.spans):
            cells = tuple(replace(cell, spans=_others(cell.spans, hidden)) for cell in cells)
        address = "" if block.kind == "caption" and not images else block.address
        if (spans, cells, address) == (block.spans, block.cells, block.address):
            return block
        return replace(block, spans=spans, cells=cells, address=address)

    return replace(article, blocks=tuple(map(strip, shown(article.blocks, links=links, images=images))))


def _others(spans: tuple[Span, ...], hidden: set[str]) -> tuple[Span, ...]:
    return tuple(span for span in spans if span.kind not in hidden)
