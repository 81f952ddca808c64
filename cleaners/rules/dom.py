"""Find the elements that DOM rules remove, matching all selectors in one pass over the tree."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain

from cssselect import ExpressionError, parse
from cssselect.parser import Attrib, Class, CombinedSelector, Element, Hash, Tree
from cssselect.xpath import XPathExpr
from lxml.cssselect import CSSSelector, LxmlHTMLTranslator
from lxml.html import HtmlElement

from cleaners.html.blocks import Marks
from cleaners.html.nodes import Elements
from cleaners.html.tree import body_of
from cleaners.rules.model import DomRule

Matches = dict[str, list[int]]
"""The numbers of the elements that each selector matches, in page order."""

MAX_VALUE = 2000
"""Characters of an attribute's value that are read: bounds the cost of a hostile class list."""

_PAGE = ("html", "body")
"""Elements that no rule removes."""
_COUNTED = ("p", "noscript")
"""Elements with the text of which rules may not remove too much."""

MAX_KNOWN = 16384
"""Values of an attribute that are remembered. The news pages of the development corpora have 70 new ones each."""

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
    """(name, operator, value); an operator that ends in `i` ignores case."""

    def fits(self, element: HtmlElement) -> bool:
        """Tell whether an element of the right tag has the attributes."""
        return all(
            (value := element.get(name)) is not None and _TESTS[operator](value[:MAX_VALUE], wanted)
            for name, operator, wanted in self.attributes
        )


@dataclass(frozen=True, slots=True)
class _Chain:
    """A selector with combinators or pseudo-classes, and what of it can be told from its simple parts."""

    css: str
    compounds: tuple[str, ...]
    """Simple selectors, from left to right: where one of them matches nothing, it does neither."""
    combinators: tuple[str, ...]
    """What stands between them; none where only their presence tells something."""
    is_whole: bool
    """Whether they say all that the selector says."""

    def find(self, root: HtmlElement, page: Elements, matches: Matches) -> list[int]:
        """Return what it matches. `matches`: those of its compounds."""
        if not all(map(matches.__contains__, self.compounds)):
            return []
        found = matches[self.compounds[0]] if self.compounds else [0]
        for combinator, compound in zip(self.combinators, self.compounds[1:], strict=False):
            found = _related(matches[compound], found, combinator, page)
        # what says more costs a walk of its own
        return _numbers(page, selector(self.css)(root), found) if found and not self.is_whole else found


def _related(elements: Sequence[int], others: Sequence[int], combinator: str, page: Elements) -> list[int]:
    """Return the elements that have one of the others where a combinator looks for it."""
    parents = page.parents
    if combinator == " ":
        return _inside(elements, [(other + 1, page.ends[other]) for other in others])
    if combinator == "~":
        first = {parents[other]: other for other in reversed(others)}
        return [element for element in elements if first.get(parents[element], element) < element]
    near, known = parents if combinator == ">" else _before(parents), {*others}
    return [element for element in elements if near[element] in known]


def _inside(elements: Sequence[int], ranges: Iterable[tuple[int, int]]) -> list[int]:
    """Return which elements are in one of the ranges, the first and last included. Both are in page order."""
    inside: list[int] = []
    at = 0
    for first, last in ranges:
        behind = bisect_right(elements, last, at)
        inside += elements[bisect_left(elements, first, at) : behind]
        at = behind
    return inside


def _before(parents: Sequence[int]) -> list[int]:
    """Return the number of the sibling before each element; -1 for none."""
    last: dict[int, int] = {}
    before: list[int] = []
    for number, parent in enumerate(parents):
        before.append(last.get(parent, -1))
        last[parent] = number
    return before


def _numbers(page: Elements, elements: Sequence[HtmlElement], likely: Iterable[int]) -> list[int]:
    """Return the numbers of elements. `likely`: those that are theirs unless a part of their selector is unknown."""
    numbers = {element: number for number, element in page.take(likely).items()}
    if not all(element in numbers for element in elements):
        numbers = {element: number for number, element in page.take(range(len(page.parents))).items()}
    return [numbers[element] for element in elements]


def _both(some: Iterable[int], many: Sequence[int]) -> list[int]:
    """Return which numbers are among many that are sorted."""
    return [number for number in some if _has(many, number, number)]


def _has(numbers: Sequence[int], first: int, last: int) -> bool:
    """Tell whether one of the numbers, which are sorted, is in a range."""
    at = bisect_left(numbers, first)
    return at < len(numbers) and numbers[at] <= last


