"""Say which articles are wanted: by words, as a full-text query, and by site, days, language, access and cleaning."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from datetime import date

from archive.files.errors import ArchiveError
from cleaners import host_key, host_of

SNIPPET_WORDS = 24
LAST_SIGN = "\U0010ffff"
"""Comes behind all that begins so: the last character there is."""


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

    rule: str | None = None
    """The id of a rule that removed something, or the beginning of several that ends in a slash."""
    below: float | None = None
    """Only texts with less confidence than this; those without one are left out."""

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return all(getattr(self, field.name) is None for field in fields(self))

    @property
    def is_of_cleaning(self) -> bool:
        """Whether something is asked that cleaning again may change: then only the newest text of a URL counts."""
        return self.rule is not None or self.below is not None

    def values(self) -> dict[str, str | float | None]:
        """Return the values of the conditions in SQL."""
        since, until = (day.isoformat() if day else None for day in (self.since, self.until))
        language = self.language.lower() if self.language else None
        rule, host = self.rule or "", self._host()
        return {
            "since": since,
            "until": until,
            "site": self.site,
            "host": host,
            # a site with a port, or one that is spelled otherwise than in URLs, has no plain form
            "ending": f".{host}/" if host and host == (self.site or "").removeprefix("www.") else "",
            "https": f"https://{host}/",
            "http": f"http://{host}/",
            "language": language,
            "access": self.access,
            "below": self.below,
            "rule": rule,
            "last_rule": rule + LAST_SIGN * rule.endswith("/"),
        }

    def conditions(self, day: str) -> str:
        """Return the conditions in SQL on an `article`, whose day is `day` in SQL; what costs most comes last."""
        names = (name for name in CONDITIONS if getattr(self, name) is not None)
        return " AND ".join(("TRUE", *(CONDITIONS[name].format(day=day) for name in names)))

    def _host(self) -> str:
        """Return what every URL of the site has in it: asked first, it spares most calls of `belongs_to`."""
        site = self.site or ""
        try:
            return host_key(host_of(site if "//" in site else f"//{site}")).removeprefix("www.")
        except ValueError:
            return ""


# An article without a date counts as published on the day of its capture. Days are in the page's own time zone: an
# article of the evening belongs to the day that its readers know.
DAY = "article.day"
DAY_OF = """substr(coalesce(
  article.date, (SELECT fetched FROM capture WHERE capture.record_id = article.capture_id), article.stored
), 1, 10)"""
"""What a text's day is, from its columns and its capture."""
_AGE = "coalesce((SELECT fetched FROM capture WHERE record_id = {0}.capture_id), '') || ' ' || {0}.stored"
IS_NEWEST = f"""NOT EXISTS (
  SELECT 1 FROM article AS other WHERE other.url = article.url AND other.id <> article.id
  AND ({_AGE.format("other")}, other.id) > ({_AGE.format("article")}, article.id)
)"""
"""Whether a text is the newest of its URL: of the newest capture the last one."""
_RULES = "SELECT id FROM rule WHERE name BETWEEN :rule AND :last_rule"
# `belongs_to` is Python's, 4 µs a call: it is spared for what has the host nowhere, and for what plainly belongs to it,
# as a URL begins with it, or begins with nothing but a subdomain before it
_PLAINLY = """:ending <> '' AND (
  substr(article.url, 1, length(:https)) = :https OR substr(article.url, 1, length(:http)) = :http
  OR substr(article.url, 1, 8) = 'https://' AND instr(article.url, :ending)
  AND substr(article.url, 9, instr(article.url, :ending) - 9) NOT GLOB '*[^a-z0-9.-]*'
)"""
CONDITIONS = {
    "language": "lower(article.language) = :language",
    "access": "article.access = :access",
    "below": "article.confidence < :below",
    "since": "{day} >= :since",
    "until": "{day} <= :until",
    "rule": f"EXISTS (SELECT 1 FROM fired WHERE fired.rule IN ({_RULES}) AND fired.article = article.id)",
    "site": f"instr(article.url, :host) AND ({_PLAINLY} OR belongs_to(article.url, :site))",
}
_LAST_OF_CAPTURE = """NOT EXISTS (
  SELECT 1 FROM article AS newer WHERE newer.capture_id = article.capture_id
  AND (newer.stored, newer.id) > (article.stored, article.id)
)"""


def within(bounds: SearchFilter, day: str) -> str:
    """Return the condition in SQL for the texts that a search or list by URL finds."""
    newest = IS_NEWEST if bounds.is_of_cleaning else _LAST_OF_CAPTURE
    return f"{bounds.conditions(day)} AND {newest}"


MATCHING = f"""
SELECT article.*, snippet(article_index, 1, '', '', '…', {SNIPPET_WORDS}) AS snippet
FROM article_index CROSS JOIN article ON article.id = article_index.rowid
WHERE article_index MATCH :query AND {{within}}
ORDER BY article_index.rank
"""
# The row with the greatest `age` gives the other columns: https://www.sqlite.org/lang_select.html#bareagg
_OF_EACH_URL = """
SELECT article.*, {day} AS day, capture.fetched AS fetched,
  max(coalesce(capture.fetched, '') || ' ' || article.stored || ' ' || article.record_id) AS age
FROM article LEFT JOIN capture ON capture.record_id = article.capture_id
WHERE article.url > :after AND {within}
GROUP BY article.url
"""
BY_URL = _OF_EACH_URL + "ORDER BY article.url LIMIT :limit"
NEWEST_DAY_FIRST = _OF_EACH_URL + "ORDER BY day DESC, article.url LIMIT :limit"

