"""Surveys a site on the crawl's own way: robots.txt, address guard, limits and pace are those of every crawl."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from scraper.crawl import CrawlOptions, Event
from scraper.crawl.run import run_spider
from scraper.crawl.session import Job
from scraper.discovery import DiscoveryError
from scraper.discovery.survey import Survey
from scraper.frontier import Found, Kind
from scraper.outcomes import FETCHED, POLICY
from scraper.printable import one_line
from scraper.seeds import Seed
from scraper.spiders.news import REDIRECTS, News
from scraper.urls import host_of


def survey_site(home: str, *, fallback: str | None = None, **options: Any) -> Survey:  # noqa: ANN401 - of CrawlOptions
    """Fetch what tells where *home*'s articles are found, and return it; nothing is kept. Once in a process.

    *fallback* is tried where *home* cannot be reached. Raises CrawlError; an interrupt is a KeyboardInterrupt.
    """
    survey = Survey(home, datetime.now(UTC), fallback)
    job = Job(CrawlOptions(seeds=[Seed(host_of(home), home=home)], **options))
    try:
        if run_spider(job, Surveyor, survey=survey):
            raise KeyboardInterrupt
    finally:
        job.finish()
        job.frontier.dispose()
    return survey


def is_refused(survey: Survey) -> bool:
    """Tell whether our own rules, robots.txt or the address guard, kept us from looking at all."""
    return (
        survey.page is None
        and survey.found_nothing
        and any(why.partition(":")[0] in POLICY for why in survey.missing.values())
    )


class Surveyor(News):
    """Fetches what a survey asks for."""

    name = "discover"
    survey: Survey

    @classmethod
    def from_crawler(  # type: ignore[override]
        cls,
        crawler: Crawler,
        *args: Any,  # noqa: ANN401 - Scrapy's own
        job: Job,
        survey: Survey,
    ) -> Surveyor:
        """Build the spider for *survey*."""
        spider = super().from_crawler(crawler, job=job)
        assert isinstance(spider, Surveyor)
        spider.survey = survey
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Yield requests as the survey asks for them."""
        self._ask()
        async for request in super().start():
            yield request

    def parse(self, response: Response) -> None:  # type: ignore[override]
        """Follow a redirect, or let the survey read the answer."""
        row = response.meta["row"]
        if response.status in REDIRECTS and response.headers.get("Location"):
            if self.survey.is_spent:
                self._close(response, f"http_{response.status}", "not followed: the survey has made its requests")
            else:
                self._redirect(response)
        elif response.status != 200:
            self._close(response, f"http_{response.status}")
        else:
            try:
                told = self.survey.read(row.url, response.body, response.meta["capture"].charset)
            except DiscoveryError as error:
                self._close(response, "bad_source", one_line(error))
            else:
                self._close(response, FETCHED, told)

    def _ended(self, event: Event) -> None:
        self.survey.done(event.url, event.status, event.reason)
        self._ask()
        super()._ended(event)

    def _ask(self) -> None:
        # as sources, so that they may be as large as one and lead to other hosts
        kinds: dict[str, Kind] = {"sitemap": "sitemap", "feed": "feed"}
        site = next(iter(self.job.seeds))
        asks = self.survey.next()
        self.job.frontier.add(Found(ask.url, kinds.get(ask.want, "section"), site) for ask in asks)
