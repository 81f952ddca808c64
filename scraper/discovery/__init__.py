"""Find the articles of a site: read its feeds, sitemaps, home page and section pages. Nothing here fetches."""

from scraper.discovery.hubs import canonical_page, hub_reason, page_facts
from scraper.discovery.links import DiscoveryError, Link
from scraper.discovery.pages import MAX_STORIES, RankedLink, ranked_links
from scraper.discovery.refresh import refresh_target
from scraper.discovery.sources import NEWS_SITEMAP, moved_to, read_source, still

__all__ = [
    "MAX_STORIES",
    "NEWS_SITEMAP",
    "DiscoveryError",
    "Link",
    "RankedLink",
    "canonical_page",
    "hub_reason",
    "moved_to",
    "page_facts",
    "ranked_links",
    "read_source",
    "refresh_target",
    "still",
]
