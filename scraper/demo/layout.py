"""Write a demo site's pages from its layout: a file of templates in `layouts/`, in a subset of Mustache.

- `{{name}}` writes a value escaped for HTML, `{{{name}}}` as it is; `{{date:%d/%m/%Y}}` formats a date.
- `{{#name}}…{{/name}}` is written once for each row of a list, or once if a text is not empty.
- `<planted>line</planted>` is a line of debris, and `<frame>line</frame>` a line of the page's frame (header,
  navigation, headline, byline, footer): both are written without the tag, and noted. `<noted>line</noted>` is debris
  that the HTML next to it has in several elements: it is noted, but not written.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import escape, unescape
from importlib.resources import files
from itertools import groupby
from typing import Any

from scraper.demo.story import EMPHASIS, LINK, Paper, Part, Story

CHARSET = '<meta charset="utf-8">'
"""Every layout has it once; a page in Latin-1 replaces it."""
PARTS = {
    "paragraph": "<p>{{{html}}}</p>",
    "heading": "<h2>{{{html}}}</h2>",
    "item": "<li>{{{html}}}</li>",
    "list": "<ul>{{{items}}}</ul>",
    "quote": "<blockquote><p>{{{html}}}</p></blockquote>",
    "standfirst": "<p>{{{html}}}</p>",
}
"""The templates for the kinds of part for which a layout has none."""
_SECTION = re.compile(r"\{\{#(\w+)\}\}(.*?)\{\{/\1\}\}", re.DOTALL)
_VALUE = re.compile(r"\{\{\{(\w+)(?::(\w+))?\}\}\}|\{\{(\w+)(?::([^{}]+))?\}\}")
_LINE = re.compile(r"<(planted|frame|noted)>(.*?)</\1>")

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """A page, and its visible lines that are not true text, in page order."""

    html: str
    planted: tuple[str, ...]
    frame: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a site's pages look: templates for the document, an article, a list of links and the parts of a story."""

    path_template: str
    section_template: str
    recent: int
    """How many other stories an article's page lists."""
    document: str
    article: Mapping[str, str]
    listing: Mapping[str, str]
    parts: Mapping[str, str]
    pieces_before_advertisement: int = 0
    """How many pieces of the body come before each advertisement; 0 means no advertisements."""

    def path(self, story: Story) -> str:
        """Return a story's path."""
        values = {"date": story.date, "slug": story.slug, "number": story.number}
        return render(self.path_template, values | {"section_slug": _slug(story.section)})

    def section_path(self, section: str) -> str:
        """Return a section's path."""
        return render(self.section_template, {"section_slug": _slug(section)})

    def article_page(self, paper: Paper, story: Story) -> Written:
        """Return a story's page."""
        values = self._story_values(paper, story) | {
            "base": paper.base,
            "opengraph": _opengraph(paper, story),
            "news_article": _news_article(paper, story),
            "standfirst": _inline(paper, story.parts[0].text),
            "recent": [self._story_values(paper, other) for other in paper.after(story, self.recent)],
        }
        values["body"] = "\n".join(self._body(paper, story, values))
        return self._page(paper, self.article, values)

    def listing_page(self, paper: Paper, heading: str, rows: Sequence[tuple[str, str, str]]) -> str:
        """Return a page of links; each row is title, URL and teaser, which may be empty."""
        links = [{"title": title, "url": url, "teaser": teaser} for title, url, teaser in rows]
        return self._page(paper, self.listing, {"title": heading, "language": "en", "rows": links}).html

    def _page(self, paper: Paper, templates: Mapping[str, str], values: Values) -> Written:
        menu = [{"section": name, "section_path": self.section_path(name)} for name in paper.sections]
        shared = {**values, "paper": paper.name, "menu": menu}
        filled = {name: render(templates.get(name, ""), shared) for name in ("head", "main", "side")}
        return _note_lines(render(self.document, shared | filled))

    def _story_values(self, paper: Paper, story: Story) -> dict[str, Any]:
        captions = [part.plain for part in story.parts if part.kind == "caption"]
        fields = ("slug", "title", "date", "section", "place", "number", "language", "summary")
        return {name: getattr(story, name) for name in fields} | {
            "authors": ", ".join(story.authors),
            "section_path": self.section_path(story.section),
            "path": self.path(story),
            "link": paper.link(story),
            "paper": paper.name,
            "caption": captions[0].partition(" | ")[0] if captions else story.place,
        }

    def _body(self, paper: Paper, story: Story, values: Values) -> Iterator[str]:
        """Yield the HTML of each part, with advertisements between."""
        pieces: list[str] = []
        for kind, group in groupby(story.parts, key=lambda part: part.kind):
            written = [self._part(paper, part, values) for part in group]
            pieces += [render(self._template("list"), {"items": "".join(written)})] if kind == "item" else written
        for place, piece in enumerate(filter(None, pieces)):
            if place and self.pieces_before_advertisement and place % self.pieces_before_advertisement == 0:
                yield render(self._template("advertisement"), {"place": place})
            yield piece

    def _part(self, paper: Paper, part: Part, values: Values) -> str:
        template = self._template(part.kind)
        if part.kind == "caption":
            caption, _, credit = part.text.partition(" | ")
            return render(template, {**values, "caption": caption, "credit": credit})
        if part.kind == "related":
            return render(template, self._story_values(paper, paper.story(part.text)))
        return render(template, {"html": _inline(paper, part.text)})

    def _template(self, kind: str) -> str:
        return self.parts[kind] if kind in self.parts else PARTS[kind]


