"""The news agency: paragraphs that are not `p`, credits, captions with the agency's name, cards, newsfeed and chat."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from scraper.demo.markup import CHARSET, Forms, Lines, body, json_ld, metas, news_article, opengraph
from scraper.demo.story import Paper, Story

LABEL = "World"
PITCH = "Get the latest news from every coast and capital, with live pages, long reads and stories that refuse to fit."
STRAY = "Заголовок выбранной публикации"
"""A template line of the chat widget that nobody translated."""


def path(story: Story) -> str:
    """Return the story's path: `/20261103/slug-1094417.html`."""
    return f"/{story.date:%Y%m%d}/{story.slug}-{story.number}.html"


def section_path(section: str) -> str:
    """Return a section's path."""
    return f"/{section.lower().replace(' ', '-')}/"


def page(paper: Paper, story: Story, lines: Lines) -> str:
    """Return the story's page; `lines` collects what is not true text."""
    block = '<div class="article__block" data-type="{kind}">{inner}</div>'
    forms = Forms(
        caption=lambda caption, credit: _picture(paper, story, caption, credit, lines),
        related=lambda other: block.format(kind="article", inner=_card(paper, other, lines)),
        paragraph=block.format(kind="text", inner='<div class="article__text">{}</div>'),
        heading=block.format(kind="h2", inner='<h2 class="article__h2">{}</h2>'),
        list=block.format(kind="list", inner='<ul class="article__list">{}</ul>'),
        item='<li class="article__list-item">{}</li>',
        quote=block.format(kind="quote", inner='<blockquote class="article__quote-text">{}</blockquote>'),
    )
    head = f"""{opengraph(paper, story)}
{metas({"description": story.summary, "analytics:rubric": story.section})}
<link rel="canonical" href="{paper.link(story)}">
{json_ld(news_article(paper, story))}"""
    top = f"""<div class="article__info"><div class="article__rubric">
<span itemprop="name">{lines.plant(f"- {paper.name}")}</span></div>
<div class="article__label"><a href="{section_path(story.section)}">{lines.plant(LABEL)}</a></div>
<div class="article__pitch">{lines.plant(PITCH)}</div></div>
<div class="article__header"><h1 class="article__title">{lines.around(story.title)}</h1>
<div class="article__info-date">{lines.around(f"{story.date:%H:%M} GMT {story.date:%d.%m.%Y}")}</div></div>
<div class="article__subscribe"><a href="/">{lines.plant("Subscribe")}</a></div>"""
    main = f"""<div class="article" data-article-id="{story.number}" data-published="{story.date:%Y-%m-%dT%H%M}">
{top}
<div class="article__body">
{chr(10).join(body(paper, story.parts, forms))}
</div>
<div class="article__author">{lines.around(", ".join(story.authors))}</div>
</div>
{_widgets(paper, story, lines)}"""
    return _document(paper, story.title, head, main, lines)


def listing(paper: Paper, heading: str, rows: Sequence[tuple[str, str, str]]) -> str:
    """Return a page of links; each row is title, URL and teaser (may be empty)."""
    items = "".join(
        f'<div class="list__item"><a href="{url}" class="list__title">{escape(title)}</a>'
        f'<div class="list__info">{escape(teaser)}</div></div>\n'
        for title, url, teaser in rows
    )
    main = (
        f'<div class="rubric"><div class="rubric__title">{escape(heading)}</div><div class="list">\n{items}</div></div>'
    )
    return _document(paper, heading, '<meta property="og:type" content="website">', main, Lines())


def _agency(paper: Paper) -> str:
    return paper.name.split()[0]


def _picture(paper: Paper, story: Story, caption: str, credit: str, lines: Lines) -> str:
    agency = _agency(paper)
    lines.planted.append(f"© {agency} / {credit} / Go to the mediabank")
    named = f"{caption} - {paper.name}"
    return f"""<div class="article__announce"><div class="media"><div class="media__size">
<img src="/media/{story.slug}.jpg" alt="{escape(named)}" title="{escape(named)}"></div>
<div class="media__copyright">© <a href="/">{agency}</a> / <a href="/">{credit}</a> /
<a href="/">Go to the mediabank</a></div>
<div class="media__description">{lines.plant(caption)}</div>
<div class="media__sign">{lines.plant(named)}</div></div></div>"""


def _card(paper: Paper, other: Story, lines: Lines) -> str:
    caption = next((part.plain.partition(" | ")[0] for part in other.parts if part.kind == "caption"), other.place)
    return f"""<div class="article__article m-image"><a href="{path(other)}" class="article__article-image">
<span class="article__article-sign">{lines.plant(f"{caption} - {paper.name}")}</span></a>
<div class="article__article-desc"><a class="article__article-rubric" href="{section_path(other.section)}">{
        lines.plant(other.section)
    }</a>
<a href="{path(other)}" class="article__article-title">{lines.plant(other.title)}</a></div></div>"""


def _widgets(paper: Paper, story: Story, lines: Lines) -> str:
    rows = "".join(
        f'<div class="lenta__item"><a href="{path(s)}">'
        f'<span class="lenta__item-text">{lines.plant(s.title)}</span></a></div>'
        for s in paper.after(story, 2)
    )
    return f"""<div class="lenta"><div class="lenta__header"><span>{lines.plant("Newsfeed")}</span>
<span class="lenta__count">{lines.plant("0")}</span></div>{rows}</div>
<div class="chat"><div class="chat__auth"><span>{lines.plant("To participate in the discussion")}</span>
<a href="/">{lines.plant("log in or register")}</a></div>
<div class="chat__loader"><i>{lines.plant("loader")}</i></div>
<div class="chat__tab">{lines.plant("Chats")}</div>
<div class="chat__room"><span class="chat__room-title">{lines.plant(STRAY)}</span></div></div>"""


def _document(paper: Paper, title: str, head: str, main: str, lines: Lines) -> str:
    menu = "".join(
        f'<div class="header__menu-item"><a href="{section_path(name)}">{lines.around(name)}</a></div>\n'
        for name in paper.sections
    )
    return f"""<!DOCTYPE html>
<html lang="en" data-lang="eng">
<head>
{CHARSET}
<title>{escape(title)} - {paper.name}</title>
{head}
</head>
<body data-lazyload="1">
<div class="header"><div class="header__logo"><a href="/">{lines.around(paper.name)}</a></div>
<div class="header__menu">{menu}
<div class="header__menu-item"><a href="/private/wire-clients/">{lines.around("Wire clients")}</a></div></div></div>
<div class="content"><div class="container">
{main}
</div></div>
<div class="footer"><div class="footer__logo">{lines.around(f"© 2026 {_agency(paper)}. All rights reserved. 18+")}</div>
<div class="footer__menu"><a href="/">{lines.around("Front page")}</a></div></div>
</body>
</html>
"""