# Which texts are asked in which order: the last stored first, along the words' index or along those on which a rule
# fired, so that a page ends the search; the least sure first, all that are within the bounds are sorted. Whether a text
# is the newest of its URL is asked of the rows of a page alone.
_PAGE = f"""
SELECT article.*, {{day}} AS day,
  (SELECT fetched FROM capture WHERE capture.record_id = article.capture_id) AS fetched,
  {IS_NEWEST} AS is_newest
FROM (
  SELECT article.id FROM {{rows}} WHERE {{conditions}} ORDER BY {{order}} LIMIT :limit
) AS found JOIN article ON article.id = found.id ORDER BY {{final}}
"""
_BY_WORDS = "article_index CROSS JOIN article ON article.id = article_index.rowid", "article_index.rowid"
_BY_RULE = "fired CROSS JOIN article ON article.id = fired.article", "fired.article"
_BY_ARTICLE = "article", "article.id"
_RULE_FIRED = "fired.rule = (SELECT id FROM rule WHERE name = :rule)"
_FEW_FIRED = f"article.id IN (SELECT article FROM fired WHERE fired.rule IN ({_RULES}))"
FIRINGS = f"SELECT count(*) AS firings FROM (SELECT 1 FROM fired WHERE rule IN ({_RULES}) LIMIT :limit)"
MANY_FIRINGS = 20_000
"""Firings of the rules with one beginning up to which their texts are collected first, which takes 10 ms; of more, each
text is asked whether one of them fired."""


def page_query(bounds: SearchFilter, *, by_words: bool, worst: bool, goes_on: bool, few_fired: bool, day: str) -> str:
    """Return the query for a page of a list; `few_fired`: the rules asked for fired MANY_FIRINGS times or less."""
    conditions = []
    if by_words:
        (rows, key), conditions = _BY_WORDS, ["article_index MATCH :query"]
    elif bounds.rule is not None and not bounds.rule.endswith("/"):
        (rows, key), conditions = _BY_RULE, [_RULE_FIRED]
        bounds = replace(bounds, rule=None)
    else:
        rows, key = _BY_ARTICLE
    if bounds.rule is not None and few_fired:
        conditions.append(_FEW_FIRED)
        bounds = replace(bounds, rule=None)
    if worst:
        order = final = "article.confidence, article.id"
        behind = "(article.confidence, article.id) > (:last_confidence, :last_id)"
        conditions.append("article.confidence IS NOT NULL")
    else:
        order, final, behind = f"{key} DESC", "article.id DESC", f"{key} < :last_id"
    conditions += [behind] if goes_on else []
    conditions.append(bounds.conditions(day))
    return _PAGE.format(day=day, rows=rows, conditions=" AND ".join(conditions), order=order, final=final)


# Of the texts last stored, of a host or of all hosts, those that are the newest of their URL, and the rules asked for.
_OF_HOST = "url >= :https AND url < :https_end OR url >= :http AND url < :http_end"
_SHARES = f"""
WITH found AS (SELECT id FROM article WHERE {{urls}} ORDER BY id DESC LIMIT :limit),
  page AS (SELECT article.id FROM found JOIN article ON article.id = found.id WHERE {IS_NEWEST})
SELECT '' AS rule, (SELECT count(*) FROM page) AS pages, (SELECT count(*) FROM found) AS texts
UNION ALL
SELECT rule.name, count(*), 0 FROM rule CROSS JOIN page
CROSS JOIN fired ON fired.rule = rule.id AND fired.article = page.id
WHERE rule.name IN (SELECT value FROM json_each(:rules)) GROUP BY rule.id
"""
SHARES_OF_HOST, SHARES_OF_ALL = _SHARES.format(urls=_OF_HOST), _SHARES.format(urls="TRUE")

_TERM = re.compile(r'"(?P<phrase>[^"]*)"(?P<star>\*?)|(?P<word>[^\s"]+)')
MIN_BEGINNING = 3
"""Bytes of UTF-8 in front of `*` in a list: three Latin letters, or one Chinese sign. FTS5 merges all words that begin
so before it gives one text: of 200,000 texts of 11,000 characters `t*` takes 1.9 s of CPU, `th*` 0.7, `the*` 0.36,
`con*` 0.19 and `harb*` 0.004. An index of such beginnings makes the words' index larger by two thirds."""
_HELP = 'write words, "words in quotes", harb* for all that begins so, and OR between two of them'


def match_query(words: str, *, least: int = 1) -> str:
    """Return a user's words as a valid FTS5 query; an empty one where no word has a letter or digit.

    Raises ArchiveError where OR does not stand between two words, or `*` not at the end of one, or behind fewer than
    `least` bytes.

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
        if star and len("".join(re.findall(r"[^\W_]+", term)[-1:]).encode()) < least:
            raise _wrong(words, f"* must stand behind {least} letters or more")
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
