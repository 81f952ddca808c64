"""Which elements the DOM rules take: marked, not cut, so that every removal can be told in page order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from lxml.html import HtmlElement

from cleaners.ruleset import DomRule
from cleaners.selectors import Found, Matcher

MAX_SHARE = 0.5
"""A generic rule that would take more than this share of the page's paragraph text is refused. trafilatura keeps a like
guard (a seventh must survive its pruning); on the development corpora no rule that stays below it took a whole
article."""

LONG_PARAGRAPH = 60
"""Characters: shorter paragraphs are as often debris as text."""

Marks = dict[HtmlElement, str]


def mark(root: HtmlElement, rules: Sequence[DomRule]) -> tuple[Marks, list[str]]:
    """Return which elements are to go, each with its rule's id, and the ids of the rules that were refused.

    The first rule in file order that names an element has it.
    """
    found = _matcher(tuple(css for rule in rules for css in (*rule.drop, *rule.unless))).match(root)
    marks: Marks = {}
    spared: dict[str, set[HtmlElement]] = {}
    for rule in rules:
        for css in rule.drop:
            for element in found.get(css, ()):
                if element in marks or element.tag in ("html", "body"):
                    continue
                if not any(element in _spared(found, unless, spared) for unless in rule.unless):
                    marks[element] = rule.id
    refused = _refused(root, marks, {rule.id for rule in rules if rule.trust}) if marks else []
    return {element: rule for element, rule in marks.items() if rule not in refused}, refused


def drop(marks: Marks) -> None:
    """Take the marked elements out of their tree; the text behind them stays."""
    for element in marks:
        if element.getparent() is not None:
            element.drop_tree()


@lru_cache(maxsize=64)
def _matcher(selectors: tuple[str, ...]) -> Matcher:
    return Matcher(selectors)


def _spared(found: Found, css: str, known: dict[str, set[HtmlElement]]) -> set[HtmlElement]:
    if css not in known:
        spared = known[css] = set()
        for element in found.get(css, ()):
            step: HtmlElement | None = element
            # what is around a spared element is in already, with all that is around that
            while step is not None and step not in spared:
                spared.add(step)
                step = step.getparent()
    return known[css]


def _refused(root: HtmlElement, marks: Marks, trusted: set[str]) -> list[str]:
    taken: dict[str, int] = defaultdict(int)
    total = 0
    for paragraph in root.iter("p"):
        size = len(" ".join(paragraph.itertext()))
        if size < LONG_PARAGRAPH:
            continue
        total += size
        rules = {marks[a] for a in chain((paragraph,), paragraph.iterancestors()) if a in marks}
        for rule in rules:
            taken[rule] += size
    return sorted(rule for rule, size in taken.items() if size > MAX_SHARE * total and rule not in trusted)
