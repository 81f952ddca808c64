"""Runs after the first: what is asked again, with which conditions, and what becomes of what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive import CaptureRow, Catalog
from scraper.crawl import CrawlReport, Event
from scraper.frontier import FoundUrl, Frontier, Row
from scraper.outcomes import NOT_MODIFIED, UPDATED, VANISHED
from scraper.report.status import status
from scraper.revisit.revisits import is_whole_turn
from scraper.seeds import Seed
from tests.support.crawling import crawl, fetch
from tests.support.loopback import Site, answer
from tests.support.shell import PAGE, fetching, press

pytestmark = pytest.mark.slow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PROSE = "The mill wheel turned again on Saturday, after eleven summers in which the leat had been dry. "
CONTACT = "desk@example.com"
STORY = "/2026/11/21/mill-wheel"


class Paper:
    """A site with a feed and articles, each with an ETag, that answers 304 where the ETag is the one it has."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.bodies: dict[str, tuple[str, str]] = {}
        """Path to ETag (empty for none) and body."""
        self.fails: dict[str, str] = {}
        """Path to the status it answers with instead."""
        site.on_request = self._answer

    @property
    def seed(self) -> Seed:
        return Seed("Gazette", home=self.site.base + "/", feeds=(self.site.base + "/feed",), every=HOUR)

    def url(self, path: str) -> str:
        return self.site.base + path

    def crawl(self, data: Path, later: timedelta = timedelta(), **options: Any) -> tuple[CrawlReport, list[Event]]:  # noqa: ANN401
        """Crawl *later* than a moment when the feed's day has just begun, so that it is asked whole a day later."""
        return crawl(self.seed, data=data, later=day_begins(self.url("/feed")) + later, contact=CONTACT, **options)

    def list(self, *paths: str, etag: str = "") -> None:
        items = "".join(f"<item><link>{self.url(path)}</link></item>" for path in paths)
        self.bodies["/feed"] = (etag, f'<rss version="2.0"><channel>{items}</channel></rss>')

    def write(self, path: str, text: str, etag: str = "", debris: str = "") -> None:
        self.bodies[path] = (etag, f"<!doctype html><html>{debris}<p>{text}</p><p>{PROSE * 12}</p></html>")

    def asked(self, path: str) -> list[str]:
        """The If-None-Match of each request for *path*, empty where there was none."""
        heads = [head.decode() for head in self.site.heads if head.split()[1].decode() == path]
        return [head.partition("If-None-Match: ")[2].partition("\r\n")[0] for head in heads]

    def _answer(self, path: str) -> None:
        if path in self.fails or path not in self.bodies:
            self.site.routes[path] = answer("", self.fails.get(path, "404 Not Found"))
            return
        etag, body = self.bodies[path]
        lines = [f"ETag: {etag}"] if etag else []
        if etag and self.asked(path)[-1] == etag:
            self.site.routes[path] = answer("", "304 Not Modified", *lines)
        else:
            kind = "application/rss+xml" if path == "/feed" else "text/html; charset=utf-8"
            self.site.routes[path] = answer(body, "200 OK", *lines, kind=kind)


def day_begins(url: str) -> timedelta:
    """How far ahead of now a source's day begins."""
    now = datetime.now(UTC).timestamp()
    minutes = (n for n in range(24 * 60) if is_whole_turn(now + 60 * n - 60, now + 60 * n, url))
    return timedelta(minutes=next(minutes) + 1)


@pytest.fixture
def paper(site: Site) -> Paper:
    paper = Paper(site)
    paper.list(STORY, etag='"f1"')
    paper.write(STORY, "It turned.", etag='"a1"')
    return paper


def captures(data: Path, url: str) -> list[tuple[CaptureRow, int]]:
    """The captures of *url*, oldest first, each with how many texts were made of it."""
    with Catalog(data / "catalog.sqlite") as catalog:
        return [(row, len(catalog.articles(row.record_id))) for row in reversed(catalog.captures(url))]


