"""Render the pages that need a browser, and have the cleaner read what it made of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scrapy.exceptions import DropItem

from archive import Refusal, page_of, rendering
from cleaners import NEEDS_JAVASCRIPT
from scraper.crawl.options import CrawlError
from scraper.crawl.pipelines import CleaningError, NewsItem, _Pipeline
from scraper.rendering import Browser, BrowserError, Parts, RenderError

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

RENDERED = "rendered"
NO_TEXT = "no text in what the browser made"
"""How pages are counted in the report, beside the reasons of RenderError."""
_CHARSET = re.compile(r"[\w.:+-]{1,40}")


class RenderPipeline(_Pipeline):
    """Puts what a browser makes of a page in the page's place. A page that cannot be rendered stays as it came."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        found = self._session.browser
        self._browser = Browser(found, crawler.settings["USER_AGENT"]) if found else None
        self._parts = Parts(crawler)

    async def process_item(self, item: NewsItem) -> NewsItem:
        """Render the item's page where its site or the page needs it, and give the item the article of that."""
        mode = self._session.browser_for(item.row.site) if self._browser else False
        article, html = item.article, item.page.html
        if not mode or article is None or not isinstance(html, bytes) or not html:
            return item
        # a page that keeps programs out is not asked to let a browser in
        if article.access == "blocked" or (mode == "auto" and NEEDS_JAVASCRIPT not in article.flags):
            return item
        try:
            failure = await self._render(item, html)
        except RenderError as error:
            failure = str(error)
        except Exception as error:
            self._spider.stop(CrawlError(str(error)) if isinstance(error, BrowserError) else error)
            raise DropItem("the run stops", log_level="DEBUG") from error
        self._session.renderings[failure or RENDERED] += 1
        item.note = f"not rendered: {failure}" if failure else ""
        return item

    async def close_spider(self) -> None:
        """End the browser."""
        if self._browser:
            await self._browser.close()

    async def _render(self, item: NewsItem, html: bytes) -> str:
        """Render and clean; put the article into the item where it has a text, or return why not."""
        assert self._browser is not None
        charset = item.page.charset or ""
        content_type = f"text/html; charset={charset}" if _CHARSET.fullmatch(charset) else "text/html"
        async with self._parts.visit(item.row.host):
            document, software = await self._browser.render(item.row.url, html, content_type, self._parts.fetch)
        made = rendering(item.capture, document, datetime.now(UTC))
        page = page_of(made)
        if isinstance(page, Refusal):
            return page.detail
        try:
            article = await self._session.cleaning.article(page)
        except CleaningError as error:
            return f"cleaning failed: {error}"
        if not article.text:
            return NO_TEXT
        item.page, item.article, item.rendering, item.software = page, article, made, software
        return ""
