"""Where articles are found: feeds, sitemaps and section pages. Bytes in, links out; nothing here fetches."""

from scraper.discovery.age import MAX_AGE, in_time
from scraper.discovery.feeds import feed_links
from scraper.discovery.hubs import PageFacts, hub_reason, page_facts
from scraper.discovery.link import MAX_LINKS, DiscoveryError, Link
from scraper.discovery.reading import NEWS_SITEMAP, Reading, read_source, still
from scraper.discovery.sections import section_links
from scraper.discovery.sitemaps import sitemap_links
from scraper.discovery.variants import canonical_page

__all__ = [
    "MAX_AGE",
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
