"""How a fetch stands beside the ones before it: asked with conditions, the same again, or a new revision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from archive import Capture, Catalog, Collection, Stored, text_sha256
from cleaners import Article
from scraper.frontier import MAX_ATTEMPTS, Row, Visit
from scraper.outcomes import FETCHED, NOT_ARTICLE, NOT_MODIFIED, REDIRECTED, UPDATED, VANISHED, WALLS, WHOLE
from scraper.revisit.schedule import (
    GONE,
    LOOKS,
    after_failure,
    after_reading,
    bounds,
    due,
    is_whole_turn,
    next_look,
    next_try,
)
from scraper.seeds import Seed


class Memory:
    """Of URLs in work, what earlier fetches left and what this one brings. With *forget* every fetch is the first."""

    def __init__(
        self,
        seeds: Mapping[str, Seed],
        *,
        now: Callable[[], datetime],
        updates: Sequence[timedelta] | None = None,
        forget: bool = False,
    ) -> None:
        self._seeds = seeds
        self._now = now
        self._updates = updates
        self._forget = forget
        self._answers: dict[str, Answer] = {}

    def note(self, capture: Capture, stored: Stored | None) -> None:
        """Keep what a response says about itself until its URL is closed."""
        self._answers[capture.url] = Answer.of(capture, stored)

    def conditions(self, row: Row) -> dict[str, bytes]:
        """Return the header lines with which *row* is asked for, so that what is unchanged need not be sent."""
        return {} if self._forget else conditions(row, self._clock())

    def is_repeated(self, row: Row) -> bool:
        """Tell whether what came for *row* is what came before."""
        return not self._forget and is_repeated(row, self._answers.get(row.url), self._clock())

    def keeps_text(self, row: Row, article: Article, collection: Collection | None) -> tuple[str, str] | None:
        """Return status and reason of a page fetched again that gave no new text, None where it gave one."""
        if collection is None or self._forget or row.visits == 0:
            return None
        return keeps_text(collection.catalog, collection.name, row.url, article)

    def close(
        self, row: Row, status: str, reason: str, *, seen: float | None = None, article: Article | None = None
    ) -> tuple[str, str, Visit | None]:
        """Return how *row* ended beside the time before, and what is to be written about it.

        *seen*: of a source, the share of its entries that were known before.
        """
        answer = self._answers.pop(row.url, None)
        if not self._forget:
            status, reason = later_ending(row, status, reason)
        published = row.published if row.published is not None else moment_of(article)
        ending = Ending(status, self._clock(), answer, seen, published)
        seed = self._seeds.get(row.site)
        return status, reason, visit_of(row, seed, self._updates, ending) if seed else None

    def _clock(self) -> float:
        return self._now().timestamp()


UNTRUSTED = ""
"""Kept as the validators of a source that changed and kept them: it is never asked with conditions again."""
MAX_VALIDATOR = 1000
"""Characters of an ETag or date sent back; a longer one is no validator, and many servers refuse such a head."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is kept of a response until its URL is closed."""

    status: int
    etag: str | None
    last_modified: str | None
    digest: str | None

    @classmethod
    def of(cls, capture: Capture, stored: Stored | None) -> Answer:
        """Return what *capture* says about itself."""
        etag, date = capture.header("ETag"), capture.header("Last-Modified")
        return cls(capture.status, _short(etag), _short(date), stored.payload_digest if stored else None)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a fetch ended, with all that its visit is made of."""

    status: str
    at: float
    answer: Answer | None = None
    seen: float | None = None
    """Of a source that was read, the share of its entries that were known before."""
    published: float | None = None
    """Of an article: what the source said, else the page."""


def conditions(row: Row, now: float) -> dict[str, bytes]:
    """Return the header lines that make a request for *row* conditional; none where it is to be asked whole."""
    if row.kind == "article":
        whole = row.visits == 0
    else:
        whole = row.status not in (FETCHED, NOT_MODIFIED) or is_whole_turn(row.closed_at, now, row.url)
    lines = {"If-None-Match": row.etag, "If-Modified-Since": row.last_modified}
    return {} if whole else {name: value.encode("latin-1", "replace") for name, value in lines.items() if value}


def is_repeated(row: Row, answer: Answer | None, now: float) -> bool:
    """Tell whether *answer* is, byte for byte, what was taken in before.

    A source is read all the same at its whole turn: the seed's patterns may have changed.
    """
    if answer is None or answer.digest is None or answer.digest != row.digest:
        return False
    return row.visits > 0 if row.kind == "article" else not is_whole_turn(row.closed_at, now, row.url)


def keeps_text(catalog: Catalog, collection: str, url: str, article: Article) -> tuple[str, str] | None:
    """Return the ending of a look that brought no new text, None where *article* is a new revision.

    Only debris has changed where text and title are those of before. A wall where the whole article stood says nothing
    about the article.
    """
    texts = (text for capture in catalog.captures(url) for text in catalog.articles(capture.record_id))
    known = next((text for text in texts if text.collection == collection), None)
    if known is None:
        return None
    if (known.text_sha256, known.title) == (text_sha256(article.text), article.title):
        return NOT_MODIFIED, "same text"
    if article.access in WALLS and known.access not in WALLS:
        return NOT_ARTICLE, f"access is {article.access} now; its text is kept"
    return None


def later_ending(row: Row, status: str, reason: str) -> tuple[str, str]:
    """Return status and reason of an article that was fetched before: `updated` or `vanished` where they are meant."""
    if row.kind != "article" or row.visits == 0:
        return status, reason
    if status in GONE:
        return VANISHED, f"{status}; its text is kept"
    return (UPDATED, reason) if status == FETCHED else (status, reason)


def visit_of(row: Row, seed: Seed, looks: Sequence[timedelta] | None, ending: Ending) -> Visit:
    """Return what is written about *row* when it is closed; *looks* goes before the seed's own."""
    learned = _learned(row, ending)
    if row.kind == "article":
        wanted = looks if looks is not None else LOOKS if seed.updates is None else seed.updates
        return replace(learned, due_at=_article_due(row, wanted, ending))
    limits = bounds(seed.every)
    if ending.status in (FETCHED, NOT_MODIFIED):
        every = after_reading(row.every, 1.0 if ending.status == NOT_MODIFIED else ending.seen, limits)
    elif ending.status == REDIRECTED:
        every = row.every or limits.first
    else:
        every = after_failure(row.every, ending.status, row.status, limits)
    return replace(learned, every=every, due_at=due(ending.at, every, row.url))


