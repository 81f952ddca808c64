"""From page to article to disk: each pipeline a thin adapter."""

from __future__ import annotations

import logging
from typing import Any

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from archive import ArchiveError
from cleaners import Page as Html
from scraper.crawl.cleaning import CleaningError
from scraper.crawl.items import Page
from scraper.crawl.session import Job
from scraper.crawl.verdict import Verdicts
from scraper.frontier import FrontierError
from scraper.outcomes import FETCHED
from scraper.printable import one_line

log = logging.getLogger(__name__)


class CleanPipeline:
    """Cleans the page outside the reactor's thread, so that the network goes on meanwhile."""

    def __init__(self, job: Job) -> None:
        self._job = job

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CleanPipeline:
        """Build the pipeline, as Scrapy asks for it."""
        return cls(job_of(crawler))

    async def process_item(self, item: Page) -> Page:
        """Put the article on the page; a page that breaks the cleaner, or its process, ends with `error`."""
        try:
            item.article = await self._job.cleaning.article(Html(item.html, item.row.url, item.charset))
        except CleaningError as error:
            reason = one_line(f"cleaning failed: {error}")
            log.error("%s: %s", item.row.url, reason)
            self._job.close(item.row, "error", reason, stored=item.stored)
            raise DropItem(reason, log_level="DEBUG") from error
        return item


class StorePipeline:
    """Stores the article's text and ends its URL."""

    def __init__(self, crawler: Crawler) -> None:
        self._spider: Any = crawler.spider
        self._job = job_of(crawler)
        self._verdicts = Verdicts(self._job.frontier)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> StorePipeline:
        """Build the pipeline, as Scrapy asks for it."""
        return cls(crawler)

    async def process_item(self, item: Page) -> Page:
        """Close the page's URL when its text is on disk: with `fetched`, or with why its text is not kept."""
        article = item.article
        if article is None:
            raise DropItem("not cleaned", log_level="DEBUG")
        try:
            status, reason = await self._verdicts.of(item)
            if status == FETCHED and (kept := self._job.memory.keeps_text(item.row, article, self._job.collection)):
                self._job.close(item.row, *kept, stored=item.stored)
                return item
            if status == FETCHED and self._job.collection is not None and item.stored is not None:
                self._job.files.add(self._job.collection.store_text(item.stored, article).file)
            self._job.close(item.row, status, reason, article=article, stored=item.stored)
        except (ArchiveError, FrontierError) as error:
            self._spider.stop(error)
        return item


def job_of(crawler: Crawler) -> Job:
    """Return the crawl that *crawler*'s spider works on."""
    spider: Any = crawler.spider
    job: Job = spider.job
    return job
