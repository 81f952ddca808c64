"""A host: its template, its articles, its debris and its traps, put together page by page."""

from __future__ import annotations

import datetime as dt
import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import escape
from importlib.resources import files
from itertools import groupby
from string import Template
from typing import Any
from urllib.parse import quote

from benchmarks.planted.prose import Prose
from benchmarks.planted.story import STRUCTURES, Block

FIRST_DAY = dt.date(2025, 1, 6)
BLOCK = 10
"""Of so many pages in a row a debris line is on exactly its share."""
COPY, UPDATE, WIRE = 4, 8, 6
"""Of ten pages: this one is a copy of the one two before, this one an update of the one three before, this one an
article that other hosts have as well."""
OUTSIDE = ("above", "below", "beside")
LISTS = {"item": "list", "step": "steps", "row": "table"}


@dataclass(frozen=True, slots=True)
class Plant:
    """A planted line as it stands on a page."""

    id: str
    text: str
    glued: bool = False
    """It stands at the end of a paragraph of the article."""


@dataclass(frozen=True, slots=True)
class PlantedPage:
    """A page and the truth about it."""

    path: str
    html: bytes
    title: str
    day: str
    gold: tuple[str, ...]
    """The article's lines."""
    planted: tuple[Plant, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line that comes back: debris, or a trap that belongs to the articles it stands in."""

    id: str
    text: tuple[str, ...]
    """One is taken by chance; slots are filled for each page."""
    where: str
    """start, first, middle, float, end or glued in the article; above, below or beside it outside."""
    share: float
    form: str = ""
    kind: str = "p"
    since: float = 0.0
    until: float = 1.0
    author: str = ""
    group: str = ""
    """Lines of one group are on the same pages: a box of several lines."""

    def is_on(self, page: int, count: int, host: str, author: str) -> bool:
        """Tell whether a page has it."""
        if self.author and self.author != author:
            return False
        order = list(range(BLOCK))
        random.Random(f"{host}/{self.group or self.id}/{page // BLOCK}").shuffle(order)
        is_time = self.since <= page / count < self.until
        return is_time and order.index(page % BLOCK) < self.share * BLOCK


@dataclass(frozen=True, slots=True)
class Host:
    """A host as its file describes it."""

    name: str
    address: str
    """Its host name, where the pages have no other base."""
    language: str
    structure: str
    authors: tuple[str, ...]
    page: str
    forms: dict[str, str]
    debris: tuple[Line, ...]
    traps: tuple[Line, ...]
    path: str = "/$topic/$slug"
    copies: bool = False
    wire: bool = False
    swap: dict[str, str] = field(default_factory=dict)
    """What the template writes otherwise in the second half of the archive."""

    salt: str = ""
    """Other articles and other pages with debris, the same lines."""

    def pages(self, count: int) -> Iterator[PlantedPage]:
        """Yield the host's pages, oldest first."""
        for number in range(count):
            yield self._page(number, count)

    def _page(self, number: int, count: int) -> PlantedPage:
        title, blocks = self._story(number)
        chance = Prose(self.language, f"{self.address}{self.salt}/{number}/page")
        author = chance.chance.choice(self.authors)
        day = FIRST_DAY + dt.timedelta(days=number * 3 + chance.chance.randint(0, 2))
        given = {"title": self._other(number, count), "author": author, "date": f"{day:%d.%m.%Y}", "site": self.name}
        outside: dict[str, list[Block]] = {where: [] for where in OUTSIDE}
        lines = [(line, "") for line in self.traps] + [(line, line.id) for line in self.debris]
        for line, debris in lines:
            if line.is_on(number, count, self.address + self.salt, author):
                text = chance.fill(chance.chance.choice(line.text), given)
                block = Block(line.kind, text, debris, line.form)  # type: ignore[arg-type] # as the file says
                if line.where in outside:
                    outside[line.where].append(block)
                else:
                    _insert(blocks, block, line.where, chance.chance)
        values = {where: self._markup(found) for where, found in outside.items()}
        values |= {"content": self._markup(blocks), "title": escape(title), "author": author, "date": given["date"]}
        values |= {"iso": day.isoformat(), "topic": chance.word("topic"), "name": self.name, "other": given["title"]}
        values["slug"] = f"{number:03}-{'-'.join(title.lower().split()[:4])}".translate(
            {ord(c): None for c in "“”«»:?'’,"}
        )
        html = Template(self.page).substitute(values)
        if number >= count / 2:
            for old, new in self.swap.items():
                html = html.replace(old, new)
        found = [*outside["above"], *blocks, *outside["below"], *outside["beside"]]
        path = Template(self.path).substitute(values | {"number": str(40000 + number * 7)})
        return PlantedPage(quote(path, safe="/?=&"), html.encode(), title, day.isoformat(), *_truth(found))

    def _story(self, number: int) -> tuple[str, list[Block]]:
        """Return an article, or the copy or update of one that the host has already."""
        turn = number % BLOCK
        if self.copies and turn == COPY:
            title, blocks = self._story(number - 2)
            blocks[-1] = replace(
                blocks[-1], text=Prose(self.language, f"{self.address}{self.salt}/{number}").paragraph(2)
            )
            return title, blocks
        if self.copies and turn == UPDATE:
            title, blocks = self._story(number - 3)
            more = Prose(self.language, f"{self.address}{self.salt}/{number}")
            return title, [Block("p", more.paragraph()), *blocks, Block("p", more.paragraph())]
        seed = f"wire{self.salt}/{number}" if self.wire and turn == WIRE else f"{self.address}{self.salt}/{number}"
        prose = Prose(self.language, seed)
        return prose.title(), STRUCTURES[self.structure](prose)

    def _other(self, number: int, count: int) -> str:
        """Return the title of another article of the host."""
        return self._story((number * 7 + 3) % max(count, 2))[0]

    def _markup(self, blocks: list[Block]) -> str:
        pieces = []
        for kind, group in groupby(blocks, key=lambda block: LISTS.get(block.kind, "")):
            written = "\n".join(map(self._block, group))
            pieces.append(Template(self.forms.get(kind, "$text")).substitute(text=written) if kind else written)
        return "\n".join(pieces)

    def _block(self, block: Block) -> str:
        if block.kind == "row":
            return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in block.text.split(" | ")) + "</tr>"
        form = block.form or self.forms.get(block.kind) or "<li>$text</li>"
        return Template(form).substitute(text=escape(block.text, quote=False))