@cache
def load_layout(name: str) -> Layout:
    """Read a layout from `layouts/<name>.toml`."""
    table = tomllib.loads((files("scraper.demo") / "layouts" / f"{name}.toml").read_text("utf-8"))
    return Layout(table.pop("path"), table.pop("section_path"), **table)


def render(template: str, values: Values) -> str:
    """Fill a template.

    >>> render("<p>{{name}}{{#rows}}, {{n}}{{/rows}}</p>", {"name": "A & B", "rows": [{"n": 1}, {"n": 2}]})
    '<p>A &amp; B, 1, 2</p>'
    """

    def section(match: re.Match[str]) -> str:
        value = values[match[1]]
        rows = value if isinstance(value, list) else [values] if value else []
        return "".join(render(match[2], row) for row in rows)

    def text(match: re.Match[str]) -> str:
        is_html = match[1] is not None
        value = _formatted(values[match[1] or match[3]], match[2] if is_html else match[4])
        return value if is_html else escape(value)

    return _VALUE.sub(text, _SECTION.sub(section, template))


def _formatted(value: Any, form: str | None) -> str:  # noqa: ANN401 - whatever a template names
    if form == "json":
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, datetime):
        return format(value, form) if form else value.isoformat()
    return str(value)


def _note_lines(html: str) -> Written:
    """Return a filled page without the tags around noted lines, and these lines."""
    lines: dict[str, list[str]] = {"planted": [], "frame": [], "noted": []}

    def note(match: re.Match[str]) -> str:
        line = unescape(match[2])
        lines["frame" if match[1] == "frame" else "planted"].append(line)
        return "" if match[1] == "noted" else escape(line, quote=False)

    written = _LINE.sub(note, html)
    return Written(written, tuple(lines["planted"]), tuple(lines["frame"]))


def _slug(section: str) -> str:
    return section.lower().replace(" ", "-")


def _inline(paper: Paper, text: str) -> str:
    linked = LINK.sub(lambda m: f'<a href="{paper.link(paper.story(m[2]))}">{m[1]}</a>', escape(text, quote=False))
    return EMPHASIS.sub(r"<em>\1</em>", linked)


def _opengraph(paper: Paper, story: Story) -> str:
    """Return the OpenGraph metas of an article."""
    properties = {
        "og:type": "article",
        "og:site_name": paper.name,
        "og:title": story.title,
        "og:description": story.summary,
        "og:url": paper.link(story),
        "og:image": f"{paper.base}/media/{story.slug}.jpg",
        "article:published_time": story.date.isoformat(),
        "article:section": story.section,
    }
    return "\n".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in properties.items())


def _news_article(paper: Paper, story: Story) -> str:
    """Return the members of an article's schema.org object as JSON, without the braces around them."""
    members = {
        "@type": "NewsArticle",
        "headline": story.title,
        "datePublished": story.date.isoformat(),
        "author": [{"@type": "Person", "name": name} for name in story.authors],
        "publisher": {"@type": "NewsMediaOrganization", "name": paper.name},
        "image": [f"{paper.base}/media/{story.slug}.jpg"],
        "articleSection": story.section,
        "inLanguage": story.language,
        "mainEntityOfPage": paper.link(story),
    }
    return json.dumps(members, ensure_ascii=False).removeprefix("{").removesuffix("}").replace("</", "<\\/")
