"""What an origin says of itself in a file of its own: asked for once, and kept as long as it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

from scrapy import Request

from scraper.links import origin_of

MAX_ORIGINS = 5000
"""Origins remembered; a parsed robots.txt takes some 10 KB, so 50 MB."""


class Holding(Protocol):
    """An answer, and up to when it holds."""

    @property
    def until(self) -> float:
        """In seconds of the clock that is asked."""
        ...


T = TypeVar("T", bound=Holding)


class Answers(Generic[T]):
    """The answers of origins; *fetch* asks one, given the first request that wants to know."""

    def __init__(self, fetch: Callable[[str, Request], Coroutine[Any, Any, T]], clock: Callable[[], float]) -> None:
        self._fetch, self._clock = fetch, clock
        # futures, since any number of requests may wait on one: a Deferred gives its result to the first alone
        self._known: dict[str, asyncio.Future[T]] = {}

    async def of(self, request: Request) -> T:
        """Return what the origin of *request* says."""
        origin = origin_of(request.url)
        known = self._known.get(origin)
        if known is None or (known.done() and known.result().until <= self._clock()):
            self._known.pop(origin, None)
            while len(self._known) >= MAX_ORIGINS:
                del self._known[next(iter(self._known))]
            known = self._known[origin] = asyncio.ensure_future(self._fetch(origin, request))
        # shielded: one request given up must not take the others' answer with it
        return await asyncio.shield(known)
