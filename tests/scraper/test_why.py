"""`pressclip why URL`: the whole story of an address, whatever became of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from scraper.seeds import seed_from
from tests.support.crawling import crawl
from tests.support.loopback import Site, answer, page
from tests.support.shell import Done, press

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told(shared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Path]:
    """A data folder after two crawls, the second of which found one article changed."""
    site, folder = shared_site, tmp_path_factory.mktemp("why")
    paths = ["/2026/story-one-of-the-quay", "/2026/moved-story", "/2026/gone-story", "/private/a", "/2026/empty-story"]
    outside = "http://elsewhere.example/2026/story"
    day = "<pubDate>Sat, 21 Nov 2026 06:30:00 GMT</pubDate>"
    items = "".join(f"<item><link>{link}</link>{day}</item>" for link in [*(site.base + p for p in paths), outside])
    site.routes = {
        "/robots.txt": answer("User-agent: *\nDisallow: /private/\n", kind="text/plain"),
        "/feed": answer(f'<rss version="2.0"><channel>{items}</channel></rss>', kind="application/rss+xml"),
        paths[0]: page("The quay is open again."),
        paths[1]: answer(b"", "301 Moved", f"Location: {site.base}/2026/new-place"),
        "/2026/new-place": page("The story has moved."),
        paths[4]: answer("<html><div>menu</div></html>"),
    }
    seed = seed_from({"name": "Gazette", "home": site.base, "feeds": [site.base + "/feed"]}, "test")
    crawl(seed, data=folder / "data")
    site.routes[paths[0]] = page("The quay is closed again.")
    single = seed_from({"name": "Gazette", "urls": [site.base + paths[0]]}, "test")
    crawl(single, data=folder / "data", refetch=True)
    return site, folder


def story(told: tuple[Site, Path], path: str) -> dict[str, Any]:
    site, folder = told
    done = press("why", site.base + path, "--data", "data", "--json", cwd=folder)
    assert (done.code, done.err) == (0, "")
    found: dict[str, Any] = json.loads(done.out)
    return found


def text(told: tuple[Site, Path], path: str) -> Done:
    site, folder = told
    return press("why", site.base + path, "--data", "data", cwd=folder)


def test_an_article_is_told_from_its_source_to_its_file_and_its_revisions(told: tuple[Site, Path]) -> None:
    _, folder = told
    found = story(told, "/2026/story-one-of-the-quay")
    assert [(step["kind"], step["url"]) for step in found["found"]][-1] == ("article", found["url"])
    assert found["status"] == "fetched"
    assert found["verdicts"] == {"scope": "allowed", "guard": "allowed", "robots": "allowed"}
    assert [fetch["http_status"] for fetch in found["fetches"]] == [200, 200]
    assert [text["words"] for text in found["texts"]] == [5, 5]
    for fetch in found["fetches"]:
        record = (folder / "data" / fetch["warc"]).read_bytes()[fetch["offset"] :]
        assert record.startswith(b"\x1f\x8b")
    assert found["robots_txt"]["http_status"] == 200
    lines = text(told, "/2026/story-one-of-the-quay").out
    for word in ("title ", "access ", "kind ", "words      5", "rules ", "earlier text: ", "status     fetched"):
        assert word in lines


def test_a_page_found_in_a_feed_names_the_feed_and_the_day_it_gave(told: tuple[Site, Path]) -> None:
    site, _ = told
    lines = text(told, "/2026/empty-story").out.splitlines()
    assert lines[1].startswith(f"found      feed: {site.base}/feed (site Gazette, ")
    assert "published 2026-11-21T06:30:00+00:00" in lines[2]
    assert any(line.startswith("status     not_article") for line in lines)


def test_a_redirect_is_told_with_where_it_led(told: tuple[Site, Path]) -> None:
    site, _ = told
    found = story(told, "/2026/moved-story")
    assert (found["status"], found["fetches"][0]["location"]) == ("redirected", site.base + "/2026/new-place")
    assert [step["url"] for step in found["found"]][-1] == site.base + "/2026/new-place"
    assert f"redirect to: {site.base}/2026/new-place" in text(told, "/2026/moved-story").out


def test_what_robots_txt_disallows_was_never_fetched_and_the_file_that_says_so_is_named(
    told: tuple[Site, Path],
) -> None:
    found = story(told, "/private/a")
    assert found["verdicts"]["robots"] == "refused: disallowed by robots.txt"
    assert found["fetches"] == []
    lines = text(told, "/private/a").out
    assert "fetched    never" in lines
    assert "robots.txt: 20" in lines


def test_a_link_out_of_the_site_was_refused_before_anything_was_asked(told: tuple[Site, Path]) -> None:
    _, folder = told
    done = press("why", "http://elsewhere.example/2026/story", "--data", "data", "--json", cwd=folder)
    verdicts = json.loads(done.out)["verdicts"]
    assert verdicts["scope"].startswith("refused: not of the site Gazette")
    assert verdicts["robots"] == "not asked"


def test_a_page_that_is_gone_is_told_with_its_status_and_what_comes_next(told: tuple[Site, Path]) -> None:
    found = story(told, "/2026/gone-story")
    assert (found["status"], found["fetches"][0]["http_status"], found["texts"]) == ("http_404", 404, [])
    assert "next       " in text(told, "/2026/gone-story").out


def test_the_address_is_known_in_other_spellings(told: tuple[Site, Path]) -> None:
    site, folder = told
    url = site.base.replace("http", "HTTP") + "/2026/gone-story?utm_source=mail#top"
    assert press("why", url, "--data", "data", cwd=folder).code == 0


@pytest.mark.parametrize(
    "wrong", ["{base}/2026/gone-story/", "https{rest}/2026/gone-story", "{base}/2026/gone-story?a=1"]
)
def test_an_unknown_address_is_one_line_with_the_form_that_is_known(told: tuple[Site, Path], wrong: str) -> None:
    site, folder = told
    url = wrong.format(base=site.base, rest=site.base.removeprefix("http"))
    done = press("why", url, "--data", "data", cwd=folder)
    assert done.code == 3
    assert done.line.endswith(f"not known in data; known: {site.base}/2026/gone-story")


def test_an_address_that_nothing_is_like_is_one_line(told: tuple[Site, Path]) -> None:
    _, folder = told
    done = press("why", "\x1b[2Jnonsense", "--data", "data", cwd=folder)
    assert done.code == 3
    assert done.line.endswith("no source has named it")


def test_a_page_is_told_from_the_archive_alone_and_from_the_frontier_alone(
    told: tuple[Site, Path], tmp_path: Path
) -> None:
    site, folder = told
    url = site.base + "/2026/story-one-of-the-quay"
    shutil.copytree(folder / "data", tmp_path / "data")
    for file in (tmp_path / "data").glob("frontier.sqlite*"):
        file.unlink()
    done = press("why", url, "--data", "data", cwd=tmp_path)
    assert done.code == 0
    assert "in the archive only; the crawl does not know it" in done.out
    assert "words      5" in done.out
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "data").mkdir()
    shutil.copy(folder / "data" / "frontier.sqlite", tmp_path / "data")
    done = press("why", url, "--data", "data", cwd=tmp_path)
    assert done.code == 0
    assert "the archive has no answer" in done.out


def test_a_folder_without_crawl_and_archive_is_named_and_not_made(tmp_path: Path) -> None:
    done = press("why", "http://gazette.example/", "--data", "nowhere", cwd=tmp_path)
    assert done.code == 2
    assert "nowhere: no crawl has run here" in done.line
    assert not list(tmp_path.iterdir())
