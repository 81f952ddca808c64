"""The kept lines of a page where they stand: in which elements, between which lines, as links to where."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement

from cleaners.html.blocks import EMPTY_TAGS, PageBlock, read_blocks
from cleaners.html.decode import decode
from cleaners.html.tree import body_of, parse, within_bounds
from cleaners.learn.fingerprints import PROSE_SIZE, SeenPage, fingerprint, size_of
from cleaners.rules.context import ends
from cleaners.rules.dom import mark
from cleaners.rules.model import RuleSet

CONTAINER = 0.8
"""Share of the page's kept prose that the article's element holds."""
MAX_STEPS = 24
"""Elements above a line that are looked at, from the innermost."""
MAX_NAMES = 6
"""Classes of an element that are looked at."""
MAX_LINKS = 60
"""Links of an element that are looked at: a text that only line breaks part has those of all its lines."""
LINKED = 0.9
"""Share of a line's characters inside links from which the line is a link."""

_UNSTABLE = re.compile(
    r"\d|^(?:css|sc|jsx|jss|svelte|emotion|is|has|js)-|[a-z][A-Z]{2,}|[A-Z][a-z]?[A-Z][a-z]?[A-Z]|^[^aeiouy]{5,}$"
)
_HELD_BY_ID = frozenset(("aside", "div", "footer", "form", "nav", "ul"))
_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sight:
    """A kept line as it stands on a page."""

    url: str
    fingerprint: int
    text: str
    before: str = ""
    behind: str = ""
    """The kept lines next to it."""
    kind: str = "paragraph"
    chain: tuple[str, ...] = ()
    """The elements that it stands in, from the body down to its own, each as a selector of its tag and those of its
    names that look lasting; none for ready-made text."""
    linked: bool = False
    targets: tuple[str, ...] = ()
    """Where its links go, without query and fragment; without the host where that is the page's own."""
    inside: bool = True
    """It stands in the element that holds most of the page's kept prose."""
    named: bool = False
    """It names the site."""
    head_of_taken: bool = False
    """On the page, though not in the text, a line follows that rules took."""

    @property
    def path(self) -> str:
        """The tags of its elements."""
        return "/".join(re.split(r"[.#]", step, maxsplit=1)[0] for step in self.chain)


def look(html: bytes | str, *, url: str, charset: str | None = None, page: SeenPage, rules: RuleSet) -> list[Sight]:
    """Return the page's kept lines where they stand, in page order; those that today's rules for elements take are left
    out. Reads the elements only: neither the block model nor trafilatura is asked.
    """
    text, _ = within_bounds(decode(html, charset).text)
    root = parse(text)
    if root is None:
        return []
    names_of_site = site_names(root, url)
    etree.strip_elements(root, *EMPTY_TAGS, with_tail=False)
    marks, _ = mark(root, rules.for_url(url).dom)
    every = [(block, fingerprint(block.text)) for block in read_blocks(body_of(root), marks)]
    found = list(_kept([(block, number) for block, number in every if block.rule is None], page.lines))
    taken = page.taken.difference(page.lines)
    heads = {block.order for (block, _), (behind, line) in pairwise(every) if behind.rule is not None or line in taken}
    inside = _inside([block for block, _ in found], [number for _, number in found])
    names: dict[HtmlElement, str] = {}
    own = _host_of(urlsplit(url).netloc)
    sights = []
    for n, (block, number) in enumerate(found):
        element = block.frame.element
        before = found[n - 1][0].text if n else ""
        behind = found[n + 1][0].text if n + 1 < len(found) else ""
        linked = block.linked >= LINKED * len(block.text)
        targets = tuple(_targets(element, block.text, own)) if block.linked else ()
        chain = _chain(element, names)
        kind = "heading" if _is_bold(element) and not ends(block.text) else block.kind
        named = names_one(block.text, names_of_site)
        sights.append(
            Sight(
                *(url, number, block.text, before, behind, kind, chain, linked, targets, inside[n], named),
                head_of_taken=block.order in heads,
            )
        )
    return sights


def look_text(text: str, *, url: str) -> list[Sight]:
    """Return the lines of ready-made text, of which nothing is known but their neighbours."""
    lines = [line.strip() for line in text.splitlines() if line and not line.isspace()]
    names = host_names(url)
    return [
        Sight(
            *(url, fingerprint(line), line, lines[n - 1] if n else "", lines[n + 1] if n + 1 < len(lines) else ""),
            named=names_one(line, names),
        )
        for n, line in enumerate(lines)
    ]


def _kept(blocks: Sequence[tuple[PageBlock, int]], lines: Sequence[int]) -> Iterator[tuple[PageBlock, int]]:
    """Yield the blocks that were kept, with their fingerprints. A line that stands on the page more often than in the
    text, in a menu for example, is the one that follows what was kept before it."""
    wanted: dict[int, list[int]] = {}
    for n, line in enumerate(lines):
        wanted.setdefault(line, []).append(n)
    places: dict[int, list[PageBlock]] = {}
    for block, number in blocks:
        if number in wanted:
            places.setdefault(number, []).append(block)
    # what stands once fixes the order for what stands several times
    sure = sorted(places[line][0].order for line in wanted if len(places.get(line, ())) == 1)
    start, end = (sure[0], sure[-1]) if sure else (0, 0)
    chosen: list[tuple[PageBlock, int]] = []
    for line, having in places.items():
        near = sorted(having, key=lambda block: (max(start - block.order, block.order - end, 0), block.order))
        chosen += [(block, line) for block in near[: len(wanted[line])]]
    yield from sorted(chosen, key=lambda one: one[0].order)


