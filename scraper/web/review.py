"""The pages of proposed rules: which hosts have some, and one proposal at a time to accept, reject or leave."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
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
    ChangedError,
    Decision,
    Review,
    count_rules,
    host_name,
    hosts_with_rules,
    proposal_digest,
    proposals_of,
    rule_file,
)
from cleaners import load_in_force, load_rules
from cleaners.learn import Proposal
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
    "nothing": "There is no answer to undo.",
    "gone": "Not saved: somebody else has judged or changed this proposal in the meantime.",
    "kept": "Not undone: somebody else has changed the files in the meantime.",
}
"""What became of an answer, by the word that the next page's address has for it."""


@dataclass
class Answers:
    """The answers of this start of the server, of one at a time, and the proposals that are left for later."""

    review: Review
    later: set[tuple[str, str]] = field(default_factory=set)
    """Host and digest of each."""
    lock: Lock = field(default_factory=Lock)

    def answer(self, host: str, id: str, digest: str, decision: Decision) -> str:
        """Save an answer to a proposal as it was shown, and return the word of SAID for it."""
        with self.lock:
            shown = next((one for one in proposals_of(self.review.root, host) if one.id == id), None)
            try:
                if shown is None or proposal_digest(shown) != digest:
                    return "gone"
                self.review.answer(host, shown, decision, datetime.now(UTC).date().isoformat())
            except ChangedError:
                return "gone"
            if decision == "left":
                self.later.add((host, digest))
            del self.review.answers[:-MAX_UNDO]
        return decision

    def undo(self) -> tuple[str, str]:
        """Take the last answer back; return the word of SAID for that, and the host of the answer."""
        with self.lock:
            if not self.review.answers:
                return "nothing", ""
            try:
                last = self.review.undo()
            except ChangedError:
                return "kept", ""
            self.later.discard((last.host, proposal_digest(last.proposal)))
        return "undone", last.host

    def first(self, hosts: Sequence[str]) -> tuple[str, Proposal, Sequence[Proposal]] | None:
        """Return the first proposal of these hosts that is not left for later, with its host and all of the host."""
        for host in hosts:
            proposals = proposals_of(self.review.root, host)
            for one in proposals:
                if (host, proposal_digest(one)) not in self.later:
                    return host, one, proposals
        return None

    def left(self, hosts: Sequence[str]) -> int:
        """Return how many proposals of these hosts are left for later, and still proposed."""
        later = set(self.later)
        own = {host for host, _ in later} & {*hosts}
        return sum(
            (host, proposal_digest(one)) in later for host in own for one in proposals_of(self.review.root, host)
        )


async def show(request: Request) -> Response:
    """Return the page of hosts, or that of the next proposal of one or of all."""
    asked = parameters(request, ("host", "all", "said"))
    answers: Answers = request.app.state.answers
    if "host" in asked or "all" in asked:
        name, host = "review.html", _host(asked)
        values = await to_thread.run_sync(_proposal, answers, host)
    else:
        name, values = "reviews.html", await to_thread.run_sync(_hosts, request.app.state.data)
    last = next((one.host for one in answers.review.answers[-1:]), "")
    values |= {"said": SAID.get(asked.get("said", ""), ""), "last": last}
    answer: Response = request.app.state.templates.TemplateResponse(request, name, values)
    return answer


def _hosts(data: Path) -> dict[str, Any]:
    """Return what the page of hosts shows."""
    proposed, accepted, rejected = (count_rules(data, state) for state in ("proposed", "sites", "rejected"))
    hosts = sorted({*proposed, *accepted, *rejected}, key=lambda host: (host not in proposed, host))
    rows = [(host, proposed.get(host, 0), accepted.get(host, 0), rejected.get(host, 0)) for host in hosts[:MAX_HOSTS]]
    return {"rows": rows, "more": len(hosts) - len(rows), "waiting": sum(proposed.values())}


def _proposal(answers: Answers, host: str) -> dict[str, Any]:
    """Return what the page of a proposal shows: the first of a host, or of all where *host* is empty."""
    data = answers.review.root
    hosts = [host] if host else hosts_with_rules(data, "proposed")
    found = answers.first(hosts)
    there = count_rules(data, "proposed")
    values: dict[str, Any] = {
        "scope": {"host": host} if host else {"all": "yes"},
        "host": host,
        "waiting": sum(there.get(one, 0) for one in hosts),
        "later": answers.left(hosts),
        "in_force": count_rules(data, "sites").get(host, 0),
        "commands": _commands(data, host) if host else [],
        "shown": None,
    }
    if not found:
        return values
    own, one, proposals = found
    load_rules(rule_file(data, "proposed", own))  # names the file and the rule that somebody broke by hand
    others = {other.id: taker(other) for other in proposals if other.id != one.id}
    with Pages(data) as pages:
        on_pages = list(samples(pages, one, others))
    texts = [one_line(text, MAX_SHOWN) for text in one.evidence.removes or (one.example,)]
    names = {"of": own, "id": one.id, "digest": proposal_digest(one)}
    shown = {"host": own, "one": one, "form": values["scope"] | names, "texts": texts[:SHOWN_TEXTS]}
    shown |= {"more": max(0, len(texts) - SHOWN_TEXTS), "facts": list(facts(one)), "samples": on_pages}
    return values | {"shown": shown | {"sure": floor(one.evidence.probability), "around": around}}


def _commands(data: Path, host: str) -> list[str]:
    """Return the commands that clean a host's stored pages again, one for each collection."""
    root, names = shlex.quote(str(data)), map(shlex.quote, _collections(data))
    return [f"pressclip archive reclean --collection {name} --host {host} --data {root}" for name in names]


def _collections(data: Path) -> list[str]:
    return collections(data) if (data / "collections").is_dir() else []


async def answer(request: Request) -> Response:
    """Save an answer, and go to the next proposal."""
    asked = form(request, ("host", "all", "id", "of", "digest", "decision"))
    scope = {"host": _host(asked)} if "host" in asked else {"all": "yes"}
    if (decision := DECISIONS.get(asked.get("decision", ""))) is None:
        raise HTTPException(400, f"decision: give {', '.join(DECISIONS)}.")
    own, answers = _host({"host": asked.get("of", "")}), request.app.state.answers
    said = await to_thread.run_sync(answers.answer, own, asked.get("id", ""), asked.get("digest", ""), decision)
    return _go(scope | {"said": said})


async def undo(request: Request) -> Response:
    """Take the last answer back, and go to its proposal."""
    asked = form(request, ("host", "all"))
    said, host = await to_thread.run_sync(request.app.state.answers.undo)
    scope = {"all": "yes"} if "host" not in asked else {"host": host or _host(asked)}
    return _go(scope | {"said": said})


async def again(request: Request) -> Response:
    """Show the proposals again that were left for later."""
    asked = form(request, ("host", "all"))
    request.app.state.answers.later.clear()
    return _go({"host": _host(asked)} if "host" in asked else {"all": "yes"})


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


def _go(parameters: dict[str, str]) -> Response:
    return RedirectResponse(f"/review?{urlencode(parameters)}", 303)


routes = [
    Route("/review", show),
    Route("/review", answer, methods=["POST"]),
    Route("/review/undo", undo, methods=["POST"]),
    Route("/review/again", again, methods=["POST"]),
    Route("/review/effect", effect, methods=["POST"]),
    Route("/review/clean", clean, methods=["POST"]),
]
