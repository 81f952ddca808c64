"""The pages of proposed rules: which hosts have some, and one proposal at a time to accept, reject or leave."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from archive import ArchiveError, collections
from archive.site_rules import (
    ChangedError,
    Decision,
    Review,
    count_rules,
    host_name,
    hosts_with_rules,
    proposal_digest,
    rule_file,
)
from cleaners import load_in_force, load_rules
from scraper.printable import one_line
from scraper.report.proposals import MAX_SHOWN, SHOWN_TEXTS, Pages, around, facts, floor, samples, taker
from scraper.web.effects import Jobs
from scraper.web.parameters import form, parameters

MAX_HOSTS = 500
"""The most hosts that are listed; those with proposals come first."""
MAX_UNDO = 100
"""The most answers that can be undone: each keeps its host's rule files as they were, some 100 KB."""
DECISIONS: dict[str, Decision] = {"accept": "accepted", "reject": "rejected", "later": "left"}
SAID = {
    "accepted": "Accepted: in force from now on.",
    "rejected": "Rejected: it is never proposed again.",
    "left": "Left for later: it stays proposed.",
    "undone": "The last answer is undone.",
    "gone": "Not saved: somebody else has judged or changed this proposal in the meantime.",
    "kept": "Not undone: there is no answer, or somebody else has changed the files in the meantime.",
}
"""What became of an answer, by the word that the next page's address has for it."""


async def show(request: Request) -> Response:
    """Return the page of hosts, or that of the next proposal of one or of all."""
    asked = parameters(request, ("host", "all", "said"))
    review: Review = request.app.state.review
    if "host" in asked or "all" in asked:
        name, values = "review.html", await to_thread.run_sync(_proposal, review, _host(asked))
    else:
        name, values = "reviews.html", await to_thread.run_sync(_hosts, review.root)
    values |= {"said": SAID.get(asked.get("said", ""), ""), "last": next((one.host for one in review.answers[-1:]), "")}
    answer: Response = request.app.state.templates.TemplateResponse(request, name, values)
    return answer


def _hosts(data: Path) -> dict[str, Any]:
    """Return what the page of hosts shows."""
    proposed, accepted, rejected = (count_rules(data, state) for state in ("proposed", "sites", "rejected"))
    hosts = sorted({*proposed, *accepted, *rejected}, key=lambda host: (host not in proposed, host))
    rows = [(host, proposed.get(host, 0), accepted.get(host, 0), rejected.get(host, 0)) for host in hosts[:MAX_HOSTS]]
    return {"rows": rows, "more": len(hosts) - len(rows), "waiting": sum(proposed.values())}


def _proposal(review: Review, host: str) -> dict[str, Any]:
    """Return what the page of a proposal shows: the first of a host, or of all where *host* is empty."""
    data, there = review.root, count_rules(review.root, "proposed")
    hosts = [host] if host else hosts_with_rules(data, "proposed")
    values: dict[str, Any] = {"scope": {"host": host} if host else {"all": "yes"}, "host": host, "shown": None}
    values |= {"waiting": sum(there.get(one, 0) for one in hosts), "later": review.left(hosts)}
    values |= {"in_force": count_rules(data, "sites").get(host, 0), "commands": _commands(data, host)}
    if not (found := review.first(hosts)):
        return values
    own, one, proposals = found
    load_rules(rule_file(data, "proposed", own))  # names the file and the rule that somebody broke by hand
    others = {other.id: taker(other) for other in proposals if other.id != one.id}
    with Pages(data) as pages:
        on_pages = list(samples(pages, one, others))
    texts = [one_line(text, MAX_SHOWN) for text in one.evidence.removes or (one.example,)]
    named = values["scope"] | {"of": own, "id": one.id, "digest": proposal_digest(one)}
    shown = {"host": own, "one": one, "form": named, "texts": texts[:SHOWN_TEXTS], "more": len(texts[SHOWN_TEXTS:])}
    shown |= {"facts": list(facts(one)), "samples": on_pages, "sure": floor(one.evidence.probability), "around": around}
    return values | {"shown": shown}


