"""What the archive's texts say about each host's pages: `rules/statistics.sqlite`, derived from catalog and texts."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.catalog import Catalog
from archive.database import transaction
from archive.errors import ArchiveError
from archive.layout import CATALOG
from archive.site_rules.hosts import host_of
from archive.site_rules.store import BATCH, Store
from archive.texts import TextRecord, read_text
from cleaners.learn import read_page

STATISTICS = Path("rules", "statistics.sqlite")
SITE_RULE = "sites/"
"""How the ids of rules that hold for one host begin."""

# the row with the greatest `age` gives the other columns: https://www.sqlite.org/lang_select.html#bareagg
_NEWEST = """
CREATE TEMP TABLE newest AS
SELECT a.url, a.record_id, a.capture_id, a.stored, a.rules_version, a.collection, a.file, a.offset, a.text_length,
  coalesce(c.fetched, '') AS fetched, max(coalesce(c.fetched, '') || ' ' || a.stored || ' ' || a.record_id) AS age
FROM archive.article AS a LEFT JOIN archive.capture AS c ON c.record_id = a.capture_id GROUP BY a.url
"""
_KNOWN = "SELECT 1 FROM newest AS n WHERE n.record_id = page.record_id AND n.fetched = page.fetched AND n.text_length"
_MISSING = """
CREATE TEMP TABLE missing AS
SELECT * FROM newest WHERE text_length AND record_id NOT IN (SELECT record_id FROM page)
  AND (:every OR rule_host(url) IN (SELECT value FROM json_each(:hosts)))
ORDER BY collection, file, offset
"""
_NUMBER = re.compile(r"\[\d+\]")


@dataclass(slots=True)
class Updated:
    """What reading the new texts came to."""

    read: int = 0
    unreadable: int = 0
    """Texts that the catalog names and whose files do not give them."""


@dataclass(frozen=True, slots=True)
class Firing:
    """Which of its host's own rules took something from a page's newest text, and where."""

    url: str
    fetched: str
    """Moment of the capture, ISO 8601; empty where the catalog does not have it."""
    stored: str
    """Moment at which the text was made, ISO 8601: later where it was cleaned again."""
    rules_version: str
    """The rules that the text was made with."""
    rules: dict[str, list[str]]
    """Of each rule the paths, without numbers."""


class Statistics(Store):
    """The pages of a data root, of all its collections; of each URL the newest text. For use with `with`."""

    OWN = """record_id TEXT NOT NULL UNIQUE, capture_id TEXT NOT NULL, stored TEXT NOT NULL,
      rules_version TEXT NOT NULL, fired TEXT"""

    def __init__(self, root: Path) -> None:
        """Open or make the file. Raises ArchiveError where it cannot be written."""
        self._root = root
        super().__init__(root / STATISTICS)

    def update(self, seen: Callable[[str], None] = lambda url: None, *, hosts: Sequence[str] | None = None) -> Updated:
        """Read the texts that came since the last time; `seen` is told each URL. What was read stays at an interrupt.

        With `hosts` only theirs are read, the others' the next time. Raises ArchiveError where there is no catalog, or
        one that has to be built again.
        """
        path = self._root / CATALOG
        with Catalog(path):
            pass  # says itself what is wrong with it
        with self._errors():
            if not self._is_whole():
                self._renew()
            self._connection.execute("ATTACH ? AS archive", (f"{path.resolve().as_uri()}?mode=ro",))
            try:
                return self._updated(seen, hosts)
            finally:
                for table in ("newest", "missing"):
                    self._connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
                self._connection.execute("DETACH archive")

    def captures(self, host: str) -> dict[str, str]:
        """Return for each URL of a host the id of the capture that its newest text was made from."""
        with self._errors():
            found = self._connection.execute("SELECT url, capture_id FROM page WHERE host = ?", (host,))
            return dict(map(tuple, found))

    def firings(self, host: str) -> Iterator[Firing]:
        """Yield the pages of a host and its subdomains, newest first, also those where no rule of the host fired."""
        hosts = [one for one in self.hosts() if one == host or one.endswith(f".{host}")]
        query = f"""SELECT url, fetched, stored, rules_version, fired FROM page
            WHERE host IN ({", ".join("?" * len(hosts))}) ORDER BY fetched DESC, url"""
        with self._errors():
            for row in self._connection.execute(query, hosts):
                fired = json.loads(row["fired"] or "{}")
                yield Firing(row["url"], row["fetched"], row["stored"], row["rules_version"], fired)

    def _updated(self, seen: Callable[[str], None], hosts: Sequence[str] | None) -> Updated:
        done, connection = Updated(), self._connection
        connection.execute(_NEWEST)
        connection.execute("CREATE INDEX temp.newest_record ON newest (record_id)")
        connection.execute(f"DELETE FROM page WHERE NOT EXISTS ({_KNOWN})")
        connection.create_function("rule_host", 1, host_of, deterministic=True)
        connection.execute(_MISSING, {"every": hosts is None, "hosts": json.dumps(hosts or [])})
        at = 0
        while rows := connection.execute(
            "SELECT rowid, * FROM missing WHERE rowid > ? LIMIT ?", (at, BATCH)
        ).fetchall():
            at = rows[-1]["rowid"]
            with transaction(self._connection):
                for row in rows:
                    self._enter(row, done)
                    seen(row["url"])
        return done

    def _enter(self, row: sqlite3.Row, done: Updated) -> None:
        if not host_of(row["url"]):
            return
        try:
            text = read_text(self._root, row["collection"], row["file"], row["offset"])
        except ArchiveError:
            done.unreadable += 1
            return
        done.read += 1
        taken, fired = _removals(text)
        title = text.metadata.get("title")
        page = read_page(row["url"], row["fetched"][:10], title if isinstance(title, str) else "", text.text, taken)
        self._put(
            page,
            row["fetched"],
            record_id=row["record_id"],
            capture_id=row["capture_id"],
            stored=row["stored"],
            rules_version=row["rules_version"],
            fired=json.dumps(fired) if fired else None,
        )


def _removals(text: TextRecord) -> tuple[list[str], dict[str, list[str]]]:
    """Return what rules took from a page, and of the host's own rules where."""
    taken, fired = [], defaultdict(set)
    said: Any = text.metadata.get("removals")
    for removal in said if isinstance(said, list) else ():
        if isinstance(removal, dict):
            taken.append(str(removal.get("text") or ""))
            rule = str(removal.get("rule") or "")
            if rule.startswith(SITE_RULE):
                fired[rule].add(_NUMBER.sub("", str(removal.get("where") or "")).removeprefix("/html/"))
    return taken, {rule: sorted(paths) for rule, paths in sorted(fired.items())}
