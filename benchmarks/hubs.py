"""`python -m benchmarks.hubs`: which article pages of the development corpora would be refused as hubs, had they come
from a section or a plain sitemap, and how many name another address as canonical. Exit code 1 from 1 % on."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor

from benchmarks.corpora import Page, pages
from cleaners import clean
from scraper.discovery import canonical_page, hub_reason, page_facts

MOST = 0.01
"""Share of articles that may be refused: each has its reason in the frontier, but few look there for it."""


def judge(page: Page) -> tuple[str, bool]:
    """Return why a page is refused, empty where it is not, and whether it has another canonical address."""
    url, html = page.url or "https://news.example/2026/11/21/article", page.html()
    article = clean(html, url=url)
    declared = article.canonical_url if article.sources.get("canonical_url") == "page" else None
    return hub_reason(page_facts(html, url), article, url), bool(declared and canonical_page(url, declared))


def main() -> int:
    """Print the pages that are refused and the shares."""
    all_pages = list(pages())
    with ProcessPoolExecutor(2) as pool:
        verdicts = list(pool.map(judge, all_pages, chunksize=20))
    refused = [(page, reason) for page, (reason, _) in zip(all_pages, verdicts, strict=True) if reason]
    for page, reason in refused:
        print(f"{page.corpus}  {page.url}  {reason}")
    share = len(refused) / len(all_pages)
    print(f"{len(refused)} of {len(all_pages)} articles refused ({share:.2%}; at most {MOST:.0%})")
    print(f"{sum(other for _, other in verdicts)} name another address as canonical that is believed")
    return share >= MOST


if __name__ == "__main__":
    sys.exit(main())