def _commands(data: Path, host: str) -> list[str]:
    """Return the commands that clean a host's stored pages again, one for each collection."""
    root, names = shlex.quote(str(data)), map(shlex.quote, _collections(data) if host else ())
    return [f"pressclip archive reclean --collection {name} --host {host} --data {root}" for name in names]


def _collections(data: Path) -> list[str]:
    return collections(data) if (data / "collections").is_dir() else []


async def answer(request: Request) -> Response:
    """Save an answer, and go to the next proposal."""
    asked = form(request, ("host", "all", "id", "of", "digest", "decision"))
    scope, own = _scope(asked), _host({"host": asked.get("of", "")})
    if (decision := DECISIONS.get(asked.get("decision", ""))) is None:
        raise HTTPException(400, f"decision: give {', '.join(DECISIONS)}.")
    day = datetime.now(UTC).date().isoformat()
    named = (own, asked.get("id", ""), asked.get("digest", ""), decision, day)
    try:
        await to_thread.run_sync(request.app.state.review.answer_shown, *named)
    except ChangedError:
        return _go(scope, "gone")
    return _go(scope, decision)


async def undo(request: Request) -> Response:
    """Take the last answer back, and go to its proposal."""
    scope = _scope(form(request, ("host", "all")))
    try:
        last = await to_thread.run_sync(request.app.state.review.undo)
    except ChangedError:
        return _go(scope, "kept")
    return _go({"host": last.host} if "host" in scope else scope, "undone")


async def again(request: Request) -> Response:
    """Show the proposals again that were left for later."""
    scope = _scope(form(request, ("host", "all")))
    request.app.state.review.later.clear()
    return _go(scope, "")


async def effect(request: Request) -> Response:
    """Begin to measure what a host's proposals would change, and go to the job's page."""
    data, host = request.app.state.data, _host(form(request, ("host",)))
    jobs: Jobs = request.app.state.jobs

    def start() -> str:
        file = rule_file(data, "proposed", host)
        if not file.is_file():
            raise HTTPException(404, f"Nothing is proposed for {host}.")
        rules, proposed = load_in_force(data), load_in_force(data, [file])
        title = f"What the proposed rules of {host} would change"
        return jobs.start(data, _some(data), hosts=[host], rules=rules, proposed=proposed, title=title)

    return RedirectResponse(f"/job?id={await to_thread.run_sync(start)}", 303)


async def clean(request: Request) -> Response:
    """Begin to clean a host's stored pages again with the rules in force, and go to the job's page."""
    data, host = request.app.state.data, _host(form(request, ("host",)))
    jobs: Jobs = request.app.state.jobs
    return RedirectResponse(f"/job?id={jobs.start_cleaning(data, _some(data), host)}", 303)


def _some(data: Path) -> list[str]:
    """Return the collections. Answers 404 where there is none."""
    if not (names := _collections(data)):
        raise HTTPException(404, "No page is stored in this data root.")
    return names


def _host(asked: dict[str, str]) -> str:
    """Return the host that is asked for, as rules name it; empty for all. Answers 400 to what can be none."""
    try:
        return host_name(asked["host"]) if "host" in asked else ""
    except ArchiveError as error:
        raise HTTPException(400, str(error)) from None


def _scope(asked: dict[str, str]) -> dict[str, str]:
    """Return the parameters of the pages that a person goes through: those of one host, or of all."""
    return {"host": _host(asked)} if "host" in asked else {"all": "yes"}


def _go(scope: dict[str, str], said: str) -> Response:
    return RedirectResponse(f"/review?{urlencode(scope | ({'said': said} if said else {}))}", 303)


routes = [
    Route("/review", show),
    Route("/review", answer, methods=["POST"]),
    Route("/review/undo", undo, methods=["POST"]),
    Route("/review/again", again, methods=["POST"]),
    Route("/review/effect", effect, methods=["POST"]),
    Route("/review/clean", clean, methods=["POST"]),
]
