"""A crawl renders the pages that need a browser, under the guard, robots.txt and the pace of the host."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from archive import Catalog, SigningKey, Verifier, read_text
from cleaners import clean
from scraper.crawl import CrawlError
from scraper.seeds import Seed, SeedError, load_seeds
from tests.scraper.test_rendering import _children, _command, found
from tests.support.crawling import World, crawl, start
from tests.support.loopback import Site, answer
from tests.support.shell import fetching, press
from tests.support.signatures import fields_of, verified

pytestmark = pytest.mark.slow

LINES = [
    "The harbour of Port Hallow was closed on Thursday night after a wave took eleven metres of the breakwater.",
    "Nobody was hurt. Four trawlers that had been waiting outside were sent on to Carrick Landing before dawn.",
    "“We will open again when the divers tell us to, and not an hour before,” said the harbour master, Ines Marlow.",
]
TITLE = "Storm closes Port Hallow harbour"
WRITER = """
fetch(document.body.dataset.story).then(answer => answer.json()).then(story => {
  const article = document.createElement('article');
  document.title = story.title;
  article.innerHTML = '<h1>' + story.title + '</h1>' + story.lines.map(line => '<p>' + line + '</p>').join('');
  document.body.append(article);
});
"""
OPEN = "User-agent: *\nDisallow: /closed\n"


def shell(story: str, *, script: str = "", body: str = "") -> bytes:
    """Return a page without a text of its own."""
    inline = f"<script>{script}</script>" if script else ""
    return answer(
        f"<!doctype html><html lang=en><title>Gazette</title><body data-story='{story}'>{body}{inline}"
        "<script src=/app.js></script></body></html>"
    )


def story(*lines: str) -> bytes:
    return answer(json.dumps({"title": TITLE, "lines": lines or LINES}), kind="application/json")


def whole(text: str = "") -> bytes:
    body = "".join(f"<p>{line}</p>" for line in LINES)
    return answer(f"<!doctype html><html lang=en><title>{TITLE}</title><article><h1>{TITLE}</h1>{body}{text}</article>")


@pytest.fixture(autouse=True)
def needs_a_browser() -> None:
    found()


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(host="0.0.0.0") as site:
        site.routes = {
            "/robots.txt": answer(OPEN, kind="text/plain"),
            "/story": shell("/api/1.json"),
            "/app.js": answer(WRITER, kind="text/javascript"),
            "/api/1.json": story(),
        }
        yield site


def seed(site: Site, *paths: str, mode: Any = True, host: str = "127.0.0.1", **more: Any) -> Seed:  # noqa: ANN401
    urls = tuple(f"http://{host}:{site.port}{path}" for path in paths or ("/story",))
    return Seed("Gazette", urls=urls, browser=mode, **more)


def text_of(data: Path, url: str) -> str:
    with Catalog(data / "catalog.sqlite") as catalog:
        (capture, *_) = catalog.captures(url)
        (row, *_) = catalog.articles(capture.record_id)
    return read_text(data, row.collection, row.file, row.offset).text


def test_the_command_crawls_a_site_that_writes_its_articles_by_script(site: Site, tmp_path: Path) -> None:
    seeds = tmp_path / "seeds.toml"
    seeds.write_text(f'[[site]]\nname = "Gazette"\nurls = ["{site.base}/story"]\nbrowser = true\n', "utf-8")
    done = press(*fetching("crawl", seeds, "--data", tmp_path / "data"), cwd=tmp_path)
    assert (done.code, site.asked) == (0, ["/robots.txt", "/story", "/app.js", "/api/1.json"]), done.err
    assert "browser: rendered 1" in done.out
    shown = press("archive", "show", f"{site.base}/story", "--data", tmp_path / "data", cwd=tmp_path)
    assert "\n\n".join(LINES) in shown.out
    assert "rendering of: urn:uuid:" in shown.out
    again = press("archive", "reclean", "--all", "--data", tmp_path / "data", cwd=tmp_path)
    assert (again.code, "1 unchanged" in again.out) == (0, True), again.out
    assert press("archive", "verify", "--full", "--data", tmp_path / "data", cwd=tmp_path).code == 0


def test_what_the_scripts_of_a_page_ask_for_is_signed_as_the_page_is(site: Site, tmp_path: Path) -> None:
    key = SigningKey.new()
    crawl(seed(site), data=tmp_path, clean=clean, sign_key=key, sign_agent="https://bot.example")
    assert site.asked == ["/robots.txt", "/story", "/app.js", "/api/1.json"]
    assert all(verified(fields_of(head), key.public.jwk["x"]) for head in site.heads)


def test_without_the_option_no_browser_runs(site: Site, tmp_path: Path) -> None:
    report, (event,) = crawl(seed(site, mode=None), data=tmp_path, clean=clean)
    assert (event.status, report.renderings, site.asked) == ("not_article", {}, ["/robots.txt", "/story"])


def test_automatically_only_a_page_without_a_text_of_its_own_is_rendered(site: Site, tmp_path: Path) -> None:
    body = json.dumps(
        {"@type": "NewsArticle", "headline": TITLE, "articleBody": "\n\n".join([*LINES, "It cost a fortune."])}
    )
    state = f"<script type=application/ld+json>{body}</script><script src=/app.js></script>"
    site.routes["/whole"] = whole("<p>The mayor paid for all of it.</p><script src=/app.js></script>")
    site.routes["/state"] = answer(f"<!doctype html><html lang=en><title>{TITLE}</title>{state}</html>")
    _, events = crawl(seed(site, "/whole", "/state", "/story", mode="auto"), data=tmp_path, clean=clean)
    assert {event.url.rpartition("/")[2]: event.status for event in events} == dict.fromkeys(
        ("whole", "state", "story"), "fetched"
    )
    assert (site.asked.count("/app.js"), site.asked.count("/api/1.json")) == (1, 1)
    assert text_of(tmp_path, f"{site.base}/story") == "\n\n".join(LINES)


def test_the_option_is_for_sites_that_do_not_say(site: Site, tmp_path: Path) -> None:
    silent, never = seed(site, mode=None), Seed("No", urls=(f"http://127.0.0.2:{site.port}/story",), browser=False)
    report, events = crawl(silent, never, data=tmp_path, clean=clean, browser=True)
    assert {event.site: event.status for event in events} == {"Gazette": "fetched", "No": "not_article"}
    assert report.renderings == {"rendered": 1}


def test_no_part_of_a_page_passes_the_guard_or_robots_txt(site: Site, tmp_path: Path) -> None:
    public = World(
        public=("127.0.0.2", "127.0.0.3"),
        names={"inside.example": ("127.0.0.1",), "rebound.example": ("127.0.0.1",)},
        checked={"rebound.example": ("127.0.0.2",)},
    )
    with Site(host="0.0.0.0") as inside, Site(host="0.0.0.0") as refusing:
        refusing.routes = {"/robots.txt": answer("User-agent: *\nDisallow: /\n", kind="text/plain"), "/x": story()}
        inside.routes = {path: story() for path in ("/x", "/robots.txt")}
        site.routes["/hop"] = answer("", "302 Found", f"Location: http://127.0.0.1:{inside.port}/x")
        site.routes["/hop-closed"] = answer("", "302 Found", "Location: /closed/x")
        site.routes["/closed/x"] = story("from a closed path")
        urls = [
            f"http://127.0.0.1:{inside.port}/x",
            f"http://localhost:{inside.port}/x",
            f"http://inside.example:{inside.port}/x",
            f"http://rebound.example:{inside.port}/x",
            f"http://127.0.0.3:{refusing.port}/x",
            "/closed/x",
            "/hop",
            "/hop-closed",
        ]
        script = f"for (const url of {urls!r}) fetch(url).then(a => a.text()).then(t => document.body.append(t))"
        site.routes["/story"] = shell("/api/1.json", script=script)
        report, (event,) = crawl(
            seed(site, host="127.0.0.2"), data=tmp_path, allow_private=False, world=public, clean=clean
        )
        assert (event.status, inside.asked, refusing.asked) == ("fetched", [], ["/robots.txt"])
        assert "/closed/x" not in site.asked
        assert {"/hop", "/hop-closed"} <= set(site.asked)
        text = text_of(tmp_path, event.url)
        assert (LINES[0] in text, "from a closed path" in text) == (True, False)
        assert report.renderings == {"rendered": 1}


def test_each_part_says_who_asks_and_sends_no_cookie(site: Site, tmp_path: Path) -> None:
    site.routes["/story"] = shell("/api/1.json", script="document.cookie = 'a=b'")
    crawl(seed(site), data=tmp_path, contact="ada@gazette.example")
    for head in site.heads:
        assert b"User-Agent: pressclip/" in head
        assert b"(+ada@gazette.example)" in head
        assert b"cookie" not in head.lower()


def test_the_next_page_of_a_host_waits_for_its_delay_after_the_last_part(site: Site, tmp_path: Path) -> None:
    times: list[tuple[str, float]] = []
    site.on_request = lambda path: times.append((path, monotonic()))
    site.routes["/second"] = shell("/api/2.json")
    site.routes["/api/2.json"] = story()
    crawl(seed(site, "/story", "/second"), data=tmp_path, delay=2.0)
    pages = [at for path, at in times if path in ("/story", "/second")]
    parts = [at for path, at in times if path in ("/app.js", "/api/1.json", "/api/2.json") and at < pages[1]]
    assert len(parts) >= 2
    assert pages[1] - max(parts) >= 1.9
    # a script is kept for the next page
    assert [path for path, _ in times].count("/app.js") == 1


def test_a_page_that_cannot_be_rendered_stays_as_it_came(site: Site, tmp_path: Path) -> None:
    site.routes["/story"] = whole("<script>while (true) {}</script>")
    report, (event,) = crawl(seed(site), data=tmp_path, clean=clean)
    assert (event.status, event.reason) == ("fetched", "not rendered: took longer than 30 s to render")
    assert report.renderings == {"took longer than 30 s to render": 1}
    with Catalog(tmp_path / "catalog.sqlite") as catalog:
        assert [row.is_rendering for row in catalog.captures(event.url)] == [False]


def test_a_text_that_a_script_changed_is_a_new_revision_although_the_page_is_the_same(
    site: Site, tmp_path: Path
) -> None:
    for mode in (True, "auto"):
        data = tmp_path / str(mode)
        site.routes["/api/1.json"] = story()
        crawl(seed(site, mode=mode), data=data, clean=clean)
        site.routes["/api/1.json"] = story(
            *LINES, "The pilots came back on Friday and found their boats where they left them."
        )
        _, (event,) = crawl(seed(site, mode=mode), data=data, clean=clean, later=timedelta(hours=2))
        assert (event.status, "The pilots" in text_of(data, event.url)) == ("updated", True)
        _, (event,) = crawl(seed(site, mode=mode), data=data, clean=clean, later=timedelta(days=2))
        assert (event.status, event.reason) == ("not_modified", "same text")


def test_a_crawl_that_is_killed_while_it_renders_loses_nothing(site: Site, tmp_path: Path) -> None:
    browsers: list[int] = []

    def kill(path: str) -> None:
        if path == "/api/1.json" and not browsers:
            browsers.extend(one for one in _children(process.pid or 0) if b"--remote-debugging-pipe" in _command(one))
            os.kill(process.pid or 0, signal.SIGKILL)

    site.on_request = kill
    process = start(seed(site), data=tmp_path)
    process.join()
    assert (process.exitcode, bool(browsers)) == (-signal.SIGKILL, True)
    _, (event,) = crawl(seed(site), data=tmp_path)
    assert (event.status, event.reason) == ("fetched", "")
    assert text_of(tmp_path, event.url) == "\n\n".join(LINES)
    assert list(Verifier(tmp_path, full=True).findings()) == []
    assert [one for one in browsers if b"--remote-debugging-pipe" in _command(one)] == []


def test_a_missing_browser_is_told_before_anything_is_requested(site: Site, tmp_path: Path) -> None:
    env = {"PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH": str(tmp_path / "none")}
    with pytest.raises(CrawlError, match="is no program"):
        crawl(seed(site), data=tmp_path, env=env)
    assert site.asked == []


def test_a_browser_that_does_not_start_ends_the_run_with_its_reason(site: Site, tmp_path: Path) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(CrawlError, match="does not start"):
        crawl(seed(site), data=tmp_path / "data", env={"PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH": str(broken)})


def test_a_seed_says_whether_its_pages_are_rendered(tmp_path: Path) -> None:
    file = tmp_path / "seeds.toml"
    for said, wanted in (("true", True), ("false", False), ('"auto"', "auto")):
        file.write_text(f'[[site]]\nhome = "https://a.example/"\nbrowser = {said}\n', "utf-8")
        assert [one.browser for one in load_seeds(file)] == [wanted]
    file.write_text('[[site]]\nhome = "https://a.example/"\nbrowser = "yes"\n', "utf-8")
    with pytest.raises(SeedError, match=r'browser must be true, false or "auto"'):
        load_seeds(file)
