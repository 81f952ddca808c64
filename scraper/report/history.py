"""Write and read the history of runs: what each brought from each site, in two tables of the frontier's database."""

from __future__ import annotations

import os
import re
import socket
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

import sqlalchemy as sa

from cleaners import Article
from scraper.frontier import FrontierError, Row
from scraper.frontier.database import cause, name_of
from scraper.frontier.dialects import INSERT
from scraper.frontier.tables import metadata
from scraper.outcomes import FETCHED, NOT_ARTICLE, NOT_MODIFIED, POLICY, SKIPPED, UPDATED, WALLS, is_failure

FLUSH_SECONDS = 5.0
"""Longest time between two writes of a run's figures, and so the most that a kill loses."""
MAX_TIME = "max_time"
"""How a run ended that its option `max_time` ended."""
MAX_RUNS = 1000
"""Most runs of a site that are read: six weeks of an hourly timer."""
# in scripts without spaces between words each sign counts as a word: a site is only compared with itself
_WORD = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("began_at", sa.Float, nullable=False),
    sa.Column("seen_at", sa.Float, nullable=False),
    sa.Column("ended_at", sa.Float),
    sa.Column("ending", sa.Text),
)
site_runs = sa.Table(
    "site_runs",
    metadata,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("site", sa.Text, primary_key=True),
    sa.Column("began_at", sa.Float, nullable=False),
    sa.Column("articles", sa.Integer, nullable=False),
    sa.Column("words", sa.Float),
    sa.Column("removed", sa.Float),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Index("site_runs_by_time", "site", "began_at"),
)
TABLES = (runs, site_runs)
_PLAIN = ("site", "began_at", "seen_at", "ending", "articles", "words", "removed")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRun:
    """What one run brought from one site; it exists only where URLs of the site were due in the run."""

    site: str
    began_at: float
    seen_at: float
    """When the run wrote last: at its end, or shortly before it was killed."""
    ending: str | None = None
    """How the run ended: `finished`, `shutdown` (interrupted), `max_time`, `stopped` (an error), None (killed or still
    running)."""
    articles: int = 0
    """Articles fetched for the first time; one that was fetched again and has changed is in `skipped` as `updated`."""
    words: float | None = None
    """Median length of the articles in words; None where there are none."""
    removed: float | None = None
    """Share of the pages' text that the rules removed."""
    failures: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, int] = field(default_factory=dict)
    walls: Mapping[str, int] = field(default_factory=dict)
    repeated: Mapping[str, int] = field(default_factory=dict)
    """The part of failures, refused and skipped whose URLs an earlier run had tried already."""

    @property
    def pages(self) -> int:
        """Number of pages that could have become articles, tried for the first time or fetched.

        A URL that fails in run after run counts once: in a night without news there is nothing else.
        """
        return self.articles + sum(self.ended_otherwise.values())

    @property
    def ended_otherwise(self) -> dict[str, int]:
        """Pages that did not become articles, by status."""
        endings = {**self.failures, **self.refused, NOT_ARTICLE: self.skipped.get(NOT_ARTICLE, 0)}
        return {s: left for s, number in endings.items() if (left := number - self.repeated.get(s, 0)) > 0}

    @property
    def sources_read(self) -> int:
        """Number of feeds, sitemaps and sections that were read or unchanged."""
        return self.sources.get(FETCHED, 0) + self.sources.get(NOT_MODIFIED, 0)

    @property
    def sources_failed(self) -> dict[str, int]:
        """Sources that could not be read, by status."""
        return {status: number for status, number in self.sources.items() if status in POLICY or is_failure(status)}

    def as_dict(self) -> dict[str, Any]:
        """Return the fields under their own names, ready for JSON."""
        return {name: value for name, value in asdict(self).items() if name != "site"} | {"pages": self.pages}


@dataclass(frozen=True, slots=True)
class Run:
    """One run over all sites; the fields are those of SiteRun."""

    began_at: float
    seen_at: float
    ending: str | None = None


@dataclass(slots=True)
class _Tally:
    """A site's figures during the run, as counters: a run of a million pages needs little memory."""

    lengths: Counter[int] = field(default_factory=Counter)
    kept: int = 0
    """Characters of the articles' texts."""
    removed: int = 0
    """Characters of what the rules removed."""
    groups: dict[str, Counter[str]] = field(default_factory=dict)

    def note(self, row: Row, status: str, article: Article | None) -> None:
        group, ending = _group(row, status)
        self.groups.setdefault(group, Counter())[ending] += 1
        if group != "articles" and (row.attempts > 1 or row.visits):
            self.groups.setdefault("repeated", Counter())[ending] += 1
        if article is None:
            return
        if article.access in WALLS:
            self.groups.setdefault("walls", Counter())[article.access] += 1
        self.kept += len(article.text)
        self.removed += sum(len(removal.text) for removal in article.removals)
        if group == "articles":
            self.lengths[count_words(article.text)] += 1

    def values(self) -> dict[str, Any]:
        articles = self.groups.get("articles", Counter()).total()
        whole = self.kept + self.removed
        counts = {group: dict(numbers) for group, numbers in self.groups.items() if group != "articles"}
        removed = self.removed / whole if whole else None
        return {"articles": articles, "words": _median(self.lengths), "removed": removed, "counts": counts}


