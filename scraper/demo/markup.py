"""What the four layouts share: escaping, the order of a story's parts, metadata, and the record of lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from typing import Any

from scraper.demo.story import EMPHASIS, LINK, Paper, Part, Story

CHARSET = '<meta charset="utf-8">'
"""Written once by every layout, so that the Latin-1 traps can put something else in its place."""


@dataclass(slots=True)
class Lines:
    """Collects each visible line that is not true text, while a layout writes it: page and list cannot differ."""

    planted: list[str] = field(default_factory=list)
    frame: list[str] = field(default_factory=list)

    def plant(self, line: str) -> str:
        """Note a line of debris and return it as HTML."""
        self.planted.append(line)
        return escape(line, quote=False)

    def around(self, line: str) -> str:
        """Note a line of the page's frame (header, navigation, headline, byline, footer) and return it as HTML."""
        self.frame.append(line)
        return escape(line, quote=False)


@dataclass(frozen=True, slots=True)
class Forms:
    """How one layout writes each kind of part; `{}` is the part's HTML."""

    caption: Callable[[str, str], str]
    """Called with the caption and the photographer's name."""
    related: Callable[[Story], str]
    paragraph: str = "<p>{}</p>"
    heading: str = "<h2>{}</h2>"
    item: str = "<li>{}</li>"
    list: str = "<ul>{}</ul>"
    quote: str = "<blockquote><p>{}</p></blockquote>"
    standfirst: str = "<p>{}</p>"


def body(paper: Paper, parts: tuple[Part, ...], forms: Forms) -> list[str]:
    """Return one piece of HTML for each part; list items that follow each other make one piece."""
    pieces = []
    for kind, group in groupby(parts, key=lambda part: part.kind):
        written = [_piece(paper, part, forms) for part in group]
        pieces += [forms.list.format("".join(written))] if kind == "item" else written
    return pieces


def _piece(paper: Paper, part: Part, forms: Forms) -> str:
    if part.kind == "caption":
        caption, _, credit = part.text.partition(" | ")
        return forms.caption(caption, credit)
    if part.kind == "related":
        return forms.related(paper.story(part.text))
    form: str = getattr(forms, part.kind)
    return form.format(_inline(paper, part.text))


def _inline(paper: Paper, text: str) -> str:
    linked = LINK.sub(lambda m: f'<a href="{paper.link(paper.story(m[2]))}">{m[1]}</a>', escape(text, quote=False))
    return EMPHASIS.sub(r"<em>\1</em>", linked)


def opengraph(paper: Paper, story: Story) -> str:
    """Return the OpenGraph metas of an article."""
    pairs = {
        "og:type": "article",
        "og:site_name": paper.name,
        "og:title": story.title,
        "og:description": story.summary,
        "og:url": paper.link(story),
        "og:image": f"{paper.base}/media/{story.slug}.jpg",
        "article:published_time": story.date.isoformat(),
        "article:section": story.section,
    }
    return "\n".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in pairs.items())


def metas(pairs: dict[str, str]) -> str:
    """Return `<meta name=… content=…>` elements."""
    return "\n".join(f'<meta name="{name}" content="{escape(value)}">' for name, value in pairs.items())


def news_article(paper: Paper, story: Story, kind: str = "NewsArticle") -> dict[str, Any]:
    """Return the schema.org object of an article."""
    return {
        "@type": kind,
        "headline": story.title,
        "datePublished": story.date.isoformat(),
        "author": [{"@type": "Person", "name": name} for name in story.authors],
        "publisher": {"@type": "NewsMediaOrganization", "name": paper.name},
        "image": [f"{paper.base}/media/{story.slug}.jpg"],
        "articleSection": story.section,
        "inLanguage": story.language,
        "mainEntityOfPage": paper.link(story),
    }


def json_ld(data: dict[str, Any]) -> str:
    """Return a JSON-LD script element."""
    text = json.dumps({"@context": "https://schema.org"} | data, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'
