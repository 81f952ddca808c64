"""Clean pages, from bytes to an article: `clean` calls the stages in their order."""

from __future__ import annotations

import gc
from collections import Counter, deque
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from cleaners.access import judge
from cleaners.article import FAILED, Article, Block, Page, Removal, Stage, block_of
from cleaners.classify import (
    DOUBTFUL_BELOW,
    INDEX_PAGE,
    LOW_CONFIDENCE,
    DecisionFacts,
    Models,
    PageKind,
    packaged_calibration,
    packaged_model,
)
from cleaners.classify.check import SENTENCE
from cleaners.classify.decide import (
    ELSEWHERE,
    LINK_LIST,
    NOT_ARTICLE,
    WALL,
    Decision,
    SplitPage,
    decide,
    released,
    split_page,
)
from cleaners.html.blocks import Mark, PageBlock, Unread, flags_of
from cleaners.html.decode import decode
from cleaners.html.terms import defined
from cleaners.html.tree import MAX_CHARACTERS, TOO_MANY_TAGS, beyond_bounds, parse, within_bounds
from cleaners.html.unread import without_tags
from cleaners.keep import kept_pieces
from cleaners.metadata import METADATA_FIELDS, Metadata, read_metadata
from cleaners.notes import BACK_LINK, find_notes
from cleaners.numbered_notes import with_numbered
from cleaners.pool import LostError, work_many
from cleaners.quotes import lost_sources
from cleaners.raw_formulas import with_raw_formulas
from cleaners.rows import has_cells
from cleaners.rules.choice import CleanOptions
from cleaners.rules.context import LineContext, is_prose, normal
from cleaners.rules.lines import Cut, cut_lines, namer
from cleaners.rules.load import load_rules
from cleaners.rules.model import MAX_LINE, RuleError, RuleSet
from cleaners.side_notes import COPY, with_side_notes
from cleaners.stand_ins import stand_in
from cleaners.structure import base_of, plain, structure, without
from cleaners.text_mode import clean_text

NEEDS_JAVASCRIPT = "needs-javascript"
"""The flag of a page without text whose scripts load it."""
NO_SCRIPT = "dom/no-script"
MAX_SHELL = 200
"""The most characters on a page that shows nothing before its scripts have run: a title, `Loading…`, a copyright line.
None of the 38 golden pages is taken for one."""
TAKEN_FOR = "taken-for:"
"""Begins the flag of a page without a text that is of a kind that has none; the kind follows."""
WITH_NOTES: tuple[PageKind, ...] = ("article", "blog", "documentation", "reference", "unknown")
"""Kinds of pages on which the notes of the text are text, whatever the model says of them. On every fourth page of the
four development corpora, four such pages gain notes, and their mean word F1 falls from .882 to .868, since their gold
has no notes: less than .0005 of a corpus. A product's page gained its small print, and fell from .903 to .650."""
WITHOUT_TEXT = ("section", "listing")
PROSE_REMOVED = "prose-removed:"
"""How the flag of a page without text begins whose prose a rule or the block model removed; its id follows."""
MAX_WALL = 2000
"""Characters of the longest page that is only a wall. A judgement: a list of goods has no sentences either, and a label
of its consent dialog took 6,000 characters of one."""
PAGE_SECONDS = 60.0
"""Time for a page that is cleaned in another process: 15 times what the worst hostile page takes on a quiet machine
(docs/performance.md, Bounds)."""
LITTLE = 300
TIMES = 3
"""Characters of prose below which a page shows no article, and how many times as long one in its data has to be. A
judgement: beside a spinner stand a standfirst or a notice of one or two sentences."""
OF_GOODS = (*WITHOUT_TEXT, "product", "service")
"""Kinds of pages that show little prose anyway: their data is read only where they show no text at all. The data of
three pages of products of `wcxb-dev-other` had reviews, offers and lists of contents."""
PAYING = frozenset(("access/paywall", "access/registration", "dom/paywall", "dom/registration-form"))
FEW_SENTENCES = {"access/blocked": 2, "access/consent": 2, "access/paywall": 1, "access/registration": 1}
"""Paragraphs of prose below which a page with a wall's phrases has no article. Bot checks and consent dialogs explain
themselves in one, seldom in two; above an offer to pay or to sign in, one paragraph is the article's first."""


