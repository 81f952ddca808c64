"""Tell what an operator must be told of a data root: a run that did not come, a source that is silent, a short disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

from archive import ArchiveError
from scraper.printable import one_line
from scraper.report.heartbeat import Heartbeat, HeartbeatError, SilentSource, read_heartbeat
from scraper.report.status import SiteStanding, is_held, lock_alarm, standings
from scraper.report.wording import ending_text, moment, state_line

Kind = Literal["run", "lock", "source", "yield", "disk"]
KINDS: tuple[Kind, ...] = get_args(Kind)

LATE = timedelta(minutes=15)
"""How late a run may be: timers spread their starts by some minutes, and a machine that starts again needs a few."""
TIMER = timedelta(hours=1)
"""How often a timer is taken to run where nobody says: the docs' runs each 15 minutes, many run each hour."""
MIN_FREE = 2**30
"""Least bytes free: a file of the archive grows to 1 GB before it is sealed."""
SHOWN_SOURCES = 20
"""Most silent sources that are told one by one; more have one cause, such as a network that is down."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that needs a person."""

    kind: Kind
    line: str


def alarms(
    data: Path, now: datetime, *, frontier: str | None = None, every: timedelta | None = None, min_free: int = MIN_FREE
) -> list[Alarm]:
    """Return the alarms of a data root at the moment *now*, those of the run first; empty where all is well.

    *every* is how often a timer starts a crawl there, *min_free* the least bytes that its disk must have free. Raises
    FrontierError where there is no crawl to judge.
    """
    sites = standings(data, frontier)
    found = [*_of_run(data, now, every)]
    if late := lock_alarm(data, now):
        found.append(Alarm("lock", late))
    found += _of_yields(sites, now)
    if (free := free_bytes(data)) < min_free:
        found.append(Alarm("disk", f"{data}: {free / 2**30:.1f} GB are free, less than {min_free / 2**30:.1f} GB"))
    return found


def late_by(beat: Heartbeat, now: datetime, every: timedelta | None) -> timedelta:
    """Return how long ago the next crawl should have begun: *every* after the last one, or TIMER after a source is due.

    It is negative where there is time left, and where nothing is ever due again.
    """
    if every is not None:
        return now - beat.started - every
    return -LATE if beat.next_due is None else now - max(beat.next_due, beat.ended or beat.started) - TIMER


def free_bytes(data: Path) -> int:
    """Return how many bytes the disk of *data* has free for who crawls. Raises ArchiveError."""
    try:
        return shutil.disk_usage(data).free
    except OSError as error:
        raise ArchiveError(f"{data}: its disk cannot be asked ({error.strerror})") from None


def _of_run(data: Path, now: datetime, every: timedelta | None) -> Iterator[Alarm]:
    try:
        beat = read_heartbeat(data)
    except HeartbeatError as error:
        yield Alarm("run", str(error))
        return
    if beat is None:
        yield Alarm("run", f"{data}: no crawl has left a heartbeat here: crawl once")
        return
    if beat.started > now + LATE:
        yield Alarm(
            "run",
            f"{data}: the last crawl began at {beat.started:%Y-%m-%d %H:%M} UTC, which is to come: look at the clock",
        )
    yield from _of_end(data, beat, now, every)
    yield from _of_lists(data, beat, now)
    yield from _of_sources([one for one in beat.silent if one.is_overdue(now)], now)


def _of_end(data: Path, beat: Heartbeat, now: datetime, every: timedelta | None) -> Iterator[Alarm]:
    began = f"the last crawl began {moment(beat.started.timestamp(), now)}"
    # asked only where no end is written: to ask takes the lock for a moment, and a crawl might start just then
    if beat.ended is None and is_held(data):
        return  # at work; `lock_alarm` tells where it takes too long
    if beat.ended is None:
        yield Alarm("run", f"{data}: {began} and did not write its end: it was killed, or the disk was full")
    elif beat.ending == "stopped":
        yield Alarm("run", f"{data}: {began} and was stopped by an error, which it told")
    if (late := late_by(beat, now, every)) > LATE:
        expected = moment((now - late).timestamp(), now)
        yield Alarm(
            "run", f"{data}: a crawl is overdue: {began}, the next one was expected {expected}: look at its timer"
        )


def _of_lists(data: Path, beat: Heartbeat, now: datetime) -> Iterator[Alarm]:
    """Yield the alarms of the seed lists other than that of the last run: their runs have timers of their own."""
    for name, run in beat.lists.items():
        if run.started == beat.started or not run.is_remembered(now):
            continue
        began = f"{data}: {one_line(name)}: its last crawl began {moment(run.started.timestamp(), now)}"
        expected = max(run.next_due, run.started) + TIMER if run.next_due else None
        if run.ended is None:
            yield Alarm("run", f"{began} and did not write its end: it was killed, or the disk was full")
        elif expected and now - expected > LATE:
            yield Alarm(
                "run", f"{began}, the next one was expected {moment(expected.timestamp(), now)}: look at its timer"
            )


def _of_sources(silent: Sequence[SilentSource], now: datetime) -> Iterator[Alarm]:
    for one in silent[:SHOWN_SOURCES]:
        told = "no run came to it" if one.status == "waiting" else ending_text(one.status)
        yield Alarm(
            "source",
            one_line(f"{one.site}: {one.url} has not answered since {moment(one.since.timestamp(), now)}: {told}"),
        )
    if (more := len(silent) - SHOWN_SOURCES) > 0:
        yield Alarm("source", f"{more} more sources have not answered: heartbeat.json has them")


def _of_yields(sites: Sequence[SiteStanding], now: datetime) -> Iterator[Alarm]:
    for site in sites:
        if site.state == "failing":
            for line in site.fell or [state_line(site, now)]:
                yield Alarm("yield", f"{one_line(site.report.name)}: {line}")