class RunHistory:
    """Writes one run's figures; used by the crawl's thread. Every error is a FrontierError."""

    def __init__(self, engine: sa.Engine, now: Callable[[], datetime]) -> None:
        """Create the tables where they are missing, and enter the run."""
        self._engine, self._now = engine, now
        self._id = uuid.uuid4().hex
        self._began = now().timestamp()
        self._tallies: dict[str, _Tally] = {}
        self._changed: set[str] = set()
        self._flushed = monotonic()
        self._ended = False
        about = {"id": self._id, "host": socket.gethostname(), "pid": os.getpid()}
        try:
            metadata.create_all(engine, tables=TABLES)
        except sa.exc.DatabaseError as error:
            # another machine's crawl may have created them first
            if not sa.inspect(engine).has_table(site_runs.name):
                raise _cannot_write(engine, error) from None
        self._write([runs.insert().values(**about, began_at=self._began, seen_at=self._began)])

    def note(self, row: Row, status: str, article: Article | None = None) -> None:
        """Count a URL's final status; it is written with the next one that comes FLUSH_SECONDS after the last write."""
        self._tallies.setdefault(row.site, _Tally()).note(row, status, article)
        self._changed.add(row.site)
        if monotonic() - self._flushed >= FLUSH_SECONDS:
            self._flush()

    def end(self, ending: str) -> None:
        """Write the last figures and how the run ended; a second call does nothing."""
        if not self._ended:
            self._ended = True
            self._flush(ended_at=self._now().timestamp(), ending=ending)

    def _flush(self, **ending: Any) -> None:  # noqa: ANN401 - columns
        now, insert = self._now().timestamp(), INSERT[self._engine.dialect.name](site_runs)
        statements = [runs.update().where(runs.c.id == self._id).values(seen_at=now, **ending)]
        for site in sorted(self._changed):
            values = self._tallies[site].values()
            row = insert.values(run=self._id, site=site, began_at=self._began, **values)
            statements.append(row.on_conflict_do_update(index_elements=["run", "site"], set_=values))
        self._write(statements)
        self._changed.clear()
        self._flushed = monotonic()

    def _write(self, statements: Sequence[sa.Executable]) -> None:
        try:
            with self._engine.execution_options(writes=True).begin() as connection:
                for statement in statements:
                    connection.execute(statement)
        except sa.exc.DatabaseError as error:
            raise _cannot_write(self._engine, error) from None


def read_history(engine: sa.Engine) -> dict[str, list[SiteRun]]:
    """Return each site's last MAX_RUNS runs, newest first; empty where there was no run yet."""
    if not sa.inspect(engine).has_table(site_runs.name):
        return {}
    place = sa.func.row_number().over(partition_by=site_runs.c.site, order_by=site_runs.c.began_at.desc())
    known = sa.select(site_runs, runs.c.seen_at, runs.c.ending, place.label("place"))
    ranked = known.join(runs, runs.c.id == site_runs.c.run).subquery()
    query = sa.select(ranked).where(ranked.c.place <= MAX_RUNS).order_by(ranked.c.site, ranked.c.place)
    site_runs_by_name: dict[str, list[SiteRun]] = {}
    try:
        with engine.connect() as connection:
            for row in connection.execute(query).mappings():
                plain = {name: row[name] for name in _PLAIN}
                site_runs_by_name.setdefault(row["site"], []).append(SiteRun(**plain, **row["counts"]))
    except sa.exc.DatabaseError as error:
        raise FrontierError(f"{name_of(engine)}: the runs' history cannot be read: {cause(engine, error)}") from None
    return site_runs_by_name


def newest_run(engine: sa.Engine) -> Run | None:
    """Return the run that began last; None where there was none yet."""
    query = sa.select(runs.c.began_at, runs.c.seen_at, runs.c.ending).order_by(runs.c.began_at.desc()).limit(1)
    try:
        if not sa.inspect(engine).has_table(runs.name):
            return None
        with engine.connect() as connection:
            row = connection.execute(query).one_or_none()
    except sa.exc.DatabaseError as error:
        raise FrontierError(f"{name_of(engine)}: the runs' history cannot be read: {cause(engine, error)}") from None
    return Run(*row) if row else None


def count_words(text: str) -> int:
    """Return the number of words in *text*.

    >>> count_words("The ferry's back, at 7."), count_words("港は閉鎖")
    (6, 4)
    """
    return len(_WORD.findall(text))


def _group(row: Row, status: str) -> tuple[str, str]:
    if row.kind != "article":
        return "sources", status
    if status == FETCHED:
        return ("skipped", UPDATED) if row.visits else ("articles", FETCHED)
    if status in POLICY:
        return "refused", status
    return ("skipped" if status in SKIPPED else "failures"), status


def _median(lengths: Counter[int]) -> float | None:
    """Return the median of *lengths*, which counts each length; of two in the middle the lower one."""
    left = (lengths.total() + 1) // 2
    for length, times in sorted(lengths.items()):
        left -= times
        if left <= 0:
            return float(length)
    return None


def _cannot_write(engine: sa.Engine, error: sa.exc.DatabaseError) -> FrontierError:
    return FrontierError(f"{name_of(engine)}: the run's history cannot be written: {cause(engine, error)}")
