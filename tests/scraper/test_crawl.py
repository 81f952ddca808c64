"""A whole crawl on loopback: what is fetched, what is not, and how each URL ends."""

from __future__ import annotations

import gzip
import os
import signal
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from archive import Catalog, read_warc
from scraper.crawl import CrawlError, CrawlOptions, CrawlReport, Event
from scraper.frontier import Frontier, FrontierError
from scraper.report.status import status
from scraper.seeds import Seed, seed_from
from tests.support.crawling import crawl, fetch, start
from tests.support.loopback import Site, answer, page

pytestmark = pytest.mark.slow

Done = tuple[CrawlReport, dict[str, Event], Site, Path]

ENDINGS = {
    "/1": "fetched",
    "/gzip": "fetched",
    "/latin": "fetched",
    "/plain-start": "fetched",
    "/final": "fetched",
    "/no-text": "not_article",
    "/gone": "http_404",
    "/error": "http_503",
    "/moved": "redirected",
    "/moved-again": "redirected",
    "/to-final": "redirected",
    "/out": "redirected",
    "/self": "redirect_loop",
    "/to-file": "out_of_scope",
    "/private/a": "robots",
    "/to-private": "redirected",
    "/private/b": "robots",
    "/picture": "not_html",
    "/bad-gzip": "bad_encoding",
    "/bomb": "too_large",
    "/huge": "too_large",
    "/cut": "truncated",
    "/not-http": "bad_response",
    "/breaks": "error",
}
BROKEN = b"\x1f\x8b\x08" + bytes(range(200))
RING = ("/ring-a", "/ring-b")
"""Two pages that redirect to each other: the one that is requested last is the loop."""


def _gzip(body: bytes) -> bytes:
    return answer(gzip.compress(body), "200 OK", "Content-Encoding: gzip")


def _move(to: str) -> bytes:
    return answer(b"", "302 Found", f"Location: {to}")


