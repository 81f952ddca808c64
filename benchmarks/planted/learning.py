"""Compare what learned rules remove on planted hosts with the truth: right and wrong proposals, debris, lost text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from archive.site_rules.learn import sample
from benchmarks.planted.host import PlantedPage
from cleaners import Article, RuleSet, clean, load_rules
from cleaners.learn import MIN_PAGES, HashedPage, Proposal, find_repeats, hash_page, page_occurrences, propose
from cleaners.rules.model import DomRule, LineRule, SiteRules

SPACE = re.compile(r"[\s|]+")


@dataclass(slots=True)
class Outcome:
    """What accepting all proposals does to a host's pages. `chars` are characters, the other counts lines on pages."""

    pages: int = 0
    right: dict[str, int] = field(default_factory=dict)
    """Characters that each right proposal removes, by its id."""
    wrong: dict[str, list[str]] = field(default_factory=dict)
    """What each wrong proposal removes of the articles, by its id."""
    idle: list[str] = field(default_factory=list)
    """Proposals that remove nothing."""
    planted: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    """Planted lines on the pages, and those in the kept text before the proposals are accepted."""
    missed: Counter[str] = field(default_factory=Counter)
    """Planted lines in the kept text after it."""
    debris_chars: int = 0
    debris_chars_after: int = 0
    gold_chars: int = 0
    gold_chars_lost: int = 0
    wrong_chars: int = 0


def learn(
    host: str,
    pages: Mapping[str, tuple[bytes, str]],
    articles: Mapping[str, Article],
    *,
    min_pages: int = MIN_PAGES,
    charset: str | None = "utf-8",
) -> list[Proposal]:
    """Return what the cleaned pages of a host teach; `pages` are their bytes and day by URL, `articles` their texts."""
    rules = load_rules()
    hashed = [hashed_page(url, pages[url][1], article) for url, article in articles.items()]
    repeats = find_repeats(hashed, min_pages=min_pages)
    occurrences = {
        page.url: page_occurrences(pages[page.url][0], url=page.url, charset=charset, page=page, rules=rules)
        for page in sample(hashed, repeats)
    }
    return propose(host, hashed, repeats, occurrences, rules)


def hashed_page(url: str, day: str, article: Article) -> HashedPage:
    """Return a cleaned page as the statistics keep it."""
    taken = [line for removal in article.removals for line in removal.text.splitlines()]
    return hash_page(url, day, article.title or "", article.text, taken)


def in_force(host: str, proposals: Sequence[Proposal]) -> RuleSet:
    """Return the packaged rules and the proposals as accepted ones."""
    packaged = load_rules()
    rules = [one.rule(f"sites/{host}") for one in proposals]
    dom = tuple(rule for rule in rules if isinstance(rule, DomRule))
    lines = tuple(rule for rule in rules if isinstance(rule, LineRule))
    sites = {**packaged.sites, host: SiteRules(dom, lines, inherit=True)}
    return RuleSet(packaged.dom, packaged.lines, sites, f"{packaged.version}+{host}")


def outcome(
    host: str,
    pages: Mapping[str, PlantedPage],
    before: Mapping[str, Article],
    after: Mapping[str, Article],
    learned: Sequence[Proposal | LineRule],
) -> Outcome:
    """Compare the articles before and after with the truth; *learned* is what was proposed, or is in force."""
    result = Outcome(pages=len(pages))
    taken: dict[str, list[str]] = {one.id.rpartition("/")[2]: [] for one in learned}
    for url, page in pages.items():
        _count(result, page, before[url].text, after[url].text)
        for removal in after[url].removals:
            _, _, name = removal.rule.partition(f"/{host}/")
            if name in taken:
                taken[name].append(removal.text)
                if gold := article_part(removal.text, page):
                    result.wrong.setdefault(name, []).append(gold)
                    result.wrong_chars += len(gold)
    for name, texts in taken.items():
        if not texts:
            result.idle.append(name)
        elif name not in result.wrong:
            result.right[name] = sum(map(len, texts))
    return result


def article_part(text: str, page: PlantedPage) -> str:
    """Return the part of a removed text that is the article's; empty where all of it is debris."""
    rest = _plain(text)
    for plant in sorted(page.planted, key=lambda plant: -len(plant.text)):
        rest = rest.replace(_plain(plant.text), "\0")
    gold = [_plain(line) for line in page.gold]
    parts = [part.strip() for part in rest.split("\0") if part.strip()]
    return " ".join(part for part in parts if any(part in line or line in part for line in gold))


def _count(result: Outcome, page: PlantedPage, before: str, after: str) -> None:
    lines, left = (Counter(map(_plain, text.splitlines())) for text in (before, after))
    for plant in page.planted:
        result.planted[plant.id] += 1
        if has(lines, plant.text, glued=plant.glued):
            result.left[plant.id] += 1
            result.debris_chars += len(plant.text)
            if has(left, plant.text, glued=plant.glued):
                result.missed[plant.id] += 1
                result.debris_chars_after += len(plant.text)
    glued = [plant.text for plant in page.planted if plant.glued]
    for line, count in Counter(map(_plain, page.gold)).items():
        forms = [line, *(f"{line} {_plain(text)}" for text in glued)]
        kept, still = (min(count, sum(where[form] for form in forms)) for where in (lines, left))
        result.gold_chars += kept * len(line)
        result.gold_chars_lost += max(kept - still, 0) * len(line)


def has(lines: Mapping[str, int], text: str, *, glued: bool) -> bool:
    """Tell whether a planted text stands among the lines."""
    plain = _plain(text)
    return any(line.endswith(plain) for line in lines) if glued else plain in lines


def _plain(text: str) -> str:
    return SPACE.sub(" ", text).strip()


def cleaned(pages: Mapping[str, PlantedPage], rules: RuleSet | None = None) -> dict[str, Article]:
    """Return the pages cleaned by the packaged rules, or by others."""
    return {url: clean(page.html, url=url, rules=rules) for url, page in pages.items()}
