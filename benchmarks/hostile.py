"""Pages that are made to be slow: each a name and a function that writes the page, so that only one is in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from cleaners import load_rules
from cleaners.rules.model import LineRule

MB = 2**20
PROSE = "The harbour was closed on Monday after a storm that had begun at night, officials said in the morning. "
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
HEAD = "<html><head><title>Storm closes harbour</title></head><body>"
STORY = "<article><h1>Storm closes harbour</h1>" + "".join(
    f"<p>On {day} {PROSE.lower()}{PROSE.replace('Monday', day)}</p>" for day in DAYS
)
"""An article that stands on most of the pages: it, or a flag, is what has to come of them."""
STORY += "</article>"

BAIT_LINES = 2000
"""Lines of a page of regex bait."""


def _linked(data: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(data)}</script>{STORY}'


def _deep_json(depth: int) -> str:
    return f'<script type="application/ld+json">{"[" * depth}{"]" * depth}</script>{STORY}'


def _paragraphs(count: int, text: str = PROSE) -> str:
    return "<body>" + "".join(f"<p>{text}{number}.</p>" for number in range(count))


def paragraphs(count: int) -> str:
    """Return an article of so many paragraphs, all different."""
    return f"<title>Storm closes harbour</title><body><article>{_paragraphs(count, PROSE * 2)}</article>"


def deep(depth: int) -> str:
    """Return an article inside so many elements."""
    return f"<title>Storm closes harbour</title><body>{'<div>' * depth}{STORY}{'</div>' * depth}"


PAGES: dict[str, Callable[[], str]] = {
    "a million nested tags": lambda: STORY + "<b>" * 1_000_000 + "deep",
    "a million nested tags, closed": lambda: STORY + "<i>" * 1_000_000 + "deep" + "</i>" * 1_000_000,
    "10 MB of unclosed divs": lambda: (STORY + "<div>" * (2 * MB))[: 10 * MB],
    "10 MB of unclosed divs with text": lambda: (STORY + "<div>ab c" * (2 * MB))[: 10 * MB],
    "10 MB of unclosed divs before the story": lambda: ("<div>" * (2 * MB))[: 10 * MB - len(STORY)] + STORY,
    "2,000 nested divs with 20,000 paragraphs": lambda: "<div>" * 2000 + _paragraphs(20_000),
    "100,000 links": lambda: STORY + "".join(f"<a href=/{n}>Story number {n}</a> " for n in range(100_000)),
    "100,000 links in list items": lambda: (
        STORY + "<ul>" + "".join(f"<li><a href=/{n}>Story number {n}</a>" for n in range(100_000))
    ),
    "50,000 classes": lambda: f"<div class='{' '.join(f'c{n}' for n in range(50_000))}'>{STORY}",
    "50,000 attributes": lambda: f"<div {' '.join(f'a{n}=x' for n in range(50_000))}>{STORY}",
    "a 5 MB line": lambda: f"<p>{'x' * 5 * MB}</p>{STORY}",
    "a 5 MB line with spaces": lambda: f"<p>{'word and ' * (5 * MB // 9)}</p>{STORY}",
    "a 10 MB line of short words": lambda: (f"{STORY}<p>" + "a b " * (10 * MB // 4))[: 10 * MB],
    "5 MB of different words": lambda: STORY + "<p>" + " ".join(f"w{n}" for n in range(650_000)),
    "5 MB of spaces": lambda: f"<p>x{' ' * 5 * MB}y</p>{STORY}",
    "5 MB of line breaks": lambda: f"<p>{'x<br>' * MB}</p>{STORY}",
    "5 MB of full stops": lambda: f"<p>{'.' * 5 * MB}</p>{STORY}",
    "5 MB of capitals behind a dash": lambda: f"<p>{PROSE}- {'A' * 5 * MB}</p>{STORY}",
    "700,000 paragraphs": lambda: "<p>abcdef" * 700_000,
    "80,000 paragraphs of prose": lambda: _paragraphs(80_000),
    "10,000 paragraphs of 1 KB": lambda: _paragraphs(10_000, PROSE * 9),
    "300,000 table cells": lambda: STORY + "<table>" + ("<tr>" + "<td>1234" * 10) * 30_000,
    "20,000 blocks of code": lambda: STORY + "<pre>x = 1</pre>" * 20_000,
    "20,000 blocks in a box that a rule takes": lambda: (
        STORY + f"<div class=newsletter>{'<p>Sign up now and here</p>' * 20_000}</div>"
    ),
    "nested lists": lambda: STORY + "<ul><li>x" * 300_000,
    "nested tables": lambda: STORY + "<table><tr><td>x" * 200_000,
    "nested spans": lambda: STORY + "<span class=author>x" * 300_000,
    "nested headings": lambda: "<h1>x<section>" * 200_000 + STORY,
    "nested quotes": lambda: STORY + "<blockquote>x" * 300_000,
    "crossed inline tags": lambda: STORY + "<b><i></b></i>" * 100_000,
    "crossed block tags": lambda: STORY + "<p><a><div></p></a>" * 100_000,
    "100,000 entities": lambda: f"{STORY}<p>{'&eacute;&#8217;&bogus;' * 100_000}",
    "deep JSON-LD": lambda: _deep_json(2 * MB),
    "a large array in JSON-LD": lambda: _linked([{"@type": "NewsArticle", "author": ["x y"] * 5}] * 100_000),
    "JSON-LD with long names many times": lambda: _linked(
        [{"@type": "Person", "@id": "x", "name": "the " * MB}]
        + [{"@type": "NewsArticle", "author": [{"@id": "x"}] * 50}] * 4000
    ),
    "JSON-LD with nested descriptions": lambda: _linked(
        {
            "@type": "NewsArticle",
            "description": [[[f"a {a} {b} {c}" for c in range(60)] for b in range(60)] for a in range(60)],
        }
    ),
    "5 MB of articleBody": lambda: _linked({"@type": "NewsArticle", "articleBody": "word and " * (5 * MB // 9)}),
    "1,000 broken JSON-LD scripts": lambda: '<script type="application/ld+json">{"a": [1,,</script>' * 100_000 + STORY,
    "100,000 meta elements": lambda: (
        "".join(f"<meta name=n{n} content='{PROSE}'>" for n in range(100_000))[: 9 * MB] + STORY
    ),
    "100,000 meta authors": lambda: "<meta name=author content='the editors, and the staff'>" * 100_000 + STORY,
    "5 MB of scripts": lambda: "<script>let a = '<b>' + 1 < 2;</script>" * (5 * MB // 41) + STORY,
    "one script of 5 MB": lambda: f"<script>{'a<b;' * (5 * MB // 4)}</script>{STORY}",
    "a 5 MB attribute": lambda: f"<div class='{'post-' * MB}' title='x'>{STORY}",
    "a 5 MB class of an author": lambda: f"<div class='author {'postdat' * (5 * MB // 7)}'>2026{STORY}",
    "a 5 MB title": lambda: f"<title>{'Storm | ' * (5 * MB // 8)}</title>{STORY}",
    "a 5 MB heading": lambda: f"<h1>{'Storm: ' * (5 * MB // 7)}</h1>{STORY}",
    "30 headings of 300 KB": lambda: f"<h1>{'Storm! ' * 45_000}</h1>" * 30 + STORY,
    "5 MB of bylines": lambda: STORY + "<span class=byline>By Ada Byron, 21 November 2026</span>" * (5 * MB // 60),
    "5 MB of times": lambda: STORY + "<time datetime=x>21 Smarch 2026</time>" * (5 * MB // 42),
    "20,000 bylines in 5 MB of text": lambda: (
        f"<div>{'photos by ' * (4 * MB // 10)}{'<i class=byline>By a</i>' * 20_000}</div>{STORY}"
    ),
    "20,000 dates in 5 MB of text": lambda: (
        f"<div class=date>{'last up ' * (4 * MB // 8)}{'<time>1 May 2020</time>' * 20_000}</div>{STORY}"
    ),
    "100,000 headings": lambda: STORY + "<h2>Storm closes the harbour</h2>" * 100_000,
    "100,000 first headings": lambda: "<h1>Storm closes the harbour</h1>" * 100_000 + STORY,
    "broken UTF-8": lambda: STORY + "\udcc3\udc28" * (2 * MB),
    "UTF-8 encoded twice": lambda: STORY + "â\x80\x99" * MB,
    "5 MB of open comments": lambda: STORY + "<!--" * MB,
    "5 MB of less-than signs": lambda: STORY + "<" * (5 * MB),
    "11 MB": lambda: STORY + "x" * (11 * MB),
}


def bait(rule: LineRule) -> list[str]:
    """Return lines that nearly fit a rule, each as long as the rule looks at: repeated parts of what it takes, with
    space, digits and signs before and behind."""
    size = rule.max if rule.whole else 5000
    size = min(size, 5000)
    example = max(rule.example.splitlines(), key=len)
    literals = re.findall(r"[^\W\d_][^\W\d_ ]+(?: [^\W\d_]+)*", rule.pattern.pattern)
    stuff = [
        example,
        *example.split(),
        *literals[:: max(1, len(literals) // 20)],
        " ".join(literals),
        "1 ",
        "A",
        "a.",
        " - A",
    ]
    lines = []
    for text in filter(None, stuff):
        spaced = (f"{text} ", text)
        lines += [(repeated * (size // len(repeated) + 1))[: size - 1] + "§" for repeated in spaced]
        lines += [(f"{example} {text}" + filler * size)[: size - 1] + "¤" for filler in (" a", "!", "9", "a")]
        lines.append(("!" * size + text)[-size:])
    return [line.strip() for line in lines]


def baits() -> Iterator[tuple[str, list[str]]]:
    """Yield for each line rule its id and a page's worth of lines, all different."""
    for rule in load_rules().lines:
        lines = bait(rule)
        yield rule.id, [f"{lines[n % len(lines)][:-6]}{n:06d}"[-rule.max :] for n in range(BAIT_LINES)]
