"""What an article is made of, by kind of article: blocks of true text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from benchmarks.planted.prose import Prose

Kind = Literal["p", "heading", "question", "item", "step", "quote", "row"]


@dataclass(frozen=True, slots=True)
class Block:
    """A line of the page and whose it is."""

    kind: Kind
    text: str
    debris: str = ""
    """The planted line's id; empty for what belongs to the article."""
    form: str = ""
    """Markup of its own."""
    glued: str = ""
    """Id of the debris that is glued to the end of the text."""


INGREDIENTS = (
    "1 tsp salt", "2 tbsp olive oil", "1 onion, finely chopped", "2 cloves garlic", "500 g flour", "3 eggs", "1 lemon",
    "250 ml milk", "50 g butter", "1 bay leaf", "a pinch of nutmeg", "400 g smoked haddock", "2 leeks", "100 g barley",
    "1 bunch parsley", "black pepper", "1 kg potatoes", "200 ml cream", "6 shallots", "1 glass cider",
)  # fmt: skip
PROS = (
    "Light enough to forget", "Quiet at full speed", "Battery lasts two days", "Spare parts are sold", "Bright screen",
    "Sturdy hinge", "Charges quickly", "Good in the rain", "Fair price", "Easy to clean",
)  # fmt: skip
CONS = (
    "Heavy", "Manual is thin", "Strap wears out", "No socket for a cable", "Dull colours", "Expensive", "Hums at night",
    "Slow to wake up", "Slips on wet hands", "Cannot be repaired",
)  # fmt: skip
CLUBS = ("Gullwick Town", "Hallow Rovers", "Thesk United", "Norhaven", "Saltmere Albion", "Corran Thistle")

QUESTIONS = (
    "What did you want to be at the age of six?", "Which sound do you miss?", "Whom would you like to thank?",
    "What is the best advice that you ever ignored?", "Where were you happiest?", "And what comes next?",
)  # fmt: skip

REFERENCES = (
    "Oake, H. Sand that walks. Tidal Studies 4, 11-29.", "Brine, L. On gauges. Annals of the Coast 2, 90-97.",
    "Sound, M. and Oake, H. A slow wave. Tidal Studies 7, 1-8.", "Fathom, E. The mud book. Gullwick, 1931.",
    "Brine, L. Gauges again. Annals of the Coast 5, 3-6.", "Harbour Board. Tables. Gullwick, yearly.",
)  # fmt: skip


def news(prose: Prose) -> list[Block]:
    """Paragraphs, with now and then a quotation."""
    blocks = [Block("p", prose.paragraph()) for _ in range(prose.chance.randint(5, 12))]
    if prose.chance.random() < 0.3:
        blocks.insert(3, Block("quote", prose.sentence()))
    return blocks


def sections(prose: Prose) -> list[Block]:
    """Paragraphs below headings, some of which every second article has."""
    heads = ["The background", "What happens next", "Why it matters", "The other side", "In numbers"]
    blocks = [Block("p", prose.paragraph()) for _ in range(3)]
    for head in prose.chance.sample(heads, 3):
        blocks += [Block("heading", head), *(Block("p", prose.paragraph()) for _ in range(prose.chance.randint(1, 3)))]
    return blocks


def recipe(prose: Prose) -> list[Block]:
    """Ingredients and steps: every page has the same headings and many of the same items."""
    blocks = [Block("p", prose.paragraph()) for _ in range(prose.chance.randint(3, 6))]
    items = prose.chance.sample(INGREDIENTS, 7)
    blocks += [Block("heading", "Ingredients"), *(Block("item", item) for item in items)]
    blocks += [Block("heading", "Method"), *(Block("step", prose.paragraph(2)) for _ in range(5))]
    if prose.chance.random() < 0.5:
        blocks += [Block("heading", "To serve"), Block("p", prose.paragraph(2))]
    return blocks


