"""Say which articles are wanted: by words, as a full-text query, and by site, days, language and access."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date

from archive.files.errors import ArchiveError
from cleaners import host_key, host_of

SNIPPET_WORDS = 24


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """The bounds of a search or list."""

    site: str | None = None
    """A host, with its subdomains; with a port, only that port."""
    since: date | None = None
    """The first day: when published, or captured where the page does not say."""
    until: date | None = None
    """The last day."""
    language: str | None = None
    """The code of the language that the page declares, such as `en`."""
    access: str | None = None
    """Whether the page showed all of its text, such as `full` or `paywall`."""

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return all(getattr(self, field.name) is None for field in fields(self))

    def values(self) -> dict[str, str | None]:
        """Return the values of the conditions in SQL."""
        since, until = (day.isoformat() if day else None for day in (self.since, self.until))
        language = self.language.lower() if self.language else None
        days = {"since": since, "until": until}
        return days | {"site": self.site, "host": self._host(), "language": language, "access": self.access}

    def _host(self) -> str:
        """Return what every URL of the site has in it: asked first, it spares most calls of `belongs_to`."""
        site = self.site or ""
        try:
            return host_key(host_of(site if "//" in site else f"//{site}")).removeprefix("www.")
        except ValueError:
            return ""


# An article without a date counts as published on the day of its capture. Days are in the page's own time zone: an
# article of the evening belongs to the day that its readers know.
_DAY = """substr(coalesce(
  article.date, (SELECT fetched FROM capture WHERE capture.record_id = article.capture_id), article.stored
), 1, 10)"""
_BOUNDS = f"""(:site IS NULL OR instr(article.url, :host) AND belongs_to(article.url, :site))
AND (:language IS NULL OR lower(article.language) = :language)
AND (:access IS NULL OR article.access = :access)
AND (:since IS NULL AND :until IS NULL OR {_DAY} BETWEEN coalesce(:since, '') AND coalesce(:until, '9999-99'))"""
_WITHIN = f"""{_BOUNDS} AND NOT EXISTS (
  SELECT 1 FROM article AS newer WHERE newer.capture_id = article.capture_id
  AND (newer.stored, newer.id) > (article.stored, article.id)
)"""

MATCHING = f"""
SELECT article.*, snippet(article_index, 1, '', '', '…', {SNIPPET_WORDS}) AS snippet
FROM article_index CROSS JOIN article ON article.id = article_index.rowid
WHERE article_index MATCH :query AND {_WITHIN}
ORDER BY article_index.rank
"""
# The row with the greatest `age` gives the other columns: https://www.sqlite.org/lang_select.html#bareagg
_OF_EACH_URL = f"""
SELECT article.*, {_DAY} AS day, capture.fetched AS fetched,
  max(coalesce(capture.fetched, '') || ' ' || article.stored || ' ' || article.record_id) AS age
FROM article LEFT JOIN capture ON capture.record_id = article.capture_id
WHERE article.url > :after AND {_WITHIN}
GROUP BY article.url
"""
BY_URL = _OF_EACH_URL + "ORDER BY article.url LIMIT :limit"
NEWEST_DAY_FIRST = _OF_EACH_URL + "ORDER BY day DESC, article.url LIMIT :limit"

# By the key of the last row of the page before: in the order in which texts were stored, which the table has, or by
# confidence. Whether a text is the newest of its URL is asked of the rows of a page alone.
_AGE = "coalesce((SELECT fetched FROM capture WHERE record_id = {0}.capture_id), '') || ' ' || {0}.stored"
_PAGE = f"""
SELECT article.*, {_DAY} AS day,
  (SELECT fetched FROM capture WHERE capture.record_id = article.capture_id) AS fetched,
  NOT EXISTS (
    SELECT 1 FROM article AS other WHERE other.url = article.url AND other.id <> article.id
    AND ({_AGE.format("other")}, other.id) > ({_AGE.format("article")}, article.id)
  ) AS is_newest
FROM (
  SELECT article.id FROM article LEFT JOIN article AS last ON last.record_id = :after
  WHERE (:query IS NULL OR article.id IN (SELECT rowid FROM article_index WHERE article_index MATCH :query))
  AND {_BOUNDS} AND {{behind}} ORDER BY {{order}} LIMIT :limit
) AS found JOIN article ON article.id = found.id ORDER BY {{order}}
"""
LAST_STORED_FIRST = _PAGE.format(behind="(:after = '' OR article.id < last.id)", order="article.id DESC")
WORST_FIRST = _PAGE.format(
    behind="""article.confidence IS NOT NULL
  AND (:after = '' OR (article.confidence, article.id) > (last.confidence, last.id))""",
    order="article.confidence, article.id",
)

_TERM = re.compile(r'"(?P<phrase>[^"]*)"(?P<star>\*?)|(?P<word>[^\s"]+)')
_HELP = 'write words, "words in quotes", harb* for all that begins so, and OR between two of them'


def match_query(words: str) -> str:
    """Return a user's words as a valid FTS5 query; an empty one where no word has a letter or digit.

    Raises ArchiveError where OR does not stand between two words, or `*` not at the end of one.

    >>> match_query('a-b "two words" NEAR( harb* OR quay')
    '"a-b" AND "two words" AND "NEAR(" AND ("harb"* OR "quay")'
    """
    alternatives: list[list[str]] = []
    wants_another = False
    for found in _TERM.finditer(re.sub(r"[\x00-\x1f\ud800-\udfff]", " ", words)):
        term, word = found["phrase"] or "", found["word"]
        star = found["star"] or ""
        if word == "OR":
            if wants_another or not alternatives:
                raise _wrong(words, "OR must stand between two words")
            wants_another = True
            continue
        if word:
            term, star = word.removesuffix("*"), "*" * word.endswith("*")
            if "*" in term or (star and not _can_be_found(term)):
                raise _wrong(words, "* must stand at the end of a word")
        if not _can_be_found(term):
            continue
        if not wants_another:
            alternatives.append([])
        alternatives[-1].append(f'"{term}"{star}')
        wants_another = False
    if wants_another:
        raise _wrong(words, "OR must stand between two words")
    return " AND ".join(f"({' OR '.join(terms)})" if len(terms) > 1 else terms[0] for terms in alternatives)


def _can_be_found(term: str) -> bool:
    return any(sign.isalnum() for sign in term)


def _wrong(words: str, why: str) -> ArchiveError:
    return ArchiveError(f"cannot search for '{words}': {why}: {_HELP}")