@pytest.fixture(scope="module")
def done(shared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """One crawl of one page for each way to end."""
    site, data = shared_site, tmp_path_factory.mktemp("data")
    site.routes = {
        "/robots.txt": answer("User-agent: *\nDisallow: /private/\n", kind="text/plain"),
        "/1": page("One."),
        "/gzip": _gzip(b"<html><p>Packed.</p></html>"),
        "/latin": answer("<html><p>Café.</p></html>".encode("latin-1"), kind="text/html; charset=iso-8859-1"),
        "/plain-start": answer("<!DOCTYPE html><p>Undeclared.</p>", kind=""),
        "/no-text": answer("<html><div>menu</div></html>"),
        "/error": answer("down", "503 Service Unavailable"),
        "/moved": _move("/moved-again"),
        "/moved-again": _move("/final?utm_source=x#part"),
        "/to-final": _move("/final"),
        "/final": page("Final."),
        "/out": _move("http://localhost:1/elsewhere"),
        "/ring-a": _move("/ring-b"),
        "/ring-b": _move("/ring-a"),
        "/self": _move("/self"),
        "/to-file": _move("file:///etc/passwd"),
        "/to-private": _move("/private/b"),
        "/picture": answer(b"\x89PNG", kind="image/png"),
        "/bad-gzip": answer(BROKEN, "200 OK", "Content-Encoding: gzip"),
        "/bomb": _gzip(bytes(30 * 2**20)),
        "/huge": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
        "/cut": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 500\r\n\r\n<html><p>Half.",
        "/not-http": b"good day\r\n\r\n",
        "/breaks": page("breaks the cleaner"),
    }
    site.cut = {"/cut", "/not-http"}
    links = "".join(
        f"<item><link>{site.base}{path}</link></item>"
        for path in (*ENDINGS, *RING)
        if path not in ("/final", "/private/b")
    )
    feed = f'<rss version="2.0"><channel>{links}<item><link>http://192.0.2.1/x</link></item></channel></rss>'
    site.routes["/feed"] = answer(feed, kind="application/rss+xml")
    seed = seed_from({"name": "Gazette", "home": site.base, "feeds": [site.base + "/feed"]}, "test")
    report, events = crawl(seed, data=data, contact="desk@example.com", log_level="CRITICAL")
    assert len({event.url for event in events}) == len(events)
    return report, {event.url.removeprefix(site.base): event for event in events}, site, data


@pytest.mark.parametrize(("path", "ending"), ENDINGS.items())
def test_each_url_ends_with_its_own_status(done: Done, path: str, ending: str) -> None:
    _, events, _, _ = done
    assert events[path].status == ending
    assert "\n" not in events[path].reason


def test_two_pages_that_redirect_to_each_other_are_each_requested_once(done: Done) -> None:
    _, events, site, _ = done
    assert sorted(events[path].status for path in RING) == ["redirect_loop", "redirected"]
    assert [site.asked.count(path) for path in RING] == [1, 1]


def test_nothing_that_robots_txt_disallows_is_requested_even_by_redirect(done: Done) -> None:
    _, _, site, _ = done
    assert not [path for path in site.asked if path.startswith("/private")]
    assert site.asked.count("/robots.txt") == 1


def test_two_redirects_to_one_article_fetch_it_once_under_its_own_address(done: Done) -> None:
    _, events, site, _ = done
    assert site.asked.count("/final") == 1
    assert events["/to-final"].reason == events["/moved-again"].reason == site.base + "/final"


def test_links_out_of_the_site_are_not_requested_but_named(done: Done) -> None:
    *_, data = done
    frontier = Frontier(data / "frontier.sqlite")
    rows = [frontier.get(url) for url in ("http://192.0.2.1/x", "http://localhost:1/elsewhere")]
    frontier.dispose()
    assert [row and row.status for row in rows] == ["out_of_scope", "out_of_scope"]


def test_every_exchange_is_archived_whatever_became_of_it(done: Done) -> None:
    report, _, site, data = done
    files = sorted((data / "collections/news/archive").glob("*.warc.gz"))
    assert [file.name for file in files] == [name for name in report.files if name.endswith(".warc.gz")]
    captures = {c.url.removeprefix(site.base): c for file in files for c in read_warc(file)}
    assert captures.keys() == set(site.asked) - {"/not-http"}
    assert captures["/cut"].truncated == "disconnect"
    assert captures["/cut"].body == b"<html><p>Half."
    assert captures["/huge"].truncated == "length"
    assert captures["/bad-gzip"].body == BROKEN
    assert captures["/gzip"].payload() == b"<html><p>Packed.</p></html>"
    assert captures["/1"].ip == "127.0.0.1"


def test_the_contact_is_in_every_request(done: Done) -> None:
    _, _, site, _ = done
    assert site.heads
    for head in site.heads:
        assert b"desk@example.com)" in head
        assert b"Accept-Encoding: gzip\r\n" in head + b"\r\n"


def test_texts_lie_beside_the_pages(done: Done) -> None:
    _, events, site, data = done
    with Catalog(data / "catalog.sqlite") as catalog:
        found = {hit.url for hit in catalog.search("Café")}
        assert found == {site.base + "/latin"}
        record = events["/latin"].record_id
        assert record is not None
        assert [row.url for row in catalog.articles(record)] == [site.base + "/latin"]
        assert not catalog.articles(events["/no-text"].record_id or "")


def test_the_report_counts_what_happened(done: Done) -> None:
    report, _, _, data = done
    (gazette,) = report.sites
    assert gazette.articles == Counter(ENDINGS.values())["fetched"] == report.articles
    assert gazette.failures["http_404"] == 1
    assert gazette.refused == {"robots": 2}
    assert gazette.sources == {"fetched": 1}
    assert gazette.waiting == 0
    assert (report.outcome, report.interrupted) == ("some_failed", False)
    assert {event.status for event in report.problems} >= {"robots", "http_404", "bad_encoding"}
    assert [site.articles for site in status(data)] == [gazette.articles]


def test_a_second_run_fetches_no_article_again(site: Site, tmp_path: Path) -> None:
    site.routes = {"/1": page("One."), "/section": answer('<html><a href="/1">The bridge opens again today</a></html>')}
    site.routes["/2026/11/21/a"] = page("Dated.")
    site.routes["/section"] = answer('<html><a href="/2026/11/21/a">Story</a><a href="/about">About</a></html>')
    seed = seed_from({"home": site.base, "sections": [site.base + "/section"]}, "test")
    first, _ = crawl(seed, data=tmp_path)
    second, _ = crawl(seed, data=tmp_path)
    assert (first.articles, second.articles) == (1, 0)
    assert Counter(site.asked) == {"/robots.txt": 2, "/section": 2, "/2026/11/21/a": 1}


def test_a_bound_on_pages_leaves_the_rest_waiting(site: Site, tmp_path: Path) -> None:
    site.routes = {f"/{n}": page(f"{n}.") for n in range(8)}
    seed = Seed("Gazette", urls=tuple(f"{site.base}/{n}" for n in range(8)))
    first, _ = crawl(seed, data=tmp_path, max_pages=3)
    assert (first.articles, first.sites[0].waiting) == (3, 5)
    second, _ = crawl(seed, data=tmp_path)
    assert second.articles == 5


def test_what_robots_txt_answers_decides() -> None:
    answers = {
        "404 Not Found": "fetched",
        "403 Forbidden": "fetched",
        "429 Too Many Requests": "robots",
        "500 Internal Server Error": "robots",
        "503 Service Unavailable": "robots",
    }
    with ExitStack() as stack:
        sites = {said: stack.enter_context(Site()) for said in answers}
        for said, site in sites.items():
            site.routes = {"/robots.txt": answer("", said, "Retry-After: 86400"), "/1": page("One.")}
        _, events = crawl(*(Seed(said, urls=(site.base + "/1",)) for said, site in sites.items()))
        assert {event.site: event.status for event in events} == answers
        assert {said for said, site in sites.items() if "/1" in site.asked} == {"404 Not Found", "403 Forbidden"}


def test_a_crawl_that_only_met_refusals_says_so(site: Site) -> None:
    site.routes = {"/robots.txt": answer("User-agent: *\nDisallow: /\n")}
    report, _ = crawl(Seed("Gazette", urls=tuple(f"{site.base}/{n}" for n in range(20))))
    assert (report.outcome, report.sites[0].refused) == ("refused", {"robots": 20})
    assert site.asked == ["/robots.txt"]


def test_an_unreachable_host_ends_as_such_and_a_private_address_is_not_asked(site: Site) -> None:
    closed = Seed("closed", urls=("http://127.0.0.1:1/",))
    report, (event,) = crawl(closed)
    assert (event.status, report.outcome) == ("connection_refused", "all_failed")
    hosts = ("127.0.0.1", "localhost", "2130706433", "0x7f.1")
    report, events = crawl(
        Seed("own", urls=tuple(f"http://{host}:{site.port}/1" for host in hosts)), allow_private=False
    )
    assert [event.status for event in events] == ["blocked_address"] * len(hosts)
    assert report.outcome == "refused"
    assert site.asked == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_saves_the_state(site: Site, tmp_path: Path, number: signal.Signals) -> None:
    site.routes = {f"/{n}": page(f"{n}.") for n in range(20)}
    seed = Seed("Gazette", urls=tuple(f"{site.base}/{n}" for n in range(20)))
    process = start(seed, data=tmp_path)
    site.on_request = lambda path: os.kill(process.pid or 0, number) if path == "/3" else None
    process.join()
    assert process.exitcode == 0
    frontier = Frontier(tmp_path / "frontier.sqlite")
    endings = {state: count for _, _, state, count in frontier.counts()}
    frontier.dispose()
    assert endings.keys() == {"fetched", "waiting"}
    report, _ = crawl(seed, data=tmp_path)
    assert report.articles == endings["waiting"]
    assert max(Counter(site.asked[1:]).values()) <= 2


@pytest.mark.parametrize("at", [2, 11])
def test_a_killed_crawl_loses_nothing_and_doubles_nothing(site: Site, tmp_path: Path, at: int) -> None:
    urls = [f"{site.base}/{n}" for n in range(20)]
    site.routes = {f"/{n}": page(f"Number {n}.") for n in range(20)}
    seed = Seed("Gazette", urls=tuple(urls))
    process = start(seed, data=tmp_path)
    site.on_request = lambda path: os.kill(process.pid or 0, signal.SIGKILL) if len(site.asked) == at else None
    process.join()
    assert process.exitcode == -signal.SIGKILL
    site.on_request = lambda path: None
    crawl(seed, data=tmp_path)
    with Catalog(tmp_path / "catalog.sqlite") as catalog:
        for url in urls:
            texts = [row for capture in catalog.captures(url) for row in catalog.articles(capture.record_id)]
            assert len(texts) == 1
    assert status(tmp_path)[0].articles == 20


def test_a_full_disk_or_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CrawlError, match="file") as caught:
        crawl(Seed("Gazette", urls=("http://127.0.0.1:1/",)), data=tmp_path / "file")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("contact", ["desk\r\nX-Injected: 1", "düsk", "x" * 300])
