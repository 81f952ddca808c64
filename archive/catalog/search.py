"""Full-text search over the newest texts: words and phrases, of one site, between two days."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, fields
from datetime import date

from archive.catalog.rows import Hit

SNIPPET_WORDS = 24

# An article without a date of its own counts by the day of its capture. Days are those that the page says, so that an
# article of the evening belongs to the day its readers know.
_SEARCH = f"""
SELECT article.*, snippet(article_index, 1, '', '', '…', {SNIPPET_WORDS}) AS snippet
FROM article_index CROSS JOIN article ON article.id = article_index.rowid
WHERE article_index MATCH :query AND NOT EXISTS (
  SELECT 1 FROM article AS newer WHERE newer.capture_id = article.capture_id
  AND (newer.stored, newer.id) > (article.stored, article.id)
) AND (:site IS NULL OR belongs_to(article.url, :site))
AND (:since IS NULL AND :until IS NULL OR substr(coalesce(
  article.date, (SELECT fetched FROM capture WHERE capture.record_id = article.capture_id), article.stored
), 1, 10) BETWEEN coalesce(:since, '') AND coalesce(:until, '9999-99'))
ORDER BY article_index.rank
"""


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """What a search is limited to."""

    site: str | None = None
    """A host, with its subdomains; with a port, only that port."""
    since: date | None = None
    """The first day: when published, or captured where the page does not say."""
    until: date | None = None
    """The last day."""


def find(connection: sqlite3.Connection, words: str, limit: int, bounds: SearchFilter) -> list[Hit]:
    """Return what a catalog's index finds, best first, each URL once."""
    query = match_query(words)
    if not query:
        return []
    days = {name: day.isoformat() if day else None for name, day in (("since", bounds.since), ("until", bounds.until))}
    hits: dict[str, Hit] = {}
    for found in connection.execute(_SEARCH, {"query": query, "site": bounds.site, **days}):
        if len(hits) >= limit:
            break
        known = {field.name: found[field.name] for field in fields(Hit)}
        known["snippet"] = " ".join(known["snippet"].split())
        hits.setdefault(found["url"], Hit(**known))
    return list(hits.values())


def match_query(words: str) -> str:
    """Return a user's words as an FTS5 query that cannot be wrong.

    >>> match_query('a-b "two words" NEAR( "foo')
    '"a-b" "two words" "NEAR(" "foo"'
    """
    clean = re.sub(r"[\x00-\x1f\ud800-\udfff]", " ", words)
    parts = [phrase or word for phrase, word in re.findall(r'"([^"]*)"|([^\s"]+)', clean)]
    return " ".join(f'"{part}"' for part in parts if any(sign.isalnum() for sign in part))
