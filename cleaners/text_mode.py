"""Remove debris from text that was extracted elsewhere, with the span of each removal, so the input can be restored."""

from __future__ import annotations

from itertools import accumulate

from cleaners.article import Article, Removal
from cleaners.rules.choice import CleanOptions
from cleaners.rules.context import LineContext
from cleaners.rules.lines import Cut, cut_lines
from cleaners.rules.load import load_rules
from cleaners.rules.model import RuleSet


def clean_text(
    text: str,
    *,
    url: str | None = None,
    language: str | None = None,
    rules: RuleSet | None = None,
    options: CleanOptions | None = None,
) -> Article:
    r"""Remove debris lines, and debris glued to lines, from ready-made text; no other character changes.

    Each removal has its position in the input: `text[r.start:r.end] == r.text`. Of the options only `keep` means
    something here: the model has no part in this.

    >>> article = clean_text("It rained on Monday.\nAdvertisement\nIt was dry on Tuesday.")
    >>> article.text
    'It rained on Monday.\nIt was dry on Tuesday.'
    >>> [(r.rule, r.where) for r in article.removals]
    [('lines/advertisement', 'line 2')]
    """
    rules = (rules or load_rules()).with_options(options)
    raw = text.splitlines(keepends=True)
    numbers = [n for n, line in enumerate(raw) if line.strip()]
    texts = [raw[n].strip() for n in numbers]
    cuts = cut_lines(LineContext(texts, address=url or "", text_mode=True), rules.for_url(url).lines, language)
    if stay := rules.options.kept_rules:
        cuts = [[cut for cut in own if cut.rule not in stay] for own in cuts]
    removals = _removals(text, raw, numbers, cuts)
    kept, at = [], 0
    for removal in removals:
        kept.append(text[at : removal.start])
        at = removal.end or 0
    kept.append(text[at:])
    cleaned = "".join(kept)
    flags = () if cleaned.strip() else ("empty",)
    return Article(cleaned, url=url, language=language, removals=removals, rules_version=rules.version, flags=flags)


def restore(article: Article) -> str:
    """Return the exact input of `clean_text`. Raises ValueError for an article that came from a page."""
    parts, at, source = [], 0, 0
    for removal in article.removals:
        if removal.start is None or removal.end is None:
            raise ValueError("only what clean_text returned can be restored: a page's own bytes are in its WARC")
        size = removal.start - source
        parts += [article.text[at : at + size], removal.text]
        at, source = at + size, removal.end
    return "".join([*parts, article.text[at:]])


def _removals(text: str, raw: list[str], numbers: list[int], cuts: list[list[Cut]]) -> tuple[Removal, ...]:
    starts = [0, *accumulate(map(len, raw))]
    removals: list[Removal] = []
    for index, (n, cuts_of_line) in enumerate(zip(numbers, cuts, strict=True)):
        indent = len(raw[n]) - len(raw[n].lstrip())
        following = starts[numbers[index + 1]] if index + 1 < len(numbers) else len(text)
        for cut in cuts_of_line:
            start, end = starts[n] + indent + cut.start, starts[n] + indent + cut.end
            if cut.start == 0 and cut.end == len(raw[n].strip()):
                start, end = starts[n], following
            removals.append(Removal(cut.rule, "lines", text[start:end], f"line {n + 1}", start, end))
    return tuple(_trim_tail(text, removals))


def _trim_tail(text: str, removals: list[Removal]) -> list[Removal]:
    """Extend removed lines at the very end over the line ends before them, so that no blank lines remain."""
    first, edge = len(removals), len(text)
    while first and removals[first - 1].end == edge:
        first -= 1
        edge = removals[first].start or 0
    floor = (removals[first - 1].end or 0) if first else 0
    if first < len(removals):
        tail = removals[first]
        start = max(len(text[:edge].rstrip()), floor)
        removals[first] = Removal(tail.rule, tail.stage, text[start : tail.end], tail.where, start, tail.end)
    return removals
