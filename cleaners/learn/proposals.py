"""Propose rules for what comes back on a host's pages and is judged debris."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Literal

from cleaners.learn.host_lines import BoilerplateElement, HostLines, find_boilerplate_elements
from cleaners.learn.judge import LIKELY, Verdict, judge, judge_lines
from cleaners.learn.line_hashes import SOME_WORDS, HashedPage
from cleaners.learn.occurrences import Occurrence
from cleaners.learn.patterns import cues_of, literal, longest_of, name_of, pattern_of
from cleaners.learn.repeats import MIN_PAGES, Repeat
from cleaners.learn.templates import GluedSentence, LineTemplate, find_glued_sentences, find_line_templates
from cleaners.rules.context import LineContext
from cleaners.rules.lines import cut_lines
from cleaners.rules.model import MAX_LINE, DomRule, Evidence, LineRule, RuleSet

FREQUENT = 0.38
"""Lines of one template on this share of the host's pages are the site's rather than an author's habit."""
TEMPLATED = 0.3
"""When this share of the articles' own lines is in such templates, the articles themselves are written like that:
market reports, results of matches."""
SAMPLES = 3
"""How many URLs and texts a proposal shows."""
PLACES = 10
"""How many paths of elements it names, also rare ones: a rule that fires at other places is flagged as moved."""

