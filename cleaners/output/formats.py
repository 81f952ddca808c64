"""Write an article as text, Markdown, JSON or TEI."""

from __future__ import annotations

import json
import re
from typing import Literal, get_args

from cleaners.article import Article, Block

Format = Literal["text", "markdown", "json", "jsonl", "xml"]

_LONE = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, which UTF-8 cannot encode; only ready-made text can have one."""
_SPECIAL = re.compile(r"[\\`*_\[\]<>]|^(?:#(?=#{0,5} )|[-+](?= ))|(?<=^\d)[.)](?= )|(?<=^\d\d)[.)](?= )")


def render(article: Article, form: Format = "text", *, source: str | None = None) -> str:
    """Return the article in a format, ending with one line end. The JSON fields have the names of the Article's.

    `source`: the file or address that it came from, a field of JSON.
    """
    match form:
        case "text":
            return article.text.rstrip("\n") + "\n" if article.text else ""
        case "markdown":
            return _markdown(article)
        case "json" | "jsonl":
            return _json(article, source, indent=2 if form == "json" else None)
        case "xml":
            from cleaners.output.tei import tei

            return tei(article)
    raise ValueError(f"unknown format '{form}': one of {', '.join(get_args(Format))}")


def _json(article: Article, source: str | None, indent: int | None) -> str:
    fields = ({} if source is None else {"source": source}) | article.as_dict()
    text = json.dumps(fields, ensure_ascii=False, indent=indent)
    return (json.dumps(fields, indent=indent) if _LONE.search(text) else text) + "\n"


def _markdown(article: Article) -> str:
    parts = [f"# {_escape(article.title)}"] if article.title else []
    previous = None
    for block in article.lines_as_blocks():
        piece = _block(block)
        if previous == block.kind and block.kind in ("list item", "table"):
            parts[-1] += "\n" + piece
        elif previous == block.kind == "quote":
            parts[-1] += "\n>\n" + piece
        else:
            parts.append(_table_head(piece) if block.kind == "table" else piece)
        previous = block.kind
    return "\n\n".join(parts) + "\n" if parts else ""


def _block(block: Block) -> str:
    match block.kind:
        case "heading":
            return f"{'#' * max(2, min(6, block.level))} {_escape(block.text)}"
        case "list item":
            return f"{f'{block.level}.' if block.level else '-'} {_escape(block.text)}"
        case "quote":
            return f"> {_escape(block.text)}"
        case "code":
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", block.text)), default=0))
            return f"{fence}\n{block.text}\n{fence}"
        case "table":
            return f"| {_escape(block.text)} |"
        case _:
            return _escape(block.text)


def _table_head(row: str) -> str:
    return f"{row}\n|{' --- |' * max(1, row.count(' | ') + 1)}"


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)
