"""Keep what servers say from steering the terminal or the log of a crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from scrapy.utils.log import get_scrapy_root_handler

from scraper.printable import make_printable

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class PrintableLogs:
    """Scrapy's extension that changes Scrapy's own handler of log records; it has been set up by then."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the extension, as Scrapy asks for it."""
        make_printable(get_scrapy_root_handler())
        return cls()
