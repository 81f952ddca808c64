"""Find the kept lines of a page in its HTML: in which elements they stand, what is beside them, where they link to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement

from cleaners.html.blocks import EMPTY_TAGS, PageBlock, read_blocks
from cleaners.html.decode import decode
from cleaners.html.tree import body_of, parse, within_bounds
from cleaners.learn.line_hashes import PROSE_SIZE, HashedPage, line_hash, size_of
from cleaners.rules.context import ends
from cleaners.rules.dom import mark
from cleaners.rules.model import RuleSet

CONTAINER = 0.8
"""The article's element holds that share of the page's kept prose."""
MAX_STEPS = 24
"""Elements around a line that are looked at, from the innermost."""
MAX_NAMES = 6
"""Classes of an element that are looked at."""
MAX_LINKS = 60
"""Links of an element that are looked at: where only line breaks part the lines, it has those of all of them."""
LINKED = 0.9
"""A line is a link when that share of its characters is inside links."""

_UNSTABLE = re.compile(
    r"\d|^(?:css|sc|jsx|jss|svelte|emotion|is|has|js)-|[a-z][A-Z]{2,}|[A-Z][a-z]?[A-Z][a-z]?[A-Z]|^[^aeiouy]{5,}$"
)
_HELD_BY_ID = frozenset(("aside", "div", "footer", "form", "nav", "ul"))
_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A kept line where it stands on a page."""

    url: str
    line: int
    """The hash of the line."""
    text: str
    before: str = ""
    behind: str = ""
    """The kept lines next to it: they tell two occurrences of one line on a page apart."""
    kind: str = "paragraph"
    chain: tuple[str, ...] = ()
    """The elements that hold it, from the body down, each as a selector of its tag and those of its names that look
    lasting; empty for ready-made text."""
    linked: bool = False
    targets: tuple[str, ...] = ()
    """Where its links go, without query and fragment; without the host where that is the page's own."""
    inside: bool = True
    """It stands in the element that holds most of the page's kept prose."""
    named: bool = False
    """It names the site."""
    head_of_taken: bool = False
    """The next line of the page, which is not in the text, was removed by rules."""

    @property
    def path(self) -> str:
        """The tags of its elements."""
        return "/".join(re.split(r"[.#]", step, maxsplit=1)[0] for step in self.chain)


def page_occurrences(
    html: bytes | str, *, url: str, charset: str | None = None, page: HashedPage, rules: RuleSet
) -> list[Occurrence]:
    """Return the page's kept lines where they stand in its HTML, in page order.

    Lines that today's element rules take are left out. Only the elements are read: neither the block model nor
    trafilatura is asked.
    """
    text, _ = within_bounds(decode(html, charset).text)
    root = parse(text)
    if root is None:
        return []
    publisher = publisher_names(root, url)
    etree.strip_elements(root, *EMPTY_TAGS, with_tail=False)
    marks, _ = mark(root, rules.for_url(url).dom)
    every = [(block, line_hash(block.text)) for block in read_blocks(body_of(root), marks)]
    kept = list(_kept([(block, line) for block, line in every if block.rule is None], page.lines))
    taken = page.taken.difference(page.lines)
    heads = {block.order for (block, _), (behind, line) in pairwise(every) if behind.rule is not None or line in taken}
    inside = _inside(kept)
    steps: dict[HtmlElement, str] = {}
    own = _without_www(urlsplit(url).netloc)
    occurrences = []
    for n, (block, line) in enumerate(kept):
        element = block.frame.element
        before = kept[n - 1][0].text if n else ""
        behind = kept[n + 1][0].text if n + 1 < len(kept) else ""
        linked = block.linked >= LINKED * len(block.text)
        targets = tuple(_targets(element, block.text, own)) if block.linked else ()
        chain = _chain(element, steps)
        kind = "heading" if _is_bold(element) and not ends(block.text) else block.kind
        named = names_publisher(block.text, publisher)
        occurrences.append(
            Occurrence(
                *(url, line, block.text, before, behind, kind, chain, linked, targets, inside[n], named),
                head_of_taken=block.order in heads,
            )
        )
    return occurrences


def text_occurrences(text: str, *, url: str) -> list[Occurrence]:
    """Return the lines of ready-made text, of which nothing but their neighbours is known."""
    lines = [line.strip() for line in text.splitlines() if line and not line.isspace()]
    names = publisher_names_of_url(url)
    return [
        Occurrence(
            *(url, line_hash(line), line, lines[n - 1] if n else "", lines[n + 1] if n + 1 < len(lines) else ""),
            named=names_publisher(line, names),
        )
        for n, line in enumerate(lines)
    ]


