"""`pressclip discover`: from a home page to a seed file that loads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scraper.demo import RunningSite, serve
from scraper.discovery.pages import Home, read_home, sitemaps_of
from scraper.discovery.seedfile import seed_file
from scraper.discovery.survey import MAX_REQUESTS, Survey
from scraper.seeds import Seed, load_seeds
from tests.support.loopback import Site, answer
from tests.support.shell import Done, press

pytestmark = pytest.mark.slow

NOW = datetime.now(UTC)
TITLE = "Ferries are late again"


def discover(site: str, folder: Path, *args: str) -> Done:
    return press("discover", site, "--allow-private", "--delay", "0", *args, cwd=folder)


def load(text: str, folder: Path) -> Seed:
    (folder / "found.toml").write_text(text, "utf-8")
    (seed,) = load_seeds(folder / "found.toml")
    return seed


def feed(base: str, *paths: str, date: datetime = NOW) -> bytes:
    when = date.strftime("%a, %d %b %Y %H:%M:%S GMT")
    rows = "".join(f"<item><title>T</title><link>{base}{p}</link><pubDate>{when}</pubDate></item>" for p in paths)
    return answer(f'<rss version="2.0"><channel><title>F</title>{rows}</channel></rss>', kind="application/rss+xml")


def urlset(base: str, *paths: str, news: bool = False) -> bytes:
    told = f"<n:news><n:publication_date>{NOW.isoformat()}</n:publication_date></n:news>" if news else ""
    rows = "".join(f"<url><loc>{base}{path}</loc>{told}</url>" for path in paths)
    return answer(f'<urlset xmlns:n="n">{rows}</urlset>', kind="application/xml")


def page(head: str = "", body: str = "", lang: str = "") -> bytes:
    return answer(f'<!doctype html><html lang="{lang}"><head>{head}</head><body>{body}</body></html>')


def articles(folder: str = "", number: int = 6) -> str:
    return "".join(f'<a href="{folder}/2026/11/{n}/ferry">{TITLE}</a>' for n in range(10, 10 + number))


@pytest.fixture(scope="module")
def demo() -> Iterator[dict[str, RunningSite]]:
    with serve() as sites:
        yield {site.key: site for site in sites}


@pytest.mark.parametrize("key", ["ledger", "trendwire", "kestrel", "courier"])
def test_the_demo_sites_feeds_and_news_sitemaps_are_found(
    demo: dict[str, RunningSite], key: str, tmp_path: Path
) -> None:
    site = demo[key]
    done = discover(site.base_url, tmp_path, "--out", "found.toml")
    assert (done.code, done.out) == (0, "")
    (seed,) = load_seeds(tmp_path / "found.toml")
    assert (seed.name, seed.home, seed.language) == (site.name, site.base_url + "/", "en")
    assert seed.feeds == (f"{site.base_url}/{'atom' if key == 'trendwire' else 'rss'}.xml",)
    assert seed.sitemaps == (f"{site.base_url}/news-sitemap.xml",)
    assert all(url in done.err for url in (*seed.feeds, *seed.sitemaps))
    assert len(site.requests) <= MAX_REQUESTS
    above = (tmp_path / "found.toml").read_text("utf-8").partition("[[site]]")[0].splitlines()[-1]
    assert above.startswith(f"# checked {NOW:%Y-%m}")
    assert not [path for path in site.requests if path.startswith("/private")]


def test_a_host_without_a_scheme_is_tried_over_tls_first(site: Site, tmp_path: Path) -> None:
    site.routes = {"/": page(body=articles())}
    done = discover(f"127.0.0.1:{site.port}", tmp_path)
    assert done.code == 0
    assert load(done.out, tmp_path).home == f"{site.base}/"
    assert f"https://127.0.0.1:{site.port}/" in done.err


def test_an_awkward_site_yields_what_is_of_use_and_says_what_is_not(site: Site, tmp_path: Path) -> None:
    base = site.base
    alternate = '<link rel="alternate" type="application/{}" href="{}">'
    head = "".join(
        (
            '<meta property="og:site_name" content="The &quot;Tide&quot; \u202e &amp; Times">',
            alternate.format("rss+xml", "/main.rss"),
            alternate.format("rss+xml", "/comments/feed/"),
            alternate.format("atom+xml", "/twin.atom"),
            alternate.format("rss+xml", "/stale.rss"),
            alternate.format("rss+xml", "/elsewhere.rss"),
            alternate.format("rss+xml", "/gone.rss"),
            alternate.format("json", "/wp-json/"),
        )
    )
    site.routes = {
        "/": answer(b"", "301 Moved", f"Location: {base}/start"),
        "/start": page(head, articles(), lang="pt-BR"),
        "/robots.txt": answer("User-agent: *\nDisallow: /map.xml\nSitemap: /map.xml\n", kind="text/plain"),
        "/main.rss": feed(base, "/a", "/b"),
        "/twin.atom": feed(base, "/b"),
        "/stale.rss": feed(base, "/c", date=NOW - timedelta(days=400)),
        "/elsewhere.rss": feed("http://other.example", "/d"),
    }
    done = discover(base, tmp_path)
    seed = load(done.out, tmp_path)
    assert (seed.home, seed.language, seed.feeds) == (f"{base}/start", "pt", (f"{base}/main.rss",))
    assert seed.name == 'The "Tide" & Times'
    for said in (
        f'#   feed "{base}/twin.atom"  # 1 links, newest {NOW:%Y-%m-%d}; has nothing that {base}/main.rss has not',
        "nothing newer than 30 days",
        "all 1 links lead to other sites",
        f"#   {base}/gone.rss  (http_404)",
        f"#   {base}/map.xml  (robots: disallowed by robots.txt)",
    ):
        assert said in done.out
    assert "/map.xml" not in site.asked
    assert not {"/comments/feed/", "/wp-json/"} & set(site.asked)


def test_sections_are_taken_where_nothing_says_what_is_new(site: Site, tmp_path: Path) -> None:
    menu = "".join(f'<a href="/{name}/">{name}</a>' for name in ("harbour", "about", "market", "empty", "login"))
    site.routes = {
        "/": page("<title>Tide Times - News</title>", f"<nav>{menu}</nav>{articles('/harbour')}"),
        "/harbour/": page(body=articles("/harbour")),
        "/market/": page(body=articles("/market", 9)),
        "/empty/": page(body=articles("/empty", 1)),
        "/sitemap.xml": urlset(site.base, "/x", "/y"),
    }
    done = discover(site.base, tmp_path)
    seed = load(done.out, tmp_path)
    assert (seed.name, seed.feeds, seed.sitemaps) == ("Tide Times", (), ())
    assert seed.sections == (f"{site.base}/harbour/", f"{site.base}/market/")
    assert not {"/about/", "/login/"} & set(site.asked)
    assert "The language is not declared anywhere" in done.out


def test_the_home_page_alone_will_do(site: Site, tmp_path: Path) -> None:
    site.routes = {"/": page(body=articles())}
    done = discover(site.base, tmp_path)
    seed = load(done.out, tmp_path)
    assert (done.code, seed.home, seed.sections) == (0, f"{site.base}/", ())
    assert "reads the home page as a section" in done.out


def test_a_site_that_refuses_us_its_home_page_may_have_a_news_sitemap(site: Site, tmp_path: Path) -> None:
    site.routes = {
        "/": answer("no", "403 Forbidden"),
        "/robots.txt": answer(f"Sitemap: {site.base}/index.xml\n", kind="text/plain"),
        "/index.xml": answer(
            f"<sitemapindex><sitemap><loc>{site.base}/old.xml</loc></sitemap>"
            f"<sitemap><loc>{site.base}/news.xml</loc></sitemap></sitemapindex>"
        ),
        "/news.xml": urlset(site.base, "/a", news=True),
    }
    seed = load(discover(site.base, tmp_path).out, tmp_path)
    assert seed.sitemaps == (f"{site.base}/news.xml",)


def test_a_site_without_articles_is_one_line_and_exit_code_3(site: Site, tmp_path: Path) -> None:
    site.routes = {"/": page(body="<p>Closed.</p>")}
    done = discover(site.base, tmp_path, "--out", "found.toml")
    assert done.code == 3
    assert "no feed, sitemap or section found" in done.line
    assert not (tmp_path / "found.toml").exists()


def test_a_dead_host_is_asked_once_and_is_exit_code_3(tmp_path: Path) -> None:
    done = discover("http://127.0.0.1:1/", tmp_path)
    assert done.code == 3
    assert "connection_refused" in done.line


def test_robots_txt_and_the_address_guard_refuse_with_exit_code_4(site: Site, tmp_path: Path) -> None:
    site.routes = {"/": page(body=articles()), "/robots.txt": answer("User-agent: *\nDisallow: /\n", kind="text/plain")}
    done = discover(site.base, tmp_path)
    assert (done.code, set(site.asked)) == (4, {"/robots.txt"})
    assert "robots" in done.line
    asked = len(site.asked)
    done = press("discover", site.base, cwd=tmp_path)
    assert (done.code, len(site.asked)) == (4, asked)
    assert "blocked_address" in done.line


@pytest.mark.parametrize("name", ["mailto:x@example.com", "http://", "file:///etc/passwd", "a b"])
def test_what_is_no_site_is_a_mistake_of_use(name: str, tmp_path: Path) -> None:
    done = press("discover", name, cwd=tmp_path)
    assert done.code == 2
    assert "is not a host or" in done.line


def test_a_file_that_exists_is_kept_unless_force_is_given(site: Site, tmp_path: Path) -> None:
    site.routes = {"/": page(body=articles())}
    (tmp_path / "mine.toml").write_text("mine")
    done = discover(site.base, tmp_path, "--out", "mine.toml")
    assert (done.code, site.asked, (tmp_path / "mine.toml").read_text()) == (2, [], "mine")
    assert "mine.toml" in done.line
    assert discover(site.base, tmp_path, "--out", "mine.toml", "--force").code == 0
    assert load_seeds(tmp_path / "mine.toml")


def test_requests_are_bounded_whatever_a_site_declares(site: Site, tmp_path: Path) -> None:
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="/{n}.rss">' for n in range(500))
    menu = "".join(f'<a href="/s{n}/">Section</a>' for n in range(500))
    maps = "".join(f"Sitemap: /map{n}.xml\n" for n in range(500))
    site.routes = {f"/{n}": answer(b"", "302 Found", f"Location: /{n + 1}") for n in range(500)}
    site.routes |= {f"/{n}.rss": answer(b"", "302 Found", f"Location: /{n * 50}") for n in range(10)}
    site.routes |= {"/": page(links, f"<nav>{menu}</nav>{articles()}"), "/robots.txt": answer(maps, kind="text/plain")}
    assert discover(site.base, tmp_path).code == 0
    assert len(site.asked) <= MAX_REQUESTS + 2


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", "\x7f\x00", "#x", "\ud800", "'''", "🗞️ Nyheter"])
def test_any_name_makes_a_file_that_loads(name: str, tmp_path: Path) -> None:
    survey = Survey("https://example.com/", NOW, page=Home(name, "sv"))
    survey.missing["https://example.com/x\n[[site]]"] = f"http_404: {name}\nfeeds = 1"
    assert load(seed_file(survey), tmp_path).language == "sv"


def test_a_robots_txt_names_sitemaps_in_any_case_and_broken_lines_are_nothing() -> None:
    body = b"\xef\xbb\xbfSITEMAP:https://example.com/a.xml\r\n#Sitemap: /b.xml\nSitemap: http://[\nSitemap:\n\xff"
    assert sitemaps_of(body, "https://example.com/robots.txt") == ["https://example.com/a.xml"]


def test_menu_entries_under_which_articles_lie_come_first_and_services_never() -> None:
    paths = ("/opinion", "/about-us", "/world", "/subscribe", "/search", "/privacy-policy", "/a/b/c/d", "/en.pdf")
    menu = "".join(f'<a href="{path}">Entry</a>' for path in paths)
    body = f"<html><nav>{menu}</nav>{articles('/world')}</html>".encode()
    home = read_home(body, "https://example.com/")
    assert home.sections[0] == "https://example.com/world"
    assert not [url for url in home.sections if url.rpartition("/")[2] in {"subscribe", "search", "d", "en.pdf"}]
    assert json.dumps(home.articles).count("/world/2026") == 6
