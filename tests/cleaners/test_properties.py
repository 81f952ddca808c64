"""A change that leaves a page's story as it is leaves the article as it was: chrome, elements around it, other names, a
paragraph that stands twice, more paragraphs. The pages are plain ones of many shapes, of invented prose."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaners import clean

WHO = (
    "the harbour master", "a pilot from Carrick", "the crew of the ferry", "an old fisherman", "the parish council",
    "Ines Marlow", "the engineer", "two divers", "the schoolchildren", "a woman with a red umbrella", "the baker's son",
    "the keeper of the light", "nobody on the quay", "the company", "a doctor who lives by the mole",
)  # fmt: skip
DID = (
    "had seen", "wanted to mend", "did not mention", "paid for", "waited all night for", "wrote a letter about",
    "laughed at", "took a picture of", "asked the council for", "remembered", "sold", "painted", "could not find",
    "was tired of", "spoke for an hour about",
)  # fmt: skip
WHAT = (
    "the broken ramp", "a boat without a name", "the third storm of the year", "the price of rope", "the bell",
    "a hole in the wall", "the old timetable", "eleven metres of the breakwater", "three boxes of herring",
    "the new crane", "a map of the island", "the road to the cape", "the winter of 1981", "a rumour", "the last bus",
)  # fmt: skip
WHEN = (
    "on Monday", "before the wind turned", "in the spring", "while it rained", "after the service",
    "for the first time", "without a word", "as their fathers had done", "long before noon", "and nobody minded",
    "twice a week", "in the end", "when the ice broke", "at half past four", "to the surprise of all",
)  # fmt: skip
TITLE = "Notes from the harbour"
NAMES = ("x1", "content", "wrap inner", "css-19ab3", "block-7", "col-md-8", "page_body", "sidebar-left", "widget")
"""Class names that say nothing, something true, or something false."""

Story = tuple[str, ...]


def sentence(rng: random.Random) -> str:
    words = " ".join((rng.choice(WHO), rng.choice(DID), rng.choice(WHAT), rng.choice(WHEN)))
    return f"{words[0].upper()}{words[1:]}."


def story(seed: int, count: int) -> Story:
    """Return different paragraphs, of one to five sentences each. One alone has at least three: a single sentence
    beside a list of links is what section pages have too."""
    rng = random.Random(seed)
    sizes = (1, 1, 2, 2, 3, 4, 5) if count > 1 else (3, 4, 5)
    paragraphs: dict[str, None] = {}
    while len(paragraphs) < count:
        paragraphs[" ".join(sentence(rng) for _ in range(rng.choice(sizes)))] = None
    return tuple(paragraphs)


def tagged(parts: Sequence[str], tag: str) -> str:
    return "".join(f"<{tag}>{part}</{tag}>" for part in parts)


def links(count: int, words: str) -> str:
    return "<ul>" + "".join(f"<li><a href=/{n}>{words} {n}</a></li>" for n in range(count)) + "</ul>"


SHAPES: dict[str, Callable[[Story], str]] = {
    "p": lambda parts: f"<div>{tagged(parts, 'p')}</div>",
    "body": lambda parts: tagged(parts, "p"),
    "div": lambda parts: f"<div>{tagged(parts, 'div')}</div>",
    "br": lambda parts: f"<div>{'<br><br>'.join(parts)}</div>",
    "td": lambda parts: f"<table><tr><td>{tagged(parts, 'p')}</td></tr></table>",
    "li": lambda parts: f"<ul>{tagged(parts, 'li')}</ul>",
    "dd": lambda parts: f"<dl>{''.join(f'<dt>Day {n}</dt><dd>{part}</dd>' for n, part in enumerate(parts))}</dl>",
    "section": lambda parts: "".join(f"<section><p>{part}</p></section>" for part in parts),
    "pre": lambda parts: "<pre>" + "\n\n".join(parts) + "</pre>",
}
ABOVE: dict[str, Callable[[int], str]] = {
    "menu": lambda count: f"<div>{' '.join(f'<a href=/s{n}>Section {n}</a>' for n in range(count))}</div>",
    "header": lambda count: f"<header><nav>{links(count, 'Topic')}</nav></header>",
}
BELOW: dict[str, Callable[[int], str]] = {
    "aside": lambda count: f"<aside><h3>About us</h3><p>We print what we see.</p>{links(count, 'Archive')}</aside>",
    "related": lambda count: f"<div><h3>More stories</h3>{links(count, 'A storm closes the quay, part')}</div>",
    "footer": lambda count: "<footer><p>Copyright 2024 Lund Post.</p><a href=/p>Privacy</a></footer>",
}
CHROME = sorted((*ABOVE, *BELOW))


@dataclass(frozen=True)
class PlainPage:
    """A page with a story, and what is around it."""

    parts: Story
    shape: str = "p"
    heading: bool = True
    declared: bool = False
    """Whether the page says of itself that it is an article."""
    chrome: frozenset[str] = frozenset()
    size: int = 6
    """Links of each list."""
    wraps: int = 0
    """Elements around the story."""
    name: str = ""
    """Of the elements around the story."""

    def html(self) -> str:
        head = f"<title>{TITLE}</title>"
        if self.declared:
            head += '<meta property="og:type" content="article"><meta name="date" content="2024-03-01">'
        main = (f"<h1>{TITLE}</h1>" if self.heading else "") + SHAPES[self.shape](self.parts)
        names = f' class="{self.name}" id="{self.name.split()[0]}-1"' if self.name else ""
        for _ in range(self.wraps):
            main = f"<div{names}>{main}</div>"
        above, below = (
            "".join(make(self.size) for place, make in places.items() if place in self.chrome)
            for places in (ABOVE, BELOW)
        )
        return f"<html><head>{head}</head><body>{above}{main}{below}</body></html>"


def kept(page: PlainPage) -> set[str]:
    text = " ".join(clean(page.html()).text.split())
    return {part for part in page.parts if part in text}


def loss(before: set[str], after: set[str]) -> float:
    """Return the share of the characters before that are not there any more."""
    return sum(map(len, before - after)) / max(sum(map(len, before)), 1)


def change_loses(page: PlainPage, changed: PlainPage) -> float:
    return loss(kept(page), kept(changed))


MAX_LOSS = 0.02
"""Share of the characters that a change may lose. Of 1,500 random pages, each changed in five ways, two lost more: two
and three short paragraphs beside lists of six and fifteen related stories."""
few = settings(max_examples=40)
"""For examples that clean two pages."""
SURE = 4
"""Paragraphs from which a page that says it is an article is asked to keep them whatever stands beside them."""


@st.composite
def plain_pages(draw: st.DrawFn, counts: Sequence[int] = (1, 2, 3, 4, 6, 10, 15, 25)) -> PlainPage:
    count = draw(st.sampled_from(counts))
    return PlainPage(
        story(draw(st.integers(0, 10**6)), count),
        draw(st.sampled_from(sorted(SHAPES))),
        draw(st.booleans()),
        count >= SURE and draw(st.booleans()),
        frozenset(place for place in CHROME if draw(st.integers(0, 2)) == 0),
        draw(st.sampled_from((2, 6, 15))),
    )


@given(plain_pages())
def test_a_plain_page_keeps_its_story(page: PlainPage) -> None:
    assert loss(set(page.parts), kept(page)) <= MAX_LOSS


@settings(max_examples=10)
@given(plain_pages(counts=(100, 200, 300)))
def test_a_long_story_keeps_its_paragraphs(page: PlainPage) -> None:
    assert loss(set(page.parts), kept(page)) <= MAX_LOSS


@few
@given(plain_pages(), st.sampled_from(CHROME))
def test_chrome_takes_nothing_from_a_story(page: PlainPage, place: str) -> None:
    assert change_loses(page, replace(page, chrome=page.chrome | {place})) <= MAX_LOSS


@few
@given(plain_pages(), st.integers(1, 15))
def test_elements_around_a_story_take_nothing_from_it(page: PlainPage, wraps: int) -> None:
    assert change_loses(page, replace(page, wraps=wraps)) <= MAX_LOSS


@few
@given(plain_pages(), st.lists(st.sampled_from(NAMES), min_size=2, max_size=2, unique=True))
def test_other_names_take_nothing_from_a_story(page: PlainPage, names: list[str]) -> None:
    before, after = (replace(page, wraps=1, name=name) for name in names)
    assert change_loses(before, after) <= MAX_LOSS


@few
@given(plain_pages(), st.integers(0, 24))
def test_a_paragraph_that_stands_twice_takes_nothing_from_the_others(page: PlainPage, place: int) -> None:
    copied = page.parts[place % len(page.parts)]
    assert change_loses(page, replace(page, parts=(*page.parts, copied))) <= MAX_LOSS


@few
@given(plain_pages(), st.sampled_from((1, 3, 30)), st.integers(10**6, 2 * 10**6))
def test_more_paragraphs_take_nothing_from_those_before(page: PlainPage, count: int, seed: int) -> None:
    assert change_loses(page, replace(page, parts=(*page.parts, *story(seed, count)))) <= MAX_LOSS


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("declared", [False, True], ids=["undeclared", "declared"])
def test_a_page_of_one_paragraph_keeps_it(shape: str, declared: bool) -> None:
    page = PlainPage(story(1, 1), shape, declared=declared)
    assert kept(page) == set(page.parts)
