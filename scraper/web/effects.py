"""Work over many stored pages, one job at a time: what proposed rules would change, and cleaning again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from archive import Choice, Recleaned, reclean
from archive.site_rules import PageEffect, proposed_effects
from cleaners import RuleSet, load_in_force
from scraper.errors import is_ours
from scraper.printable import one_line
from scraper.report.effect import Effect, HostEffect, host_lines, rule_lines
from scraper.report.recleaning import Recleaning, article_pages
from scraper.settings import USER_AGENT
from scraper.web.parameters import form, parameters

PROCESSES = 2
"""Pages are cleaned in other processes: one that hangs or crashes its process does not end the server, and the models
do not stay in its memory. One process would be this one."""
KEPT_JOBS = 10
KEPT_PROBLEMS = 20
"""The problems of a job that are shown; all are counted."""
CLOSE_SECONDS = 5.0
"""How long the server's end waits for a job to seal what it has written; what is left then is as after a kill."""

_log = logging.getLogger(__name__)


@dataclass
class Job:
    """A job: its state, and what it has found so far."""

    id: str
    title: str
    hosts: Sequence[str]
    state: str = "running"
    """`running`, `finished`, `cancelled` or `failed`."""
    pages: int = 0
    """Pages that were looked at, those of other hosts too."""
    effect: Effect | None = None
    cleaned: list[Recleaning] = field(default_factory=list)
    """For each collection, what became of its pages."""
    problems: list[str] = field(default_factory=list)
    why: str = ""
    """Why it failed."""
    stop: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def count(self, done: PageEffect | Recleaned) -> bool:
        """Count a page that is done; return whether the job is to go on."""
        with self.lock:
            self.pages += 1
            if isinstance(done, PageEffect):
                assert self.effect
                self.effect.add(done)
                url = done.url
            else:
                self.cleaned[-1].add(done, 0)
                url = done.place.url or done.place.file
            if done.problem and len(self.problems) < KEPT_PROBLEMS:
                self.problems.append(f"{url}: {done.problem}")
        return not self.stop.is_set()

    def count_all(self, found: Generator[PageEffect] | Generator[Recleaned]) -> bool:
        """Count pages until all are done or the job is stopped, and close *found*; return whether to go on."""
        with closing(found) as pages:
            return all(map(self.count, pages))

    def shown(self) -> dict[str, Any]:
        """Return what the template `effect.html` shows: the state, and what was found so far in words."""
        with self.lock:
            found, failed = [], sum(run.failed for run in self.cleaned)
            if self.effect:
                failed = self.effect.failed
                for host, one in self.effect.hosts.items():
                    found.append((list(host_lines(host, one)), list(rule_lines(one))))
            for run in self.cleaned:
                lines = [f"{run.collection}: {run.counts()}", run.characters(), f"{run.written:,} texts written"]
                found.append((lines, []))
            names = ("id", "title", "hosts", "state", "pages", "why")
            own = {name: getattr(self, name) for name in names}
            return own | {"found": found, "failed": failed, "problems": list(self.problems), "cleans": not self.effect}


class Jobs:
    """The jobs of this start of the server, of which one works at a time."""

    def __init__(self, processes: int = PROCESSES) -> None:
        """Keep jobs that clean pages in so many *processes*."""
        self._processes = processes
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()
        self._thread: Thread | None = None
        self._started = 0

    def start(
        self,
        data: Path,
        collections: Collection[str],
        *,
        hosts: Sequence[str],
        rules: RuleSet,
        proposed: RuleSet,
        title: str = "What the proposed rules would change",
    ) -> str:
        """Begin to clean the stored pages of *hosts* with the *proposed* rules, and return the job's id.

        *rules* are those in force, *proposed* the same with the proposed ones, whose ids begin with `proposed/`.
        Answers with a redirect to the job that is at work already, if one is.
        """

        def run(job: Job) -> None:
            for name in collections:
                own = proposed_effects(data, name, hosts=hosts, rules=rules, proposed=proposed, jobs=self._processes)
                if not job.count_all(own):
                    return

        return self._start(run, title, hosts, Effect({host: HostEffect() for host in hosts}))

    def start_cleaning(self, data: Path, collections: Collection[str], host: str) -> str:
        """Begin to clean the stored pages of a host again with the rules in force, and return the job's id.

        Only texts that differ are written. Answers as `start` does.
        """

        def run(job: Job) -> None:
            rules = load_in_force(data)
            choice = Choice(changed_only=True, hosts=(host,))
            for name in collections:
                with job.lock:
                    job.cleaned.append(Recleaning(name, rules.version, dry_run=False))
                with article_pages(data) as wanted:
                    jobs, software = self._processes, USER_AGENT
                    own = reclean(data, name, rules=rules, software=software, choice=choice, jobs=jobs, wanted=wanted)
                    if not job.count_all(own):
                        return

        return self._start(run, f"Cleaning the stored pages of {host} again", [host], None)

    def find(self, id: str) -> Job:
        """Return a job. Answers 404 to an id that none has."""
        if (job := self._jobs.get(id)) is None:
            raise HTTPException(404, "No job of this start of the server has this number.")
        return job

    def close(self) -> None:
        """Stop the job that is at work, and wait a moment until it has ended."""
        for job in list(self._jobs.values()):
            job.stop.set()
        if self._thread:
            self._thread.join(CLOSE_SECONDS)

    def _start(self, run: Callable[[Job], None], title: str, hosts: Sequence[str], effect: Effect | None) -> str:
        with self._lock:
            if busy := next((job for job in self._jobs.values() if job.state == "running"), None):
                raise HTTPException(303, headers={"Location": f"/job?id={busy.id}&busy=yes"})
            self._started += 1
            job = Job(str(self._started), title, hosts, effect=effect)
            self._jobs[job.id] = job
            for old in list(self._jobs)[:-KEPT_JOBS]:
                del self._jobs[old]
            self._thread = Thread(target=_work, args=(run, job), name=f"job-{job.id}", daemon=True)
            self._thread.start()
        return job.id


def _work(run: Callable[[Job], None], job: Job) -> None:
    state, why = "failed", "A bug: the terminal says more."
    try:
        run(job)
        state, why = "cancelled" if job.stop.is_set() else "finished", ""
    except Exception as error:
        if is_ours(error):
            why = one_line(error)
        else:
            _log.error("%s: a bug", job.title, exc_info=error)
    with job.lock:
        job.state, job.why = state, why


async def show(request: Request) -> Response:
    """Return the page of a job."""
    asked = parameters(request, ("id", "busy"))
    jobs: Jobs = request.app.state.jobs
    values = {"job": jobs.find(asked.get("id", "")).shown(), "busy": "busy" in asked}
    answer: Response = request.app.state.templates.TemplateResponse(request, "job.html", values)
    return answer


async def cancel(request: Request) -> Response:
    """Stop a job between two pages, and return to its page."""
    jobs: Jobs = request.app.state.jobs
    job = jobs.find(form(request, ("id",)).get("id", ""))
    job.stop.set()
    return RedirectResponse(f"/job?id={job.id}", 303)


routes = [Route("/job", show), Route("/job/cancel", cancel, methods=["POST"])]
