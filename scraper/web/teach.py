"""Mark a line of an article as debris or as text, and put in force what follows for its site, if a person accepts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar
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
from cleaners import load_in_force
from scraper.printable import one_line
from scraper.report.marking import Line, key_of, marked_lines, said_of
from scraper.report.proposals import facts
from scraper.web.effects import Jobs
from scraper.web.parameters import form, parameters

T = TypeVar("T")

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
    verdict = next((one for one in VERDICTS if one == asked.get("verdict")), None)
    if verdict is None:
        raise HTTPException(400, f"verdict: give {', '.join(VERDICTS)}.")
    line = await _run(request, _marked, asked, verdict)
    if verdict == "withdrawn":
        return RedirectResponse(f"/article?{urlencode({'record': line.row.record_id, 'marks': '1'})}", 303)
    try:
        return await _effect(request, line)
    except HTTPException as busy:
        if busy.status_code != 303:
            raise
        return RedirectResponse(f"/teach?{urlencode(line.asked)}", 303)


def _marked(state: Any, asked: dict[str, str], verdict: Verdict) -> Line:  # noqa: ANN401
    line, data = _line(state.data, asked), state.data
    if verdict == ("text" if not line.rule else "debris"):
        raise HTTPException(
            400, f"verdict={verdict}: this line is {'removed' if line.rule else 'in the text'} already."
        )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    judgement = Judgement(line.row.url, line.row.record_id, line.text, verdict, line.rule, now)
    lessons: Lessons = state.lessons
    with lessons.lock:
        add_judgement(data, judgement)
        known = lessons.of(line)
        if known and known.accepted and verdict != "withdrawn":
            return line
        if known and not known.accepted and known.suggestion.proposal:
            withdraw(data, known.suggestion.host, known.suggestion.rule)
        suggestion = suggest(data, load_in_force(data), judgement) if verdict != "withdrawn" else None
        lessons.keep(line, Taught(suggestion) if suggestion else None)
    return line


async def answer(request: Request) -> Response:
    """Accept what follows of a mark, decline it, undo that, or clean the host's pages again."""
    asked = form(request, ("record", "line", "answer"))
    step = asked.get("answer")
    if step == "clean":
        return await _clean(request, await _run(request, lambda state: _line(state.data, asked)))
    answers = {"accept": _accept, "no": _decline, "undo": _undo}
    if step not in answers:
        raise HTTPException(400, f"answer: give {', '.join((*answers, 'clean'))}.")
    line = await _run(request, _answered, asked, answers[step])
    return RedirectResponse(f"/teach?{urlencode(line.asked)}", 303)


def _answered(state: Any, asked: dict[str, str], do: Callable[[Path, Taught], None]) -> Line:  # noqa: ANN401
    line = _line(state.data, asked)
    lessons: Lessons = state.lessons
    with lessons.lock:
        try:
            do(state.data, _known(lessons, line))
        except ArchiveError as error:
            raise HTTPException(409, f"Not done: {error}") from None
    return line


def _known(lessons: Lessons, line: Line) -> Taught:
    if (taught := lessons.of(line)) is None or taught.suggestion.step == "none":
        raise HTTPException(409, "Nothing follows of this mark, as far as this start of the server knows.")
    return taught


def _accept(data: Path, taught: Taught) -> None:
    taught.accepted = taught.accepted or put_in_force(data, taught.suggestion, datetime.now(UTC).date().isoformat())


def _decline(data: Path, taught: Taught) -> None:
    if taught.accepted:
        raise HTTPException(409, "It is in force already: undo it first.")
    if taught.suggestion.proposal:
        withdraw(data, taught.suggestion.host, taught.suggestion.rule)
    taught.suggestion = Suggestion("none", taught.suggestion.host, why="you declined it, and the judgement is kept")


def _undo(data: Path, taught: Taught) -> None:
    if taught.accepted:
        take_back(data, taught.accepted)
        taught.accepted = None


async def _effect(request: Request, line: Line) -> Response:
    """Begin to measure what a suggestion would change, if there is one, and go to the page of the line."""

    def start(state: Any) -> str:  # noqa: ANN401
        taught: Taught | None = state.lessons.of(line)
        if taught is None or taught.accepted or taught.suggestion.step == "none":
            return ""
        rules = load_in_force(state.data)
        after = rules_after(rules, taught.suggestion)
        host, names = taught.suggestion.host, collections(state.data)
        title = f"What this would change on the stored pages of {host}"
        jobs: Jobs = state.jobs
        return jobs.start(state.data, names, hosts=[host], rules=rules, proposed=after, title=title)

    return await _to_job(request, line, start)


async def _clean(request: Request, line: Line) -> Response:
    """Begin to clean the stored pages of a line's host again, and go to the page of the line."""

    def start(state: Any) -> str:  # noqa: ANN401
        jobs: Jobs = state.jobs
        host = _known(state.lessons, line).suggestion.host
        return jobs.start_cleaning(state.data, collections(state.data), host)

    return await _to_job(request, line, start)


async def _to_job(request: Request, line: Line, start: Callable[[Any], str]) -> Response:
    job = await _run(request, start)
    return RedirectResponse(f"/teach?{urlencode(line.asked | ({'job': job} if job else {}))}", 303)


async def _run(request: Request, do: Callable[..., T], *values: object) -> T:
    return await to_thread.run_sync(do, request.app.state, *values)


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