def rows(data: Path, *urls: str) -> Iterator[Row]:
    frontier = Frontier(data / "frontier.sqlite")
    for url in urls:
        row = frontier.get(url)
        assert row is not None
        yield row
    frontier.dispose()


def endings(events: list[Event]) -> dict[str, str]:
    return {event.url.rpartition("/")[2]: event.status for event in events}


def articles(data: Path) -> int:
    return status(data)[0].articles


def test_a_second_run_fetches_no_article_again_and_asks_the_sources_with_conditions(
    paper: Paper, tmp_path: Path
) -> None:
    paper.crawl(tmp_path)
    report, events = paper.crawl(tmp_path)
    assert paper.asked("/feed") == ["", '"f1"']
    assert paper.asked(STORY) == [""]
    assert endings(events) == {"feed": NOT_MODIFIED}
    assert (report.outcome, articles(tmp_path)) == ("ok", 1)
    (_, (revisit, _)) = captures(tmp_path, paper.url("/feed"))
    assert (revisit.status, revisit.revisit) == (304, "server-not-modified")


def test_a_run_that_read_its_sources_and_whose_only_new_page_is_missing_has_not_failed_as_a_whole(
    paper: Paper, tmp_path: Path
) -> None:
    paper.crawl(tmp_path)
    paper.list(STORY, "/2026/missing", etag='"f2"')
    report, events = paper.crawl(tmp_path)
    assert endings(events) == {"feed": "fetched", "missing": "http_404"}
    assert report.outcome == "some_failed"


def test_a_run_that_read_its_sources_and_found_only_what_robots_txt_refuses_is_well(
    paper: Paper, tmp_path: Path
) -> None:
    paper.bodies["/robots.txt"] = ("", "User-agent: *\nDisallow: /closed/")
    line = fetching("crawl", "seeds.toml", "--data", "data")
    (tmp_path / "seeds.toml").write_text(f'[[site]]\nname = "Gazette"\nfeeds = ["{paper.url("/feed")}"]\n', "utf-8")
    assert press(*line, cwd=tmp_path).code == 0
    paper.list(STORY, "/closed/sluice", etag='"f2"')
    second = press(*line, cwd=tmp_path)
    assert "Gazette: 0 articles; refused: robots 1" in second.out
    assert second.code == 0
    paper.bodies["/robots.txt"] = ("", "User-agent: *\nDisallow: /")
    third = press(*line, cwd=tmp_path)
    assert ("sources: robots 1" in third.out, third.code) == (True, 4)


def test_with_due_right_after_nothing_is_read(paper: Paper, tmp_path: Path) -> None:
    paper.crawl(tmp_path, due=True)
    before = len(paper.site.asked)
    report, events = paper.crawl(tmp_path, due=True)
    assert (len(paper.site.asked), events, report.is_idle, report.outcome) == (before, [], True, "ok")
    assert report.next_due is not None
    report, events = paper.crawl(tmp_path, due=True, later=HOUR)
    assert endings(events) == {"feed": NOT_MODIFIED, "mill-wheel": NOT_MODIFIED}


def test_a_source_taken_out_of_the_seed_list_is_not_read(paper: Paper, tmp_path: Path) -> None:
    paper.crawl(tmp_path, updates=())
    paper.bodies["/other"] = paper.bodies["/feed"]
    other = Seed("Gazette", home=paper.url("/"), feeds=(paper.url("/other"),))
    _, events = crawl(other, data=tmp_path, contact=CONTACT, due=True, later=3 * DAY)
    assert {event.url for event in events} == {paper.url("/other")}


