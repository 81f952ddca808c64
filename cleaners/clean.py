"""The one door: a page in, an article out, in the order of stages that the names below say."""

from __future__ import annotations

from collections.abc import Sequence

from lxml.html import HtmlElement

from cleaners.access import judge
from cleaners.align import align, normal
from cleaners.article import Article, Block, Removal
from cleaners.blocks import PageBlock, read_blocks
from cleaners.decode import Decoded, decode
from cleaners.dom import Marks, mark
from cleaners.extract import main_text
from cleaners.lines import Cut, Lines, cut_lines
from cleaners.metadata import Metadata, read_metadata
from cleaners.ruleset import RuleSet, load_rules
from cleaners.tree import MAX_CHARACTERS, parse

NOT_MAIN_TEXT = "extract/trafilatura"


def clean(html: bytes | str, *, url: str | None = None, charset: str | None = None, rules: RuleSet | None = None) -> Article:
    """Return the article of a page, and everything that was taken out, each piece with its rule.

    `charset` is the one of the HTTP header. Never raises for a bad page: where nothing is found, `text` is empty and
    `flags` says why.

    >>> page = "<body><article><p>" + "It rained on Monday, and the harbour was closed. " * 5 + "</p><p>Advertisement</p></article>"
    >>> [(r.rule, r.text) for r in clean(page).removals]
    [('lines/advertisement', 'Advertisement')]
    """
    rules = rules or load_rules()
    decoded = decode(html, charset)
    root = parse(decoded.text)
    if root is None:
        flag = "too-large" if len(decoded.text) > MAX_CHARACTERS else "empty"
        return Article("", url=url, encoding=str(decoded), flags=(flag,), rules_version=rules.version)
    active = rules.for_url(url)
    metadata = read_metadata(root, url)
    marks, refused = mark(root, active.dom)
    body = root.find("body")
    blocks = read_blocks(root if body is None else body, marks)
    _drop(marks)
    chosen = _choose(blocks, main_text(root, url))
    cuts = _cut(blocks, chosen, active, metadata)
    return _article(decoded, url, rules.version, metadata, blocks, chosen, cuts, refused)


def _drop(marks: Marks) -> None:
    for element in marks:
        if element.getparent() is not None:
            element.drop_tree()


def _choose(blocks: Sequence[PageBlock], main: str) -> list[bool]:
    free = [i for i, block in enumerate(blocks) if block.rule is None]
    inside = align([blocks[i].text for i in free], main)
    chosen = [False] * len(blocks)
    for i, taken in zip(free, inside, strict=True):
        chosen[i] = taken
    return chosen


def _cut(blocks: Sequence[PageBlock], chosen: Sequence[bool], rules: RuleSet, metadata: Metadata) -> dict[int, list[Cut]]:
    places = [i for i, taken in enumerate(chosen) if taken]
    headings = frozenset(n for n, i in enumerate(places) if blocks[i].kind in ("heading", "list item", "table"))
    lines = Lines([blocks[i].text for i in places], metadata.title or "", headings)
    return dict(zip(places, cut_lines(lines, rules.lines, metadata.language), strict=True))


def _article(
    decoded: Decoded,
    url: str | None,
    version: str,
    metadata: Metadata,
    blocks: Sequence[PageBlock],
    chosen: Sequence[bool],
    cuts: dict[int, list[Cut]],
    refused: Sequence[str],
) -> Article:
    kept: list[Block] = []
    removals: list[Removal] = []
    for i, block in enumerate(blocks):
        if block.rule is not None:
            _add_dom_removal(removals, block, blocks[i - 1] if i else None)
        elif not chosen[i]:
            removals.append(Removal(NOT_MAIN_TEXT, "extract", block.text, block.where))
        else:
            text = block.text
            for cut in reversed(cuts[i]):
                text = f"{text[: cut.start].rstrip()} {text[cut.end :].lstrip()}".strip()
            removals += [Removal(c.rule, "lines", block.text[c.start : c.end].strip(), block.where) for c in cuts[i]]
            if text:
                kept.append(Block(block.kind, text, block.level))
    whole = "\n\n".join(block.text for block in kept)
    access, evidence = judge(whole, metadata.node, [r.rule for r in removals])
    flags = [*(() if whole else ("empty",)), *(("replacement-characters",) if decoded.replaced else ()), *evidence]
    return Article(
        whole,
        tuple(kept),
        url=url,
        **{name: getattr(metadata, name) for name in _METADATA},
        access=access,
        encoding=str(decoded),
        flags=(*flags, *(f"refused:{rule}" for rule in refused)),
        removals=tuple(removals),
        rules_version=version,
        sources=metadata.sources,
    )


_METADATA = ("title", "authors", "date", "modified", "site", "language", "image", "tags", "canonical_url")


def _add_dom_removal(removals: list[Removal], block: PageBlock, previous: PageBlock | None) -> None:
    """One removal an element, however many blocks it held."""
    if previous is not None and removals and previous.frame.mark is block.frame.mark:
        last = removals.pop()
        removals.append(Removal(last.rule, "dom", f"{last.text}\n{block.text}", last.where))
    else:
        removals.append(Removal(block.rule or "", "dom", block.text, block.where))
