"""JSON-LD: the article's own description of itself in the page's scripts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

ARTICLE_TYPES = re.compile(r"(article|posting|review|report|story|page|recipe|howto|liveblog)$", re.IGNORECASE)
MAX_NODES = 5000
"""Bounds the walk over hostile scripts. The largest script of the development corpora has about 3,000 nodes."""

_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_CONTROL = re.compile(r"[\x00-\x1f]+")

Node = dict[str, Any]


def article_nodes(root: HtmlElement) -> list[Node]:
    """Return the JSON-LD objects that describe an article, the most telling first; broken scripts are passed over."""
    nodes = [node for node in _all_nodes(root) if ARTICLE_TYPES.search(_type(node))]
    return sorted(nodes, key=_rank)


def site_name(root: HtmlElement) -> str | None:
    """Return the name of a WebSite object, if the page has one."""
    return next(
        (text for node in _all_nodes(root) if _type(node) == "WebSite" and (text := texts(node.get("name")))), [None]
    )[0]


def texts(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    """Return the strings of a JSON-LD value: a text, a list, or objects with a name or an address."""
    if isinstance(value, str):
        return [clean] if (clean := " ".join(html.unescape(value).split())) else []
    if isinstance(value, list):
        return [text for item in value[:100] for text in texts(item)]
    if isinstance(value, dict):
        return texts(value.get("name") or value.get("@value") or value.get("url") or value.get("@id"))
    return []


def _all_nodes(root: HtmlElement) -> Iterator[Node]:
    left = MAX_NODES
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower() or not script.text:
            continue
        stack = [_load(script.text)]
        while stack and left:
            left -= 1
            node = stack.pop()
            if isinstance(node, list):
                stack += reversed(node)
            elif isinstance(node, dict):
                yield node
                stack += [
                    node[key]
                    for key in ("mainEntity", "mainEntityOfPage", "@graph")
                    if isinstance(node.get(key), (list, dict))
                ]


def _load(script: str) -> Any:  # noqa: ANN401 - JSON
    text = script.strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", _CONTROL.sub(" ", text))):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _type(node: Node) -> str:
    kind = node.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    named = [k for k in kinds if isinstance(k, str)]
    return next((k for k in named if ARTICLE_TYPES.search(k)), named[0] if named else "")


def _rank(node: Node) -> tuple[bool, bool, bool]:
    kind = _type(node).lower()
    return kind.endswith("page"), "headline" not in node and "articleBody" not in node, "datePublished" not in node