Verb = Literal["line", "fragment", "drop"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule learned from the archive, for a person to accept or reject."""

    id: str
    """The rule's id without its host: `sign-up-for-our-daily`."""
    verb: Verb
    pattern: str | tuple[str, ...]
    """A regular expression for a line or fragment; CSS selectors for drop."""
    why: str
    example: str
    keeps: str
    evidence: Evidence
    max: int | None = None
    """The longest line that the rule reads, if that is not the usual length."""
    cues: tuple[str, ...] = ()

    def rule(self, scope: str) -> DomRule | LineRule:
        """Return the rule that it proposes, as it would be in force: `scope` is what its id begins with."""
        told = (f"{scope}/{self.id}", self.why, self.example, self.keeps)
        if isinstance(self.pattern, tuple):
            return DomRule(*told, drop=self.pattern, trust=True, evidence=self.evidence)
        is_line, longest = self.verb == "line", self.max or MAX_LINE
        return LineRule(
            *told, self.pattern, is_line, max=longest, cues=self.cues, evidence=self.evidence, packaged=False
        )


def propose(
    host: str,
    pages: Sequence[HashedPage],
    repeats: Sequence[Repeat],
    occurrences: Mapping[str, Sequence[Occurrence]],
    rules: RuleSet,
    *,
    min_pages: int = MIN_PAGES,
) -> list[Proposal]:
    """Return the rules learned from the pages of a host, the most certain first.

    `occurrences` are those of some pages, by URL. A line that is not among them is not proposed, since its text is not
    known. The order of the arguments' items does not matter.
    """
    host_lines = HostLines(pages, occurrences)
    judged = ((template, _judge_template(template, host_lines)) for template in _site_templates(host_lines, min_pages))
    templates = [(template, verdict) for template, verdict in judged if verdict.probability >= LIKELY]
    in_templates = {line for template, _ in templates for line in template.lines}
    lines = judge_lines(repeats, host_lines, in_templates)
    sure = {line for template, _ in templates if template.words >= SOME_WORDS for line in template.lines}
    sure.update(repeat.line for repeat, _, _ in lines)
    debris = sure | in_templates
    writer = Writer(host_lines, rules, debris)
    elements = find_boilerplate_elements(host_lines, debris, sure, min_pages)
    for element in elements:
        writer.drop(element)
    in_elements = {occurrence for element in elements for occurrence in element.occurrences}
    for template, verdict in templates:
        if not in_elements.issuperset(template.occurrences):
            writer.line(template.pattern, template.repeat, verdict, template.occurrences)
    for repeat, verdict, of_line in lines:
        if not in_elements.issuperset(of_line):
            writer.line(pattern_of(texts_of(of_line)), repeat, verdict, of_line)
    for sentence in find_glued_sentences(repeats, host_lines):
        writer.fragment(sentence)
    return sorted(writer.proposals, key=lambda proposal: (-proposal.evidence.probability, proposal.id))


def _judge_template(template: LineTemplate, host_lines: HostLines) -> Verdict:
    return judge(template.repeat, template.occurrences, host_lines, words=template.words, also=template.facts)


def _site_templates(host_lines: HostLines, min_pages: int) -> list[LineTemplate]:
    """Return the line templates; none where the articles themselves are written in templates."""
    templates = find_line_templates(host_lines, min_pages)
    lines = {line for template in templates if template.repeat.lasting >= FREQUENT for line in template.lines}
    own = [occurrence.line for occurrence in host_lines.every() if host_lines.is_own(occurrence)]
    if sum(line in lines for line in own) > TEMPLATED * len(own):
        return []
    host_lines.disown(lines)
    return templates


@dataclass(slots=True)
class Writer:
    """Writes proposed rules, each with a name of its own."""

    host_lines: HostLines
    rules: RuleSet
    debris: set[int]
    proposals: list[Proposal] = field(default_factory=list)

    def line(self, pattern: str, repeat: Repeat, verdict: Verdict, occurrences: Sequence[Occurrence]) -> None:
        """Propose a rule for whole lines, where no rule in force takes them."""
        if not self.is_removed(occurrences[0]):
            self.add("line", pattern, repeat, verdict, occurrences, texts_of(occurrences))

    def fragment(self, glued: GluedSentence) -> None:
        """Propose a rule for a sentence that is glued to paragraphs."""
        pattern = rf"\s?{literal(glued.text)}" if glued.last else rf"{literal(glued.text)}\s?"
        verdict = Verdict(glued.probability, ("glued to paragraphs that differ",))
        repeat = replace(glued.repeat, tail=1.0 if glued.last else 0.0)
        self.add("fragment", pattern, repeat, verdict, glued.occurrences, [glued.text])

    def drop(self, element: BoilerplateElement) -> None:
        """Propose a rule for an element."""
        repeat = self.host_lines.as_one(element.selector, element.lines, 1)
        if repeat is not None:
            verdict = judge(repeat, element.occurrences, self.host_lines, words=len(element.occurrences))
            texts = texts_of(element.occurrences)
            self.add("drop", (element.selector,), repeat, verdict, element.occurrences, texts)

    def add(
        self,
        verb: Verb,
        pattern: str | tuple[str, ...],
        repeat: Repeat,
        verdict: Verdict,
        occurrences: Sequence[Occurrence],
        texts: Sequence[str],
        keeps: str | None = None,
    ) -> None:
        """Propose a rule; without a line of text that it must keep it is left out."""
        keeps = keeps or self.neighbour(occurrences, in_paragraphs=verb == "fragment")
        if keeps is None:
            return
        example, name = occurrences[0].text if verb == "fragment" else texts[0], texts[0]
        if verb == "drop":
            example, keeps = _element(pattern[0], texts[0]), f"<p>{escape(keeps)}</p>"
            name = element_name(pattern[0])
        self.proposals.append(
            Proposal(
                id=name_of(name, {proposal.id for proposal in self.proposals}),
                verb=verb,
                pattern=pattern,
                why=f"comes back on {len(repeat.pages)} of {repeat.of} pages of the site, in its {repeat.position}",
                example=example,
                keeps=keeps,
                evidence=_evidence(repeat, verdict, occurrences, self.host_lines, texts),
                max=None if verb == "drop" else longest_of(texts),
                cues=() if verb == "drop" else cues_of(texts),
            )
        )

    def is_removed(self, occurrence: Occurrence) -> bool:
        """Tell whether a rule in force already removes the line."""
        page = self.host_lines.occurrences[occurrence.url]
        cuts = cut_lines(LineContext([each.text for each in page]), self.rules.for_url(occurrence.url).lines)
        return any(cut.end - cut.start == len(occurrence.text) for cut in cuts[page.index(occurrence)])

    def neighbour(self, occurrences: Sequence[Occurrence], *, in_paragraphs: bool) -> str | None:
        """Return the article's own line that is nearest to the debris, on the first page that has one.

        The lines that debris `in_paragraphs` is part of are left out.
        """
        for occurrence in occurrences:
            lines = self.host_lines.occurrences[occurrence.url]
            at = {line: n for n, line in reversed([*enumerate(lines)])}  # `lines.index` would take quadratic time
            distances = {line: abs(n - at[occurrence]) for line, n in at.items()}
            for other in sorted(distances, key=lambda line: (distances[line], line.text)):
                is_own = other.line not in self.debris and self.host_lines.is_own(other)
                if is_own and not (in_paragraphs and other in occurrences):
                    return other.text
        return None


def element_name(selector: str) -> str:
    """Return the words of an element's selector, as a name for its rule.

    >>> element_name("div.more-stories#tail")
    'div more stories tail'
    """
    return " ".join(re.findall(r"[A-Za-z]+", selector))


def _element(selector: str, text: str) -> str:
    """Return the HTML of an element that the selector fits."""
    tag, *names = re.split(r"(?=[.#])", selector)
    classes = " ".join(name[1:] for name in names if name[0] == ".")
    attributes = f' class="{classes}"' if classes else ""
    attributes += "".join(f' id="{name[1:]}"' for name in names if name[0] == "#")
    element = f"<{tag}{attributes}>{escape(text)}</{tag}>"
    return f"<table>{element}</table>" if tag in ("tr", "td", "th", "tbody", "thead") else element


def texts_of(occurrences: Sequence[Occurrence]) -> list[str]:
    """Return the different texts, the most frequent first."""
    counts = Counter(occurrence.text for occurrence in occurrences)
    return sorted(counts, key=lambda text: (-counts[text], text))


def _evidence(
    repeat: Repeat, verdict: Verdict, occurrences: Sequence[Occurrence], host_lines: HostLines, texts: Sequence[str]
) -> Evidence:
    days = sorted(day for url in repeat.pages if (day := host_lines.pages[url].fetched))
    lengths = [len(texts[0])] if len(texts) == 1 else [len(occurrence.text) for occurrence in occurrences]
    places = Counter(occurrence.path for occurrence in occurrences if occurrence.chain)
    return Evidence(
        pages=len(repeat.pages),
        of=repeat.of,
        first_seen=days[0] if days else "",
        last_seen=days[-1] if days else "",
        urls=repeat.pages[:SAMPLES],
        removes=tuple(texts[:SAMPLES]),
        characters=round(sum(lengths) / len(lengths) * len(repeat.pages)),
        position=repeat.position,
        places=tuple(sorted(places, key=lambda place: (-places[place], place))[:PLACES]),
        facts=verdict.facts,
        probability=round(verdict.probability, 3),
    )
