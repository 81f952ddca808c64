"""Keep the heartbeat of a data root: a file that tells when its last crawl began, how it ended, and what was overdue.

It is beside the history of runs since each machine of a shared frontier has its own, and a monitor can read it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
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
PERMANENT = (301, 308)
"""The statuses by which a server says that a redirect is for good."""
REMEMBERED = timedelta(days=7)
"""How long a silent source of another seed list is kept: lists have timers of their own, and sources are given up."""

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
    """Its first failure in a row, or its last answer where none failed."""
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


class Beat:
    """Writes the heartbeat of one run. Raises ArchiveError where that cannot be done."""

    def __init__(
        self,
        data: Path,
        seeds: Iterable[Seed],
        frontier: Frontier,
        now: datetime,
        http_status: Callable[[str], int | None] = lambda url: None,
    ) -> None:
        """Write the start; what earlier runs said of sources stays until the end. *http_status*: a URL's last one."""
        self._path, self._seeds, self._frontier = data / HEARTBEAT, list(seeds), frontier
        self._http_status = http_status
        try:
            before = read_heartbeat(data)
        except HeartbeatError:
            before = None  # written anew
        due = sum(frontier.waiting([seed.name for seed in self._seeds]).values())
        known = before or Heartbeat(started=now, due=due)
        self._beat: Heartbeat | None = replace(known, started=now, due=due, ended=None, ending=None, next_due=None)
        self._write(self._beat)

    def end(self, ending: str, now: datetime) -> None:
        """Write how the run ended; a second call does nothing. Raises FrontierError too."""
        begun, self._beat = self._beat, None
        if begun is None:
            return
        names = [seed.name for seed in self._seeds]
        due = self._frontier.next_due(names)
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
                next_due=None if due is None else datetime.fromtimestamp(due, UTC),
                silent=tuple(silent[:MAX_SILENT]),
                moved=tuple(moved[:MAX_SILENT]),
                overdue=sum(one.is_overdue(now) for one in silent),
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
            answers = row.status in (FETCHED, NOT_MODIFIED)
            one = SilentSource(
                url=source.url,
                site=seed.name,
                status=row.status if row.status and not answers else "waiting",
                since=closed if answers else since.get(source.url, closed),
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