def test_an_unchanged_page_keeps_its_text_and_counts_once(paper: Paper, tmp_path: Path) -> None:
    paper.crawl(tmp_path)
    for later in (HOUR, DAY, 7 * DAY, 30 * DAY):
        report, _ = paper.crawl(tmp_path, due=True, later=later)
        assert (report.articles, articles(tmp_path)) == (0, 1)
    assert paper.asked(STORY) == ["", '"a1"', '"a1"', '"a1"']
    (first, texts), *later_ones = captures(tmp_path, paper.url(STORY))
    assert texts == 1
    assert [(row.revisit, row.refers_to, n) for row, n in later_ones] == [
        ("server-not-modified", first.record_id, 0)
    ] * 3
    (row,) = rows(tmp_path, paper.url(STORY))
    assert (row.status, row.visits, row.due_at) == (NOT_MODIFIED, 1, None)


def test_a_server_without_validators_that_sends_the_same_bytes_is_stored_as_a_revisit(
    paper: Paper, tmp_path: Path
) -> None:
    paper.write(STORY, "It turned.")
    paper.bodies["/feed"] = ("", paper.bodies["/feed"][1] + " " * 2000)
    paper.crawl(tmp_path)
    _, events = paper.crawl(tmp_path, due=True, later=HOUR)
    assert {(event.status, event.reason) for event in events} == {(NOT_MODIFIED, "unchanged")}
    for path in ("/feed", STORY):
        (first, _), (again, texts) = captures(tmp_path, paper.url(path))
        assert (again.revisit, again.refers_to, texts) == ("identical-payload-digest", first.record_id, 0)


def test_a_changed_article_is_exactly_one_new_revision_and_the_archive_shows_the_change(
    paper: Paper, tmp_path: Path
) -> None:
    paper.crawl(tmp_path)
    paper.write(STORY, "It stopped again.", etag='"a2"')
    report, events = paper.crawl(tmp_path, due=True, later=HOUR)
    assert endings(events) == {"feed": NOT_MODIFIED, "mill-wheel": UPDATED}
    assert (report.articles, articles(tmp_path), report.outcome) == (0, 1, "ok")
    paper.crawl(tmp_path, due=True, later=DAY)
    first, second, third = captures(tmp_path, paper.url(STORY))
    assert [texts for _, texts in (first, second, third)] == [1, 1, 0]
    assert (third[0].revisit, third[0].refers_to) == ("server-not-modified", second[0].record_id)
    shown = press("archive", "show", paper.url(STORY), "--diff", "--data", ".", cwd=tmp_path)
    changed = [line for line in shown.out.splitlines()[2:] if line[:1] in ("-", "+", "@")]
    assert changed == ["@@ -1 +1 @@", "-It turned.", "+It stopped again."]


def test_a_page_changed_only_in_its_debris_is_kept_without_a_second_text(paper: Paper, tmp_path: Path) -> None:
    paper.crawl(tmp_path)
    paper.write(STORY, "It turned.", debris="<aside>Two new offers</aside>")
    _, events = paper.crawl(tmp_path, due=True, later=HOUR)
    assert ("mill-wheel", NOT_MODIFIED, "same text") in [(e.url.rpartition("/")[2], e.status, e.reason) for e in events]
    assert [(row.revisit, texts) for row, texts in captures(tmp_path, paper.url(STORY))] == [(None, 1), (None, 0)]


def test_a_wall_where_the_article_stood_does_not_replace_its_text(paper: Paper, tmp_path: Path) -> None:
    paper.crawl(tmp_path)
    paper.bodies[STORY] = ("", "<!doctype html><html><p>It turned</p><form></form></html>")
    paper.crawl(tmp_path, due=True, later=HOUR)
    (row,) = rows(tmp_path, paper.url(STORY))
    assert (row.status, row.reason) == ("not_article", "access is paywall now; its text is kept")
    assert [texts for _, texts in captures(tmp_path, paper.url(STORY))] == [1, 0]
    assert articles(tmp_path) == 1


