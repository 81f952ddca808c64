"""Propose rules for what comes back on a host's pages and is judged debris."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
from cleaners.rules.model import Evidence, RuleSet

FREQUENT = 0.38
"""Lines of one template on that share of the host's pages are the site template's rather than an author's habit."""
TEMPLATED = 0.3
"""When that share of the articles' own lines is in such templates, the articles are written like that: market reports,
results of matches."""
SAMPLES = 3
"""Addresses and texts that a proposal shows."""
PLACES = 10
"""Paths of elements that it names: a rule that fires at others is flagged as moved, so rare ones count too."""

Verb = Literal["line", "fragment", "drop"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule that the archive teaches, ready for a person to judge."""

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
    """The longest line that the rule looks at, where that is not the usual."""
    cues: tuple[str, ...] = ()


def propose(
    host: str,
    pages: Sequence[HashedPage],
    repeats: Sequence[Repeat],
    occurrences: Mapping[str, Sequence[Occurrence]],
    rules: RuleSet,
    *,
    min_pages: int = MIN_PAGES,
) -> list[Proposal]:
    """Return the rules that the pages of a host teach, the surest first.

    `occurrences`: of some of the pages, by address. A line that they do not show is not proposed, as its text is not
    known. The result does not depend on the order of any argument.
    """
    host_lines = HostLines(pages, occurrences)
    templates = [
        (template, verdict)
        for template in _site_templates(host_lines, min_pages)
        if (verdict := _judge_template(template, host_lines)).probability >= LIKELY
    ]
    in_templates = {line for template, _ in templates for line in template.lines}
    lines = judge_lines(repeats, host_lines, in_templates)
    sure = {line for template, _ in templates if template.words >= SOME_WORDS for line in template.lines}
    sure.update(repeat.line for repeat, _, _ in lines)
    debris = sure | in_templates
    writer = _Writer(host_lines, rules, debris)
    writer.write(
        find_boilerplate_elements(host_lines, debris, sure, min_pages),
        templates,
        lines,
        find_glued_sentences(repeats, host_lines),
    )
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
class _Writer:
    """Writes rules, each with a name of its own."""

    host_lines: HostLines
    rules: RuleSet
    debris: set[int]
    proposals: list[Proposal] = field(default_factory=list)

    def write(
        self,
        elements: Sequence[BoilerplateElement],
        templates: Iterable[tuple[LineTemplate, Verdict]],
        lines: Iterable[tuple[Repeat, Verdict, Sequence[Occurrence]]],
        glued: Iterable[GluedSentence],
    ) -> None:
        """Write a rule for each; lines that a rule for an element takes need none."""
        in_elements = {occurrence for element in elements for occurrence in element.occurrences}
        for element in elements:
            self.drop(element)
        for template, verdict in templates:
            if not in_elements.issuperset(template.occurrences):
                texts = _texts(template.occurrences)
                self.add("line", template.pattern, template.repeat, verdict, template.occurrences, texts)
        for repeat, verdict, occurrences in lines:
            if not in_elements.issuperset(occurrences):
                texts = _texts(occurrences)
                self.add("line", pattern_of(texts), repeat, verdict, occurrences, texts)
        for sentence in glued:
            self.fragment(sentence)

    def fragment(self, glued: GluedSentence) -> None:
        pattern = rf"\s?{literal(glued.text)}" if glued.last else rf"{literal(glued.text)}\s?"
        verdict = Verdict(glued.probability, ("glued to paragraphs that differ",))
        repeat = replace(glued.repeat, tail=1.0 if glued.last else 0.0)
        self.add("fragment", pattern, repeat, verdict, glued.occurrences, [glued.text])

    def drop(self, element: BoilerplateElement) -> None:
        repeat = self.host_lines.as_one(element.selector, element.lines, 1)
        if repeat is not None:
            verdict = judge(repeat, element.occurrences, self.host_lines, words=len(element.occurrences))
            texts = _texts(element.occurrences)
            self.add("drop", (element.selector,), repeat, verdict, element.occurrences, texts)

    def add(
        self,
        verb: Verb,
        pattern: str | tuple[str, ...],
        repeat: Repeat,
        verdict: Verdict,
        occurrences: Sequence[Occurrence],
        texts: Sequence[str],
    ) -> None:
        keeps = self.neighbour(occurrences, in_paragraphs=verb == "fragment")
        if keeps is None or (verb == "line" and self.is_taken(occurrences[0])):
            return
        example = texts[0]
        if verb == "fragment":
            example = occurrences[0].text
        elif verb == "drop":
            example, keeps = _element(pattern[0], texts[0]), f"<p>{escape(keeps)}</p>"
        text = element_name(pattern[0]) if verb == "drop" else texts[0]
        self.proposals.append(
            Proposal(
                id=name_of(text, {proposal.id for proposal in self.proposals}),
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

    def is_taken(self, occurrence: Occurrence) -> bool:
        """Tell whether a rule in force takes the line already."""
        page = self.host_lines.occurrences[occurrence.url]
        cuts = cut_lines(LineContext([one.text for one in page]), self.rules.for_url(occurrence.url).lines)
        return any(cut.end - cut.start == len(occurrence.text) for cut in cuts[page.index(occurrence)])

    def neighbour(self, occurrences: Sequence[Occurrence], *, in_paragraphs: bool) -> str | None:
        """Return the article's own line that stands nearest to the debris, on the first page that has one.

        Debris `in_paragraphs` is part of an article's own line, which is then no neighbour.
        """
        for occurrence in occurrences:
            lines = self.host_lines.occurrences[occurrence.url]
            # not `index`, which looks through the whole page for each of its lines
            at = {line: n for n, line in reversed([*enumerate(lines)])}
            distances = {line: abs(n - at[occurrence]) for line, n in at.items()}
            for other in sorted(distances, key=lambda line: (distances[line], line.text)):
                is_own = other.line not in self.debris and self.host_lines.is_own(other)
                if is_own and not (in_paragraphs and other in occurrences):
                    return other.text
        return None


def element_name(selector: str) -> str:
    """Return the words of an element's selector, from which its rule is named.

    >>> element_name("div.more-stories#tail")
    'div more stories tail'
    """
    return " ".join(re.findall(r"[A-Za-z]+", selector))


def _element(selector: str, text: str) -> str:
    """Return the markup of an element that the selector fits."""
    tag, *names = re.split(r"(?=[.#])", selector)
    classes = " ".join(name[1:] for name in names if name[0] == ".")
    attributes = f' class="{classes}"' if classes else ""
    attributes += "".join(f' id="{name[1:]}"' for name in names if name[0] == "#")
    element = f"<{tag}{attributes}>{escape(text)}</{tag}>"
    return f"<table>{element}</table>" if tag in ("tr", "td", "th", "tbody", "thead") else element


def _texts(occurrences: Sequence[Occurrence]) -> list[str]:
    """Return the different texts, the most frequent first."""
    counts = Counter(one.text for one in occurrences)
    return sorted(counts, key=lambda text: (-counts[text], text))


def _evidence(
    repeat: Repeat, verdict: Verdict, occurrences: Sequence[Occurrence], host_lines: HostLines, texts: Sequence[str]
) -> Evidence:
    days = sorted(day for url in repeat.pages if (day := host_lines.pages[url].fetched))
    lengths = [len(texts[0])] if len(texts) == 1 else [len(one.text) for one in occurrences]
    places = Counter(one.path for one in occurrences if one.chain)
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
