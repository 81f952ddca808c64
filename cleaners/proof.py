"""Rules prove themselves: each takes its own example and leaves what it is most likely to hurt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lxml.html import HtmlElement

from cleaners.dom import mark
from cleaners.lines import Lines, cut_lines
from cleaners.ruleset import DomRule, LineRule, RuleError, RuleSet
from cleaners.tree import parse


def prove(rules: RuleSet) -> Iterator[str]:
    """Yield one line for each rule whose `example` is not taken, or whose `keeps` is.

    A line rule is tried among all line rules, as a text of one or more lines; its first line counts as the page's
    title. A DOM rule is tried by itself, on a page of its own.
    """
    for rule in rules:
        takes = _dom_takes if isinstance(rule, DomRule) else _line_takes
        try:
            if not takes(rule, rule.example, rules):  # type: ignore[arg-type]
                yield f"rule {rule.id}: does not take its own example: {rule.example!r}"
            if takes(rule, rule.keeps, rules):  # type: ignore[arg-type]
                yield f"rule {rule.id}: takes what it must keep: {rule.keeps!r}"
        except RuleError as error:
            # one of the packaged patterns, which are compiled only here and on pages
            yield str(error)
            return


def _line_takes(rule: LineRule, text: str, rules: RuleSet) -> bool:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    title = rule.example if rule.shape == "repeats-title" else ""
    # the address of the example's page holds the words of its headline
    address = f"/{'-'.join(rule.example.partition(chr(10))[0].split())}" if rule.shape == "names-address" else ""
    among = rules.lines if rule in rules.lines else (*rules.lines, rule)
    return any(
        cut.rule == rule.id
        for cuts in cut_lines(Lines(lines, title, address=address, text_mode=True), among)
        for cut in cuts
    )


def _dom_takes(rule: DomRule, html: str, rules: RuleSet) -> bool:
    root: HtmlElement | None = parse(f"<html><body>{html}</body></html>")
    # without the guard: an example is its page's whole text
    return root is not None and bool(mark(root, [replace(rule, trust=True)])[0])
