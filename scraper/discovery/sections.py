"""Section pages: the links of a hub that look like articles."""

from __future__ import annotations

from lxml import etree, html

from scraper.discovery.link import MAX_LINKS, DiscoveryError, Link
from scraper.links import canonical, site_of
from scraper.outcomes import one_line


def section_links(body: bytes, base: str, *, charset: str | None = None, limit: int = MAX_LINKS) -> list[Link]:
    """Return the links of an HTML page that lead to *base*'s own site, in page order, at most *limit*.

    A link that stands several times keeps its longest text: the picture above a headline has none.
    Raises DiscoveryError where *body* holds no HTML.
    """
    tree = parse_page(body, charset)
    declared = tree.find(".//base[@href]")
    start = canonical(declared.get("href", ""), base) if declared is not None else base
    site, found = site_of(base), dict[str, str]()
    for anchor in tree.iter("a"):
        url = canonical(href, start or base) if (href := anchor.get("href")) else None
        if url is None or site_of(url) != site or url == base:
            continue
        text = " ".join(str(anchor.text_content()).split())
        found[url] = max(found.get(url, ""), text, key=len)
        if len(found) >= limit:
            break
    return [Link(url, text) for url, text in found.items()]


def parse_page(body: bytes, charset: str | None = None) -> html.HtmlElement:
    """Return the tree of an HTML page. Raises DiscoveryError where *body* holds none."""
    try:
        return html.document_fromstring(body, parser=html.HTMLParser(encoding=charset))
    except (etree.ParserError, LookupError, ValueError) as error:
        raise DiscoveryError(one_line(f"not HTML: {error}")) from None