def review(prose: Prose) -> list[Block]:
    """Paragraphs, what is good, what is bad, the verdict."""
    blocks = [Block("p", prose.paragraph()) for _ in range(prose.chance.randint(4, 8))]
    for head, points in (("Pros", PROS), ("Cons", CONS)):
        blocks += [Block("heading", head), *(Block("item", point) for point in prose.chance.sample(points, 3))]
    return [*blocks, Block("heading", "Verdict"), Block("p", prose.paragraph(3))]


def match(prose: Prose) -> list[Block]:
    """A report of a game with the league's table."""
    blocks = [Block("p", prose.paragraph()) for _ in range(prose.chance.randint(5, 9))]
    clubs = prose.chance.sample(CLUBS, len(CLUBS))
    rows = ["Club | P | W | D | L | Pts"]
    for place, club in enumerate(clubs):
        figures = [prose.chance.randint(0, 9) for _ in range(3)]
        rows.append(" | ".join(map(str, [club, sum(figures), *figures, 30 - place * 4])))
    head = prose.chance.choice(["How they stand", "The table"])
    return [*blocks, Block("heading", head), *(Block("row", row) for row in rows), Block("p", prose.paragraph(2))]


def live(prose: Prose) -> list[Block]:
    """Entries with the hour as their heading, and a summary that begins the same each time."""
    blocks = [Block("heading", "What we know so far"), *(Block("item", prose.sentence()) for _ in range(3))]
    for hour in range(prose.chance.randint(6, 9)):
        blocks += [Block("heading", f"{9 + hour}:{prose.chance.randint(10, 59)}"), Block("p", prose.paragraph(3))]
    return blocks


def interview(prose: Prose) -> list[Block]:
    """A paragraph on who is asked, then the questions, the same each time, with answers."""
    blocks = [Block("p", prose.paragraph())]
    for question in QUESTIONS:
        answer = [Block("p", prose.paragraph()) for _ in range(prose.chance.randint(1, 2))]
        blocks += [Block("question", question), *answer]
    return blocks


def paper(prose: Prose) -> list[Block]:
    """The same sections on every page, with references of which some come back."""
    blocks = []
    for head, paragraphs in (("Abstract", 1), ("Introduction", 2), ("Methods", 2), ("Results", 3), ("Discussion", 2)):
        blocks += [Block("heading", head), *(Block("p", prose.paragraph()) for _ in range(paragraphs))]
    references = [Block("item", reference) for reference in prose.chance.sample(REFERENCES, 3)]
    return [*blocks, Block("heading", "References"), *references]


def almanac(prose: Prose) -> list[Block]:
    """The same headings on every page, in the same order, with a paragraph each."""
    signs = ["Heron", "Eel", "Reed", "Otter", "Toad", "Swan", "Leech", "Newt"]
    return [block for sign in signs for block in (Block("heading", sign), Block("p", prose.paragraph()))]


def transcript(prose: Prose) -> list[Block]:
    """Who speaks, and what: the same few lines many times on every page."""
    blocks = [Block("p", prose.paragraph())]
    for turn in range(prose.chance.randint(8, 14)):
        speaker = "Quill:" if turn % 2 == 0 else "Guest:"
        blocks += [Block("question", speaker), Block("p", prose.paragraph())]
    return blocks


def house(prose: Prose) -> list[Block]:
    """Paragraphs and a list of facts with the same labels each time."""
    blocks = [Block("p", prose.paragraph()) for _ in range(prose.chance.randint(4, 7))]
    facts = [f"{name}: {prose.chance.randint(1, 9)}" for name in ("Rooms", "Windows", "Doors")]
    facts += [prose.chance.choice(["Slate roof", "Thatched roof"]), prose.chance.choice(["Pump in the yard", "Tap"])]
    return [*blocks, Block("heading", "At a glance"), *(Block("item", fact) for fact in facts)]


STRUCTURES: dict[str, Callable[[Prose], list[Block]]] = {
    "news": news,
    "sections": sections,
    "recipe": recipe,
    "review": review,
    "match": match,
    "live": live,
    "interview": interview,
    "paper": paper,
    "almanac": almanac,
    "transcript": transcript,
    "house": house,
}
