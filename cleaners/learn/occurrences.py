"""Find the kept lines of a page in its HTML: their elements, their neighbours, and where they link to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement

from cleaners.html.blocks import PageBlock, read_blocks
from cleaners.html.decode import decode
from cleaners.html.tree import body_of, parse, within_bounds
from cleaners.html.unread import EMPTY_TAGS
from cleaners.learn.line_hashes import PROSE_SIZE, HashedPage, line_hash, size_of
from cleaners.rules.context import ends
from cleaners.rules.dom import mark
from cleaners.rules.model import RuleSet
from cleaners.rules.sites import host_of

CONTAINER = 0.8
"""The article's element holds this share of the page's kept prose."""
MAX_STEPS = 24
"""How many elements around a line are read, from the innermost."""
MAX_NAMES = 6
"""How many classes of an element are read."""
MAX_LINKS = 60
"""How many links of an element are read: one whose lines only line breaks separate has the links of all of them."""
LINKED = 0.9
"""A line is a link when this share of its characters is inside links."""

_UNSTABLE = re.compile(
    r"\d|^(?:css|sc|jsx|jss|svelte|emotion|is|has|js)-|[a-z][A-Z]{2,}|[A-Z][a-z]?[A-Z][a-z]?[A-Z]|^[^aeiouy]{5,}$"
)
_KNOWN_BY_ID = frozenset(("aside", "div", "footer", "form", "nav", "ul"))
_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A kept line at its place on a page."""

    url: str
    line: int
    """The line's hash."""
    text: str
    before: str = ""
    behind: str = ""
    """The kept lines next to it, by which two occurrences of a line on one page differ."""
    kind: str = "paragraph"
    chain: tuple[str, ...] = ()
    """The elements that hold it, from the body down, each as a selector of its tag and its stable classes and id; empty
    for ready-made text."""
    linked: bool = False
    targets: tuple[str, ...] = ()
    """Where its links go, without query and fragment, and without the host if it is the page's own."""
    inside: bool = True
    """It is in the element that holds most of the page's kept prose."""
    named: bool = False
    """It names the site."""
    heads_removed: bool = False
    """Rules removed the next line of the page."""

    @property
    def path(self) -> str:
        """The tags of its elements."""
        return "/".join(re.split(r"[.#]", step, maxsplit=1)[0] for step in self.chain)


def page_occurrences(
    html: bytes | str, *, url: str, charset: str | None = None, page: HashedPage, rules: RuleSet
) -> list[Occurrence]:
    """Return the page's kept lines at their places in its HTML, in page order.

    Leaves out lines that today's element rules take. Does not run the block model or trafilatura.
    """
    text, _ = within_bounds(decode(html, charset).text)
    root = parse(text)
    if root is None:
        return []
    publisher = publisher_names(url, root)
    etree.strip_elements(root, *EMPTY_TAGS, with_tail=False)
    marks, *_ = mark(root, rules.for_url(url).dom)
    blocks = [(block, line_hash(block.text)) for block in read_blocks(body_of(root), marks)]
    kept = _kept([(block, line) for block, line in blocks if block.rule is None], page.lines)
    removed = page.removed.difference(page.lines)
    heads = {
        block.order for (block, _), (behind, line) in pairwise(blocks) if behind.rule is not None or line in removed
    }
    inside = _inside(kept)
    steps: dict[HtmlElement, str] = {}
    host = _without_www(urlsplit(url).netloc)
    texts = ["", *(block.text for block, _ in kept), ""]
    return [
        Occurrence(
            url,
            line,
            block.text,
            before=texts[n],
            behind=texts[n + 2],
            kind="heading" if _is_bold(block.frame.element) and not ends(block.text) else block.kind,
            chain=_chain(block.frame.element, steps),
            linked=block.linked >= LINKED * len(block.text),
            targets=tuple(_targets(block.frame.element, block.text, host)) if block.linked else (),
            inside=inside[n],
            named=names_publisher(block.text, publisher),
            heads_removed=block.order in heads,
        )
        for n, (block, line) in enumerate(kept)
    ]


def text_occurrences(text: str, *, url: str) -> list[Occurrence]:
    """Return the lines of ready-made text, of which only the neighbours are known."""
    lines = ["", *filter(None, map(str.strip, text.splitlines())), ""]
    names = publisher_names(url)
    return [
        Occurrence(url, line_hash(line), line, before, behind, named=names_publisher(line, names))
        for before, line, behind in zip(lines, lines[1:], lines[2:], strict=False)
    ]


