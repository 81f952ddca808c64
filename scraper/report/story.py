"""Say in lines what is known of a URL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from scraper.outcomes import UNREQUESTED, is_transient
from scraper.printable import one_line
from scraper.report.why import Story, moment


def story_lines(story: Story, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield each line of the story with its label; an empty label continues the one before."""
    yield "url", story.url
    yield from _found(story)
    yield from story.verdicts.items()
    if story.robots:
        yield "", f"robots.txt: {_place(story.robots)}"
    for number, fetch in enumerate(story.fetches):
        yield "fetched" if number == 0 else "", _place(fetch)
    if not story.fetches:
        asked = story.row and story.row.attempts and story.row.status not in UNREQUESTED
        yield "fetched", "the archive has no answer" if asked else "never"
    if told := next((fetch["opt_outs"] for fetch in story.fetches if fetch["opt_outs"]), None):
        yield from _use(told)
    for number, text in enumerate(story.texts):
        yield from _text(text, number)
    if row := story.row:
        reason, closed = f": {one_line(row.reason)}" if row.reason else "", _at(row.closed_at) or "not closed"
        yield "status", f"{row.status or row.state}{reason} ({closed}, attempts: {row.attempts})"
        yield "next", f"due {due}" if (due := _at(row.due_at)) else _next(story)
        if story.host_next_at and story.host_next_at > now.timestamp():
            yield "", f"no request to {row.host} before {_at(story.host_next_at)}"


def _found(story: Story) -> Iterator[tuple[str, str]]:
    """Yield a line for each source above the URL and each redirect below it."""
    if story.row is None:
        yield "found", "in the archive only; the crawl does not know it"
        return
    for step in story.chain:
        by = "redirect to" if step.hops and step.found_in and step.kind == story.row.kind else step.kind
        published = f", published {day}" if (day := _at(step.published)) else ""
        name = "this" if step is story.row else by
        about = f"site {one_line(step.site)}, {_at(step.added_at)}{published}, {step.status or step.state}"
        yield "found", f"{name}: {step.url} ({about})"


def _place(fetch: dict[str, Any]) -> str:
    parts = [fetch["fetched"], f"HTTP {fetch['http_status']}", fetch["content_type"] or "no content type"]
    parts += [f"to {one_line(fetch['location'])}"] if fetch["location"] else []
    parts += [f"revisit ({fetch['revisit']})"] if fetch["revisit"] else []
    parts += [f"rendered by a browser of record {fetch['rendering_of']}"] if fetch["rendering_of"] else []
    parts += [f"cut short ({fetch['truncated']})"] if fetch["truncated"] else []
    return f"{', '.join(parts)}; {fetch['warc']} at {fetch['offset']}, record {fetch['record_id']}"


def _use(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is said about the use of the page: together, and each statement as it was written."""
    answers = [f"{use} {answer}" for use, answer in told["uses"].items()]
    answers += [f"{use} also allowed elsewhere" for use in told["contradictory"]]
    yield "use", ", ".join(answers) or "no statement for all"
    kinds: dict[tuple[str, str | None], list[str]] = {}
    for signal in told["signals"]:
        kinds.setdefault((signal["kind"], signal["seen"]), []).append(signal["value"])
    for (kind, seen), values in kinds.items():
        yield "", one_line(f"{kind}: {', '.join(values)}", None) + (f" (seen {seen})" if seen else "")


def _text(text: dict[str, Any], number: int) -> Iterator[tuple[str, str]]:
    if number:
        words = f", {text['words']} words" if "words" in text else ""
        yield "", f"earlier text: {text['stored']}{words}; {text['file']} at {text['offset']}"
        return
    yield "title", one_line(text["title"] or "none")
    yield "date", text["date"] or "none found"
    if "problem" in text:
        yield "problem", one_line(text["problem"])
        return
    evidence = f" ({one_line(', '.join(text['evidence']))})" if text["evidence"] else ""
    yield "access", f"{text['access']}{evidence}"
    if text["kind"]:
        yield "kind", one_line(text["kind"])
    if text["confidence"] is not None:
        yield "confidence", f"{text['confidence']:.2f}"
    yield "words", str(text["words"])
    yield "rules", ", ".join(f"{rule} {number}" for rule, number in text["rules"].items()) or "none fired"
    yield "text", f"{text['stored']}; {text['file']} at {text['offset']}"


def _next(story: Story) -> str:
    row = story.row
    if row is None or row.state != "done":
        return "waits for the next crawl"
    if row.kind != "article":
        return "read again in the next crawl of its site"
    if is_transient(row.status):
        return "tried again if a source names it again"
    return "not fetched again automatically"


def _at(seconds: float | None) -> str:
    return moment(seconds) or ""