@contextmanager
def _paused_collector() -> Iterator[None]:
    """Pause the search for reference cycles: cleaning a page makes none, and the search costs a tenth of its time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def clean(
    html: bytes | str,
    *,
    url: str | None = None,
    charset: str | None = None,
    rules: RuleSet | None = None,
    options: CleanOptions | None = None,
    models: Models = packaged_model,
) -> Article:
    """Return the article of a page, with everything that was removed and the rule that removed it.

    `charset` is that of the HTTP header; `rules` and `models` (the block models) default to the packaged ones,
    `options` to those of the rules. No page raises an error: if no article is found, `text` is empty and `flags` says
    why. Confidence, access and flags are those of the text without what `keep` puts back.

    >>> prose = "It rained on Monday, and the harbour was closed until noon, when the wind fell. " * 5
    >>> page = f"<body><article><p>{prose}</p><p>Advertisement</p></article>"
    >>> [(r.rule, r.text) for r in clean(page).removals]
    [('lines/advertisement', 'Advertisement')]
    """
    return clean_with_facts(html, url=url, charset=charset, rules=rules, options=options, models=models)[0]


@_paused_collector()
def clean_with_facts(
    html: bytes | str,
    *,
    url: str | None = None,
    charset: str | None = None,
    rules: RuleSet | None = None,
    options: CleanOptions | None = None,
    models: Models = packaged_model,
) -> tuple[Article, DecisionFacts | None]:
    """Do what `clean` does, and return also the facts that the confidence is computed from, where it has one."""
    rules = (rules or load_rules()).with_options(options)
    decoded = decode(html, charset)
    page, flags = within_bounds(decoded.page)
    root = parse(page)
    if root is None:
        flag = "too-large" if len(decoded.text) > MAX_CHARACTERS else "empty"
        return Article("", url=url, encoding=str(decoded), flags=(flag,), rules_version=rules.version), None
    active = rules.for_url(url)
    metadata = read_metadata(root, url)
    # the split takes scripts out
    has_scripts = any("json" not in (script.get("type") or "").lower() for script in root.iter("script"))
    options = active.options
    base = base_of(root, url, metadata.canonical_url)
    # the split takes forms out
    has_password = any((field.get("type") or "").lower() == "password" for field in root.iter("input"))
    split = split_page(root, url, metadata, active.dom, only_rules=options.only_rules)
    blocks, kind = split.blocks, split.kind
    judged = judge_blocks(split, active, metadata, models, has_password=has_password)
    elsewhere: list[Removal] = []
    stands_in = "noscript" if _is_in_noscript(blocks, judged.kept) else ""
    shows_goods = kind.kind in OF_GOODS
    if found := not (judged.stand_in or split.is_index) and _from_data(
        page, url, metadata, active, models, judged, shows_goods=shows_goods
    ):
        hidden = [one if one.rule else Decision(ELSEWHERE) for one in judged.decisions]
        elsewhere = _sorted(split, hidden, judged.lines)[1]
        split, judged, stands_in = found
        blocks = split.blocks
    lines, kept, removals, facts = judged.lines, judged.kept, judged.removals, judged.facts
    decisions = list(judged.decisions)
    text = "\n\n".join(block.text for block in kept.values())
    access, evidence = judge(text, metadata.node, [removal.rule for removal in removals])
    facts = facts if text else None
    confidence = packaged_calibration().confidence(facts) if facts else None
    remarks = {
        "empty": not text,
        LOW_CONFIDENCE: confidence is not None and confidence < DOUBTFUL_BELOW,
        "replacement-characters": decoded.replaced,
        "twice-encoded": decoded.mended,
        "link-list": any(decision.rule == LINK_LIST for decision in decisions),
        f"{TAKEN_FOR}{kind.kind}": not text and kind.kind in WITHOUT_TEXT,
        INDEX_PAGE: split.is_index,
        judged.stand_in: bool(judged.stand_in),
        NEEDS_JAVASCRIPT: not text and not judged.stand_in and has_scripts and _is_shell(blocks),
    }
    flags = [flag for flag, holds in remarks.items() if holds] + flags + flags_of(blocks)
    flags += [judged.fallback] if judged.fallback else []
    if not text:
        flags += _takers(removals)
    # judged before: what is put back is no sign of a wall, and no reason to doubt the rest
    back: frozenset[int] = frozenset()
    if options.keep and text:
        back = kept_pieces(blocks, decisions, lines.cuts, lines.names, list(kept), options, metadata)
    shown = {*kept, *back}
    with_notes = kind.kind in WITH_NOTES
    notes = with_side_notes(find_notes(blocks, sorted(shown)), blocks, shown, all_stay=with_notes)
    notes = with_numbered(notes, blocks, shown)
    if with_notes:
        back |= {i for i in notes.of_block if i not in kept and (blocks[i].rule or decisions[i].rule)}
    if text:
        refused = {i for i, one in enumerate(decisions) if one.rule == NOT_ARTICLE and i not in lines.names}
        back |= lost_sources(blocks, kept, refused)
    if back or notes.back_links or notes.copies:
        again = Decision(COPY)
        decisions = [again if i in notes.copies else decision for i, decision in enumerate(decisions)]
        kept, removals = _sorted(split, decisions, lines, back, notes.back_links)
    if beyond := without_tags(beyond_bounds(decoded.text)) if TOO_MANY_TAGS in flags else "":
        removals = [*removals, Removal("bounds/tags", "blocks", beyond, "/html")]
    if found:
        # their paths are not those of the page
        removals = [*elsewhere, *(replace(one, where=f"{stands_in}:{one.where}") for one in removals)]
    rich = with_raw_formulas(structure(blocks, kept, lines.cuts, base, notes, split.insets, metadata.image or ""), page)
    article = Article(
        plain(rich),
        rich,
        url=url,
        **{name: getattr(metadata, name) for name in METADATA_FIELDS},
        access=access,
        kind=kind.kind,
        kind_evidence=kind.evidence,
        encoding=str(decoded),
        flags=(*flags, *evidence, *(f"refused:{rule}" for rule in split.refused)),
        removals=tuple(removals),
        rules_version=rules.version,
        sources=metadata.sources
        | ({"kind": kind.source} if kind.source else {})
        | ({"text": stands_in} if stands_in and text else {}),
        confidence=confidence,
        doubts=packaged_calibration().doubts(facts) if facts else (),
    )
    return article, facts


def _is_in_noscript(blocks: Sequence[PageBlock], kept: Collection[int]) -> bool:
    """Tell whether most of the text is what the page shows where scripts are off."""
    sizes = [(len(blocks[i].text), "/noscript" in str(blocks[i].where)) for i in kept]
    return 2 * sum(size for size, is_in in sizes if is_in) > sum(size for size, _ in sizes)


def _from_data(
    page: str | bytes,
    url: str | None,
    metadata: Metadata,
    rules: RuleSet,
    models: Models,
    judged: JudgedBlocks,
    *,
    shows_goods: bool,
) -> tuple[SplitPage, JudgedBlocks, str] | None:
    """Return the article that stands in the data of a page that shows none, split and judged, and its source.

    It is judged by the rules alone, since the model knows blocks by the page around them. The beginning of an article
    that has to be paid for is all that such a page gives.
    """
    shown = sum(len(block.text) for block in judged.kept.values() if is_prose(block.text, SENTENCE))
    if shown >= LITTLE or (shows_goods and judged.kept):
        return None
    is_paid = any(removal.rule in PAYING for removal in judged.removals)
    if shown and (is_paid or str(metadata.node.get("isAccessibleForFree")).lower() == "false"):
        return None
    # imported here: most pages show their article
    from cleaners.embedded import article_in_data

    root = parse(page)
    found = None if root is None else article_in_data(root, metadata.title)
    if not found or found.size < TIMES * shown:
        return None
    root = parse(within_bounds(f"<html><body><article>{found.html}</article></body></html>")[0])
    if root is None:
        return None
    only = replace(rules, options=replace(rules.options, only_rules=True, favor=""))
    split = split_page(root, url, metadata, only.dom, only_rules=True)
    judged = judge_blocks(split, only, metadata, models)
    return (split, judged, found.source) if judged.kept else None


def clean_page(page: Page, rules: RuleSet | None = None) -> Article:
    """Return the article of one page or text as `clean_many` does: an error becomes the flag `failed:<error>`, except
    that of a rule, which is raised (RuleError)."""
    try:
        if page.is_text:
            text = page.html if isinstance(page.html, str) else page.html.decode("utf-8", "replace")
            article = clean_text(text, url=page.url, language=page.language, rules=rules)
            return replace(article, sources={"language": "record"}) if page.language else article
        article = clean(page.html, url=page.url, charset=page.charset, rules=rules)
        return replace(article, flags=(*article.flags, *page.flags)) if page.flags else article
    except RuleError:
        # no page's fault: the rule would fail on others too, and only its owner can mend it
        raise
    except Exception as error:
        return Article("", url=page.url, flags=("empty", f"{FAILED}{type(error).__name__}"))


def clean_many(
    pages: Iterable[Page],
    *,
    jobs: int | None = None,
    rules: RuleSet | None = None,
    options: CleanOptions | None = None,
) -> Iterator[Article]:
    """Yield the article of each page, in the order of the pages. A few pages are read ahead.

    `jobs`: processes; None starts one for each core, 1 cleans in this process. If cleaning fails, the article is empty
    with the flag `failed:<error>`: `failed:crash` if the page ended its process, `failed:timeout` if it took another
    process longer than PAGE_SECONDS.

    The processes import the main script, which must guard its main part by `if __name__ == "__main__"`.

    >>> [article.text for article in clean_many([Page("It rained.\\nAdvertisement", is_text=True)], jobs=1)]
    ['It rained.']
    """
    task = partial(clean_page, rules=(rules or load_rules()).with_options(options))
    yield from work_many(
        task, pages, lost=lost_article, jobs=jobs, size=lambda page: len(page.html), seconds=PAGE_SECONDS
    )


@dataclass(frozen=True, slots=True)
class _Lines:
    """What line rules say of a page's blocks."""

    cuts: Mapping[int, Sequence[Cut]]
    """The cuts of each block that the decision keeps, by its number."""
    names: Mapping[int, str]
    """The rule that matches a line by itself, for lines that the decision removes, by their number."""


