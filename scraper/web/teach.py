"""Mark a line of an article as debris or as text, and put in force what follows for its site, if a person accepts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from archive import ArchiveError, collections
from archive.site_rules import (
    InForce,
    Judgement,
    Suggestion,
    Verdict,
    add_judgement,
    put_in_force,
    rules_after,
    suggest,
    take_back,
    withdraw,
)
from cleaners import RuleSet, load_in_force
from scraper.printable import one_line
from scraper.report.marking import Line, key_of, marked_lines, said_of
from scraper.report.proposals import facts
from scraper.web.effects import Jobs
from scraper.web.parameters import form, parameters

VERDICTS: tuple[Verdict, ...] = ("debris", "text", "withdrawn")
MAX_TAUGHT = 200
"""The suggestions of this start that are kept, with the rule files as they were before each was accepted."""


@dataclass
class Taught:
    """What followed of a mark, and whether it was accepted."""

    suggestion: Suggestion
    accepted: InForce | None = None


class Lessons:
    """What followed of the marks of this start of the server, by URL and line."""

    def __init__(self) -> None:
        """Begin without any."""
        self.lock = Lock()
        self._taught: dict[tuple[str, str], Taught] = {}

    def of(self, line: Line) -> Taught | None:
        """Return what followed of the mark of a line; None where this start does not know it."""
        return self._taught.get((line.row.url, line.text))

    def keep(self, line: Line, taught: Taught | None) -> None:
        """Remember what followed of a mark; None forgets it."""
        self._taught.pop((line.row.url, line.text), None)
        if taught:
            self._taught[line.row.url, line.text] = taught
            for old in list(self._taught)[:-MAX_TAUGHT]:
                del self._taught[old]


async def show(request: Request) -> Response:
    """Return the page of a marked line: what follows of it, and what that would change."""
    asked = parameters(request, ("record", "line", "job"))
    values = await to_thread.run_sync(_shown, request.app.state, asked)
    answer: Response = request.app.state.templates.TemplateResponse(request, "teach.html", values)
    return answer


def _shown(state: Any, asked: dict[str, str]) -> dict[str, Any]:  # noqa: ANN401 - Starlette's
    line = _line(state.data, asked)
    taught: Taught | None = state.lessons.of(line)
    return {
        "line": line,
        "title": one_line(line.row.title or line.row.url),
        "verdict": said_of(state.data, line.row.url).get(key_of(line.text), ""),
        "taught": taught,
        "facts": list(facts(taught.suggestion.proposal)) if taught and taught.suggestion.proposal else [],
        # by its capture, a text is the newest one
        "article": {"record": line.row.capture_id or line.row.record_id, "marks": "1"},
        "job": _job(state.jobs, asked.get("job", "")),
    }


def _job(jobs: Jobs, id: str) -> dict[str, Any] | None:
    try:
        return jobs.find(id).shown()
    except HTTPException:  # of an earlier start: the mark is still shown
        return None


async def mark(request: Request) -> Response:
    """Keep a judgement of a line, and look for what follows of it."""
    asked = form(request, ("record", "line", "verdict"))
    line, taught, job = await to_thread.run_sync(_marked, request.app.state, asked)
    if taught is None:
        return RedirectResponse(f"/article?{urlencode({'record': line.row.record_id, 'marks': '1'})}", 303)
    return _go(line, job)


def _marked(state: Any, asked: dict[str, str]) -> tuple[Line, Taught | None, str]:  # noqa: ANN401
    line, data = _line(state.data, asked), state.data
    verdict = next((one for one in VERDICTS if one == asked.get("verdict")), None)
    if verdict is None or verdict == ("debris" if line.rule else "text"):
        raise HTTPException(400, f"verdict: give {'text' if line.rule else 'debris'} or withdrawn for this line.")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    judgement = Judgement(line.row.url, line.row.record_id, line.text, verdict, line.rule, now)
    lessons: Lessons = state.lessons
    with lessons.lock:
        add_judgement(data, judgement)
        known = lessons.of(line)
        if known and known.accepted:
            return line, known, ""
        if known and known.suggestion.proposal:
            withdraw(data, known.suggestion.host, known.suggestion.rule)
        rules = load_in_force(data)
        taught = None if verdict == "withdrawn" else Taught(suggest(data, rules, judgement))
        lessons.keep(line, taught)
    return line, taught, _measure(state, rules, taught.suggestion) if taught else ""


def _measure(state: Any, rules: RuleSet, suggestion: Suggestion) -> str:  # noqa: ANN401
    """Begin to measure what a suggestion would change, and return the job's id; empty where there is none."""
    if suggestion.step == "none":
        return ""
    jobs: Jobs = state.jobs
    after, host, title = rules_after(rules, suggestion), suggestion.host, "What this would change on the stored pages"
    try:
        return jobs.start(state.data, collections(state.data), hosts=[host], rules=rules, proposed=after, title=title)
    except HTTPException:  # another job is at work: the mark is kept, and the page offers to look again
        return ""


async def answer(request: Request) -> Response:
    """Accept what follows of a mark, decline it, undo that, or clean the host's pages again."""
    asked = form(request, ("record", "line", "answer"))
    return _go(*await to_thread.run_sync(_answered, request.app.state, asked))


def _answered(state: Any, asked: dict[str, str]) -> tuple[Line, str]:  # noqa: ANN401
    line, data, step = _line(state.data, asked), state.data, asked.get("answer")
    lessons: Lessons = state.lessons
    with lessons.lock:
        taught = lessons.of(line)
        if taught is None or taught.suggestion.step == "none":
            raise HTTPException(409, "Nothing follows of this mark, as far as this start of the server knows.")
        suggestion, accepted = taught.suggestion, taught.accepted
        try:
            if step == "clean":
                jobs: Jobs = state.jobs
                return line, jobs.start_cleaning(data, collections(data), suggestion.host)
            if step == "accept":
                taught.accepted = accepted or put_in_force(data, suggestion, datetime.now(UTC).date().isoformat())
            elif step == "undo" and accepted:
                take_back(data, accepted)
                taught.accepted = None
            elif step == "no" and not accepted:
                if suggestion.proposal:
                    withdraw(data, suggestion.host, suggestion.rule)
                taught.suggestion = Suggestion("none", suggestion.host, why="you declined it")
            else:
                raise HTTPException(409, "answer: give accept, no or clean; undo or clean where it is in force.")
        except ArchiveError as error:
            raise HTTPException(409, f"Not done: {error}") from None
    return line, ""


def _go(line: Line, job: str) -> Response:
    return RedirectResponse(f"/teach?{urlencode(line.asked | ({'job': job} if job else {}))}", 303)


def _line(data: Path, asked: dict[str, str]) -> Line:
    """Return the line that is asked for. Answers 404 where there is no such text, 400 where it has no such line."""
    try:
        lines = marked_lines(data, asked.get("record", ""), asked.get("line", ""))
    except ArchiveError as error:
        raise HTTPException(404, f"The text cannot be read: {error}") from None
    if lines is None:
        raise HTTPException(404, "No article in the archive has this key.")
    if not lines:
        raise HTTPException(400, "line: neither a line of this text nor a piece that was removed from it.")
    # the same words may stand in the text and have been removed elsewhere
    return lines[-1] if asked.get("verdict") == "text" else lines[0]


routes = [Route("/teach", show), Route("/teach", answer, methods=["POST"]), Route("/mark", mark, methods=["POST"])]