def _kept(blocks: Sequence[tuple[PageBlock, int]], lines: Sequence[int]) -> Iterator[tuple[PageBlock, int]]:
    """Yield the blocks that were kept, each with the hash of its line.

    A line may stand on the page more often than in the text, in a menu for example: then the blocks are taken that are
    nearest to the lines that stand on the page once.
    """
    wanted = Counter(lines)
    candidates: dict[int, list[PageBlock]] = {}
    for block, line in blocks:
        if line in wanted:
            candidates.setdefault(line, []).append(block)
    # what stands once fixes the order for what stands several times
    sure = sorted(of_line[0].order for of_line in candidates.values() if len(of_line) == 1)
    start, end = (sure[0], sure[-1]) if sure else (0, 0)
    chosen: list[tuple[PageBlock, int]] = []
    for line, of_line in candidates.items():
        near = sorted(of_line, key=lambda block: (max(start - block.order, block.order - end, 0), block.order))
        chosen += [(block, line) for block in near[: wanted[line]]]
    yield from sorted(chosen, key=lambda one: one[0].order)


def _inside(kept: Sequence[tuple[PageBlock, int]]) -> list[bool]:
    """Tell of each block whether it stands in the element that holds most of the kept prose."""
    weights: dict[HtmlElement, int] = {}
    total = 0
    around = [(block.frame.element, *block.frame.element.iterancestors()) for block, _ in kept]
    for (block, line), elements in zip(kept, around, strict=True):
        if size_of(line) == PROSE_SIZE:
            total += len(block.text)
            for element in elements:
                weights[element] = weights.get(element, 0) + len(block.text)
    holding = [(weight, element) for element, weight in weights.items() if weight >= CONTAINER * total]
    if not holding:
        return [True] * len(kept)
    # the innermost: those that hold as much are around it
    container = max((element for _, element in holding), key=lambda element: sum(1 for _ in element.iterancestors()))
    return [container in elements for elements in around]


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
    """Yield where a block's links go: those links of its element whose text is in the block's. `own`: the page's
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
        yield f"{'' if _without_www(parts.netloc) == own else parts.netloc}{parts.path}"


def _without_www(netloc: str) -> str:
    return netloc.lower().removeprefix("www.")


SHORTEST = 5
"""Letters of a publisher's name, at least: a shorter one is a word that anybody may write by chance."""
SHORTEST_UNSPACED = 3
"""The same for letters that stand for syllables or words."""
LONGEST = 40
"""Characters of what stands behind the headline in a page's title: more is another headline."""
_SUFFIX = re.compile(r"\s[|–—·•:»-]\s")


def publisher_names(root: HtmlElement, url: str) -> frozenset[str]:
    """Return what a page's site calls itself, and the word before its domain's ending."""
    return frozenset(_usable([*_declared_names(root), *_domain_name(url)]))


def publisher_names_of_url(url: str) -> frozenset[str]:
    """Return the name of a page's site as far as its address tells it."""
    return frozenset(_usable(_domain_name(url)))


def names_publisher(text: str, names: Iterable[str]) -> bool:
    """Tell whether a text names the publisher, however the name is written.

    >>> names_publisher("Write to the Ferry-Post today", {"ferrypost"})
    True
    """
    plain = _plain(text)
    return any(name in plain for name in names)


def _declared_names(root: HtmlElement) -> Iterator[str]:
    for element in islice(root.iter("meta"), 200):
        if element.get("property") in ("og:site_name", "al:ios:app_name") or element.get("name") == "application-name":
            yield element.get("content") or ""
    for element in islice(root.iter("title"), 1):
        parts = _SUFFIX.split((element.text or "")[:500])
        if len(parts) > 1 and len(parts[-1]) <= LONGEST:
            yield parts[-1]


def _domain_name(url: str) -> Iterator[str]:
    labels = (urlsplit(url).hostname or "").removeprefix("www.").split(".")
    # of `news.gazette.co.uk` the longest, as endings are short
    yield max(labels[:-1], key=len, default="")


def _usable(names: Iterable[str]) -> Iterator[str]:
    for name in map(_plain, names):
        if len(name) >= (SHORTEST if name.isascii() else SHORTEST_UNSPACED):
            yield name


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