@dataclass(frozen=True, slots=True)
class JudgedBlocks:
    """What becomes of a page's blocks."""

    decisions: Sequence[Decision]
    lines: _Lines
    kept: Mapping[int, Block]
    """The blocks of the text, by number."""
    removals: Sequence[Removal]
    facts: DecisionFacts | None
    fallback: str
    """The flag of a page where the model's answer was added to."""
    stand_in: str = ""
    """The flag of a page that stands in for an article, and so has no text."""


def judge_blocks(
    page: SplitPage, rules: RuleSet, metadata: Metadata, models: Models, *, has_password: bool = False
) -> JudgedBlocks:
    """Decide about the blocks of a page, then about their lines; a page that is only a wall, or stands in for an
    article, has no text. `has_password`: whether it asks for a password."""
    options = rules.options
    decisions, facts, fallback = decide(page, models, options)
    lines = _apply_line_rules(page, decisions, rules, metadata)
    kept, removals = _sorted(page, decisions, lines)
    headlines = [block.text for block in page.blocks if block.kind == "heading" and block.level == 1]
    text = "\n".join(block.text for block in kept.values())
    standing = stand_in(
        [metadata.title or "", *headlines], text, has_date=metadata.date is not None, has_password=has_password
    )
    if not options.only_rules and (standing or _is_only_a_wall(kept.values(), removals)):
        decisions = [decision if decision.rule else Decision(WALL) for decision in decisions]
        lines = _apply_line_rules(page, decisions, rules, metadata)
        kept, removals = _sorted(page, decisions, lines)
    return JudgedBlocks(decisions, lines, kept, removals, facts, fallback, "" if options.only_rules else standing)


