"""The content farm: meta tags only, advertisements between paragraphs, and a headline that ends the body."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from scraper.demo.markup import CHARSET, Forms, Lines, body, metas, opengraph
from scraper.demo.story import Paper, Story

PARAGRAPHS_BEFORE_AD = 3


def path(story: Story) -> str:
    """Return the story's path: `/slug-40211.html`."""
    return f"/{story.slug}-{story.number}.html"


def section_path(section: str) -> str:
    """Return a section's path."""
    return f"/{section.lower().replace(' ', '-')}/"


def page(paper: Paper, story: Story, lines: Lines) -> str:
    """Return the story's page; `lines` collects what is not true text."""
    forms = Forms(
        caption=lambda caption, _: (
            f'<div class="pic"><img src="/media/{story.slug}.jpg" alt="">'
            f'<div class="pic-txt">{lines.plant(caption)}</div></div>'
        ),
        related=lambda other: f'<h4><a href="{path(other)}">{lines.plant(other.title)}</a></h4>',
        heading="<h3>{}</h3>",
        quote="<blockquote>{}</blockquote>",
        paragraph='<p style="text-align:justify">{}</p>',
    )
    described = {
        "description": story.summary,
        "author": ", ".join(story.authors),
        "date": f"{story.date:%Y-%m-%dT%H:%M:%S%z}",
        "news_keywords": story.section,
        "robots": "index,follow",
    }
    head = f'{metas(described)}\n{opengraph(paper, story)}\n<link rel="canonical" href="{paper.link(story)}">'
    main = f"""<div class="post-wrap"><div class="post-title"><h1>{lines.around(story.title)}</h1></div>
<div class="post-info">{lines.around(f"{', '.join(story.authors)} | {story.date:%b %d, %Y}")}</div>
<div class="post-body">
<p>{lines.plant("Share")} <a class="fb" href="/"></a><a class="tw" href="/"></a></p>
{_with_advertisements(body(paper, story.parts, forms), lines)}
</div></div>"""
    rows = "".join(f'<li><a href="{path(s)}">{lines.plant(s.title)}</a></li>' for s in paper.after(story, 4))
    side = f'<div class="box"><div class="box-head">{lines.plant("Trending Now")}</div><ul>{rows}</ul></div>'
    return _document(paper, story.title, head, main, side, lines, story.language)


def listing(paper: Paper, heading: str, rows: Sequence[tuple[str, str, str]]) -> str:
    """Return a page of links; each row is title, URL and teaser (may be empty)."""
    cards = "".join(
        f'<div class="card"><a href="{url}"><img src="/media/card.jpg" alt="">'
        f'<span class="t">{escape(title)}</span></a>'
        f'<span class="d">{escape(teaser)}</span></div>\n'
        for title, url, teaser in rows
    )
    main = f'<div class="list"><h1>{escape(heading)}</h1>\n{cards}</div>'
    return _document(paper, heading, '<meta property="og:type" content="website">', main, "", Lines())


def _with_advertisements(pieces: list[str], lines: Lines) -> str:
    written: list[str] = []
    for place, piece in enumerate(pieces):
        if place and place % PARAGRAPHS_BEFORE_AD == 0:
            written.append(f'<p class="slot">{lines.plant("Advertisement")}</p><div id="slot-{place}"></div>')
        written.append(piece)
    return "\n".join(written)


def _document(paper: Paper, title: str, head: str, main: str, side: str, lines: Lines, language: str = "en") -> str:
    menu = "".join(f'<a href="{section_path(name)}">{lines.around(name)}</a>\n' for name in paper.sections)
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
{CHARSET}
<title>{escape(title)} | {paper.name}</title>
{head}
<script>window.slots = ["top", "mid", "side"];</script>
<style>.slot{{min-height:250px}} .side{{float:right}}</style>
</head>
<body>
<div id="wrap">
<div id="top"><a class="logo" href="/">{lines.around(paper.name)}</a>
<div class="topbar">{menu}<a href="/latest/">{lines.around("Latest")}</a>
<a href="/private/members-desk-90210.html">{lines.around("Members")}</a></div></div>
<table class="grid"><tr><td class="left">
{main}
</td><td class="side">
{side}
</td></tr></table>
<div id="bottom"><span>{lines.around(f"© 2026 {paper.name}. All rights reserved.")}</span>
<a href="/latest/">{lines.around("More stories")}</a></div>
</div>
</body>
</html>
"""