def test_a_contact_cannot_break_the_header(contact: str) -> None:
    with pytest.raises(CrawlError, match="contact"):
        CrawlOptions(seeds=[], contact=contact)


def test_a_server_that_never_ends_its_answer_is_left(site: Site, tmp_path: Path) -> None:
    site.routes = {"/drip": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 500\r\n\r\n<p>Half."}
    _, (event,) = crawl(Seed("Gazette", urls=(site.base + "/drip",)), data=tmp_path, timeout=0.5)
    assert event.status == "timeout"
    (file,) = (tmp_path / "collections/news/archive").iterdir()
    (capture,) = (found for found in read_warc(file) if found.url.endswith("/drip"))
    assert (capture.truncated, capture.body) == ("time", b"<p>Half.")


def test_single_urls_come_back_in_their_order_with_where_they_led(site: Site) -> None:
    site.routes = {"/1": page("One."), "/moved": _move("/1")}
    urls = [f"{site.base}{path}" for path in ("/moved", "/gone", "/1#part")]
    moved, gone, one = fetch(*urls)
    assert [found.url for found in (moved, gone, one)] == urls
    assert (moved.status, moved.final_url) == ("fetched", site.base + "/1")
    assert (gone.status, gone.article) == ("http_404", None)
    assert one.article is not None
    assert one.article.text == "One."
    assert site.asked.count("/1") == 1


def test_the_state_of_a_folder_without_a_crawl_is_an_error_and_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(FrontierError, match="no crawl"):
        status(tmp_path)
    assert not list(tmp_path.iterdir())
