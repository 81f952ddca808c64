"""Clean each page, decide whether it is an article, and store its text."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import resource
import signal
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlsplit

from scrapy.exceptions import DropItem

from archive import ArchiveError, ArticleRow, Capture, Collection, Stored, read_text
from cleaners import INDEX_PAGE, LOGIN, NOT_FOUND_PAGE, PAGE_SECONDS, Article, LostError, Page, Pool, RuleSet
from cleaners.learn import are_one_text
from scraper.crawl.options import Cleaner
from scraper.discovery import NEWS_SITEMAP, DiscoveryError, canonical_page, hub_reason, page_facts
from scraper.frontier import Frontier, Row
from scraper.outcomes import (
    CONSENT_WALL,
    DUPLICATE,
    ERROR,
    FETCHED,
    LOGIN_PAGE,
    NOT_ARTICLE,
    NOT_MODIFIED,
    SOFT_404,
    TOO_MUCH_MEMORY,
    TOO_SLOW,
    WHOLE,
)
from scraper.printable import one_line

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from scraper.crawl.session import Session


log = logging.getLogger(__name__)

MAX_VARIANTS = 10_000
"""Most canonical URLs without a text that a crawl remembers: 20 MB at the longest URLs, and more than a site's pages
of one day."""
MAX_SHORT = 10_000
"""Most short texts that a crawl remembers, each by its digest: some 3 MB."""
SHORT_TEXT = 1000
"""Characters of the longest text that tells, on a second address, that neither is an article. A judgement, as of
`cleaners.stand_ins`: notices have two or three sentences."""
SOURCE_SECONDS = 10.0
"""Longest time to read a source in a process: the slowest hostile one within the other bounds takes 4 s."""
SOURCE_MEMORY = 768 * 2**20
"""Bytes by which a process may grow while it reads a source: one of 50 MB takes some 200 MB."""


@dataclass(slots=True)
class NewsItem:
    """Scrapy's item: a URL in work, the page that answered for it, and later the article."""

    row: Row
    page: Page
    stored: Stored | None
    capture: Capture
    article: Article | None = None
    rendering: Capture | None = None
    """What a browser made of the page, where the article is made of that."""
    software: str = ""
    """Name and version of that browser."""
    note: str = ""
    """Why the page was not rendered, where that was tried."""


class _Pipeline:
    def __init__(self, crawler: Crawler) -> None:
        spider: Any = crawler.spider
        self._spider = spider
        self._session: Session = spider.session

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the pipeline, as Scrapy asks for it."""
        return cls(crawler)


class CleanPipeline(_Pipeline):
    """Cleans the page outside the reactor's thread, so the network goes on meanwhile."""

    async def process_item(self, item: NewsItem) -> NewsItem:
        """Add the article to the item; a page that breaks the cleaner, or its process, gets the status `error`."""
        try:
            item.article = await self._session.cleaning.article(item.page)
        except CleaningError as error:
            reason = one_line(f"cleaning failed: {error}")
            log.error("%s: %s", item.row.url, reason)
            self._spider.close_url(item.row, ERROR, reason, stored=item.stored)
            raise DropItem(reason, log_level="DEBUG") from error
        except Exception as error:
            self._spider.stop(error)
            raise DropItem("the run stops", log_level="DEBUG") from error
        return item


class StorePipeline(_Pipeline):
    """Stores the article's text and gives its URL a final status."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._verdicts = Verdicts(self._session.frontier, self._session.collection, self._session.cleaning)

    async def process_item(self, item: NewsItem) -> NewsItem:
        """Close the page's URL: with `fetched` once its text is stored, else with the reason why none is stored."""
        article, collection = item.article, self._session.collection
        if article is None:
            raise DropItem("not cleaned", log_level="DEBUG")
        try:
            status, reason = await self._verdicts.of(item.row, item.page, article)
            reason = "; ".join(filter(None, (reason, item.note)))
            if status == FETCHED and (old := self._session.revisits.keeps_text(item.row, article, collection)):
                self._spider.close_url(item.row, *old, stored=item.stored)
                return item
            if status == FETCHED and collection is not None and item.stored is not None:
                made_from = item.stored
                if item.rendering is not None:
                    made_from = collection.store_rendering(item.rendering, item.stored, item.software)
                    self._session.files.add(made_from.file)
                self._session.files.add(collection.store_text(made_from, article).file)
            self._spider.close_url(item.row, status, reason, article=article, stored=item.stored)
        except Exception as error:
            self._spider.stop(error)
        return item


