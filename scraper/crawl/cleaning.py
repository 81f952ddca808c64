"""Cleaning beside the reactor: in processes, so that network and archive have a core of their own, or in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from cleaners import Article, Page, Pool, RuleSet

MAX_SECONDS = 60.0
"""For one page: 15 times what the worst hostile page takes on a quiet machine (docs/performance.md, Bounds)."""


class Cleaner(Protocol):
    """What makes an article of a page: `cleaners.clean`, or a stand-in."""

    def __call__(
        self, html: bytes, *, url: str | None = None, charset: str | None = None, rules: RuleSet | None = None
    ) -> Article:
        """Return the article of *html*."""


class CleaningError(RuntimeError):
    """A page has no article; the message says what the cleaner, or its process, died of."""


class Cleaning:
    """Makes articles of pages, as many at a time as there are jobs.

    What waits is bounded by the crawl's leases, and by Scrapy's own bound on the bytes of responses in work: past it
    nothing more is requested.
    """

    def __init__(self, clean: Cleaner, rules: RuleSet | None, jobs: int, *, seconds: float = MAX_SECONDS) -> None:
        """Prepare; nothing is started before the first page. *jobs* of 0: one thread, and no bound on its time."""
        task = partial(_article, clean, rules)
        self._make: Callable[[Page], Article | str] = task
        self._close: Callable[[], None] = lambda: None
        if jobs:
            pool = Pool(task, jobs, seconds=seconds)
            self._make, self._close = pool.answer, pool.close
        self._threads = ThreadPoolExecutor(max(1, jobs), thread_name_prefix="clean")

    async def article(self, page: Page) -> Article:
        """Return the page's article. Raises CleaningError."""
        try:
            made = await asyncio.get_running_loop().run_in_executor(self._threads, self._make, page)
        except Exception as error:
            raise CleaningError(str(error)) from None
        if isinstance(made, str):
            raise CleaningError(made)
        return made

    def close(self) -> None:
        """End processes and threads; what is not cleaned yet never will be. A second call does nothing."""
        self._close()
        self._threads.shutdown(cancel_futures=True)


def _article(clean: Cleaner, rules: RuleSet | None, page: Page) -> Article | str:
    """Return the article, or what went wrong: an error of a class of its own may be one that cannot be sent."""
    try:
        assert isinstance(page.html, bytes)
        return clean(page.html, url=page.url, charset=page.charset, rules=rules)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
