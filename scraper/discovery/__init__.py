"""Finds the articles of a site: reads feeds, sitemaps, home pages and section pages. Nothing here fetches."""

from scraper.discovery.feeds import feed_links
from scraper.discovery.hubs import PageFacts, canonical_page, hub_reason, page_facts
from scraper.discovery.links import MAX_LINKS, DiscoveryError, Link, in_time
from scraper.discovery.pages import section_links
from scraper.discovery.sitemaps import sitemap_links
from scraper.discovery.sources import NEWS_SITEMAP, Reading, read_source, still

__all__ = [
    "MAX_LINKS",
    "NEWS_SITEMAP",
    "DiscoveryError",
    "Link",
    "PageFacts",
    "Reading",
    "canonical_page",
    "feed_links",
    "hub_reason",
    "in_time",
    "page_facts",
    "read_source",
    "section_links",
    "sitemap_links",
    "still",
]