@pytest.mark.parametrize("said", ["404 Not Found", "410 Gone"])
def test_an_article_that_vanished_says_so_and_keeps_its_text(paper: Paper, tmp_path: Path, said: str) -> None:
    paper.crawl(tmp_path)
    paper.fails[STORY] = said
    report, _ = paper.crawl(tmp_path, due=True, later=HOUR)
    (row,) = rows(tmp_path, paper.url(STORY))
    assert (row.status, row.reason) == (VANISHED, f"http_{said[:3]}; its text is kept")
    assert (report.outcome, report.sites[0].skipped) == ("ok", {VANISHED: 1})
    shown = press("archive", "show", paper.url(STORY), "--data", ".", "--json", cwd=tmp_path)
    assert [item["status"] for item in json.loads(shown.out)] == [int(said[:3]), 200]
    assert "It turned." in shown.out
    paper.fails.clear()
    paper.crawl(tmp_path, due=True, later=DAY)
    assert articles(tmp_path) == 1


def test_a_look_that_fails_in_passing_is_tried_again_and_the_article_still_counts(paper: Paper, tmp_path: Path) -> None:
    paper.crawl(tmp_path)
    paper.fails[STORY] = "503 Service Unavailable"
    paper.crawl(tmp_path, due=True, later=HOUR)
    assert articles(tmp_path) == 1
    (row,) = rows(tmp_path, paper.url(STORY))
    assert (row.status, row.attempts) == ("http_503", 1)
    paper.fails.clear()
    _, events = paper.crawl(tmp_path, due=True, later=2 * HOUR)
    assert endings(events)["mill-wheel"] == NOT_MODIFIED


def test_an_article_that_failed_is_tried_again_though_its_feed_stays_as_it_is(paper: Paper, tmp_path: Path) -> None:
    paper.fails[STORY] = "503 Service Unavailable"
    paper.crawl(tmp_path)
    paper.fails.clear()
    _, events = paper.crawl(tmp_path, due=True, later=HOUR)
    assert endings(events) == {"feed": NOT_MODIFIED, "mill-wheel": "fetched"}


def test_a_feed_that_changes_under_its_etag_is_noticed_within_a_day_and_not_trusted_again(
    paper: Paper, tmp_path: Path
) -> None:
    paper.crawl(tmp_path, updates=())
    paper.list("/2026/11/22/leat", STORY, etag='"f1"')
    paper.write("/2026/11/22/leat", "It was cleared.")
    _, events = paper.crawl(tmp_path, updates=(), due=True, later=DAY)
    assert endings(events) == {"feed": "fetched", "leat": "fetched"}
    assert [row.etag for row in rows(tmp_path, paper.url("/feed"))] == [""]
    paper.list("/2026/11/23/sluice", STORY, etag='"f1"')
    paper.write("/2026/11/23/sluice", "It was painted.")
    _, events = paper.crawl(tmp_path, updates=(), due=True, later=DAY + 2 * HOUR)
    assert endings(events) == {"feed": "fetched", "sluice": "fetched"}
    assert paper.asked("/feed") == ["", "", ""]


def test_a_feed_that_moved_is_read_at_its_new_address_in_every_run(paper: Paper, tmp_path: Path) -> None:
    paper.site.on_request = lambda path: None
    feed = '<rss version="2.0"><channel><item><link>{}</link></item></channel></rss>'
    paper.site.routes["/feed"] = answer("", "301 Moved Permanently", "Location: /rss/")
    for number, later in enumerate((timedelta(), HOUR, DAY)):
        story = f"/2026/11/22/story-{number}"
        paper.site.routes[story] = answer(f"<!doctype html><html><p>{PROSE * (number + 1)}</p></html>")
        paper.site.routes["/rss/"] = answer(feed.format(paper.url(story)), kind="application/rss+xml")
        report, events = paper.crawl(tmp_path, updates=(), due=True, later=later)
        assert (endings(events)["feed"], report.articles) == ("redirected", 1)


def test_intervals_follow_what_a_source_yields(paper: Paper, tmp_path: Path) -> None:
    seed = Seed("Gazette", home=paper.url("/"), feeds=(paper.url("/feed"),))
    every, later = [], timedelta()
    for number in range(6):
        if number >= 3:
            paper.list(f"/2026/11/22/story-{number}", etag=f'"n{number}"')
        crawl(seed, data=tmp_path, updates=(), later=later)
        every += [row.every for row in rows(tmp_path, paper.url("/feed"))]
        later += 3 * HOUR
    assert every == [3600, 5400, 7200, 5400, 3600, 1800]