def moment_of(article: Article | None) -> float | None:
    """Return when *article* says that it was published."""
    said = article.date if article else None
    if said is None:
        return None
    moment = said if isinstance(said, datetime) else datetime.combine(said, time.min)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _article_due(row: Row, looks: Sequence[timedelta], ending: Ending) -> float | None:
    again = next_try(row.added_at, ending.at, ending.status, row.attempts, MAX_ATTEMPTS, row.url)
    if again is not None or (row.visits == 0 and ending.status not in WHOLE):
        return again
    return next_look(row.added_at, ending.published, ending.at, looks, row.url)


def _learned(row: Row, ending: Ending) -> Visit:
    answer = ending.answer
    if answer is None or answer.status == 304 or ending.status not in WHOLE | {NOT_MODIFIED}:
        return Visit()
    if row.kind != "article" and (row.etag == UNTRUSTED or _is_reused(row, ending, answer)):
        return Visit(etag=UNTRUSTED, last_modified=UNTRUSTED, digest=answer.digest)
    return Visit(etag=answer.etag, last_modified=answer.last_modified, digest=answer.digest)


def _is_reused(row: Row, ending: Ending, answer: Answer) -> bool:
    """Tell whether a source has new entries under the validator of the reading before."""
    same = answer.etag == row.etag if answer.etag else bool(answer.last_modified) and not row.etag
    same = same and (bool(answer.etag) or answer.last_modified == row.last_modified)
    return same and answer.digest != row.digest and ending.seen is not None and ending.seen < 1.0


def _short(value: str | None) -> str | None:
    return value if value and len(value) <= MAX_VALIDATOR else None
