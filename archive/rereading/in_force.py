"""Find what a site said in its other files when one of its pages was fetched: robots.txt, tdmrep.json, licences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

from archive.catalog.catalog import Catalog
from archive.catalog.rows import OF_SERVER, CaptureRow
from archive.collection import read_capture
from archive.files.errors import ArchiveError, PayloadError
from archive.files.moments import iso_second
from archive.rights.optouts import Elsewhere, OptOuts, read_tdm_rules, tdm_of
from archive.rights.rsl import MAX_RSL, LicenceFile, licence_addresses, read_licence_file
from archive.warc.records import target_uri

IN_FORCE = timedelta(hours=25)
"""How long an answer counts: a crawl keeps it for a day (RFC 9309 §2.4), and a page may wait an hour for its turn."""
SOON = timedelta(hours=1)
"""How long after a page a licence file that it names may have been fetched."""
REDIRECTS = 5
"""Redirects of robots.txt that are followed (RFC 9309 §2.3.1.2)."""
MAX_FILES = 512
"""Files that are kept read: a robots.txt takes 10 KB."""


_IN_FORCE = f"url = ? AND fetched <= ? AND fetched >= ? AND {OF_SERVER} ORDER BY fetched DESC, record_id"


class Robots(Protocol):
    """A robots.txt that was read."""

    def about(self, url: str) -> Elsewhere:
        """Return what it says about the use of a page."""
        ...


ReadRobots = Callable[[bytes], Robots]
"""Reads a robots.txt; raises ValueError where it has too many rules."""


class InForce:
    """Looks up what was said about pages elsewhere, in the records of a data root."""

    def __init__(self, root: Path, catalog: Catalog, read_robots: ReadRobots) -> None:
        self._root, self._catalog = root, catalog
        self._read_robots = read_robots
        self._robots = lru_cache(MAX_FILES)(self._robots_of)
        self._rules = lru_cache(MAX_FILES)(self._rules_of)
        self._licences = lru_cache(MAX_FILES)(self._licences_of)

    def about(self, url: str, at: datetime, before: OptOuts | None) -> Elsewhere:
        """Return what was said about a page that was fetched at a moment.

        *before*: the opt-outs that were recorded: what no stored record tells any more is taken over from them, such as
        the licence that a feed named.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        seen: list[tuple[str, str]] = []
        said = self._in_robots(url, origin, at, seen)
        if said is None:
            said = _kept(before)
            seen += [pair for pair in (before.seen if before else ()) if pair[0] == "robots.txt"]
        feeds = tuple(value for value in (before.rsl if before else ()) if value.startswith("feed: "))
        row = self._newest(f"{origin}/.well-known/tdmrep.json", at)
        if row:
            told = tdm_of(parts.path or "/", self._rules(row)) if row.status == 200 else None
            seen.append(("tdmrep.json", iso_second(row.fetched)))
        else:
            told = _kept_tdm(before)
        return replace(said, rsl=(*said.rsl, *feeds), tdm=told, seen=tuple(seen))

    def with_terms(self, url: str, at: datetime, opt_outs: OptOuts, before: OptOuts | None) -> OptOuts:
        """Return the opt-outs of a page with what the licence files say that they name."""
        terms: list[tuple[str, str]] = []
        seen: list[tuple[str, str]] = []
        for address in licence_addresses(url, opt_outs.rsl):
            row = self._newest(address, at + SOON)
            if row is None:
                kept = (line.partition(" ") for line in (before.terms if before else ()))
                terms += [(address, line) for of, _, line in kept if of == address]
                seen += [pair for pair in (before.seen if before else ()) if pair[0] == address]
            elif row.status == 200 and (file := self._licences(row)) is not None:
                terms += [(address, line) for line in file.terms_for(url)]
                seen.append((address, iso_second(row.fetched)))
        return opt_outs.with_terms(terms, seen)

    def _in_robots(self, url: str, origin: str, at: datetime, seen: list[tuple[str, str]]) -> Elsewhere | None:
        address, row = f"{origin}/robots.txt", None
        for _ in range(REDIRECTS + 1):
            row = self._newest(address, at if row is None else row.fetched + SOON)
            if row is None or not 300 <= row.status < 400 or not (target := self._target(row)):
                break
            address = urljoin(address, target)
        # a 5xx or a part of a file says nothing; with them no page is fetched
        if row is None or row.status >= 500 or row.status == 429 or row.truncated:
            return None
        try:
            robots = self._robots(row if row.status < 300 else None)
        except (ValueError, ArchiveError):
            return None
        seen.append(("robots.txt", iso_second(row.fetched)))
        return robots.about(url)

    def _newest(self, url: str, at: datetime) -> CaptureRow | None:
        """Return the newest capture of a URL that counts at a moment."""
        span = (at.astimezone(UTC).isoformat(), (at - IN_FORCE).astimezone(UTC).isoformat())
        return self._catalog.first_capture(_IN_FORCE, target_uri(url), *span)

    def _target(self, row: CaptureRow) -> str | None:
        try:
            return self._read(row)[1]
        except ArchiveError:
            return None

    def _robots_of(self, row: CaptureRow | None) -> Robots:
        return self._read_robots(self._read(row)[0] if row else b"")

    def _rules_of(self, row: CaptureRow) -> Any:  # noqa: ANN401 - JSON from a site: anything
        try:
            return read_tdm_rules(self._read(row)[0])
        except ArchiveError:
            return None

    def _licences_of(self, row: CaptureRow) -> LicenceFile | None:
        try:
            return read_licence_file(row.url, self._read(row, MAX_RSL)[0])
        except ArchiveError:
            return None

    def _read(self, row: CaptureRow, size: int | None = None) -> tuple[bytes, str | None]:
        """Return the payload of a capture, or its first bytes, and where its head leads."""
        capture = read_capture(self._root, row.collection, row.file, row.offset)
        try:
            return capture.payload_start(size) if size else capture.payload(), capture.header("location")
        except PayloadError:
            return b"", capture.header("location")


def _kept(before: OptOuts | None) -> Elsewhere:
    """Return what was recorded from a robots.txt of which there is no record."""
    if before is None:
        return Elsewhere()

    def of(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(value.removeprefix("robots: ") for value in values if value.startswith("robots: "))

    rsl = tuple(value for value in before.rsl if value.startswith("robots: "))
    return Elsewhere(before.robots, of(before.content_signal), of(before.content_usage), rsl)


def _kept_tdm(before: OptOuts | None) -> tuple[str, str | None] | None:
    bits = [value.partition(": ")[2] for value in (before.tdm if before else ()) if value.startswith("file: ")]
    return (bits[0], before.tdm_policy if before else None) if bits else None
