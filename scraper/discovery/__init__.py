"""Where articles are found: feeds, sitemaps and section pages. Bytes in, links out; nothing here fetches."""

from scraper.discovery.feeds import feed_links
from scraper.discovery.link import MAX_LINKS, DiscoveryError, Link
from scraper.discovery.sections import section_links
from scraper.discovery.sitemaps import sitemap_links

__all__ = ["MAX_LINKS", "DiscoveryError", "Link", "feed_links", "section_links", "sitemap_links"]
