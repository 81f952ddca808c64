"""Keep what servers answered about their sites for as long as it holds, and ask each once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from scrapy import Request

KEEP = 24 * 3600.0
"""Seconds for which an answer is kept: RFC 9309 §2.4 allows no more than a day."""
KEEP_FAILURE = 600.0
"""Seconds for which a failure is kept; a Retry-After may ask for more, up to KEEP."""
MAX_ANSWERS = 5000
"""Most answers that are remembered; a parsed robots.txt takes some 10 KB, so this is 50 MB."""

T = TypeVar("T")


class Answers(Generic[T]):
    """Answers by a key, such as an origin; *fetch* returns each with the time by *clock* until which it is kept."""

    def __init__(
        self, fetch: Callable[[str, Request], Coroutine[Any, Any, tuple[T, float]]], clock: Callable[[], float]
    ) -> None:
        self._fetch, self._clock = fetch, clock
        # futures, since many requests may wait for one answer: a Deferred gives its result only to the first
        self._known: dict[str, asyncio.Future[tuple[T, float]]] = {}

    def keep(self, key: str, answer: T, until: float) -> None:
        """Keep an answer that came another way."""
        self._known.pop(key, None)
        make_room(self._known)
        future: asyncio.Future[tuple[T, float]] = asyncio.get_running_loop().create_future()
        future.set_result((answer, until))
        self._known[key] = future

    async def of(self, key: str, request: Request) -> T:
        """Return the answer for a key, for the sake of *request*."""
        known = self._known.get(key)
        if known is None or (known.done() and known.result()[1] <= self._clock()):
            self._known.pop(key, None)
            make_room(self._known)
            known = self._known[key] = asyncio.ensure_future(self._fetch(key, request))
        # shielded: cancelling one request must not cancel the answer for the others
        return (await asyncio.shield(known))[0]


def make_room(known: dict[str, Any]) -> None:
    """Drop the oldest of *known* where it holds MAX_ANSWERS."""
    while len(known) >= MAX_ANSWERS:
        del known[next(iter(known))]