class _Values:
    """Finds for values of one attribute the selectors whose first test they pass. Values are looked up all at once,
    since most strings that selectors look for are in none of a page's; and they are remembered, since the same few
    hundred are on every page of a site."""

    def __init__(self, parts: Iterable[_Simple]) -> None:
        self._by_value: dict[str, list[_Simple]] = defaultdict(list)
        self._by_word: dict[str, list[_Simple]] = defaultdict(list)
        self._by_substring: dict[str, list[_Simple]] = defaultdict(list)
        self._others: list[tuple[_Simple, _Test, str]] = []
        self._known: dict[str, tuple[_Simple, ...]] = {}
        self.others: set[str] = set()
        """Values that are known to have no selectors."""
        for part in parts:
            _, operator, wanted = part.attributes[0]
            if operator == "=":
                self._by_value[wanted].append(part)
            elif operator == "~=":
                self._by_word[wanted].append(part)
            elif operator == "*=" and wanted:
                self._by_substring[wanted].append(part)
            else:
                self._others.append((part, _TESTS[operator], wanted))

    def find(self, values: Collection[str]) -> list[tuple[str, tuple[_Simple, ...]]]:
        """Return the values that have selectors, each with them."""
        known, others = self._known, self.others
        new = [value for value in values if value not in known]
        if len(known) + len(others) + len(new) > MAX_KNOWN:
            self._known, self.others = known, others = {}, set()
            new = [*values]
        if new:
            everything = "\n".join(new)
            present = [(wanted, parts) for wanted, parts in self._by_substring.items() if wanted in everything]
            known |= {value: parts for value in new if (parts := tuple(self._look_up(value, present)))}
            others.update(value for value in new if value not in known)
        return [(value, known[value]) for value in values if value in known]

    def _look_up(self, value: str, present: Iterable[tuple[str, Sequence[_Simple]]]) -> Iterator[_Simple]:
        for wanted, parts in present:
            if wanted in value:
                yield from parts
        for word in self._by_word.keys() & value.split() if self._by_word else ():
            yield from self._by_word[word]
        yield from self._by_value.get(value, ())
        for part, test, wanted in self._others:
            if test(value, wanted):
                yield part


class Matcher:
    """Finds the elements of many selectors at once. Built once for a set of rules, and used for every page."""

    def __init__(self, selectors: Iterable[str]) -> None:
        self._by_tag: dict[str, list[str]] = defaultdict(list)
        by_attribute: dict[str, list[_Simple]] = defaultdict(list)
        simple = {css: _simple(css) for css in selectors}
        self._chains = [_chain(css) for css, parts in simple.items() if parts is None]
        self._compounds = frozenset(chain.from_iterable(one.compounds for one in self._chains)) - simple.keys()
        simple |= {css: _simple(css) for css in self._compounds}
        every = [*chain.from_iterable(parts or () for parts in simple.values())]
        for part in every:
            if part.attributes:
                by_attribute[part.attributes[0][0]].append(part)
            elif part.tag:
                self._by_tag[part.tag].append(part.css)
        self._tags = {*_PAGE, *_COUNTED, *(part.tag for part in every if part.tag)}
        self._by_attribute = {name: _Values(parts) for name, parts in by_attribute.items()}

    def match(self, root: HtmlElement) -> tuple[Elements, Matches]:
        """Return the elements of each selector that matches any: those in `root`, itself, and those around it."""
        without = {name: values.others for name, values in self._by_attribute.items()}
        page = Elements(root, self._tags, without, MAX_VALUE)
        numbers: dict[str, list[int]] = defaultdict(list)
        doubtful: list[tuple[_Simple, list[int]]] = []
        for name, by_value in page.values.items():
            for value, parts in self._by_attribute[name].find(by_value) if by_value else ():
                for part in parts:
                    own = by_value[value] if part.tag is None else _both(by_value[value], page.tagged[part.tag])
                    if len(part.attributes) == 1:
                        numbers[part.css] += own
                    else:
                        doubtful.append((part, own))
        elements = page.take(chain.from_iterable(own for _, own in doubtful))
        for part, own in doubtful:
            numbers[part.css] += [number for number in own if part.fits(elements[number])]
        matches = {css: sorted({*own}) for css, own in numbers.items() if own}
        for tag, selectors in self._by_tag.items():
            if same := page.tagged[tag]:
                matches |= {css: sorted({*same, *matches[css]}) if css in matches else same for css in selectors}
        for one in self._chains:
            if found := one.find(root, page, matches):
                matches[one.css] = found
        for css in self._compounds:
            matches.pop(css, None)
        return page, matches


