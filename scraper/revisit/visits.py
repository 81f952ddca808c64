"""Compares a fetch with the one before: unchanged or new, with which validators, and when the URL is due again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from archive import Capture, Collection, Stored, text_sha256
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

UNTRUSTED = ""
"""Stored as the validators of a source that changed but kept its ETag: it is never requested with conditions again."""
MAX_VALIDATOR = 1000
"""Longest ETag or date that is sent back, in characters: many servers refuse a longer header line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a response says about itself, kept until its URL is closed."""

    status: int
    etag: str | None
    last_modified: str | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a fetch ended, and what decides about the next one."""

    status: str
    at: float
    answer: Answer | None = None
    known_share: float | None = None
    """For a source that was read: the share of its entries that were known before."""
    published: float | None = None
    """For an article: the date given by the source, else by the page."""


class Revisits:
    """Compares each fetch of a URL in work with the fetches before it."""

    def __init__(
        self,
        seeds: Mapping[str, Seed],
        *,
        now: Callable[[], datetime],
        updates: Sequence[timedelta] | None = None,
        forget: bool = False,
    ) -> None:
        """Prepare. *updates* replaces the seeds' own; with *forget* every fetch counts as the first."""
        self._seeds = seeds
        self._now = now
        self._updates = updates
        self._forget = forget
        self._answers: dict[str, Answer] = {}

    def note(self, capture: Capture, stored: Stored | None) -> None:
        """Keep what a response says about itself until its URL is closed."""
        etag, date = _bounded(capture.header("ETag")), _bounded(capture.header("Last-Modified"))
        digest = stored.payload_digest if stored else None
        self._answers[capture.url] = Answer(capture.status, etag, date, digest)

    def conditions(self, row: Row) -> dict[str, bytes]:
        """Return the headers that make the request for *row* conditional; none where the whole body is wanted."""
        if row.kind == "article":
            whole = row.visits == 0
        else:
            whole = row.status not in (FETCHED, NOT_MODIFIED) or is_whole_turn(row.closed_at, self._clock(), row.url)
        if self._forget or whole:
            return {}
        headers = {"If-None-Match": row.etag, "If-Modified-Since": row.last_modified}
        return {name: value.encode("latin-1", "replace") for name, value in headers.items() if value}

    def is_repeated(self, row: Row) -> bool:
        """Tell whether the response for *row* is, byte for byte, the one that was processed before.

        At its whole turn a source is read all the same: the seed's patterns may have changed.
        """
        answer = self._answers.get(row.url)
        if self._forget or answer is None or answer.digest is None or answer.digest != row.digest:
            return False
        return row.visits > 0 if row.kind == "article" else not is_whole_turn(row.closed_at, self._clock(), row.url)

    def keeps_text(self, row: Row, article: Article, collection: Collection | None) -> tuple[str, str] | None:
        """Return status and reason of a page whose stored text stays, None where *article* is a new revision.

        The text stays where text and title are the same, so that only debris has changed, and where a wall stands now
        before an article that was stored whole.
        """
        if collection is None or self._forget or row.visits == 0:
            return None
        catalog = collection.catalog
        texts = (text for capture in catalog.captures(row.url) for text in catalog.articles(capture.record_id))
        stored = next((text for text in texts if text.collection == collection.name), None)
        if stored is None:
            return None
        if (stored.text_sha256, stored.title) == (text_sha256(article.text), article.title):
            return NOT_MODIFIED, "same text"
        if article.access in WALLS and stored.access not in WALLS:
            return NOT_ARTICLE, f"access is {article.access} now; its text is kept"
        return None

    def close(
        self, row: Row, status: str, reason: str, *, known_share: float | None = None, article: Article | None = None
    ) -> tuple[str, str, Visit | None]:
        """Return the final status and reason of *row* beside the fetch before, and what the frontier stores about it.

        An article that was fetched before becomes `updated` or `vanished` where that is what happened. *known_share*
        belongs to a source: the share of its entries that were known before.
        """
        answer = self._answers.pop(row.url, None)
        if not self._forget and row.kind == "article" and row.visits:
            if status in GONE:
                status, reason = VANISHED, f"{status}; its text is kept"
            elif status == FETCHED:
                status = UPDATED
        published = row.published if row.published is not None else published_at(article)
        ending = Ending(status, self._clock(), answer, known_share, published)
        seed = self._seeds.get(row.site)
        return status, reason, visit_of(row, seed, self._updates, ending) if seed else None

    def _clock(self) -> float:
        return self._now().timestamp()


def visit_of(row: Row, seed: Seed, looks: Sequence[timedelta] | None, ending: Ending) -> Visit:
    """Return what the frontier stores when *row* is closed; *looks* replaces the seed's own `updates`."""
    visit = _validators(row, ending)
    if row.kind == "article":
        if looks is None:
            looks = LOOKS if seed.updates is None else seed.updates
        return replace(visit, due_at=_article_due(row, looks, ending))
    limits = bounds(seed.every)
    if ending.status in (FETCHED, NOT_MODIFIED):
        every = after_reading(row.every, 1.0 if ending.status == NOT_MODIFIED else ending.known_share, limits)
    elif ending.status == REDIRECTED:
        every = row.every or limits.first
    else:
        every = after_failure(row.every, ending.status, row.status, limits)
    return replace(visit, every=every, due_at=due(ending.at, every, row.url))


def published_at(article: Article | None) -> float | None:
    """Return when *article* was published by its own word, in epoch seconds."""
    date = article.date if article else None
    if date is None:
        return None
    moment = date if isinstance(date, datetime) else datetime.combine(date, time.min)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _article_due(row: Row, looks: Sequence[timedelta], ending: Ending) -> float | None:
    retry_at = next_try(row.added_at, ending.at, ending.status, row.attempts, MAX_ATTEMPTS, row.url)
    if retry_at is not None or (row.visits == 0 and ending.status not in WHOLE):
        return retry_at
    return next_look(row.added_at, ending.published, ending.at, looks, row.url)


def _validators(row: Row, ending: Ending) -> Visit:
    """Return the validators and the digest of a whole response; a source that reuses its ETag loses them for good."""
    answer = ending.answer
    if answer is None or answer.status == 304 or ending.status not in WHOLE | {NOT_MODIFIED}:
        return Visit()
    if row.kind != "article" and (row.etag == UNTRUSTED or _reuses_validator(row, ending, answer)):
        return Visit(etag=UNTRUSTED, last_modified=UNTRUSTED, digest=answer.digest)
    return Visit(etag=answer.etag, last_modified=answer.last_modified, digest=answer.digest)


def _reuses_validator(row: Row, ending: Ending, answer: Answer) -> bool:
    """Tell whether a source has new entries under the validator of the reading before."""
    if answer.etag:
        same = answer.etag == row.etag
    else:
        same = bool(answer.last_modified) and not row.etag and answer.last_modified == row.last_modified
    return same and answer.digest != row.digest and ending.known_share is not None and ending.known_share < 1.0


def _bounded(value: str | None) -> str | None:
    return value if value and len(value) <= MAX_VALIDATOR else None
