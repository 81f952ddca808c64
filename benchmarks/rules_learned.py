"""Rules that texts teach in one run (`pressclip clean --text-mode --learn`) and that nobody judges, on planted hosts.

Three inputs: `whole`, the text of all blocks of a page, as a WET file has it; `kept`, what the cleaner keeps of the
page; and `articles`, the gold texts of real articles, a host's planted lines between them. There the generic rules
remove more once the planted lines are gone, such as a headline that is now the first line: `gold_lost` counts that too,
`wrong_chars` what the learned rules take. The line model is left out.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Literal

from archive.site_rules import CorpusText, learn_texts
from benchmarks import corpora
from benchmarks.planted import Host, Outcome, PlantedPage, outcome
from benchmarks.planted.learning import cleaned
from benchmarks.rules_texts import whole_text
from cleaners import CleanOptions, SiteRules, clean_text, load_rules

Kind = Literal["whole", "kept", "articles"]
KINDS: tuple[Kind, ...] = ("whole", "kept", "articles")


def run(host: Host, count: int, kind: Kind) -> tuple[Host, Outcome]:
    """Learn from a host's texts and clean them with what they taught."""
    pages = {f"https://{host.address}{page.path}": page for page in host.pages(count)}
    if kind == "articles":
        pages = {url: _with_article(host, n, page) for n, (url, page) in enumerate(pages.items())}
    texts = _texts(pages, kind)
    # without the line model, which takes more of a text whose lines rules took
    rules = load_rules().with_options(CleanOptions(only_rules=True))
    given = [CorpusText(url, text, pages[url].day, pages[url].title) for url, text in texts.items()]
    found = learn_texts(given, rules, root=Path("none"))
    before = {url: clean_text(text, url=url, rules=rules) for url, text in texts.items()}
    after = {url: clean_text(text, url=url, rules=found.rules) for url, text in texts.items()}
    learned = found.rules.sites.get(host.address, SiteRules()).lines
    return host, outcome(host.address, pages, before, after, learned)


def _texts(pages: Mapping[str, PlantedPage], kind: Kind) -> dict[str, str]:
    if kind == "kept":
        return {url: article.text for url, article in cleaned(pages).items()}
    if kind == "whole":
        return {url: whole_text(page.html) for url, page in pages.items()}
    return {url: page.html.decode() for url, page in pages.items()}


def _with_article(host: Host, number: int, page: PlantedPage) -> PlantedPage:
    """Return a page with a real article: its HTML is the text, the planted lines at its ends and in its midst."""
    chance = random.Random(f"{host.address}/{number}")
    skipped = random.Random(host.address).randrange(len(_gold()))
    gold = next(islice(cycle(_gold()), skipped + number, None))
    lines, planted = list(gold), [plant for plant in page.planted if not plant.glued]
    for n, plant in enumerate(planted):
        half = n < len(planted) / 2
        lines.insert(chance.choice([0, len(lines) // 2]) if half else len(lines), plant.text)
    return replace(page, html="\n".join(lines).encode(), title="", gold=gold, planted=tuple(planted))


@cache
def _gold() -> list[tuple[str, ...]]:
    texts = (page.text.splitlines() for page in corpora.pages(*corpora.ALL))
    gold = [tuple(line.strip() for line in lines if line.strip()) for lines in texts]
    random.Random("gold").shuffle(gold)
    return [lines for lines in gold if lines]
