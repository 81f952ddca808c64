from __future__ import annotations

import gzip
import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPResponse
from itertools import combinations
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import feedparser
import pytest
from lxml import etree, html

from scraper.demo import DemoArticle, RunningSite, serve, sites

pytestmark = pytest.mark.slow

NEWS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "news": "http://www.google.com/schemas/sitemap-news/0.9"}
SHINGLE = 4
KEYS = [site.key for site in sites()]
LATIN1 = [("ledger", "faehre", "text/html; charset=ISO-8859-1"), ("trendwire", "tramway", "text/html")]


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, RunningSite]]:
    with serve() as served:
        yield {site.key: site for site in served}


@pytest.fixture(params=KEYS)
def site(request: pytest.FixtureRequest, running: dict[str, RunningSite]) -> RunningSite:
    return running[request.param]


def ask(url: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc)
    try:
        connection.request("GET", parts.path + ("?" + parts.query if parts.query else ""), headers=headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def page(site: RunningSite, article: DemoArticle) -> html.HtmlElement:
    response, body = ask(site.base_url + article.path)
    declared = response.headers.get_content_charset() or ("iso-8859-1" if b"iso-8859-1" in body[:2000] else "utf-8")
    return html.document_fromstring(body.decode(declared))


def plain(text: str) -> str:
    return " ".join(text.split())


def visible(tree: html.HtmlElement) -> list[str]:
    texts = tree.xpath("//body//text()[not(ancestor::script or ancestor::style)]")
    return [plain(text) for text in texts if text.strip()]


def links(tree: html.HtmlElement, base: str) -> set[str]:
    return {urljoin(base, href) for href in tree.xpath("//a/@href")}


def named(site: RunningSite, slug: str) -> DemoArticle:
    return next(article for article in site.articles if slug in article.path)


def listed(site: RunningSite) -> set[str]:
    """What the site's seed leads to, without tracking parameters and before redirects."""
    found = set(site.seed["urls"])
    for url in site.seed["feeds"]:
        found |= {entry.link for entry in feedparser.parse(ask(url)[1]).entries}
    for url in site.seed["sitemaps"]:
        found |= locations(url)
    for url in site.seed["sections"]:
        found |= links(html.document_fromstring(ask(url)[1].decode()), url)
    return {url.partition("?utm_")[0] for url in found}


def locations(url: str) -> set[str]:
    body = ask(url)[1]
    root = etree.fromstring(gzip.decompress(body) if url.endswith(".gz") else body)
    found = {str(loc.text) for loc in root.iterfind(".//s:loc", NEWS)}
    return set().union(*map(locations, found)) if root.tag.endswith("sitemapindex") else found


def free_run(length: int) -> int:
    """Return the first of `length` ports in a row that are free, below those that the system hands out itself."""
    for first in range(20000, 30000, length):
        with ExitStack() as stack:
            try:
                for port in range(first, first + length):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return first
    raise AssertionError("no free ports")


def test_four_sites_have_eight_articles_each_and_three_languages(running: dict[str, RunningSite]) -> None:
    assert len(running) == 4
    assert all(len(site.articles) >= 8 for site in running.values())
    assert {article.language for site in running.values() for article in site.articles} == {"en", "de", "fr"}


def test_titles_and_paths_are_unique(running: dict[str, RunningSite]) -> None:
    articles = [article for site in running.values() for article in site.articles]
    assert len({article.title for article in articles}) == len(articles) == len({article.path for article in articles})


def test_dates_lie_in_november_2026_with_a_zone(site: RunningSite) -> None:
    assert all((a.date.year, a.date.month) == (2026, 11) and a.date.tzinfo for a in site.articles)


def test_articles_have_five_to_twelve_paragraphs(site: RunningSite) -> None:
    assert all(5 <= len(article.text.split("\n\n")) <= 12 for article in site.articles)


def test_no_paragraph_resembles_another(running: dict[str, RunningSite]) -> None:
    texts = [text for site in running.values() for article in site.articles for text in article.text.split("\n\n")]
    shingled = [{tuple(w[i : i + SHINGLE]) for i in range(len(w) - SHINGLE + 1)} for w in map(str.split, texts)]
    close = [(len(a & b) / len(a | b), a & b) for a, b in combinations(filter(None, shingled), 2) if a & b]
    assert all(share < 0.2 for share, _ in close), max(close)


def test_pages_show_the_true_text_and_each_planted_line(site: RunningSite) -> None:
    for article in site.articles:
        text = plain(page(site, article).text_content())
        assert [p for p in article.text.split("\n\n") if p not in text] == []
        assert [line for line in article.planted if text.count(line) < article.planted.count(line)] == []


def test_every_visible_text_is_true_text_or_planted_or_frame(site: RunningSite) -> None:
    for article in site.articles:
        known = [*article.text.split("\n\n"), *article.planted, *article.frame]
        assert [text for text in visible(page(site, article)) if not any(text in line for line in known)] == []


def test_planted_lines_are_not_true_text(site: RunningSite) -> None:
    for article in site.articles:
        assert set(article.planted).isdisjoint(article.text.split("\n\n"))
        assert len(article.planted) >= 5


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("ledger", "Home | Harbour | The Marigold sails again after four winters in the shed"),
        ("ledger", "Leave a Reply"),
        ("ledger", "Your email address will not be published. Required fields are marked *"),
        ("ledger", "%d bloggers like this:"),
        ("trendwire", "Share"),
        ("trendwire", "Advertisement"),
        ("trendwire", "Why sleeper trains are suddenly impossible to book"),
        ("kestrel", "- Kestrel International"),
        ("kestrel", "© Kestrel / Nadim Orrel / Go to the mediabank"),
        ("kestrel", "A bulk carrier loads barley at Port Sable's new western quay - Kestrel International"),
        ("kestrel", "To participate in the discussion"),
        ("kestrel", "Заголовок выбранной публикации"),
        ("courier", "Please enter a valid email"),
        ("courier", "This site is protected by reCAPTCHA and the Google Privacy policy and Terms of service apply."),
        ("courier", "Join our commenting forum"),
        ("courier", "Thank you for registering"),
        ("courier", "Last stop for the night mail"),
    ],
)
def test_the_debris_of_the_seed_documents_is_planted(running: dict[str, RunningSite], key: str, line: str) -> None:
    assert line in running[key].articles[0].planted


