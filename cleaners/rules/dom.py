"""Many short strings looked for in one text at once: by their first characters, which few texts share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain

from cssselect import parse
from cssselect.parser import Attrib, Class, Element, Hash, Tree
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

from cleaners.html.blocks import Marks
from cleaners.rules.model import DomRule

START = 3
"""Characters: most class names and lines share three in a row with two or three of some hundred needles. An alternation
of Python's `re` tries every one of them at every place and takes twice as long."""


class Needles:
    """Finds which of some strings are within a text."""

    def __init__(self, needles: Iterable[str]) -> None:
        """Empty strings are in no text."""
        self._by_start: dict[str, list[str]] = {}
        self._short: list[str] = []
        for needle in dict.fromkeys(needles):
            if len(needle) >= START:
                self._by_start.setdefault(needle[:START], []).append(needle)
            elif needle:
                self._short.append(needle)

    def within(self, text: str) -> list[str]:
        """Return the needles that the text has, in no order."""
        starts = {text[i : i + START] for i in range(len(text))} & self._by_start.keys()
        found = [needle for start in starts for needle in self._by_start[start] if needle in text]
        return found + [needle for needle in self._short if needle in text]


Found = dict[str, list[HtmlElement]]

MAX_VALUE = 2000
"""Characters: an attribute's value past this is cut before it is looked at. Bounds the cost of a hostile class list."""

MAX_ATTRIBUTES = 250
"""An element with more has its names looked up one by one: lxml's list of them takes time in the
square of their number. The development corpora's elements have at most 73."""

_Test = Callable[[str, str], bool]

_EXACT: dict[str, _Test] = {
    "exists": lambda value, wanted: True,
    "=": lambda value, wanted: value == wanted,
    "*=": lambda value, wanted: bool(wanted) and wanted in value,
    "^=": lambda value, wanted: bool(wanted) and value.startswith(wanted),
    "$=": lambda value, wanted: bool(wanted) and value.endswith(wanted),
    "~=": lambda value, wanted: wanted in value.split(),
    "|=": lambda value, wanted: value == wanted or value.startswith(f"{wanted}-"),
}


def _any_case(test: _Test) -> _Test:
    return lambda value, wanted: test(value.lower(), wanted.lower())


_TESTS = _EXACT | {f"{operator}i": _any_case(test) for operator, test in _EXACT.items()}


@dataclass(frozen=True, slots=True)
class _Simple:
    """A selector without combinators and pseudo-classes."""

    css: str
    tag: str | None
    attributes: tuple[tuple[str, str, str], ...]
    """(name, operator, value); an operator that ends in `i` does not look at the case."""

    def fits(self, element: HtmlElement) -> bool:
        if self.tag is not None and element.tag != self.tag:
            return False
        return all(
            (value := element.get(name)) is not None and _TESTS[operator](value[:MAX_VALUE], wanted)
            for name, operator, wanted in self.attributes
        )


class Matcher:
    """Finds the elements of many selectors at once. Made once for a set of rules, used for every page."""

    def __init__(self, selectors: Iterable[str]) -> None:
        self._by_tag: dict[str, list[_Simple]] = defaultdict(list)
        by_attribute: dict[str, list[_Simple]] = defaultdict(list)
        self._others: list[str] = []
        for css in dict.fromkeys(selectors):
            simple = _simple(css)
            if simple is None:
                self._others.append(css)
            for part in simple or ():
                if part.attributes:
                    by_attribute[part.attributes[0][0]].append(part)
                elif part.tag:
                    self._by_tag[part.tag].append(part)
        self._by_attribute = {name: _index(parts) for name, parts in by_attribute.items()}

    def match(self, root: HtmlElement) -> Found:
        """Return for each selector that fits anything its elements, in page order."""
        found: Found = defaultdict(list)
        by_tag, by_attribute = self._by_tag, self._by_attribute
        for element in root.iter():
            for part in by_tag.get(str(element.tag), ()):
                found[part.css].append(element)
            for name, value in (
                element.items() if len(element.attrib) <= MAX_ATTRIBUTES else _some(element, by_attribute)
            ):
                index = by_attribute.get(name)
                if index is None:
                    continue
                for part in index(value[:MAX_VALUE]):
                    if part.fits(element) and not (found[part.css] and found[part.css][-1] is element):
                        found[part.css].append(element)
        for css in self._others:
            if elements := selector(css)(root):
                found[css] = elements
        return found