def test_the_parts_of_an_unchanged_index_are_read_all_the_same(paper: Paper, tmp_path: Path) -> None:
    index = f"<sitemapindex><sitemap><loc>{paper.url('/part.xml')}</loc></sitemap></sitemapindex>"
    part = f"<urlset><url><loc>{paper.url(STORY)}</loc></url></urlset>"
    paper.bodies |= {"/index.xml": ('"i1"', index), "/part.xml": ("", part)}
    seed = Seed("Gazette", home=paper.url("/"), sitemaps=(paper.url("/index.xml"),), every=HOUR)
    later = day_begins(paper.url("/index.xml"))
    crawl(seed, data=tmp_path, updates=(), later=later)
    more = f"<urlset><url><loc>{paper.url('/2026/11/22/leat')}</loc></url></urlset>"
    paper.bodies["/part.xml"] = ("", more)
    paper.write("/2026/11/22/leat", "It was cleared.")
    _, events = crawl(seed, data=tmp_path, contact=CONTACT, updates=(), due=True, later=later + 2 * HOUR)
    assert endings(events) == {"index.xml": NOT_MODIFIED, "part.xml": "fetched", "leat": "fetched"}


def test_updates_can_be_switched_off_by_the_seed_or_the_options(paper: Paper, tmp_path: Path) -> None:
    silent = Seed("Gazette", home=paper.url("/"), feeds=(paper.url("/feed"),), updates=())
    crawl(silent, data=tmp_path / "seed")
    paper.crawl(tmp_path / "options", updates=[])
    for folder in ("seed", "options"):
        assert [row.due_at for row in rows(tmp_path / folder, paper.url(STORY))] == [None]


def test_a_304_to_an_unconditional_request_is_a_failure(site: Site, tmp_path: Path) -> None:
    site.routes[STORY] = answer("", "304 Not Modified")
    _, (event,) = crawl(Seed("Gazette", urls=(site.base + STORY,)), data=tmp_path)
    assert event.status == "http_304"


def test_a_single_url_is_always_fetched_whole(paper: Paper, tmp_path: Path) -> None:
    for _ in range(2):
        (found,) = fetch(paper.url(STORY), data=tmp_path)
        assert found.status == "fetched"
        assert found.article is not None
    assert paper.asked(STORY) == ["", ""]


def test_a_single_url_leaves_a_crawl_that_is_at_work_alone(paper: Paper, tmp_path: Path) -> None:
    frontier = Frontier(tmp_path / "frontier.sqlite")
    frontier.add([FoundUrl(paper.url("/2026/11/22/leat"), "article", "Gazette")])
    frontier.lease(1)
    (found,) = fetch(paper.url(STORY), data=tmp_path)
    counts = frontier.counts()
    frontier.dispose()
    assert found.status == "fetched"
    assert counts == [("Gazette", True, "leased", 1)]


def test_the_command_reads_what_is_due_and_says_when_nothing_was(paper: Paper, tmp_path: Path) -> None:
    paper.bodies[STORY] = ("", PAGE)
    (tmp_path / "seeds.toml").write_text(
        f'[[site]]\nname = "Gazette"\nfeeds = ["{paper.url("/feed")}"]\nevery = "1h"\nupdates = ["2h", "1d"]\n'
    )
    command = fetching("crawl", "seeds.toml", "--due", "--contact", CONTACT, "--data", "data")
    first = press(*command, cwd=tmp_path)
    assert first.out.startswith("Gazette: 1 articles\n")
    second = press(*command, cwd=tmp_path)
    assert (second.code, second.err) == (0, "")
    assert second.out.startswith("nothing was due; next at 20")
    assert len(second.out.splitlines()) == 1
