"""Survey a site for `pressclip discover`, with the rules, limits and pace of every crawl."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response

from cleaners import host_of
from scraper.crawl import CrawlOptions, Event
from scraper.crawl.pipelines import NewsItem
from scraper.crawl.run import run_spider
from scraper.crawl.session import open_session
from scraper.discovery import DiscoveryError
from scraper.discovery.survey import Survey
from scraper.frontier import FoundUrl, Kind, Row
from scraper.outcomes import FETCHED, POLICY
from scraper.printable import one_line
from scraper.seeds import Seed
from scraper.spiders.news import REDIRECTS, News


def survey_site(home: str, *, fallback: str | None = None, **options: Any) -> Survey:  # noqa: ANN401 - of CrawlOptions
    """Fetch the pages that tell where *home*'s articles are found, and return the survey; nothing is stored.

    *fallback* is tried where *home* cannot be reached. Works only once in a process. Raises CrawlError.
    """
    survey = Survey(home, datetime.now(UTC), fallback)
    session = open_session(CrawlOptions(seeds=[Seed(host_of(home), home=home)], **options))
    with session.frontier:
        try:
            if run_spider(session, Surveyor, name="discover", survey=survey):
                raise KeyboardInterrupt
        finally:
            session.finish()
    return survey


def is_refused(survey: Survey) -> bool:
    """Tell whether our own rules, robots.txt or the address guard, prevented the survey."""
    return (
        survey.page is None
        and survey.found_nothing
        and any(reason.partition(":")[0] in POLICY for reason in survey.missing.values())
    )


class Surveyor(News):
    """Fetches what a survey asks for."""

    # without a name in the class, Scrapy's command line neither lists nor runs it
    name = ""
    survey: Survey
    """Set by Scrapy from the argument of `run_spider`."""

    async def start(self) -> AsyncIterator[Request | NewsItem]:
        """Yield requests as the survey asks for them."""
        self._ask()
        async for request in super().start():
            yield request

    async def parse(self, response: Response) -> None:  # type: ignore[override]
        """Follow a redirect, or let the survey read the response."""
        row = response.meta["row"]
        if response.status in REDIRECTS and response.headers.get("Location"):
            if self.survey.is_spent:
                self._close(response, f"http_{response.status}", "not followed: the survey has made its requests")
            else:
                self._redirect(response, (response.headers["Location"] or b"").decode("utf-8", "replace"))
        elif response.status != 200:
            self._close(response, f"http_{response.status}")
        else:
            try:
                read = self.survey.reader(row.url, response.body, response.meta["capture"].charset)
                reason = self.survey.note(row.url, await self.session.cleaning.reading(read))
            except DiscoveryError as error:
                self._close(response, error.status, one_line(error))
            else:
                self._close(response, FETCHED, reason)

    def _closed(self, row: Row, event: Event | None) -> None:
        if event is not None:
            self.survey.done(event.url, event.status, event.reason)
            self._ask()
        super()._closed(row, event)

    def _ask(self) -> None:
        # as sources: these may be larger than a page and lead to other hosts
        kinds: dict[str, Kind] = {"sitemap": "sitemap", "feed": "feed"}
        site = next(iter(self.session.seeds))
        asks = self.survey.next()
        self.session.frontier.add(FoundUrl(ask.url, kinds.get(ask.want, "section"), site) for ask in asks)
