"""Plain pages made of other pages' gold text, to train the block models and to measure them: the same text in many
shapes, with a small menu and a footer, and in some of them with teasers of other texts, or comments."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.corpora import Page

Shape = Callable[[str, Sequence[str], str], str]
"""A function from the headline's element, the paragraphs and what stands beside them to the content of the body."""

MENU = "<div><a href='/'>Home</a> <a href='/news'>News</a> <a href='/contact'>Contact us</a></div>"
LIST_MENU = "<ul><li><a href='/'>Home</a><li><a href='/topics'>Topics</a><li><a href='/about'>About us</a></ul>"
FOOT = "<div>Copyright 2021. <a href='/privacy'>Privacy</a></div>"
TURNS = 12
LEAST = 600
"""Characters of a text that is made into pages."""
PER_TEXT = 2
"""Shapes that are made of each text."""
MOST_TEASERS = 16


def _all(paragraphs: Sequence[str], tag: str = "p") -> str:
    return "".join(f"<{tag}>{html.escape(text)}</{tag}>\n" for text in paragraphs)


def longer(paragraphs: Sequence[str]) -> list[str]:
    """Return twelve times as many paragraphs, none twice: the words of each in a turned order."""
    texts = []
    for turn in range(TURNS):
        for words in map(str.split, paragraphs):
            start = turn * 7 % max(1, len(words))
            texts.append(" ".join(words[start:] + words[:start]))
    return texts


def _link(title: str) -> str:
    return f"<a href='/{len(title)}'>{html.escape(title)}</a>"


def _sentence(text: str) -> str:
    return html.escape(re.split(r"(?<=[.!?]) ", text)[0])


BESIDE: tuple[Callable[[Sequence[tuple[str, str]]], str], ...] = (
    lambda others: (
        "<div><h4>From the archive</h4>"
        + "".join(f"<div>{_link(title)}<p>{_sentence(text)}</p></div>" for title, text in others)
        + "</div>"
    ),
    lambda others: (
        "<div><h3>More stories</h3><ul>" + "".join(f"<li>{_link(title)}</li>" for title, _ in others) + "</ul></div>"
    ),
    lambda others: "".join(
        f"<div><h3>{_link(title)}</h3><div>{_sentence(text)}</div><div>{_link('Read more')}</div></div>"
        for title, text in others
    ),
    lambda others: (
        "<ul>" + "".join(f"<li><p>{_link(title)}</p><p>{_sentence(text)}</p></li>" for title, text in others) + "</ul>"
    ),
    lambda others: (
        f"<div><h3>{len(others)} comments</h3>"
        + "".join(
            f"<div><b>{title.split()[0]}</b> {i + 2} hours ago<p>{_sentence(text)}</p>{_link('Reply')}</div>"
            for i, (title, text) in enumerate(others)
        )
        + "</div>"
    ),
)
"""What stands beside a text, made of titles and first sentences of others: teasers, links and comments."""


def _sections(paragraphs: Sequence[str]) -> str:
    return "".join(
        f"<section><h2>Part {i // 2 + 1}</h2>{_all(paragraphs[i : i + 2])}</section>"
        for i in range(0, len(paragraphs), 2)
    )


