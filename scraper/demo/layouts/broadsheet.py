"""The broadsheet: a standfirst, teasers between paragraphs, a registration form with its messages, a forum box."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from scraper.demo.markup import CHARSET, Forms, Lines, body, json_ld, metas, news_article, opengraph
from scraper.demo.story import Paper, Story

PASSWORD = "Must be at least 6 characters, include an upper and lower case character and a number"
NAME = ("Special characters aren’t allowed", "Please enter a name between 1 and 40 characters")
FIELDS = (
    ("email", ("Please enter a valid email", "Please enter a valid email")),
    ("password", (PASSWORD, PASSWORD, PASSWORD)),
    ("first-name", ("Please enter your first name", *NAME)),
    ("last-name", ("Please enter your last name", *NAME)),
    ("year-of-birth", ("You must be over 18 years old to register", "You must be over 18 years old to register")),
)
"""The form's fields, each with the messages that a script would hide until they are needed."""


def path(story: Story) -> str:
    """Return the story's path: `/news/section/slug-b2210347.html`."""
    return f"{section_path(story.section)}{story.slug}-b{story.number}.html"


def section_path(section: str) -> str:
    """Return a section's path."""
    return f"/news/{section.lower().replace(' ', '-')}/"


def page(paper: Paper, story: Story, lines: Lines) -> str:
    """Return the story's page; `lines` collects what is not true text."""
    forms = Forms(
        caption=lambda caption, credit: (
            f'<figure class="sc-1kq8pq"><div class="sc-pic"><img src="/media/{story.slug}.jpg" alt=""></div>'
            f'<figcaption class="sc-12x7o">{lines.plant(caption)} <span>{lines.plant(f"({credit})")}</span>'
            "</figcaption></figure>"
        ),
        related=lambda other: (
            f'<div class="sc-inline-related" data-gtm="inline"><h2 class="sc-rl4d"><a href="{path(other)}">'
            f"{lines.plant(other.title)}</a></h2></div>"
        ),
        heading='<h2 class="sc-sub">{}</h2>',
        paragraph='<p class="sc-p">{}</p>',
    )
    standfirst, rest = story.parts[0], story.parts[1:]
    thing = news_article(paper, story) | {"description": standfirst.plain, "isAccessibleForFree": True}
    head = f"""{metas({"description": standfirst.plain, "author": ", ".join(story.authors)})}
{opengraph(paper, story)}
<link rel="canonical" href="{paper.link(story)}">
{json_ld(thing)}"""
    main = f"""<article class="sc-article" id="articleBody">
<header id="articleHeader" class="sc-head"><h1 class="sc-h1">{lines.around(story.title)}</h1>
<h2 class="sc-standfirst">{escape(standfirst.plain, quote=False)}</h2>
<div class="sc-byline"><a href="/">{lines.around(", ".join(story.authors))}</a>
<div class="sc-place">{lines.around(story.place)}</div>
<time datetime="{story.date.isoformat()}">{lines.around(f"{story.date:%A %d %B %Y %H:%M}")}</time></div></header>
<div class="sc-main" id="main">
{chr(10).join(body(paper, rest, forms))}
</div>
{_registration(lines)}
{_forum(lines)}
</article>"""
    more = "".join(
        f'<li class="sc-mp"><a href="{path(s)}"><h3>{lines.plant(s.title)}</h3></a></li>' for s in paper.after(story, 2)
    )
    side = f'<aside class="sc-aside"><h4>{lines.plant("Most read")}</h4><ol>{more}</ol></aside>'
    return _document(paper, story.title, head, main + side, lines)


def listing(paper: Paper, heading: str, rows: Sequence[tuple[str, str, str]]) -> str:
    """Return a page of links; each row is title, URL and teaser (may be empty)."""
    items = "".join(
        f'<li class="sc-li"><h2><a href="{url}">{escape(title)}</a></h2>'
        + (f"<p>{escape(teaser)}</p>" if teaser else "")
        + "</li>\n"
        for title, url, teaser in rows
    )
    main = f'<section class="sc-section"><h1>{escape(heading)}</h1><ul>\n{items}</ul></section>'
    return _document(paper, heading, '<meta property="og:type" content="website">', main, Lines())


def _registration(lines: Lines) -> str:
    fields = "\n".join(
        f'<div class="sc-field"><input type="text" name="{name}" aria-label="{name}">'
        + "".join(f'<p class="sc-msg">{lines.plant(message)}</p>' for message in messages)
        + "</div>"
        for name, messages in FIELDS
    )
    return f"""<div class="sc-regwall" id="regwall"><h3 class="sc-rw-h">{
        lines.plant("Register free to go on reading")
    }</h3>
<p class="sc-rw-p">{lines.plant("An account costs nothing and helps to pay for reporters who leave the office")}</p>
<p class="sc-rw-p">{
        lines.plant("With an account you can also comment, choose newsletters and join our editors for live evenings")
    }</p>
<form action="/register" method="post" novalidate>
{fields}
<p class="sc-terms">{
        lines.plant("You can opt out at any time in your account settings. Each email has a link to unsubscribe.")
    }</p>
<button type="submit">{lines.plant("Register")}</button>
<p class="sc-terms">{lines.plant("Already have an account? sign in")}</p>
<p class="sc-terms">{
        lines.plant(
            "By clicking ‘Register’ you confirm that your details are correct and that you agree to our Terms of use."
        )
    }</p>
<p class="sc-terms">{
        lines.plant("This site is protected by reCAPTCHA and the Google Privacy policy and Terms of service apply.")
    }</p>
</form></div>"""


def _forum(lines: Lines) -> str:
    return f"""<div class="sc-forum"><h3>{lines.plant("Join our commenting forum")}</h3>
<p>{lines.plant("Take part in the conversation, follow other Courier readers and see what they answer")}</p>
<a href="/">{lines.plant("Comments")}</a></div>
<div class="sc-thanks" role="dialog"><h3>{lines.plant("Thank you for registering")}</h3>
<p>{lines.plant("Please refresh the page or open another one on this site to be logged in")}</p></div>"""


def _document(paper: Paper, title: str, head: str, main: str, lines: Lines) -> str:
    menu = "".join(f'<li><a href="{section_path(name)}">{lines.around(name)}</a></li>\n' for name in paper.sections)
    return f"""<!DOCTYPE html>
<html lang="en-GB" class="no-js">
<head>
{CHARSET}
<title>{escape(title)} | {paper.name}</title>
{head}
</head>
<body>
<header class="sc-top"><a href="/" class="sc-masthead">{lines.around(paper.name)}</a>
<nav aria-label="Primary"><ul class="sc-nav">{menu}
<li><a href="/private/e-paper/">{lines.around("E-paper")}</a></li></ul></nav></header>
<div class="sc-page">
{main}
</div>
<footer class="sc-foot"><ul><li><a href="/">{lines.around("Code of conduct and complaints")}</a></li></ul>
<p>{lines.around("Printed and published at Castlegate, Norhaven")}</p></footer>
</body>
</html>
"""