def _inside(blocks: Sequence[PageBlock], numbers: Sequence[int]) -> list[bool]:
    weights: dict[HtmlElement, int] = {}
    total = 0
    above = [(block.frame.element, *block.frame.element.iterancestors()) for block in blocks]
    for block, number, elements in zip(blocks, numbers, above, strict=True):
        if size_of(number) == PROSE_SIZE:
            total += len(block.text)
            for element in elements:
                weights[element] = weights.get(element, 0) + len(block.text)
    holding = [(weight, element) for element, weight in weights.items() if weight >= CONTAINER * total]
    if not holding:
        return [True] * len(blocks)
    # the innermost: those that hold as much are around it
    container = max((element for _, element in holding), key=lambda element: sum(1 for _ in element.iterancestors()))
    return [container in elements for elements in above]


def _chain(element: HtmlElement, known: dict[HtmlElement, str]) -> tuple[str, ...]:
    steps = []
    for one in islice((element, *element.iterancestors()), MAX_STEPS):
        if one.tag in ("body", "html"):
            break
        if one not in known:
            known[one] = _step(one)
        steps.append(known[one])
    return tuple(reversed(steps))


def _step(element: HtmlElement) -> str:
    classes = [name for name in (element.get("class") or "")[:500].split() if _is_lasting(name)]
    own = element.get("id") or ""
    # the id of a heading or section is made of its words
    anchor = f"#{own}" if _is_lasting(own) and element.tag in _HELD_BY_ID else ""
    return f"{element.tag!s}{''.join(f'.{c}' for c in classes[:MAX_NAMES])}{anchor}"


def _is_lasting(name: str) -> bool:
    """Tell whether a class or id looks as if a person had given it: no numbers, no hash."""
    return len(name) <= 60 and _NAME.fullmatch(name) is not None and _UNSTABLE.search(name) is None


def _is_bold(element: HtmlElement) -> bool:
    """Tell whether a paragraph is bold as a whole, as headings are that nobody marked as such."""
    if element.tag not in ("p", "div") or (element.text or "").strip() or len(element) != 1:
        return False
    return element[0].tag in ("strong", "b") and not (element[0].tail or "").strip()


def _targets(element: HtmlElement, text: str, own: str) -> Iterator[str]:
    """Yield where the links of a block go, those of its element whose text is in the block's; `own`: the page's
    host."""
    links = list(islice(element.iter("a"), MAX_LINKS)) or list(element.iterancestors("a"))[:1]
    for link in links:
        name = " ".join("".join(link.itertext()).split())
        if not name or (name not in text and text not in name):
            continue
        try:
            parts = urlsplit((link.get("href") or "").strip())
        except ValueError:
            continue
        yield f"{'' if _host_of(parts.netloc) == own else parts.netloc}{parts.path}"


def _host_of(netloc: str) -> str:
    return netloc.lower().removeprefix("www.")


SHORTEST = 5
"""Letters of a name, from which it is not a word that anybody may write by chance."""
SHORTEST_UNSPACED = 3
"""The same for letters that stand for syllables or words."""
LONGEST = 40
"""Characters of what stands behind the headline in a page's title: more is another headline."""
_SUFFIX = re.compile(r"\s[|–—·•:»-]\s")


def site_names(root: HtmlElement, url: str) -> frozenset[str]:
    """Return the names of a page's site: what it says itself, and the word before its domain's ending."""
    return frozenset(_usable([*_said(root), *_of_host(url)]))


def host_names(url: str) -> frozenset[str]:
    """Return the name that the address of a page tells."""
    return frozenset(_usable(_of_host(url)))


def names_one(text: str, names: Iterable[str]) -> bool:
    """Tell whether a text names the site, however the name is written.

    >>> names_one("Write to the Ferry-Post today", {"ferrypost"})
    True
    """
    plain = _plain(text)
    return any(name in plain for name in names)


def _said(root: HtmlElement) -> Iterator[str]:
    for element in islice(root.iter("meta"), 200):
        if element.get("property") in ("og:site_name", "al:ios:app_name") or element.get("name") == "application-name":
            yield element.get("content") or ""
    for element in islice(root.iter("title"), 1):
        parts = _SUFFIX.split((element.text or "")[:500])
        if len(parts) > 1 and len(parts[-1]) <= LONGEST:
            yield parts[-1]


def _of_host(url: str) -> Iterator[str]:
    labels = (urlsplit(url).hostname or "").removeprefix("www.").split(".")
    # of `news.gazette.co.uk` the longest, as endings are short
    yield max(labels[:-1], key=len, default="")


def _usable(names: Iterable[str]) -> Iterator[str]:
    for name in map(_plain, names):
        if len(name) >= (SHORTEST if name.isascii() else SHORTEST_UNSPACED):
            yield name


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