SHAPES: dict[str, Shape] = {
    "bare": lambda title, texts, beside: _all(texts),
    "bare with a headline": lambda title, texts, beside: title + _all(texts),
    "first three": lambda title, texts, beside: title + _all(texts[:3]),
    "first one": lambda title, texts, beside: title + _all(texts[:1]),
    "article": lambda title, texts, beside: f"{MENU}<article>{title}{_all(texts)}</article>{FOOT}",
    "divs": lambda title, texts, beside: f"{MENU}<div>{title}{_all(texts, 'div')}</div>{FOOT}",
    "bare divs": lambda title, texts, beside: _all(texts, "div"),
    "line breaks": lambda title, texts, beside: (
        f"{MENU}{title}<div>" + "<br><br>".join(map(html.escape, texts)) + f"</div>{FOOT}"
    ),
    "table cell": lambda title, texts, beside: (
        f"<table><tr><td>{MENU}</td></tr><tr><td>{title}{_all(texts)}</td></tr><tr><td>{FOOT}</td></tr></table>"
    ),
    "long table cell": lambda title, texts, beside: (
        f"<table><tr><td>{LIST_MENU}</td><td>{title}{_all(longer(texts))}</td></tr></table>{FOOT}"
    ),
    "table rows": lambda title, texts, beside: (
        f"{MENU}{title}<table>" + "".join(f"<tr><td>{html.escape(text)}</td></tr>" for text in texts) + "</table>"
    ),
    "deep": lambda title, texts, beside: MENU + "<div>" * 12 + title + _all(texts) + "</div>" * 12 + FOOT,
    "long": lambda title, texts, beside: f"{MENU}<article>{title}{_all(longer(texts))}</article>{FOOT}",
    "bare long": lambda title, texts, beside: f"{title}{_all(longer(texts))}",
    "sections": lambda title, texts, beside: f"{MENU}<main>{title}{_sections(texts)}</main>{FOOT}",
    "sections below a list": lambda title, texts, beside: f"{LIST_MENU}<div>{title}{_sections(texts)}</div>{FOOT}",
    "list": lambda title, texts, beside: f"{MENU}{title}{_all(texts[:1])}<ol>{_all(texts[1:], 'li')}</ol>{FOOT}",
    "unordered list": lambda title, texts, beside: f"{LIST_MENU}{title}<ul>{_all(texts, 'li')}</ul>{FOOT}",
    "definitions": lambda title, texts, beside: (
        f"{title}<dl>"
        + "".join(f"<dt>Question {i}</dt><dd>{html.escape(x)}</dd>" for i, x in enumerate(texts))
        + "</dl>"
    ),
    "teasers below": lambda title, texts, beside: f"{MENU}<div>{title}{_all(texts)}</div>{beside}{FOOT}",
    "teasers below divs": lambda title, texts, beside: (
        f"{MENU}<div><div>{title}{_all(texts, 'div')}</div>{beside}</div>{FOOT}"
    ),
    "teasers above": lambda title, texts, beside: f"{LIST_MENU}{beside}<div>{title}{_all(texts)}</div>{FOOT}",
    "teasers beside a cell": lambda title, texts, beside: (
        f"{MENU}<table><tr><td>{title}{_all(texts)}</td><td>{beside}</td></tr></table>{FOOT}"
    ),
    "teasers below a list": lambda title, texts, beside: f"{MENU}{title}<ul>{_all(texts, 'li')}</ul>{beside}{FOOT}",
    "teasers below three": lambda title, texts, beside: f"{MENU}{title}{_all(texts[:3])}{beside}{FOOT}",
    "teasers below one": lambda title, texts, beside: f"{title}{_all(texts[:1])}{beside}{FOOT}",
    "preformatted": lambda title, texts, beside: title + "<pre>" + html.escape("\n\n".join(texts)) + "</pre>",
}


@dataclass(frozen=True, slots=True)
class Made(Page):
    """A page made of another page's text; its address tells the fold."""

    data: bytes = b""
    shape: str = ""

    def html(self) -> bytes:
        """Return the page's bytes."""
        return self.data


def paragraphs_of(page: Page) -> list[str]:
    """Return the paragraphs of a page's gold text."""
    return [text for text in (" ".join(line.split()) for line in re.split(r"\n+", page.text)) if text]


def in_shape(page: Page, shape: str, beside: str = "") -> Made | None:
    """Return a page's gold text as a plain page; None where the text is too short."""
    texts = paragraphs_of(page)
    if len(texts) < 3 or len(page.text) < LEAST:
        return None
    title = page.title or texts[0][:60]
    body = SHAPES[shape](f"<h1>{html.escape(title)}</h1>", texts, beside)
    head = f"<head><meta charset='utf-8'><title>{html.escape(title)}</title></head>"
    shown = 3 if "three" in shape else 1 if "one" in shape else None
    wanted = longer(texts) if "long" in shape else texts[:shown]
    return Made(
        "made", f"{page.id} as {shape}", page.url, "\n\n".join(wanted), page.title, (), None,
        f"<!DOCTYPE html><html>{head}<body>{body}</body></html>".encode(), shape,
    )  # fmt: skip


def made(pages: Sequence[Page], count: int = PER_TEXT) -> Iterator[Made]:
    """Yield plain pages of some shapes for each page's text; which ones, and what stands beside, its id decides."""
    names = list(SHAPES)
    teasers = [(page.title or text[:60], text) for page in pages for text in paragraphs_of(page)[1:2]]
    for page in pages:
        number = int(hashlib.md5(page.id.encode(), usedforsecurity=False).hexdigest(), 16)
        first = number % len(teasers)
        beside = BESIDE[number % len(BESIDE)](teasers[first : first + 3 + number % MOST_TEASERS])
        for k in range(count):
            if (found := in_shape(page, names[(number + k * 7) % len(names)], beside)) is not None:
                yield found