def _apply_line_rules(page: SplitPage, decisions: Sequence[Decision], rules: RuleSet, metadata: Metadata) -> _Lines:
    """Apply the line rules to what the decision keeps, and name by them what it removes."""
    blocks = page.blocks
    allowed = [i for i, decision in enumerate(decisions) if not decision.rule]
    headings = frozenset(n for n, i in enumerate(allowed) if blocks[i].kind in ("heading", "list item", "table"))
    title, site = metadata.title or "", metadata.site or ""
    terms = {n for own, _ in defined([blocks[i] for i in allowed]) for n in own}
    # the joined cells of a row are no line of the page, and a term has a meaning even where it is `null`
    texts = ["" if n in terms or has_cells(blocks[i]) else blocks[i].text for n, i in enumerate(allowed)]
    found = cut_lines(LineContext(texts, title, site, headings), rules.lines, metadata.language)
    fired = Counter(cut.rule for own in found for cut in own)
    if stay := released(fired, rules.lines, page.kind, page.said):
        rest = [rule for rule in rules.lines if rule.id not in stay]
        found = cut_lines(LineContext(texts, title, site, headings), rest, metadata.language)
    named, headline = namer(rules.lines), normal(title) if title else ""
    names = {
        i: name
        for i, (block, decision) in enumerate(zip(blocks, decisions, strict=True))
        if decision.rule in (NOT_ARTICLE, WALL) and len(block.text) <= MAX_LINE
        if (name := named.name(block.text, metadata.language, headline))
    }
    return _Lines(dict(zip(allowed, found, strict=True)), names)