def _kept(blocks: Sequence[tuple[PageBlock, int]], lines: Sequence[int]) -> list[tuple[PageBlock, int]]:
    """Return the blocks that were kept, each with its line's hash.

    A line may be on the page more often than in the text, in a menu for example. Then the blocks nearest to the lines
    that the page has once are returned.
    """
    wanted = Counter(lines)
    candidates: dict[int, list[PageBlock]] = {}
    for block, line in blocks:
        if line in wanted:
            candidates.setdefault(line, []).append(block)
    unique = [of_line[0].order for of_line in candidates.values() if len(of_line) == 1]
    start, end = min(unique, default=0), max(unique, default=0)
    chosen: list[tuple[PageBlock, int]] = []
    for line, of_line in candidates.items():
        near = sorted(of_line, key=lambda block: (max(start - block.order, block.order - end, 0), block.order))
        chosen += [(block, line) for block in near[: wanted[line]]]
    return sorted(chosen, key=lambda pair: pair[0].order)


def _inside(kept: Sequence[tuple[PageBlock, int]]) -> list[bool]:
    """Return for each block whether it is in the element that holds most of the kept prose."""
    weights: Counter[HtmlElement] = Counter()
    total = 0
    around = [(block.frame.element, *block.frame.element.iterancestors()) for block, _ in kept]
    for (block, line), elements in zip(kept, around, strict=True):
        if size_of(line) == PROSE_SIZE:
            total += len(block.text)
            for element in elements:
                weights[element] += len(block.text)
    holding = [element for element, weight in weights.items() if weight >= CONTAINER * total]
    if not holding:
        return [True] * len(kept)
    container = max(holding, key=lambda element: sum(1 for _ in element.iterancestors()))  # the innermost
    return [container in elements for elements in around]


def _chain(element: HtmlElement, known: dict[HtmlElement, str]) -> tuple[str, ...]:
    steps = []
    for ancestor in islice((element, *element.iterancestors()), MAX_STEPS):
        if ancestor.tag in ("body", "html"):
            break
        if ancestor not in known:
            known[ancestor] = _step(ancestor)
        steps.append(known[ancestor])
    return tuple(reversed(steps))


def _step(element: HtmlElement) -> str:
    classes = [name for name in (element.get("class") or "")[:500].split() if _is_stable(name)]
    id = element.get("id") or ""
    # the id of a heading or section is made of its words
    anchor = f"#{id}" if _is_stable(id) and element.tag in _KNOWN_BY_ID else ""
    return f"{element.tag!s}{''.join(f'.{name}' for name in classes[:MAX_NAMES])}{anchor}"


def _is_stable(name: str) -> bool:
    """Tell whether a class or id looks as if a person had given it: no numbers, no hash."""
    return len(name) <= 60 and _NAME.fullmatch(name) is not None and _UNSTABLE.search(name) is None


def _is_bold(element: HtmlElement) -> bool:
    """Tell whether a whole paragraph is bold, like a heading that is not marked as one."""
    if element.tag not in ("p", "div") or (element.text or "").strip() or len(element) != 1:
        return False
    return element[0].tag in ("strong", "b") and not (element[0].tail or "").strip()


def _targets(element: HtmlElement, text: str, host: str) -> Iterator[str]:
    """Yield where those links of an element go whose text is in *text*; *host* is the page's own."""
    links = list(islice(element.iter("a"), MAX_LINKS)) or list(element.iterancestors("a"))[:1]
    for link in links:
        name = " ".join("".join(link.itertext()).split())
        if not name or (name not in text and text not in name):
            continue
        try:
            parts = urlsplit((link.get("href") or "").strip())
        except ValueError:
            continue
        yield f"{'' if _without_www(parts.netloc) == host else parts.netloc}{parts.path}"


def _without_www(netloc: str) -> str:
    return netloc.lower().removeprefix("www.")


SHORTEST = 5
"""The least letters of a publisher's name: a shorter one is a word that anybody may write by chance."""
SHORTEST_UNSPACED = 3
"""The same in scripts whose letters are syllables or words."""
LONGEST = 40
"""The most characters of a name behind the headline in a page's title: more is another headline."""
_SUFFIX = re.compile(r"\s[|–—·•:»-]\s")


def publisher_names(url: str, root: HtmlElement | None = None) -> frozenset[str]:
    """Return the name in a page's domain, and what the page itself calls its site."""
    labels = host_of(url).removeprefix("www.").split(".")
    # the longest label: of `news.gazette.co.uk`, endings are short
    names = [max(labels[:-1], key=len, default=""), *(() if root is None else _declared_names(root))]
    return frozenset(
        name for name in map(_plain, names) if len(name) >= (SHORTEST if name.isascii() else SHORTEST_UNSPACED)
    )


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


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
