"""Simulated spins: texts put together from the sentences of real articles, with own sentences between them."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import corpora

SOURCES, TAKEN, OWN = 4, 6, 8
"""Six sentences of each of four articles, and eight of nobody's."""
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
WORDS_IN_OWN = 18
SHORTEST = 300
"""Characters of an article that takes part."""


@dataclass(frozen=True, slots=True)
class Spin:
    """A spin as a dataset's row, and the articles whose sentences it holds."""

    row: dict[str, Any]
    sources: tuple[str, ...]


def articles(*names: str) -> list[dict[str, Any]]:
    """Return the corpora's articles as rows."""
    pages = (page for page in corpora.pages(*names) if len(page.text) >= SHORTEST)
    return [{"id": page.id, "text": page.text, "url": page.url} for page in pages]


def made(rows: Sequence[dict[str, Any]], *, count: int, replaced: float, seed: int) -> list[Spin]:
    """Return so many spins, with a share of their words replaced by words of any article."""
    chance = random.Random(seed)
    sentences = {row["id"]: [s for s in SENTENCE.split(row["text"]) if len(s.split()) >= 5] for row in rows}
    long_enough = [name for name, found in sentences.items() if len(found) >= 2 * TAKEN]
    vocabulary = [word for row in rows for word in row["text"].split()[:50]]
    spins = []
    for number in range(count):
        sources = chance.sample(long_enough, SOURCES)
        lines = [line for name in sources for line in chance.sample(sentences[name], TAKEN)]
        lines += [" ".join(chance.choices(vocabulary, k=WORDS_IN_OWN)) + "." for _ in range(OWN)]
        chance.shuffle(lines)
        words = (chance.choice(vocabulary) if chance.random() < replaced else w for w in " \n ".join(lines).split(" "))
        spins.append(Spin({"id": f"spin-{number:02}", "text": " ".join(words), "url": None}, tuple(sources)))
    return spins