def _sorted(
    page: SplitPage,
    decisions: Sequence[Decision],
    lines: _Lines,
    back: Container[int] = (),
    back_links: Mapping[int, Sequence[str]] = MappingProxyType({}),
) -> tuple[dict[int, Block], list[Removal]]:
    """Return the blocks that remain, by number, and every removal of the page in page order. `back`: the numbers of
    blocks that stay whatever removes them; `back_links`: the links from notes back to their marks.

    A line that a rule matches by itself carries the rule's name even where the model would have removed it; its `why`
    is the model's reason.
    """
    kept: dict[int, Block] = {}
    removals: list[Removal] = []
    last: Mark | None = None
    blocks, unread = page.blocks, deque(page.unread)
    for i, block in enumerate(blocks):
        decision, mark = decisions[i], block.frame.mark
        while unread and unread[0].order < block.order and (mark is None or unread[0].mark is not mark):
            removals.append(_removal_of(unread.popleft()))
        last = last if mark is last else None
        if i in back:
            kept[i] = block_of(block.kind, block.text, block.level)
        elif mark is not None:
            if last is not mark:
                removals.append(Removal(block.rule or "", "dom", _marked_text(blocks, i, back), block.where))
                last = mark
        elif decision.rule:
            name = lines.names.get(i)
            stage: Stage = "lines" if name else "blocks"
            removals.append(Removal(name or decision.rule, stage, block.text, block.where, why=decision.why))
        else:
            cuts = lines.cuts[i]
            removals += [Removal(c.rule, "lines", block.text[c.start : c.end].strip(), block.where) for c in cuts]
            if text := without(block.text, cuts):
                kept[i] = block_of(block.kind, text, block.level)
        if i in kept and i in back_links:
            removals += [Removal(BACK_LINK, "blocks", text, block.where) for text in back_links[i]]
    return kept, removals + [_removal_of(words) for words in unread]


def _removal_of(words: Unread) -> Removal:
    return Removal(words.rule, "dom" if words.rule.startswith("dom/") else "blocks", words.text, str(words.step))


def _is_shell(blocks: Sequence[PageBlock]) -> bool:
    """Tell whether a page with scripts shows nothing to read before they have run: it has hardly a word, or it asks to
    switch JavaScript on."""
    asked = any(block.rule == NO_SCRIPT and "javascript" in block.text.lower() for block in blocks)
    shown = [block.text for block in blocks if block.rule != NO_SCRIPT]
    return not any(map(is_prose, shown)) and (asked or sum(map(len, shown)) <= MAX_SHELL)


def _takers(removals: Sequence[Removal]) -> list[str]:
    """Return a flag for the rule that removed most of the prose of a page without text; none where it has no prose."""
    prose: Counter[str] = Counter()
    for removal in removals:
        if is_prose(removal.text):
            prose[removal.rule] += len(removal.text)
    return [f"{PROSE_REMOVED}{rule}" for rule, _ in prose.most_common(1)]


def _is_only_a_wall(kept: Collection[Block], removals: Sequence[Removal]) -> bool:
    """Tell whether the page had a wall's phrases, little text and hardly a sentence of an article."""
    if sum(len(block.text) for block in kept) > MAX_WALL:
        return False
    sentences = sum(is_prose(block.text) for block in kept)
    return any(sentences < FEW_SENTENCES.get(removal.rule, 0) for removal in removals)


def _marked_text(blocks: Sequence[PageBlock], first: int, back: Container[int]) -> str:
    """Return the whole text of a marked element but for what is put back: it is one removal, however many blocks it
    has."""
    mark = blocks[first].frame.mark
    end = next((k for k in range(first, len(blocks)) if blocks[k].frame.mark is not mark), len(blocks))
    return "\n".join(blocks[k].text for k in range(first, end) if k not in back)


def lost_article(page: Page, loss: LostError) -> Article:
    """Return the article of a page that ended its process: empty, with the flag `failed:crash` or `failed:timeout`."""
    return Article("", url=page.url, flags=("empty", f"{FAILED}{'timeout' if loss.timed_out else 'crash'}"))