def check(css: str) -> None:
    """Raise cssselect's error for a bad selector."""
    if _simple(css) is None:
        selector(css)


class _FromTheRight(LxmlHTMLTranslator):
    """Translates a selector into a question to each element that its last part names.

    cssselect goes from the left and gathers the siblings of each sibling: among 5,000 paragraphs `p + p` takes 4 s and
    `p ~ p` 46 s, eight times as long among twice as many. From the right, both take 10 ms among 10,000. `p.a ~ p` would
    still take 60 s, since a class is read for each pair, and so `~` takes nothing but a name on its left, for which the
    worst page of 10,000 siblings takes 0.4 s.
    """

    def xpath_descendant_combinator(self, left: XPathExpr, right: XPathExpr) -> XPathExpr:
        return right.add_condition(f"ancestor::{left}")

    def xpath_child_combinator(self, left: XPathExpr, right: XPathExpr) -> XPathExpr:
        return right.add_condition(f"parent::{left}")

    def xpath_direct_adjacent_combinator(self, left: XPathExpr, right: XPathExpr) -> XPathExpr:
        return right.add_condition(f"preceding-sibling::*[1]/self::{left}")

    def xpath_indirect_adjacent_combinator(self, left: XPathExpr, right: XPathExpr) -> XPathExpr:
        if left.condition:
            raise ExpressionError(
                "on the left of ~ only the name of an element may stand, as in 'pre ~ p', or the rule takes minutes on "
                "a page with thousands of siblings: use +, :nth-of-type(n+2), or select the parent"
            )
        return right.add_condition(f"preceding-sibling::{left}")


_TRANSLATOR = _FromTheRight()


@cache
def selector(css: str) -> CSSSelector:
    """Compile one selector. Raises cssselect's error for a bad one, or for one that could take minutes on a page."""
    return CSSSelector(css, translator=_TRANSLATOR)


def _chain(css: str) -> _Chain:
    """Take a selector apart that is not simple."""
    parsed = parse(css)
    tree: Tree = parsed[0].parsed_tree
    compounds: list[Tree] = []
    combinators: list[str] = []
    while isinstance(tree, CombinedSelector):
        compounds.append(tree.subselector)
        combinators.append(tree.combinator)
        tree = tree.selector
    compounds.append(tree)
    said = [_told(compound) for compound in reversed(compounds)]
    known = tuple(compound for compound, _ in said if compound)
    if len(parsed) > 1 or parsed[0].pseudo_element:
        return _Chain(css, (), (), is_whole=False)
    if len(known) < len(said):
        return _Chain(css, known, (), is_whole=False)
    return _Chain(css, known, tuple(reversed(combinators)), is_whole=all(is_whole for _, is_whole in said))


def _told(compound: Tree) -> tuple[str, bool]:
    """Return the simple selector that a compound is, or else the name of its element, empty if it has none; and whether
    that says all of it."""
    css = compound.canonical()
    if _simple(css):
        return css, True
    while not isinstance(compound, Element):
        compound = compound.selector
    return compound.element or "", False


@cache
def _simple(css: str) -> list[_Simple] | None:
    """Return the parts of a selector, or None if it has combinators or pseudo-classes."""
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
            elif tree.namespace or (test := _test_of(tree)) not in _TESTS:
                return None
            else:
                value = tree.value.value if tree.value is not None else ""
                attributes.append((tree.attrib.lower(), test, value or ""))
            tree = tree.selector
        if tree.namespace:
            return None
        parts.append(_Simple(css, tree.element.lower() if tree.element else None, tuple(attributes)))
    return parts if all(part.tag or part.attributes for part in parts) else None


def _test_of(attribute: Attrib) -> str:
    """Return the name of an attribute's test: its operator and its flag."""
    # cssselect knows flags (`[class="x" i]`) from 1.4 on, and takes them for a mistake before
    return attribute.operator + (getattr(attribute, "flag", None) or "")


@lru_cache(maxsize=64)
def _matcher(selectors: tuple[tuple[tuple[str, ...], ...], ...]) -> Matcher:
    return Matcher(chain.from_iterable(chain.from_iterable(selectors)))


MAX_SHARE = 0.5
"""A generic rule that would remove more than this share of the page's paragraph text is refused. trafilatura has a
similar guard (a seventh must survive its pruning). On the development corpora no rule below this share removed a whole
article."""

LONG_PARAGRAPH = 60
"""Characters: shorter paragraphs are as often debris as text."""