class Verdicts:
    """Decides in one thread whether a page is an article, a hub, or an article that is stored under another URL."""

    def __init__(self, frontier: Frontier, collection: Collection | None, cleaning: Cleaning) -> None:
        self._frontier = frontier
        self._collection = collection
        self._cleaning = cleaning
        self._short: OrderedDict[tuple[str, bytes], str] = OrderedDict()
        """The URL of each short text without a date, by host and digest; the newest ones."""
        self._variants: OrderedDict[str, str] = OrderedDict()
        """Canonical URLs without a stored text, each with the URL that was stored and declares it; the newest ones."""

    async def of(self, row: Row, page: Page, article: Article) -> tuple[str, str]:
        """Return the page's final status and its reason; with `fetched` its text must be stored at once."""
        status, reason = await self._of(row, page, article)
        if status == FETCHED and (twin := self._twin(row, article)):
            return SOFT_404, f"the same short text without a date as {twin}"
        return status, reason

    def _twin(self, row: Row, article: Article) -> str:
        """Return the other URL of the host that had the same short text without a date in this crawl, else nothing.

        Nothing is lost where this is no notice: its page is archived, and the same text is stored for the other URL.
        """
        if article.date is not None or len(article.text) > SHORT_TEXT or row.visits:
            return ""
        key = urlsplit(row.url).netloc, hashlib.sha256(article.text.encode("utf-8", "replace")).digest()
        first = self._short.setdefault(key, row.url)
        if len(self._short) > MAX_SHORT:
            self._short.popitem(last=False)
        return "" if first == row.url else first

    async def _of(self, row: Row, page: Page, article: Article) -> tuple[str, str]:
        if not article.text:
            return _without_text(article), one_line(", ".join(article.flags) or "no text found")
        if INDEX_PAGE in article.flags:
            return NOT_ARTICLE, one_line(f"index page: {', '.join(article.kind_evidence)}")
        if self._may_be_hub(row):
            assert isinstance(page.html, bytes)
            try:
                facts = await self._cleaning.reading(
                    partial(page_facts, page.html, row.url, charset=page.charset), of_page=True
                )
            except DiscoveryError as error:
                return error.status, one_line(error)
            if reason := hub_reason(facts, article, row.url):
                return NOT_ARTICLE, reason
        if (variant := self._variants.pop(row.url, None)) and await self._is_text_of(variant, article):
            return DUPLICATE, f"same article as {variant}"
        # og:url and JSON-LD are often copied from a template; AMP and search engines rely on the link element
        declared = article.canonical_url if article.sources.get("canonical_url") == "page" else None
        target = canonical_page(row.url, declared) if declared else None
        if target is None:
            return FETCHED, ""
        known = self._frontier.get(target)
        if known and known.status in {*WHOLE, NOT_MODIFIED}:
            # a template's wrong link must not cost an article: the texts have to say the same
            if await self._is_text_of(target, article):
                return DUPLICATE, f"same article as {target}"
            return FETCHED, f"canonical: {target}, which has another text"
        # the page at the canonical URL stays as it is: once it is read, its own text is compared with this one
        self._variants[target] = row.url
        if len(self._variants) > MAX_VARIANTS:
            self._variants.popitem(last=False)
        return FETCHED, f"canonical: {target}"

    async def _is_text_of(self, url: str, article: Article) -> bool:
        """Tell whether the newest text that is stored for a URL is this article's; not where none can be read."""
        stored = self._collection.newest_text(url) if self._collection is not None else None
        if self._collection is None or stored is None:
            return False
        return await asyncio.to_thread(_is_text, self._collection.root, stored, article)

    def _may_be_hub(self, row: Row) -> bool:
        """Tell whether no feed and no news sitemap called the page an article, and it was never fetched before."""
        source = row
        while source.kind == "article":
            parent = self._frontier.get(source.found_in) if source.found_in and source.found_in != source.url else None
            if parent is None:
                return False
            source = parent
        if row.visits or source.kind == "feed":
            return False
        return source.kind == "section" or not (source.reason or "").startswith(NEWS_SITEMAP)


def _without_text(article: Article) -> str:
    """Return the status of a page without a text."""
    if NOT_FOUND_PAGE in article.flags:
        return SOFT_404
    if LOGIN in article.flags:
        return LOGIN_PAGE
    return CONSENT_WALL if article.access == "consent" else NOT_ARTICLE


def _is_text(root: Path, stored: ArticleRow, article: Article) -> bool:
    try:
        text = read_text(root, stored.collection, stored.file, stored.offset)
    except ArchiveError:
        return False
    return are_one_text(text.text, article.text)


