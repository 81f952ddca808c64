"""Keep the heartbeat of a data root: a file that tells when its last crawl began, how it ended, and what was overdue.

It is beside the history of runs since each machine of a shared frontier has its own, and a monitor can read it alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Annotated

import msgspec

from archive import write_whole
from scraper.discovery import moved_to
from scraper.frontier import Frontier, Row, sources_of
from scraper.outcomes import FETCHED, NOT_MODIFIED, REDIRECTED
from scraper.revisit import bounds_of
from scraper.seeds import Seed

HEARTBEAT = "heartbeat.json"
SILENT = 3
"""A source is overdue after so many of its intervals without an answer: two may be missed in a server's bad hour."""
MAX_SILENT = 1000
"""Most silent sources that are kept, those silent for longest first: 300 KB, and more are one cause. As many that
moved are kept."""
QUANTILES = (0.5, 0.9, 0.99)
"""Of the times of a run: the usual one, the slow ones, and the worst that is no accident."""
PERMANENT = (301, 308)
"""The statuses by which a server says that a redirect is for good."""
REMEMBERED = timedelta(days=7)
"""How long a silent source of another seed list is kept: lists have timers of their own, and sources are given up. A
list is kept for as long after its next run was expected."""
MAX_NAME = 200
"""Characters kept of what a seed list is called."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class HeartbeatError(RuntimeError):
    """The heartbeat cannot be read; the message is one line with the file and the cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentSource:
    """A source that did not answer when it was last asked, or that no run came to."""

    url: str
    site: str
    status: str
    """Its last status, or `waiting`."""
    since: Moment
    """Its last answer; where none is known, its first failure in a row."""
    every: float
    """Seconds of its interval, at most the longest that its seed allows."""
    seen: Moment
    """The end of the run that saw it so."""

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether it has been silent for more than SILENT intervals."""
        return (now - self.since).total_seconds() > SILENT * self.every


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedSource:
    """A source that redirects for good, to an address that answers."""

    url: str
    """As the seed has it."""
    site: str
    to: str
    seen: Moment
    """The end of the run that saw it so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRun:
    """The last scheduled run of one seed list."""

    started: Moment
    ended: Moment | None = None
    next_due: Moment | None = None
    """When the next source or article of its sites is due, as its last run with an end knew it."""

    def is_remembered(self, now: datetime) -> bool:
        """Tell whether it is still asked for: a list that was given up is not, some days later."""
        return now - max(self.next_due or self.started, self.started) < REMEMBERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What the last crawl of a data root left; a killed one left no end."""

    started: Moment
    due: int
    """How many URLs were waiting when it began."""
    ended: Moment | None = None
    ending: str | None = None
    """As in `SiteRun.ending`."""
    next_due: Moment | None = None
    """When the next source or article of its sites is due."""
    silent: tuple[SilentSource, ...] = ()
    moved: tuple[MovedSource, ...] = ()
    overdue: int = 0
    """How many of the silent sources were overdue at its end."""
    answer_seconds: dict[str, float] = field(default_factory=dict)
    """How long servers took, from a request to the last byte of its answer: seconds by quantile ("0.5"), of the last
    run that ended and had any."""
    article_seconds: dict[str, float] = field(default_factory=dict)
    """How long an article took, from its request to its text on the disk, in the same way."""
    lists: dict[str, ListRun] = field(default_factory=dict)
    """The last scheduled run of each seed list, by what the list is called on the command line."""


class Times:
    """Counts how long something took, in hundredths of a second: as many numbers as there are, not as values."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def add(self, milliseconds: int) -> None:
        """Count one."""
        self._counts[max(0, milliseconds) // 10] += 1

    def quantiles(self) -> dict[str, float]:
        """Return the seconds at QUANTILES, of two in the middle the lower one; nothing where there are none.

        >>> times = Times()
        >>> for milliseconds in (90, 250, 1204):
        ...     times.add(milliseconds)
        >>> times.quantiles()
        {'0.5': 0.25, '0.9': 1.2, '0.99': 1.2}
        """
        found: dict[str, float] = {}
        counted = sorted(self._counts.items())
        ranks = list(accumulate(number for _, number in counted))
        for quantile in QUANTILES if counted else ():
            place = bisect_left(ranks, quantile * ranks[-1])
            found[f"{quantile:g}"] = counted[place][0] / 100
        return found


class Beat:
    """Writes the heartbeat of one run. Raises ArchiveError where that cannot be done."""

    def __init__(
        self,
        data: Path,
        seeds: Iterable[Seed],
        frontier: Frontier,
        now: datetime,
        http_status: Callable[[str], int | None] = lambda url: None,
        *,
        seed_list: str | None = None,
    ) -> None:
        """Write the start; what earlier runs said of sources stays until the end.

        *http_status* gives a URL's last one. *seed_list* is what the list of a scheduled run is called; None: the run
        is no scheduled one, and nobody waits for the next.
        """
        self._list = seed_list[:MAX_NAME] if seed_list else None
        self._path, self._seeds, self._frontier = data / HEARTBEAT, list(seeds), frontier
        self._http_status = http_status
        self.answers, self.articles = Times(), Times()
        """How long the run's answers and articles took; whoever runs it adds to them."""
        try:
            before = read_heartbeat(data)
        except HeartbeatError:
            before = None  # written anew
        due = sum(frontier.waiting([seed.name for seed in self._seeds]).values())
        known = before or Heartbeat(started=now, due=due)
        lists = {name: run for name, run in known.lists.items() if run.is_remembered(now)}
        if self._list:
            lists[self._list] = replace(lists.get(self._list) or ListRun(started=now), started=now, ended=None)
        self._beat: Heartbeat | None = replace(
            known, started=now, due=due, ended=None, ending=None, next_due=None, lists=lists
        )
        self._write(self._beat)

    def end(self, ending: str, now: datetime) -> None:
        """Write how the run ended; a second call does nothing. Raises FrontierError too."""
        begun, self._beat = self._beat, None
        if begun is None:
            return
        names = [seed.name for seed in self._seeds]
        due = self._frontier.next_due(names)
        next_due = None if due is None else datetime.fromtimestamp(due, UTC)
        own = {self._list: ListRun(started=begun.started, ended=now, next_due=next_due)} if self._list else {}
        silent = [*silent_sources(self._seeds, self._frontier, begun.silent, now)]
        silent += [one for one in begun.silent if one.site not in names and now - one.seen < REMEMBERED]
        silent.sort(key=lambda one: one.since)
        moved = [*moved_sources(self._seeds, self._frontier, self._http_status, now)]
        moved += [one for one in begun.moved if one.site not in names and now - one.seen < REMEMBERED]
        self._write(
            replace(
                begun,
                ended=now,
                ending=ending,
                next_due=next_due,
                lists=begun.lists | own,
                silent=tuple(silent[:MAX_SILENT]),
                moved=tuple(moved[:MAX_SILENT]),
                overdue=sum(one.is_overdue(now) for one in silent),
                answer_seconds=self.answers.quantiles() or begun.answer_seconds,
                article_seconds=self.articles.quantiles() or begun.article_seconds,
            )
        )

    def _write(self, beat: Heartbeat) -> None:
        write_whole(self._path, msgspec.json.format(msgspec.json.encode(beat)) + b"\n")


def read_heartbeat(data: Path) -> Heartbeat | None:
    """Return the heartbeat of *data*, None where no crawl has left one. Raises HeartbeatError."""
    path = data / HEARTBEAT
    try:
        return msgspec.json.decode(path.read_bytes(), type=Heartbeat)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HeartbeatError(f"{path}: cannot be read ({error.strerror})") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise HeartbeatError(f"{path}: is no heartbeat; the next crawl writes it anew") from None


def silent_sources(
    seeds: Iterable[Seed], frontier: Frontier, before: Iterable[SilentSource], now: datetime
) -> Iterator[SilentSource]:
    """Yield the seeds' sources that failed when they were last asked, and those that no run came to in time."""
    since = {one.url: one.since for one in before}
    for seed in seeds:
        for source in sources_of(seed):
            way = _way(frontier, source.url)
            if not way:
                continue
            row = way[-1]
            limits = bounds_of(seed, source.kind)
            closed = datetime.fromtimestamp(row.closed_at or row.added_at, UTC)
            known = since.get(source.url, closed)
            answered = known if row.answered_at is None else datetime.fromtimestamp(row.answered_at, UTC)
            answers = row.status in (FETCHED, NOT_MODIFIED)
            one = SilentSource(
                url=source.url,
                site=seed.name,
                status=row.status if row.status and not answers else "waiting",
                since=closed if answers else answered,
                every=min(row.every or limits.first, limits.most),
                seen=now,
            )
            if not answers or one.is_overdue(now):
                yield one


def moved_sources(
    seeds: Iterable[Seed], frontier: Frontier, http_status: Callable[[str], int | None], now: datetime
) -> Iterator[MovedSource]:
    """Yield the seeds' sources that have another address for good, which answered: each redirect on the way there is
    one for good, or a feed names its new address itself."""
    for seed in seeds:
        for source in sources_of(seed):
            way = _way(frontier, source.url)
            if way and (named := moved_to(way[-1].reason)):
                way += [row for row in _way(frontier, named)[-1:] if row not in way]
            if len(way) < 2 or way[-1].status not in (FETCHED, NOT_MODIFIED):
                continue
            redirects = [row for row in way[:-1] if row.status == REDIRECTED]
            if all(http_status(row.url) in PERMANENT for row in redirects):
                yield MovedSource(url=source.url, site=seed.name, to=way[-1].url, seen=now)


def _way(frontier: Frontier, url: str) -> list[Row]:
    """Return the row of *url*, and those to which its redirects lead, the last one at the end."""
    way: list[Row] = []
    while (row := frontier.get(url)) and row not in way:
        way.append(row)
        if row.status != REDIRECTED:
            break
        url = row.reason or ""
    return way