LEAST_COPY = 500
"""Characters of prose in `noscript` that may be the text of a page without paragraphs. A judgement: pleas to switch
scripts on have a sentence or two."""

LEAST_ARTICLE = 300
"""Characters of paragraphs outside of what readers wrote that may be an article with more comments than text. A
judgement: a topic's introduction or a teaser has one or two sentences."""


def mark(root: HtmlElement, rules: Sequence[DomRule]) -> tuple[Marks, list[str], list[str]]:
    """Return the elements to remove, each with its rule's id; the ids of the rules that were refused; and those that
    remove what readers wrote, where that is most of the page: in a thread they are to be refused too.

    They are marked, not cut, so that every removal is reported in page order. An element that several rules select is
    removed by the first of them in file order.
    """
    page, matches = _matcher(tuple((rule.drop, rule.unless) for rule in rules)).match(body_of(root))
    whole = {number for tag in _PAGE for number in page.tagged[tag]}
    marked: dict[int, str] = {}
    for rule in rules:
        if matches.keys().isdisjoint(rule.drop):
            continue
        spared = sorted(chain.from_iterable(matches.get(css, ()) for css in rule.unless))
        for number in chain.from_iterable(matches.get(css, ()) for css in rule.drop):
            if number not in marked and number not in whole and not _has(spared, number, page.ends[number]):
                marked[number] = rule.id
    if not marked:
        return {}, [], []
    elements = page.take((*marked, *page.tagged["p"]))
    marks = {elements[number]: rule for number, rule in marked.items()}
    too_much, rest = _over(root, page, marked, elements)
    over = [rule.id for rule in rules if rule.id in too_much and not rule.trust]
    readers = {rule.id for rule in rules if rule.readers and rest >= LEAST_ARTICLE}
    refused = sorted(rule for rule in over if rule not in readers)
    return (
        {element: rule for element, rule in marks.items() if rule not in refused},
        refused,
        sorted(rule for rule in over if rule in readers),
    )


def drop(elements: Iterable[HtmlElement]) -> None:
    """Remove elements from their tree, but not the text behind them."""
    for element in elements:
        if element.getparent() is not None:
            element.drop_tree()


def _over(
    root: HtmlElement, page: Elements, marked: Mapping[int, str], elements: Mapping[int, HtmlElement]
) -> tuple[set[str], int]:
    """Return the rules that would remove more than MAX_SHARE of the page's paragraph text; where there are any, also
    how many characters of paragraphs no rule removes. `elements`: those that are marked, and all paragraphs."""
    ranges: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number in sorted(marked):
        ranges[marked[number]].append((number, page.ends[number]))
    removed = {rule: _inside(page.tagged["p"], own) for rule, own in ranges.items()}
    sizes = {number: _size(elements[number]) for number in {*chain.from_iterable(removed.values())}}
    shares = {rule: sum(sizes[number] for number in own) for rule, own in removed.items()}
    total, most = sum(sizes.values()), max(shares.values())
    noscripts = [number for number in page.tagged["noscript"] if number in marked]
    copies = _copies_for_readers_without_scripts((marked[number], elements[number]) for number in noscripts)
    over = {rule for rule, size in copies.items() if size > MAX_SHARE * _prose_size(root)}
    known, rest = {elements[number] for number in sizes}, 0
    for paragraph in root.iter("p"):
        if not over and most <= MAX_SHARE * (total + rest):
            return set(), 0
        if paragraph not in known:
            rest += _size(paragraph)
    return over | {rule for rule, size in shares.items() if size > MAX_SHARE * (total + rest)}, rest


def _size(paragraph: HtmlElement) -> int:
    """Return the characters of a paragraph, 0 for a short one."""
    size = len(" ".join(paragraph.itertext()))
    return size if size >= LONG_PARAGRAPH else 0


def _copies_for_readers_without_scripts(marks: Iterable[tuple[str, HtmlElement]]) -> dict[str, int]:
    """Return how much prose outside paragraphs each rule would remove with `noscript`: where it is most of the page's,
    it is the only copy of the text, and scripts write the other."""
    sizes: dict[str, int] = {}
    for rule, element in marks:
        if (size := _prose_size(element)) >= LEAST_COPY:
            sizes[rule] = sizes.get(rule, 0) + size
    return sizes


def _prose_size(element: HtmlElement) -> int:
    """Return how many characters of an element stand in runs of text that are as long as paragraphs."""
    runs = (line for text in element.itertext() for line in text.splitlines())
    return sum(len(line) for line in runs if len(line) >= LONG_PARAGRAPH)
