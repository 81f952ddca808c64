"""Which fetched pages are articles, and under which address an article's text is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from cleaners import Article
from scraper.discovery.hubs import PageFacts, canonical_page, hub_reason, page_facts
from scraper.seeds import Seed
from tests.support.crawling import crawl
from tests.support.loopback import Site, answer

pytestmark = pytest.mark.slow

URL = "https://example.com/harbour/pilots-strike"
SENTENCE = "The pilots stayed ashore on Monday, and the ferries waited in the roads until the tide had turned twice. "
STORY = "\n\n".join([SENTENCE * 4] * 3)
TEASERS = "\n\n".join(f"{SENTENCE}{n}" for n in range(12))
HEADLINES = tuple(f"Headline number {n} of the harbour" for n in range(12))


def facts(og: str = "", *types: str, headlines: int = 0, links: tuple[str, ...] = ()) -> PageFacts:
    return PageFacts(og, frozenset(types), headlines, frozenset(links))


@pytest.mark.parametrize(
    ("found", "text", "url", "reason"),
    [
        (facts("article", "NewsArticle"), STORY, URL, ""),
        (facts("website"), STORY, URL, ""),
        (facts(), STORY, URL, ""),
        (facts("website", "WebPage", headlines=40), STORY, URL, ""),
        (facts("article", headlines=40), TEASERS, URL, ""),
        (facts("", "ItemList", "NewsArticle", headlines=40), TEASERS, URL, ""),
        (facts("website", headlines=3), TEASERS, URL, ""),
        (facts("website", "CollectionPage"), STORY, URL, "a hub: JSON-LD says CollectionPage"),
        (facts("article", "CollectionPage"), STORY, URL, "a hub: JSON-LD says CollectionPage"),
        (facts("", "CollectionPage", "NewsArticle"), STORY, URL, ""),
        (facts("website", headlines=12), TEASERS, URL, "a hub: 12 linked headlines beside 1274 characters"),
        (facts("article", links=HEADLINES), "\n".join(HEADLINES), URL, "a hub: 100 % of the text are links"),
        (facts("article", links=HEADLINES[:3]), STORY + "\n" + "\n".join(HEADLINES[:3]), URL, ""),
        (facts("website"), STORY, "https://example.com/", "a hub: the home page"),
        (facts("website"), STORY, "https://example.com/?p=4111", ""),
        (facts("article"), STORY, "https://example.com/", ""),
    ],
)
def test_what_the_page_says_what_it_links_and_what_is_left_decide(
    found: PageFacts, text: str, url: str, reason: str
) -> None:
    told = hub_reason(found, Article(text), url)
    assert told.startswith(reason)
    assert bool(told) == bool(reason)


@pytest.mark.parametrize(("characters", "is_hub"), [(250 * 8 - 1, True), (250 * 8, False)])
def test_a_hub_has_no_more_text_for_each_headline_than_a_teaser(characters: int, is_hub: bool) -> None:
    lines = [f"Line {n:02} " + "x" * 91 for n in range(30)]
    text = "\n".join(lines[: characters // 99]) + "\n" + "y" * (characters % 99)
    assert sum(map(len, text.split("\n"))) == characters
    assert bool(hub_reason(facts("website", headlines=8), Article(text), URL)) == is_hub


def test_facts_are_of_the_page_itself_and_not_of_the_things_in_it() -> None:
    html = b"""<html><head><meta property="og:type" content="Website">
    <script type="application/ld+json">{"@graph": [{"@type": ["CollectionPage", "WebPage"], "hasPart":
    {"@type": "NewsArticle"}}]}</script><script type="application/ld+json">broken</script></head>
    <body><a href="/a">Five words and no fewer</a><a href="/a">Five words and no fewer</a>
    <a href="https://other.example/b">Five words of another site</a><a href="/c">Menu</a></body></html>"""
    found = page_facts(html, URL)
    assert (found.og_type, found.types, found.headlines) == ("website", {"CollectionPage", "WebPage"}, 1)
    assert page_facts(b"", URL) == PageFacts()


@pytest.mark.parametrize(
    ("url", "declared", "believed"),
    [
        ("/pilots-strike-in-harbour/amp", "/pilots-strike-in-harbour", True),
        ("/pilots-strike-in-harbour?print=1", "https://example.com/pilots-strike-in-harbour", True),
        ("http://m.example.com/2026/11/pilots", "https://www.example.com/2026/11/pilots", True),
        ("/pilots-strike-in-harbour", "/pilots-strike-in-harbour?utm_source=x#top", False),
        ("/pilots-strike-in-harbour", "/", False),
        ("/pilots-strike-in-harbour", "/category/harbour", False),
        ("/article.php?id=4711", "/article.php", False),
        ("/pilots-strike-in-harbour?page=2", "/pilots-strike-in-harbour", False),
        ("/pilots-strike-in-harbour?page=2&amp=1", "/pilots-strike-in-harbour?page=2", True),
        ("/pilots-strike-in-harbour", "https://elsewhere.example/pilots-strike-in-harbour", False),
        ("/pilots-strike-in-harbour", "http://[broken", False),
        ("https://a.substack.com/p/pilots-strike-in-harbour", "https://b.substack.com/p/pilots-strike", False),
        ("https://a.substack.com/p/pilots-strike-in-harbour", "https://substack.com/p/pilots-strike-in-harbour", False),
        ("https://a.github.io/pilots-strike-in-harbour/amp", "https://b.github.io/pilots-strike-in-harbour", False),
        ("https://m.a.substack.com/pilots-strike-in-harbour", "https://a.substack.com/pilots-strike-in-harbour", True),
    ],
)
def test_a_canonical_address_is_believed_where_it_can_be_the_same_article(
    url: str, declared: str, believed: bool
) -> None:
    base = "https://example.com"
    assert (canonical_page(url if "://" in url else base + url, declared) is not None) == believed


def story(site: Site, canonical: str = "", text: str = STORY) -> bytes:
    link = f'<link rel="canonical" href="{site.base}{canonical}">' if canonical else ""
    body = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
    head = f"<head><title>Pilots strike</title>{link}</head>"
    return answer(f"<!doctype html><html>{head}<body><article><h1>Pilots strike</h1>{body}</article></body></html>")


def hub() -> bytes:
    rows = "".join(f'<h2><a href="/n{n}">{title}</a></h2><p>{SENTENCE}</p>' for n, title in enumerate(HEADLINES))
    return answer(f"<!doctype html><html><head><title>Harbour</title></head><body><main>{rows}</main></body></html>")


def endings(site: Site, data: Path, *seeds: Seed) -> dict[str, tuple[str, str]]:
    from cleaners import clean

    _, events = crawl(*seeds, data=data, clean=clean)
    return {event.url.removeprefix(site.base): (event.status, event.reason) for event in events}


def test_a_hub_in_a_plain_sitemap_is_no_article_but_one_that_a_feed_names_is(site: Site, tmp_path: Path) -> None:
    rows = "".join(
        f"<url><loc>{site.base}{path}</loc></url>" for path in ("/harbour-news-of-today", "/strike-of-the-pilots")
    )
    item = f"<item><link>{site.base}/press-review-of-the-day</link></item>"
    site.routes = {
        "/map.xml": answer(f"<urlset>{rows}</urlset>", kind="application/xml"),
        "/feed": answer(f'<rss version="2.0"><channel>{item}</channel></rss>', kind="application/rss+xml"),
        "/harbour-news-of-today": hub(),
        "/press-review-of-the-day": hub(),
        "/named-by-the-user-himself": hub(),
        "/strike-of-the-pilots": story(site),
    }
    seed = Seed("G", site.base + "/", feeds=(site.base + "/feed",), sitemaps=(site.base + "/map.xml",))
    named = Seed("H", urls=(site.base + "/named-by-the-user-himself",))
    found = endings(site, tmp_path / "data", seed, named)
    assert found["/harbour-news-of-today"][0] == "not_article"
    assert "linked headlines" in found["/harbour-news-of-today"][1]
    for path in ("/press-review-of-the-day", "/named-by-the-user-himself", "/strike-of-the-pilots"):
        assert found[path][0] == "fetched", path
    assert not [path for path in site.asked if path.startswith("/n")][1:]


def test_a_text_is_stored_once_under_whichever_address_it_came_first(site: Site, tmp_path: Path) -> None:
    site.routes = {
        "/strike-of-the-pilots": story(site, "/strike-of-the-pilots"),
        "/strike-of-the-pilots?print=1": story(site, "/strike-of-the-pilots"),
        "/strike-of-the-pilots/amp": story(site, "/strike-of-the-pilots"),
        "/wrong-canonical-of-a-page": story(site, "/"),
    }
    data, target = tmp_path / "data", f"{site.base}/strike-of-the-pilots"
    first = endings(site, data, Seed("G", urls=(f"{target}/amp", target, f"{site.base}/wrong-canonical-of-a-page")))
    assert first == {
        "/strike-of-the-pilots/amp": ("fetched", f"canonical: {target}"),
        "/strike-of-the-pilots": ("duplicate", f"same article as {target}/amp"),
        "/wrong-canonical-of-a-page": ("fetched", ""),
    }
    other = tmp_path / "other"
    assert endings(site, other, Seed("G", urls=(target,))) == {"/strike-of-the-pilots": ("fetched", "")}
    assert endings(site, other, Seed("G", urls=(f"{target}?print=1",))) == {
        "/strike-of-the-pilots?print=1": ("duplicate", f"same article as {target}")
    }


OTHER = "\n\n".join(
    ["The mayor laid the first stone of the new lighthouse, and the band of the fire brigade played. " * 4] * 3
)


@pytest.mark.parametrize("wrong_first", [True, False])
def test_a_wrong_canonical_address_costs_no_article(site: Site, tmp_path: Path, wrong_first: bool) -> None:
    wrong, right = "/stone-of-the-new-lighthouse", "/strike-of-the-pilots"
    site.routes = {right: story(site, right), wrong: story(site, right, OTHER)}
    urls = [site.base + path for path in ((wrong, right) if wrong_first else (right, wrong))]
    found = {}
    for url in urls:  # a run for each: what a run remembers must not matter
        found |= endings(site, tmp_path / "apart", Seed("G", urls=(url,)))
    assert {path: status for path, (status, _) in found.items()} == {wrong: "fetched", right: "fetched"}
    found = endings(site, tmp_path / "together", Seed("G", urls=tuple(urls)))
    assert {path: status for path, (status, _) in found.items()} == {wrong: "fetched", right: "fetched"}


def test_many_pages_that_name_one_address_are_all_kept(site: Site, tmp_path: Path) -> None:
    paths = [f"/report-from-the-harbour-{n}" for n in range(4)]
    texts = ["\n\n".join([f"{word} {SENTENCE}" * 4] * 3) for word in ("One,", "Two,", "Three,", "Four,")]
    site.routes = {path: story(site, paths[0], text) for path, text in zip(paths, texts, strict=True)}
    found = endings(site, tmp_path, Seed("G", urls=tuple(site.base + path for path in paths)))
    assert {status for status, _ in found.values()} == {"fetched"}
    assert len(found) == 4


def test_what_is_too_old_for_the_seed_is_counted_and_not_requested(site: Site, tmp_path: Path) -> None:
    old = f"<url><loc>{site.base}/tale-of-the-old-pilot</loc><lastmod>2001-01-01</lastmod></url>"
    site.routes = {
        "/map.xml": answer(f"<urlset>{old}</urlset>", kind="application/xml"),
        "/tale-of-the-old-pilot": story(site),
    }
    seed = Seed("G", site.base + "/", sitemaps=(site.base + "/map.xml",))
    assert endings(site, tmp_path, seed) == {"/map.xml": ("fetched", "1 links, 0 new, 1 too old")}
    seed = Seed("G", site.base + "/", sitemaps=(site.base + "/map.xml",), max_age=None)
    assert endings(site, tmp_path / "other", seed)["/tale-of-the-old-pilot"] == ("fetched", "")
