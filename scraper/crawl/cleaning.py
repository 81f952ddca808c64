"""Cleans pages outside the reactor's thread: in a thread, or in processes that use other cores."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from cleaners import Article, Page, Pool, RuleSet

MAX_SECONDS = 60.0
"""Longest time for one page: 15 times what the worst hostile page takes on an idle machine (docs/performance.md)."""


class Cleaner(Protocol):
    """A function that turns a page into an article: `cleaners.clean`, or a stand-in."""

    def __call__(
        self, html: bytes, *, url: str | None = None, charset: str | None = None, rules: RuleSet | None = None
    ) -> Article:
        """Return the article of *html*."""


class CleaningError(RuntimeError):
    """A page could not be cleaned; the message says why."""


class Cleaning:
    """Cleans pages, as many at a time as there are jobs.

    The number of waiting pages is bounded by the crawl's leases, and by Scrapy's bound on the bytes of responses in
    work: beyond it nothing more is requested.
    """

    def __init__(self, clean: Cleaner, rules: RuleSet | None, jobs: int, *, seconds: float = MAX_SECONDS) -> None:
        """Prepare; nothing is started before the first page. *jobs* 0: one thread, without a time limit."""
        task = partial(_article, clean, rules)
        self._clean: Callable[[Page], Article | str] = task
        self._close: Callable[[], None] = lambda: None
        if jobs:
            pool = Pool(task, jobs, seconds=seconds)
            self._clean, self._close = pool.answer, pool.close
        self._threads = ThreadPoolExecutor(max(1, jobs), thread_name_prefix="clean")

    async def article(self, page: Page) -> Article:
        """Return the page's article. Raises CleaningError."""
        try:
            article = await asyncio.get_running_loop().run_in_executor(self._threads, self._clean, page)
        except Exception as error:
            raise CleaningError(str(error)) from None
        if isinstance(article, str):
            raise CleaningError(article)
        return article

    def close(self) -> None:
        """End processes and threads, and drop pages that still wait. A second call does nothing."""
        self._close()
        self._threads.shutdown(cancel_futures=True)


def _article(clean: Cleaner, rules: RuleSet | None, page: Page) -> Article | str:
    """Return the article, or the error as text, since not every exception can be sent from another process."""
    try:
        assert isinstance(page.html, bytes)
        return clean(page.html, url=page.url, charset=page.charset, rules=rules)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
