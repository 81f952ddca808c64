"""How a fetch stands beside the ones before it: asked with conditions, the same again, or a new revision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from archive import Capture, Collection, Stored
from cleaners import Article
from scraper.frontier import Row, Visit
from scraper.seeds import Seed
from scraper.visits import Answer, Ending, conditions, is_repeated, keeps_text, later_ending, moment_of, visit_of


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