T = TypeVar("T")


class CleaningError(RuntimeError):
    """A page could not be cleaned; the message is the reason."""


class Cleaning:
    """Cleans pages and reads sources, as many at a time as there are jobs; the crawl's leases bound the number of
    those that wait."""

    def __init__(self, clean: Cleaner, rules: RuleSet | None, jobs: int, *, seconds: float = PAGE_SECONDS) -> None:
        """Prepare; nothing is started before the first page. *jobs* 0: one thread, without a time limit."""
        self._closed = False
        task = partial(_answer, clean, rules)
        self._pool = Pool(task, jobs, seconds=seconds) if jobs else None
        self._work: Callable[[Page | Callable[[], Any]], Any] = self._pool.answer if self._pool else task
        self._threads = ThreadPoolExecutor(max(1, jobs), thread_name_prefix="clean")
        # of their own: with one process for both, the pages of all hosts would wait while a source is read
        self._sources: Pool[Callable[[], Any], Any] | None = Pool(_call, 1, seconds=SOURCE_SECONDS) if jobs else None
        self._source_thread = ThreadPoolExecutor(1, thread_name_prefix="read")

    async def article(self, page: Page) -> Article:
        """Return the page's article. Raises CleaningError where this page has none, and PoolError where no page can be
        cleaned."""
        try:
            article: Article | str = await asyncio.get_running_loop().run_in_executor(self._threads, self._work, page)
        except LostError as error:
            raise CleaningError(str(error)) from None
        except RuntimeError:
            # the threads take no more work once the run has ended
            if self._closed:
                raise CleaningError("the run has ended") from None
            raise
        if isinstance(article, str):
            raise CleaningError(article)
        return article

    async def reading(self, read: Callable[[], T], *, of_page: bool = False) -> T:
        """Return what *read* returns: a `partial` of a function that reads what a server sent. Raises DiscoveryError.

        In a process its time and memory are bounded; in a thread only the bounds of the function itself hold.
        *of_page*: it reads a page that has been cleaned, and so has its turn among the pages.
        """
        threads = self._threads if of_page else self._source_thread
        work = self._work if of_page or self._sources is None else self._sources.answer
        task = partial(_bounded, read, SOURCE_SECONDS, SOURCE_MEMORY) if self._pool else read
        try:
            answer: T = await asyncio.get_running_loop().run_in_executor(threads, work, task)
        except LostError as error:
            if error.timed_out:
                raise DiscoveryError(f"takes longer than {SOURCE_SECONDS:g} s to read", TOO_SLOW) from None
            raise DiscoveryError(f"reading failed: {error}", ERROR) from None
        return answer

    def close(self) -> None:
        """End processes and threads, and drop pages that still wait. A second call does nothing."""
        self._closed = True
        if self._pool:
            self._pool.close()
        if self._sources:
            self._sources.close()
        self._threads.shutdown(cancel_futures=True)
        self._source_thread.shutdown(cancel_futures=True)


def _answer(clean: Cleaner, rules: RuleSet | None, work: Page | Callable[[], Any]) -> Any:  # noqa: ANN401 - of any reader
    return _article(clean, rules, work) if isinstance(work, Page) else work()


def _call(read: Callable[[], T]) -> T:
    return read()


def _bounded(read: Callable[[], T], seconds: float, memory: int) -> T:
    """Call *read* in a process of the pool: the system's alarm ends the process after *seconds*, and what needs more
    than *memory* raises DiscoveryError."""
    # the pool has set its own alarm for a page, and ends this one with it
    signal.setitimer(signal.ITIMER_REAL, seconds)
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = _address_space()
    if used is not None:
        most = used + memory if before[1] == resource.RLIM_INFINITY else min(used + memory, before[1])
        resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
    try:
        return read()
    except MemoryError:
        raise DiscoveryError(f"takes more than {memory // 2**20} MB to read", TOO_MUCH_MEMORY) from None
    finally:
        if used is not None:
            resource.setrlimit(resource.RLIMIT_AS, before)


def _address_space() -> int | None:
    """Return the bytes of this process's address space; None where the system does not tell: only Linux does."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[0]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return None


def _article(clean: Cleaner, rules: RuleSet | None, page: Page) -> Article | str:
    """Return the article, or the error as text: not every exception can be sent from another process."""
    try:
        assert isinstance(page.html, bytes)
        article = clean(page.html, url=page.url, charset=page.charset, rules=rules)
        return replace(article, flags=(*article.flags, *page.flags)) if page.flags else article
    except Exception as error:
        return f"{type(error).__name__}: {error}"