def test_sites_share_no_class_names(running: dict[str, RunningSite]) -> None:
    used = [
        {name for value in page(site, site.articles[0]).xpath("//@class") for name in value.split()}
        for site in running.values()
    ]
    assert all(a.isdisjoint(b) for a, b in combinations(used, 2))


def test_json_ld_names_headline_and_authors_except_on_the_content_farm(site: RunningSite) -> None:
    for article in site.articles:
        scripts = page(site, article).xpath('//script[@type="application/ld+json"]/text()')
        assert len(scripts) == (site.key != "trendwire")
        for data in map(json.loads, scripts):
            thing = data.get("@graph", [data])[0]
            assert thing["headline"] == article.title
            assert [author["name"] for author in thing["author"]] == list(article.authors)


def test_robots_keeps_everyone_out_of_private_and_names_a_sitemap(site: RunningSite) -> None:
    robots = RobotFileParser()
    robots.parse(ask(site.base_url + "/robots.txt")[1].decode().splitlines())
    assert [robots.can_fetch("pressclip", url) for url in site.expected] == [
        status != "robots" for status in site.expected.values()
    ]
    assert "robots" in site.expected.values()
    (sitemap,) = robots.site_maps() or []
    assert ask(sitemap)[0].status == 200


def test_feeds_are_well_formed_and_dated(site: RunningSite) -> None:
    path = "/atom.xml" if site.key == "trendwire" else "/rss.xml"
    response, body = ask(site.base_url + path)
    feed = feedparser.parse(body, response_headers={"content-type": response.headers["Content-Type"]})
    assert not feed.bozo
    assert len(feed.entries) >= 8
    assert all(entry.published_parsed and entry.title for entry in feed.entries)


def test_news_sitemaps_carry_titles_and_dates(site: RunningSite) -> None:
    root = etree.fromstring(ask(site.base_url + "/news-sitemap.xml")[1])
    titles = {node.text for node in root.iterfind(".//news:title", NEWS)}
    assert titles & {article.title for article in site.articles}
    assert len(root.findall(".//news:publication_date", NEWS)) == len(root.findall("s:url", NEWS))


