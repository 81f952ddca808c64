"""The blog: breadcrumbs with bars, a comment form, and a likes widget that leaves its template line unfilled."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from scraper.demo.markup import CHARSET, Forms, Lines, body, json_ld, metas, news_article, opengraph
from scraper.demo.story import Paper, Story

TAGLINE = "Notes from the quay, the hill and the boats between"


def path(story: Story) -> str:
    """Return the story's path: `/2026/11/03/slug/`."""
    return f"/{story.date:%Y/%m/%d}/{story.slug}/"


def section_path(section: str) -> str:
    """Return a category's path."""
    return f"/category/{section.lower().replace(' ', '-')}/"


def page(paper: Paper, story: Story, lines: Lines) -> str:
    """Return the story's page; `lines` collects what is not true text."""
    forms = Forms(
        caption=lambda caption, _: (
            f'<figure class="wp-caption alignnone"><img src="/media/{story.slug}.jpg" alt="">'
            f'<figcaption class="wp-caption-text">{lines.plant(caption)}</figcaption></figure>'
        ),
        related=lambda other: (
            f'<p class="jp-relatedposts-post"><a href="{path(other)}">{lines.plant(other.title)}</a></p>'
        ),
    )
    website = {"@type": "WebSite", "name": paper.name, "url": paper.base + "/"}
    head = f"""{opengraph(paper, story)}
<link rel="canonical" href="{paper.link(story)}">
{json_ld({"@graph": [news_article(paper, story), website]})}"""
    lines.planted.append(f"Home | {story.section} | {story.title}")
    trail = (
        f'<a href="/">Home</a> | <a href="{section_path(story.section)}">{story.section}</a> | {escape(story.title)}'
    )
    main = f"""<div class="breadcrumbs" id="crumbs">{trail}</div>
<article id="post-{story.number}" class="post-{story.number} post type-post status-publish format-standard hentry">
<header class="entry-header"><h1 class="entry-title">{lines.around(story.title)}</h1>
<div class="entry-meta"><span class="posted-on">{lines.around("Posted on")}
<a href="{path(story)}" rel="bookmark"><time class="entry-date published" datetime="{story.date.isoformat()}">{
        lines.around(f"{story.date:%d/%m/%Y}")
    }</time></a></span> <span class="byline">{lines.around("by")}
<span class="author vcard"><a class="url fn n" href="/">{
        lines.around(", ".join(story.authors))
    }</a></span></span></div></header>
<div class="entry-content">
{chr(10).join(body(paper, story.parts, forms))}
{_sharing(lines)}
{_comments(lines)}
{_likes(lines)}
</div></article>"""
    side = "".join(f'<li><a href="{path(s)}">{lines.plant(s.title)}</a></li>' for s in paper.after(story, 3))
    return _document(paper, story.title, head, main, side, lines, story.language)


def listing(paper: Paper, heading: str, rows: Sequence[tuple[str, str, str]]) -> str:
    """Return a page of links; each row is title, URL and teaser (may be empty)."""
    posts = "".join(
        f'<article class="post"><h2 class="entry-title"><a href="{url}" rel="bookmark">{escape(title)}</a></h2>'
        + (f'<div class="entry-summary"><p>{escape(teaser)}</p></div>' if teaser else "")
        + "</article>\n"
        for title, url, teaser in rows
    )
    main = f'<header class="page-header"><h1 class="page-title">{escape(heading)}</h1></header>\n{posts}'
    return _document(paper, heading, '<meta property="og:type" content="website">', main, "", Lines())


def _sharing(lines: Lines) -> str:
    return f"""<div class="sharedaddy sd-sharing-enabled"><h3 class="sd-title">{lines.plant("Share this:")}</h3>
<ul><li class="share-twitter"><a href="/" rel="nofollow"><span>{lines.plant("Twitter")}</span></a></li>
<li class="share-facebook"><a href="/" rel="nofollow"><span>{lines.plant("Facebook")}</span></a></li></ul></div>
<div class="sharedaddy sd-block sd-like jetpack-likes-widget-wrapper">
<h3 class="sd-title">{lines.plant("Like this:")}</h3>
<div class="likes-widget-placeholder post-likes-widget-placeholder">
<span class="button"><span>{lines.plant("Like")}</span></span>
<span class="loading">{lines.plant("Loading...")}</span></div></div>"""


def _comments(lines: Lines) -> str:
    notes = "Your email address will not be published. Required fields are marked *"
    lines.planted.append(notes)
    fields = "".join(
        f'<p class="comment-form-{name.lower()}"><label for="{name.lower()}">{lines.plant(name)}</label> '
        f'<input id="{name.lower()}" name="{name.lower()}" type="text" size="30"></p>\n'
        for name in ("Name", "Email", "Website")
    )
    return f"""<section class="hl-responses"><div class="hl-answer">
<h3 id="reply-title">{lines.plant("Leave a Reply")}</h3>
<p class="hl-note"><span id="email-notes">{notes.partition(". ")[0]}.</span> {notes.partition(". ")[2]}</p>
<form action="/wp-comments-post.php" method="post" id="commentform">
<p class="comment-form-comment"><label for="comment">{lines.plant("Comment")}</label>
<textarea id="comment" name="comment" cols="45" rows="8"></textarea></p>
{fields}<p class="form-submit">
<button type="submit" id="submit" class="submit">{lines.plant("Post Comment")}</button></p>
</form></div></section>"""


def _likes(lines: Lines) -> str:
    template = "%d bloggers like this:"
    lines.planted.append(template)
    return f'<div id="likes-gravatars"><p class="likes-text"><span>%d</span>{template.removeprefix("%d")}</p></div>'


def _document(paper: Paper, title: str, head: str, main: str, side: str, lines: Lines, language: str = "en") -> str:
    menu = "".join(
        f'<li class="menu-item"><a href="{section_path(name)}">{lines.around(name)}</a></li>' for name in paper.sections
    )
    recent = (
        f'<section class="widget widget_recent_entries"><h2 class="widget-title">{{}}</h2><ul>{side}</ul></section>'
    )
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
{CHARSET}
<title>{escape(title)} – {paper.name}</title>
{metas({"viewport": "width=device-width, initial-scale=1", "generator": "WordPress 6.9"})}
<link rel="alternate" type="application/rss+xml" title="{paper.name} &raquo; Feed" href="/rss.xml">
{head}
</head>
<body class="single single-post wp-embed-responsive">
<div id="page" class="site">
<a class="skip-link screen-reader-text" href="#content">{lines.around("Skip to content")}</a>
<header id="masthead" class="site-header"><div class="site-branding">
<p class="site-title"><a href="/" rel="home">{lines.around(paper.name)}</a></p>
<p class="site-description">{lines.around(TAGLINE)}</p></div>
<nav id="site-navigation" class="main-navigation"><ul id="primary-menu" class="menu">{menu}
<li class="menu-item"><a href="/private/berth-holders/">{lines.around("Berth holders")}</a></li></ul></nav></header>
<div id="content" class="site-content"><main id="main" class="site-main">
{main}
</main>
<aside id="secondary" class="widget-area">
{recent.format(lines.plant("Recent Posts")) if side else ""}</aside></div>
<footer id="colophon" class="site-footer">
<div class="site-info">{lines.around("Proudly powered by WordPress")}</div></footer>
</div>
</body>
</html>
"""
