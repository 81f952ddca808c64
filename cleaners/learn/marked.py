"""Propose a rule for one line that a person marked as debris, by what the host's other pages have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cleaners.learn.host_lines import BoilerplateElement, HostLines, fits
from cleaners.learn.judge import LIKELY, Verdict, judge
from cleaners.learn.line_hashes import PROSE_SIZE, HashedPage, line_hash, size_of
from cleaners.learn.occurrences import Occurrence
from cleaners.learn.patterns import pattern_of
from cleaners.learn.proposals import Proposal, Writer, propose, texts_of
from cleaners.learn.repeats import MIN_PAGES, Repeat, find_repeats
from cleaners.learn.templates import find_line_templates
from cleaners.rules.model import DomRule, RuleSet

MARKED = "marked as debris by a person"
"""The fact that a proposal from a mark has in its evidence, before those that are weighed."""
MARKED_PAGES = 2
"""On how many pages a marked line has to come back: a person has seen it, so that one page less than for a line that
only counts is enough. A rule for a line of one page would serve no other page."""
OWN = 0.5
"""An element is part of the articles where this share of its lines is prose that no other page has, such as the lead
of each story: what it holds on other pages is text."""

_WORDS = re.compile(r"[^\W_]+")


def propose_marked(
    host: str,
    pages: Sequence[HashedPage],
    occurrences: Mapping[str, Sequence[Occurrence]],
    rules: RuleSet,
    *,
    url: str,
    line: str,
) -> Proposal | str:
    """Return the rule that a line marked as debris on the page `url` teaches, or in words why it teaches none.

    The other arguments are those of `propose`; `occurrences` has to have those of the page. What the host teaches
    without the mark comes first. Otherwise it is a rule for the line as it comes back, for the lines of its template,
    or for the element whose whole text it is.
    """
    marked = line_hash(line)
    at = next((one for one in occurrences.get(url, ()) if one.line == marked), None)
    if at is None:
        return "the page's newest text does not have this line, or a rule in force takes it already"
    for proposal in propose(host, pages, find_repeats(pages), occurrences, rules):
        if _takes(proposal, at):
            evidence = replace(proposal.evidence, facts=(MARKED, *proposal.evidence.facts))
            return replace(proposal, evidence=evidence, example=line if proposal.verb == "line" else proposal.example)
    host_lines = HostLines(pages, occurrences)
    writer = Writer(host_lines, rules, {marked})
    # a page that is nearly the same as another one is not among the host's
    there = at if url in host_lines.occurrences else next(iter(host_lines.by_line[marked]), None)
    if there and writer.is_removed(there):
        return "a rule in force takes this line already: clean the stored pages of the site again"
    others = [one for one in host_lines.every() if one.url != url and one.line != marked and host_lines.is_own(one)]
    keeps = _most_similar(line, others)
    if repeat := _repeat(pages, marked):
        of_line = host_lines.by_line[marked]
        verdict = judge(repeat, of_line, host_lines)
        if size_of(marked) == 0 and verdict.probability < LIKELY:
            return "one or two words are too little: the same may stand in an article as text"
        texts = _first(at.text, of_line)
        writer.add("line", pattern_of(texts), repeat, _by_mark(verdict), of_line, texts, keeps)
    elif template := next((one for one in find_line_templates(host_lines, MIN_PAGES) if marked in one.lines), None):
        verdict = judge(template.repeat, template.occurrences, host_lines, words=template.words, also=template.facts)
        texts = _first(at.text, template.occurrences)
        writer.add("line", template.pattern, template.repeat, _by_mark(verdict), template.occurrences, texts, keeps)
    elif element := next((one for one in host_lines.elements_around(at) if _is_usable(one, host_lines)), None):
        merged = host_lines.as_one(element.selector, element.lines, MARKED_PAGES)
        if merged is not None:
            verdict = judge(merged, element.occurrences, host_lines, words=len(element.occurrences))
            texts = _first(at.text, element.occurrences)
            writer.add("drop", (element.selector,), merged, _by_mark(verdict), element.occurrences, texts, keeps)
    else:
        return "the line stands on this page only, and so does its element, or the element holds text on other pages"
    if not writer.proposals:
        return f"no other page of {host} has a line of its own that the rule could be held against"
    return _held_against(writer.proposals[0], others)


def _first(text: str, occurrences: Sequence[Occurrence]) -> list[str]:
    """Return the different texts, the marked one first: it is the rule's example."""
    return [text, *(other for other in texts_of(occurrences) if other != text)]


def _takes(proposal: Proposal, at: Occurrence) -> bool:
    """Tell whether a proposal takes a line where it stands."""
    rule = proposal.rule(proposal.id)
    if isinstance(rule, DomRule):
        return any(fits(selector, step) for selector in rule.drop for step in at.chain)
    return rule.whole and rule.matches(at.text)


def _repeat(pages: Sequence[HashedPage], line: int) -> Repeat | None:
    repeats = find_repeats(pages, min_pages=MARKED_PAGES)
    return next((one for one in repeats if one.line == line and not one.is_sentence), None)


def _is_usable(element: BoilerplateElement, host_lines: HostLines) -> bool:
    """Tell whether an element holds one line a page, on several pages, which is not the articles' own prose."""
    pages = {one.url for one in element.occurrences}
    own = sum(size_of(one.line) == PROSE_SIZE and host_lines.is_own(one) for one in element.occurrences)
    alone = len(pages) == len(element.occurrences) >= MARKED_PAGES
    return alone and own < OWN * len(pages)


def _by_mark(verdict: Verdict) -> Verdict:
    return Verdict(verdict.probability, (MARKED, *verdict.facts))


def _most_similar(line: str, others: Iterable[Occurrence]) -> str | None:
    """Return the text that shares most words with a line; None where none shares one."""
    wanted = _words(line)
    shared = {one.text: len(wanted & _words(one.text)) / len(wanted | _words(one.text)) for one in others if wanted}
    best = min(shared, key=lambda text: (-shared[text], text), default=None)
    return best if best is not None and shared[best] else None


def _words(text: str) -> set[str]:
    return set(_WORDS.findall(text.casefold()))


def _held_against(proposal: Proposal, others: Iterable[Occurrence]) -> Proposal | str:
    """Return a proposal, or why it is unsafe: it would take a line that is another page's own text."""
    rule = proposal.rule(proposal.id)
    if isinstance(rule, DomRule):
        return proposal  # its element holds no prose of theirs
    taken = next((one for one in others if rule.matches(one.text)), None)
    known = set(map(line_hash, proposal.evidence.removes))
    if taken is None or taken.line in known:
        return proposal
    return f"a rule for it would also take a line of text on {taken.url}: {taken.text[:80]}"