def test_every_article_and_trap_is_reachable_from_the_seed(site: RunningSite) -> None:
    answers = {url: ask(url)[0] for url in listed(site)}
    reached = set(answers) | {r.headers["Location"] for r in answers.values() if r.status == 301}
    assert set(site.expected) <= reached


def test_seeds_exercise_each_way_of_discovery(running: dict[str, RunningSite]) -> None:
    ways = [{way for way in ("feeds", "sitemaps", "sections", "urls") if site.seed[way]} for site in running.values()]
    assert ways == [{"feeds"}, {"sections"}, {"sitemaps"}, {"feeds", "sitemaps", "urls"}]


def test_traps_answer_as_their_expected_status_says(site: RunningSite) -> None:
    codes = {"fetched": 200, "robots": 200, "not_article": 200, "redirected": 301, "http_404": 404}
    for url, status in site.expected.items():
        response, body = ask(url)
        assert response.status == codes[status], url
        if status == "redirected":
            assert site.expected[response.headers["Location"]] == "fetched"
        if status == "not_article":
            assert b"<p>" not in body


def test_all_links_of_all_pages_lead_somewhere(site: RunningSite) -> None:
    pages = {site.base_url + article.path for article in site.articles} | {site.base_url + "/"}
    reached = set().union(*(links(html.document_fromstring(ask(url)[1]), url) for url in pages))
    dead = {url for url in reached if ask(url)[0].status == 404}
    assert dead == {url for url in reached if site.expected.get(url) == "http_404"}


def test_article_pages_link_to_the_disallowed_path(site: RunningSite) -> None:
    (private,) = (url for url, status in site.expected.items() if status == "robots")
    assert all(private in links(page(site, article), site.base_url) for article in site.articles)


def test_requests_are_recorded_in_order() -> None:
    with serve() as served:
        for path in ("/robots.txt", "/nowhere?a=b", "/"):
            ask(served[1].base_url + path)
        assert [site.requests for site in served] == [[], ["/robots.txt", "/nowhere?a=b", "/"], [], []]


@pytest.mark.parametrize(("key", "slug", "content_type"), LATIN1)
def test_latin1_pages_declare_it_in_one_place(
    running: dict[str, RunningSite], key: str, slug: str, content_type: str
) -> None:
    article = named(running[key], slug)
    response, body = ask(running[key].base_url + article.path)
    assert response.headers["Content-Type"] == content_type
    assert (b'<meta charset="iso-8859-1">' in body) == (content_type == "text/html")
    assert re.search(r"[äöüéèà]", article.text)
    assert article.title.encode("iso-8859-1") in body
    with pytest.raises(UnicodeDecodeError):
        body.decode()


def test_gzip_only_where_the_client_accepts_it(running: dict[str, RunningSite]) -> None:
    url = running["trendwire"].base_url + named(running["trendwire"], "glass-orchard").path
    coded, squeezed = ask(url, **{"Accept-Encoding": "gzip, deflate"})
    bare, body = ask(url)
    assert coded.headers["Content-Encoding"] == "gzip"
    assert bare.headers["Content-Encoding"] is None
    assert gzip.decompress(squeezed) == body


def test_chunked_pages_come_without_a_length(running: dict[str, RunningSite]) -> None:
    response, body = ask(running["kestrel"].base_url + named(running["kestrel"], "grain-port").path)
    assert response.headers["Transfer-Encoding"] == "chunked"
    assert response.headers["Content-Length"] is None
    assert body.rstrip().endswith(b"</html>")


def test_ports_follow_the_one_asked_for() -> None:
    first = free_run(4)
    with serve(port=first) as served:
        assert [urlsplit(site.base_url).port for site in served] == [first, first + 1, first + 2, first + 3]


def test_a_taken_port_is_an_os_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        serve(port=taken.getsockname()[1]).__enter__()


def test_ports_are_free_again_afterwards() -> None:
    with serve() as served:
        ports = [urlsplit(site.base_url).port for site in served]
    for port in ports:
        with socket.create_server(("127.0.0.1", port or 0)):
            pass
