"""Pages that lead elsewhere, or stand in for an article, end each with a status of their own."""

from __future__ import annotations

import pytest

from cleaners import clean
from scraper.crawl import Event
from scraper.discovery import refresh_target
from scraper.seeds import seed_from
from tests.support.crawling import crawl
from tests.support.loopback import Site, answer

PROSE = "<p>" + "The ferry sailed at noon, and the harbour was closed until the wind fell. " * 20 + "</p>"
NOTICE = (
    "The timetable of the boat is being written anew, and the pages of the harbour will be filled before the summer. "
    "Until then the office answers all your questions on every weekday between nine in the morning and noon."
)
DATED = f"<time datetime=2026-05-03>3 May 2026</time></p><p>{NOTICE.replace('boat', 'ferry')}"
STORY = f"<!doctype html><html><body><h1>The ferry</h1>{PROSE}</body></html>"
WALL = "HTTP/1.1 302 Found\r\nLocation: {}\r\nSet-Cookie: seen=1; path=/\r\nContent-Length: 0\r\n\r\n"


def leading(refresh: str, body: str = "") -> str:
    return f'<!doctype html><html><meta http-equiv="refresh" content="{refresh}"><body>{body}</body></html>'


def standing(title: str, body: str) -> str:
    return f"<!doctype html><html><title>{title}</title><body><main><h1>{title}</h1><p>{body}</p></main></body></html>"


ENDINGS = {
    "/old": (answer(leading("0; url=/new")), "redirected"),
    "/new": (answer(STORY), "fetched"),
    "/reloads": (answer(leading("0; url=/reloads", PROSE)), "fetched"),
    "/reloads-later": (answer(leading("300", PROSE)), "fetched"),
    "/no-cookie": (b"HTTP/1.1 302 Found\r\nLocation: /no-cookie\r\n\r\n", "redirect_loop"),
    "/never-enough": (WALL.format("/never-enough").encode(), "redirect_loop"),
    "/wall": (WALL.format("/wall").encode(), "fetched"),
    "/gone": (answer(standing("Page not found", "Please check the address.")), "soft_404"),
    "/notice-1": (answer(standing("Under construction", NOTICE)), "fetched"),
    "/notice-2": (answer(standing("Under construction", NOTICE)), "soft_404"),
    "/notice-3": (answer(standing("Under construction", NOTICE.replace("boat", "ship"))), "fetched"),
    "/dated-1": (answer(standing("Short news", DATED)), "fetched"),
    "/dated-2": (answer(standing("Short news", DATED)), "fetched"),
    "/login": (answer(standing("Log in", "Enter your name.<input type=password>")), "login_page"),
}


@pytest.fixture(scope="module")
def done(shared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Event], Site]:
    """One crawl of one page for each way to lead elsewhere; the wall opens for who sends its cookie."""
    site = shared_site
    site.routes = {path: sent for path, (sent, _) in ENDINGS.items()}
    site.cut = {"/no-cookie"}

    def open_wall(path: str) -> None:
        if path == "/wall" and b"\r\nCookie: seen=1" in site.heads[-1]:
            site.routes["/wall"] = answer(STORY)

    site.on_request = open_wall
    links = "".join(f"<item><link>{site.base}{path}</link></item>" for path in ENDINGS if path != "/new")
    feed = f'<rss version="2.0"><channel>{links}</channel></rss>'
    site.routes["/feed"] = answer(feed, kind="application/rss+xml")
    seed = seed_from({"name": "Gazette", "home": site.base, "feeds": [site.base + "/feed"]}, "test")
    _, found = crawl(
        seed, data=tmp_path_factory.mktemp("data"), contact="desk@example.com", log_level="CRITICAL", clean=clean
    )
    return {event.url.removeprefix(site.base): event for event in found}, site


@pytest.mark.slow
@pytest.mark.parametrize("path", ENDINGS)
def test_each_page_ends_with_its_own_status(done: tuple[dict[str, Event], Site], path: str) -> None:
    assert done[0][path].status == ENDINGS[path][1]


@pytest.mark.slow
def test_cookies_are_sent_back_once_and_to_no_other_page(done: tuple[dict[str, Event], Site]) -> None:
    _, site = done
    sent = [head.split(b" ", 2)[1] for head in site.heads if b"\r\nCookie:" in head]
    assert sorted(sent) == [b"/never-enough", b"/wall"]


@pytest.mark.parametrize(
    ("markup", "target"),
    [
        ("<meta http-equiv=refresh content='0;URL=/b'>", "https://a.example/b"),
        ("<META HTTP-EQUIV='Refresh' CONTENT='5; url=https://b.example/'>", "https://b.example/"),
        ("<base href='/x/'><meta http-equiv=refresh content='1; url=b'>", "https://a.example/x/b"),
        ("<noscript><meta http-equiv=refresh content='0;url=/b'></noscript>", None),
        ("<!-- <meta http-equiv=refresh content='0;url=/b'> -->", None),
        ("<meta http-equiv=refresh content='600; url=/b'>", None),
        ("<p>refresh</p>", None),
    ],
)
def test_a_page_leads_on_where_a_browser_would_go_at_once(markup: str, target: str | None) -> None:
    assert refresh_target(markup.encode(), "https://a.example/a") == target