def _insert(blocks: list[Block], block: Block, where: str, chance: random.Random) -> None:
    paragraphs = [place for place, found in enumerate(blocks) if found.kind == "p" and not found.debris]
    if where == "glued":
        last = blocks[paragraphs[-1]]
        blocks[paragraphs[-1]] = replace(last, text=f"{last.text} {block.text}", glued=f"{block.debris}\0{last.text}")
        return
    if where == "float":
        place = chance.choice(paragraphs[1:])
    else:
        middle = paragraphs[len(paragraphs) // 2]
        place = {"start": 0, "first": paragraphs[0] + 1, "middle": middle, "end": len(blocks)}[where]
    blocks.insert(place, block)


def _truth(blocks: list[Block]) -> tuple[tuple[str, ...], tuple[Plant, ...]]:
    gold, planted = [], []
    for block in blocks:
        debris, _, own = block.glued.partition("\0")
        if debris:
            gold.append(own)
            planted.append(Plant(debris, block.text.removeprefix(own).strip(), glued=True))
        elif block.debris:
            planted.append(Plant(block.debris, block.text))
        else:
            gold.append(block.text)
    return tuple(gold), tuple(planted)


def hosts(folder: str = "hosts") -> tuple[Host, ...]:
    """Return the planted hosts in the order of their files: those that the judge was tuned on, or `unseen` ones."""
    entries = (files("benchmarks.planted") / folder).iterdir()
    found = sorted((entry for entry in entries if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    return tuple(_host(tomllib.loads(entry.read_text("utf-8"))) for entry in found)


def _host(data: dict[str, Any]) -> Host:
    debris, traps = (tuple(map(_line, data.pop(key, []))) for key in ("debris", "trap"))
    return Host(**data | {"authors": tuple(data["authors"]), "debris": debris, "traps": traps})


def _line(row: dict[str, Any]) -> Line:
    text = row.pop("text")
    return Line(text=(text,) if isinstance(text, str) else tuple(text), **row)
