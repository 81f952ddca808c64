"""What becomes of a cleaned page: an article, a hub, or a text that is there already under another address."""

from __future__ import annotations

import asyncio

from scraper.crawl.items import Page
from scraper.discovery import NEWS_SITEMAP, canonical_page, hub_reason, page_facts
from scraper.frontier import Found, Frontier, Row
from scraper.outcomes import DUPLICATE, FETCHED, NOT_ARTICLE, NOT_MODIFIED, WHOLE
from scraper.printable import one_line


class Verdicts:
    """Decides by the page, its article and what the frontier knows. One thread."""

    def __init__(self, frontier: Frontier) -> None:
        self._frontier = frontier
        self._twins: dict[str, str] = {}
        """Of canonical addresses that were in work when a variant was stored: the variant. As many as are leased."""

    async def of(self, page: Page) -> tuple[str, str]:
        """Return the page's final status and its reason; with `fetched` its text is to be stored at once."""
        article, row = page.article, page.row
        if article is None or not article.text:
            return NOT_ARTICLE, one_line(", ".join(article.flags if article else ()) or "no text found")
        if self._is_doubtful(row):
            facts = await asyncio.to_thread(page_facts, page.html, row.url, charset=page.charset)
            if reason := hub_reason(facts, article, row.url):
                return NOT_ARTICLE, reason
        if twin := self._twins.pop(row.url, None):
            return DUPLICATE, f"same article as {twin}"
        # og:url and JSON-LD are often copied from a template; what AMP and search engines go by is the link element
        declared = article.canonical_url if article.sources.get("canonical_url") == "page" else None
        target = canonical_page(row.url, declared)
        if target is None:
            return FETCHED, ""
        known = self._frontier.get(target)
        if known and known.status in {*WHOLE, NOT_MODIFIED}:
            return DUPLICATE, f"same article as {target}"
        if known is None or known.state == "waiting":
            self._frontier.add([Found(target, "article", row.site, row.url)])
            self._frontier.close(target, DUPLICATE, f"same article as {row.url}")
        elif known.state == "leased":
            self._twins[target] = row.url
        return FETCHED, f"canonical: {target}"

    def _is_doubtful(self, row: Row) -> bool:
        """Tell whether nobody said that the page is an article: found in a section or a plain sitemap, and new."""
        source = row
        while source.kind == "article":
            above = self._frontier.get(source.found_in) if source.found_in and source.found_in != source.url else None
            if above is None:
                return False
            source = above
        if row.visits or source.kind == "feed":
            return False
        return source.kind == "section" or not (source.reason or "").startswith(NEWS_SITEMAP)
