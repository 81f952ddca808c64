"""Write an article as text, Markdown, JSON or TEI."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Literal, get_args

from cleaners.article import Article, Block

Format = Literal["text", "markdown", "json", "jsonl", "xml"]

_LONE = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, which UTF-8 cannot encode; only ready-made text can have one."""


def render(article: Article, form: Format = "text", *, source: str | None = None, links: bool = False) -> str:
    """Return the article in a format, ending with one line end. The JSON fields have the names of the Article's.

    `source`: the file or address that it came from, a field of JSON. `links`: whether Markdown and JSON have the
    addresses of links.
    """
    match form:
        case "text":
            return article.text.rstrip("\n") + "\n" if article.text else ""
        case "markdown":
            from cleaners.output.markdown import markdown

            return markdown(article, links=links)
        case "json" | "jsonl":
            return _json(article if links else without_links(article), source, indent=2 if form == "json" else None)
        case "xml":
            from cleaners.output.tei import tei

            return tei(article)
    raise ValueError(f"unknown format '{form}': one of {', '.join(get_args(Format))}")


def _json(article: Article, source: str | None, indent: int | None) -> str:
    fields = ({} if source is None else {"source": source}) | article.as_dict()
    text = json.dumps(fields, ensure_ascii=False, indent=indent)
    return (json.dumps(fields, indent=indent) if _LONE.search(text) else text) + "\n"


def without_links(article: Article) -> Article:
    """Return an article whose blocks have no spans of links."""
    return replace(article, blocks=tuple(map(_without_links, article.blocks)))


def _without_links(block: Block) -> Block:
    spans = tuple(span for span in block.spans if span.kind != "link")
    return block if len(spans) == len(block.spans) else replace(block, spans=spans)