def check(css: str) -> None:
    """Raise what cssselect raises for a bad selector."""
    if _simple(css) is None:
        selector(css)


@cache
def selector(css: str) -> CSSSelector:
    """Compile one selector; raises what cssselect raises for a bad one."""
    return CSSSelector(css, translator="html")


def _some(element: HtmlElement, names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, value) for name in names if (value := element.get(name)) is not None]


def _index(parts: list[_Simple]) -> Callable[[str], tuple[_Simple, ...]]:
    """Return a look-up from an attribute's value to the selectors whose first test it passes."""
    within = [part for part in parts if part.attributes[0][1] == "*="]
    equal, word, others = defaultdict(list), defaultdict(list), []
    for part in parts:
        _, operator, wanted = part.attributes[0]
        if operator == "=":
            equal[wanted].append(part)
        elif operator == "~=":
            word[wanted].append(part)
        elif operator != "*=":
            others.append((part, _TESTS[operator], wanted))
    by_needle: dict[str, list[_Simple]] = defaultdict(list)
    for part in within:
        by_needle[part.attributes[0][2]].append(part)
    spaced = Needles(needle for needle in by_needle if len(needle.split()) != 1)
    needles = Needles(needle for needle in by_needle if len(needle.split()) == 1)

    # most values are new combinations of known words
    @lru_cache(maxsize=16384)
    def in_word(word: str) -> tuple[_Simple, ...]:
        return tuple(part for needle in needles.within(word) for part in by_needle[needle])

    # the same few hundred values come back on every page of a site
    @lru_cache(maxsize=8192)
    def look_up(value: str) -> tuple[_Simple, ...]:
        found = [part for part, test, wanted in others if test(value, wanted)]
        found += equal.get(value, ())
        if word:
            found += [part for one in dict.fromkeys(value.split()) for part in word.get(one, ())]
        found += [part for needle in spaced.within(value) for part in by_needle[needle]]
        found += [part for one in value.split() for part in in_word(one)]
        return tuple(dict.fromkeys(found))

    return look_up


@cache
def _simple(css: str) -> list[_Simple] | None:
    parts = []
    for parsed in parse(css):
        tree: Tree = parsed.parsed_tree
        attributes: list[tuple[str, str, str]] = []
        while not isinstance(tree, Element):
            if parsed.pseudo_element or not isinstance(tree, (Attrib, Class, Hash)):
                return None
            if isinstance(tree, Class):
                attributes.append(("class", "~=", tree.class_name))
            elif isinstance(tree, Hash):
                attributes.append(("id", "=", tree.id))
            elif tree.namespace or tree.operator + (tree.flag or "") not in _TESTS:
                return None
            else:
                value = tree.value.value if tree.value is not None else ""
                attributes.append((tree.attrib.lower(), tree.operator + (tree.flag or ""), value or ""))
            tree = tree.selector
        if tree.namespace:
            return None
        parts.append(_Simple(css, tree.element.lower() if tree.element else None, tuple(attributes)))
    return parts if all(part.tag or part.attributes for part in parts) else None


MAX_SHARE = 0.5
"""A generic rule that would take more than this share of the page's paragraph text is refused. trafilatura keeps a like
guard (a seventh must survive its pruning); on the development corpora no rule that stays below it took a whole
article."""

LONG_PARAGRAPH = 60
"""Characters: shorter paragraphs are as often debris as text."""


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
