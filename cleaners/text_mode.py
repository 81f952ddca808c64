"""Remove debris from text that was extracted elsewhere, with the span of each removal, so the input can be restored.

Line rules first, then, in a text that is not clean, the line model (line_model/), which sees what they took.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate

from cleaners.article import Article, Removal
from cleaners.line_model import LineModel, Reasons, debris, line_model, roughness
from cleaners.rules.choice import CleanOptions
from cleaners.rules.context import LineContext
from cleaners.rules.lines import Cut, cut_lines
from cleaners.rules.load import load_rules
from cleaners.rules.model import RuleSet

MODEL = "lines/model"
MOST_LINES, MOST_CHARACTERS = 50_000, 5_000_000
"""The model reads no text with more: its columns would take more than some 100 MB. A judgement: the largest whole page
of the development corpora has 6,439 lines."""


def clean_text(
    text: str,
    *,
    url: str | None = None,
    language: str | None = None,
    rules: RuleSet | None = None,
    options: CleanOptions | None = None,
) -> Article:
    r"""Remove debris lines, and debris glued to lines, from ready-made text; no other character changes.

    Each removal has its position in the input: `text[r.start:r.end] == r.text`. Of the options `keep` and `only_rules`
    mean something here. `Article.flags` says how rough the text is: `text:clean`, `text:rough` or `text:whole-page`;
    the line model reads the last two.

    >>> article = clean_text("It rained on Monday.\nAdvertisement\nIt was dry on Tuesday.")
    >>> article.text
    'It rained on Monday.\nIt was dry on Tuesday.'
    >>> [(r.rule, r.where) for r in article.removals]
    [('lines/advertisement', 'line 2')]
    """
    return judged_text(text, line_model, url=url, language=language, rules=rules, options=options)


def judged_text(
    text: str,
    model: Callable[[], LineModel],
    *,
    url: str | None = None,
    language: str | None = None,
    rules: RuleSet | None = None,
    options: CleanOptions | None = None,
) -> Article:
    """Do what `clean_text` does, with another line model: `model` is called only for a text that it reads."""
    rules = (rules or load_rules()).with_options(options)
    raw = text.splitlines(keepends=True)
    shown = [n for n, line in enumerate(raw) if line.strip()]
    context = LineContext([raw[n].strip() for n in shown], address=url or "", text_mode=True)
    cuts = cut_lines(context, rules.for_url(url).lines, language)
    if stay := rules.options.kept_rules:
        cuts = [[cut for cut in own if cut.rule not in stay] for own in cuts]
    reasons: dict[int, Callable[[], str]] = {}
    flags: tuple[str, ...] = ()
    if shown:
        flags, reasons = _judge([raw[n].rstrip() for n in shown], context, cuts, rules, model)
        for number in reasons:
            cuts[number] = [Cut(MODEL, 0, len(context.texts[number]))]
    removals = _removals(text, raw, shown, cuts, reasons)
    kept, at = [], 0
    for removal in removals:
        kept.append(text[at : removal.start])
        at = removal.end or 0
    kept.append(text[at:])
    cleaned = "".join(kept)
    if not cleaned.strip():
        flags = ("empty", *flags)
    return Article(cleaned, url=url, language=language, removals=removals, rules_version=rules.version, flags=flags)


def lines_of(text: str) -> list[str]:
    r"""Return the lines that are not blank, with their indentation.

    >>> lines_of("  • Sport  \n\nIt rained.")
    ['  • Sport', 'It rained.']
    """
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def whole_lines(context: LineContext, cuts: Sequence[Sequence[Cut]]) -> list[bool]:
    """Tell which lines are removed as a whole."""
    return [
        len(own) == 1 and own[0].end - own[0].start == len(line) for own, line in zip(cuts, context.texts, strict=True)
    ]


def _judge(
    lines: list[str],
    context: LineContext,
    cuts: Sequence[Sequence[Cut]],
    rules: RuleSet,
    model: Callable[[], LineModel],
) -> tuple[tuple[str, ...], dict[int, Callable[[], str]]]:
    """Return how rough a text is, as a flag, and the lines that the line model takes, each with its reason. `lines`:
    those of the context with their indentation."""
    rough = roughness(context)
    flags = (f"text:{rough}",)
    is_out = rough == "clean" or rules.options.only_rules
    if is_out or len(lines) > MOST_LINES or sum(map(len, lines)) > MOST_CHARACTERS:
        return flags, {}
    taken = whole_lines(context, cuts)
    scores = model().scores(lines, taken)
    found = debris(scores, taken, rough)
    reasons = Reasons(scores, found)
    return flags, {number: partial(reasons.of, number) for number in found}


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


def _removals(
    text: str,
    raw: list[str],
    numbers: list[int],
    cuts: list[list[Cut]],
    reasons: dict[int, Callable[[], str]],
) -> tuple[Removal, ...]:
    starts = [0, *accumulate(map(len, raw))]
    removals: list[Removal] = []
    for index, (n, cuts_of_line) in enumerate(zip(numbers, cuts, strict=True)):
        indent = len(raw[n]) - len(raw[n].lstrip())
        following = starts[numbers[index + 1]] if index + 1 < len(numbers) else len(text)
        for cut in cuts_of_line:
            start, end = starts[n] + indent + cut.start, starts[n] + indent + cut.end
            if cut.start == 0 and cut.end == len(raw[n].strip()):
                start, end = starts[n], following
            why = reasons.get(index, "")
            removals.append(Removal(cut.rule, "lines", text[start:end], f"line {n + 1}", start, end, why))
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
        removals[first] = Removal(
            tail.rule, tail.stage, text[start : tail.end], tail.where, start, tail.end, vars(tail)["why"]
        )
    return removals
