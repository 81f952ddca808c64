"""Read the articles of a demo site from its data file: the true text, and the debris in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any, Literal

Kind = Literal["standfirst", "paragraph", "heading", "item", "quote", "caption", "related"]

MARKS: dict[str, Kind] = {
    "^ ": "standfirst",
    "## ": "heading",
    "- ": "item",
    "> ": "quote",
    "! ": "caption",
    "@ ": "related",
}
"""The marks at the start of a block of `body` in the data files; a block without one is a paragraph."""

DEBRIS: frozenset[Kind] = frozenset({"caption", "related"})
LINK = re.compile(r"\[([^\]]+)\]\(([a-z0-9-]+)\)")
EMPHASIS = re.compile(r"\*([^*]+)\*")


@dataclass(frozen=True, slots=True)
class Part:
    """One block of a story, in the data file's notation: `[words](slug)` is a link, `*word*` is emphasis."""

    kind: Kind
    text: str

    @property
    def plain(self) -> str:
        """The text as a reader sees it.

        >>> Part("paragraph", "The *Marigold* [sailed](ferry-sails).").plain
        'The Marigold sailed.'
        """
        return EMPHASIS.sub(r"\1", LINK.sub(r"\1", self.text))


@dataclass(frozen=True, slots=True)
class Story:
    """One article: its metadata and its parts in page order."""

    slug: str
    title: str
    authors: tuple[str, ...]
    date: datetime
    section: str
    place: str
    number: int
    parts: tuple[Part, ...]
    language: str = "en"

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The true text: standfirst, paragraphs, headings, list items and quotes, as a reader sees them."""
        return tuple(part.plain for part in self.parts if part.kind not in DEBRIS)

    @property
    def summary(self) -> str:
        """The first paragraph, for feeds and metadata."""
        return self.paragraphs[0]


@dataclass(frozen=True, slots=True)
class Paper:
    """What a layout needs to know about its site."""

    name: str
    base: str
    stories: tuple[Story, ...]
    path: Callable[[Story], str]
    section_path: Callable[[str], str]

    def link(self, story: Story) -> str:
        """Return the story's absolute URL."""
        return self.base + self.path(story)

    def story(self, slug: str) -> Story:
        """Return the story called `slug`, or raise KeyError."""
        return {story.slug: story for story in self.stories}[slug]

    def after(self, story: Story, count: int) -> tuple[Story, ...]:
        """Return the next `count` stories, for a sidebar; the first follows the last."""
        place = self.stories.index(story)
        return tuple(self.stories[(place + step) % len(self.stories)] for step in range(1, count + 1))

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections in order of first occurrence."""
        return tuple(dict.fromkeys(story.section for story in self.stories))


def load_stories(key: str) -> tuple[Story, ...]:
    """Return the stories of `articles/<key>.toml` in file order."""
    source = files("scraper.demo") / "articles" / f"{key}.toml"
    return tuple(map(_story, tomllib.loads(source.read_text("utf-8"))["article"]))


def _story(row: dict[str, Any]) -> Story:
    blocks = [" ".join(block.split()) for block in re.split(r"\n\s*\n", row.pop("body").strip())]
    return Story(authors=tuple(row.pop("authors")), parts=tuple(map(_part, blocks)), **row)


def _part(block: str) -> Part:
    mark = next(filter(block.startswith, MARKS), "")
    return Part(MARKS.get(mark, "paragraph"), block.removeprefix(mark))
