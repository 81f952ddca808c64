"""`pressclip status` after real crawls: a site's runs, what fell, the page with charts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa

from archive import Capture, Collection
from cleaners import Article, Removal
from scraper.cli.status import status_page
from scraper.frontier import FoundUrl, Frontier, FrontierError
from scraper.report.history import FLUSH_SECONDS, MAX_RUNS, RunHistory, SiteRun, read_history, runs
from scraper.report.status import SHOWN_DOUBTFUL, SiteReport, SiteStanding, standings
from scraper.seeds import Seed, seed_from
from tests.support.crawling import crawl
from tests.support.loopback import Site, answer
from tests.support.shell import Done, press

pytestmark = pytest.mark.slow

PAGES = 6
"""New articles of each edition."""


def publish(site: Site, edition: int, *, words: int) -> None:
    """Put an edition of a site up: a feed of its new articles, each with a text of *words* words."""
    paths = [f"/2026/edition-{edition}/{number}" for number in range(PAGES)]
    items = "".join(f"<item><title>x</title><link>{site.base}{path}</link></item>" for path in paths)
    feed = f'<rss version="2.0"><channel>{items}</channel></rss>'
    site.routes["/feed"] = answer(feed, kind="application/rss+xml")
    for number, path in enumerate(paths):
        text = " ".join(f"word{edition}x{number}" for _ in range(words))
        body = f"<p>{text}</p>" if words else "<div>The new template keeps its text elsewhere.</div>"
        site.routes[path] = answer(f"<!doctype html><html><body>{body}</body></html>")


def seed(site: Site) -> Seed:
    return seed_from({"name": "Example Gazette", "home": site.base, "feeds": [site.base + "/feed"]}, "test")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (12, "median text 12 words, usually 300: its template may have changed"),
        (0, "0 of 6 pages became articles, usually 100%; not_article 6: its template may have changed"),
    ],
    ids=["shrunk", "nothing"],
)
def test_a_site_whose_template_changes_is_told_by_status_with_exit_code_1(
    site: Site, tmp_path: Path, words: int, told: str
) -> None:
    for edition in range(3):
        publish(site, edition, words=300)
        crawl(seed(site), data=tmp_path / "data")
    # a run in which nothing is new, as at night
    crawl(seed(site), data=tmp_path / "data")
    steady = press("status", "--data", "data", cwd=tmp_path)
    assert (steady.code, steady.err) == (0, "")
    publish(site, 3, words=300)
    crawl(seed(site), data=tmp_path / "data")
    assert press("status", "--data", "data", cwd=tmp_path).code == 0
    publish(site, 4, words=words)
    crawl(seed(site), data=tmp_path / "data")
    fallen = press("status", "--data", "data", "--json", "--html", "status.html", cwd=tmp_path)
    assert (fallen.code, fallen.err) == (1, f"pressclip: Example Gazette: {told}\n")
    (said,) = json.loads(fallen.out)
    assert (said["fell"], said["runs"], said["usual"]["words"]) == ([told], 6, 300)
    assert said["last_run"]["pages"] == PAGES
    assert told in (tmp_path / "status.html").read_text()
    assert f"FELL: {told}" in press("status", "--data", "data", cwd=tmp_path).out


def article(text: str, access: str = "full") -> Article:
    removals = (Removal("lines/advertisement", "lines", "x" * len(text), "/p"),)
    return Article(text=text, access=access, removals=removals)  # type: ignore[arg-type]


def history(frontier: Frontier, now: datetime) -> RunHistory:
    return RunHistory(frontier.engine, lambda: now)


def lease(frontier: Frontier, *urls: str) -> None:
    frontier.add(FoundUrl(url, "article", "Gazette") for url in urls)
    assert len(frontier.lease(10, per_host=10)) == len(urls)


def test_a_run_keeps_articles_lengths_removed_share_walls_and_failures() -> None:
    frontier = Frontier(None)
    urls = [f"http://gazette.example/{name}" for name in ("a", "b", "c", "d", "e")]
    lease(frontier, *urls)
    rows = [row for url in urls if (row := frontier.get(url))]
    noted = history(frontier, datetime(2026, 11, 21, tzinfo=UTC))
    for row, text in zip(rows, ("one", "one two", "one two three"), strict=False):
        noted.note(row, "fetched", article(text, "paywall" if text == "one" else "full"))
    noted.note(rows[3], "http_404")
    noted.note(rows[4], "robots")
    noted.end("finished")
    noted.end("shutdown")
    (found,) = read_history(frontier.engine)["Gazette"]
    frontier.dispose()
    assert (found.articles, found.words, found.removed, found.ending) == (3, 2, 0.5, "finished")
    assert (found.failures, found.refused, found.walls) == ({"http_404": 1}, {"robots": 1}, {"paywall": 1})
    assert found.pages == 5


def test_a_page_that_fails_again_is_shown_and_does_not_count_as_one_more() -> None:
    frontier = Frontier(None)
    lease(frontier, "http://gazette.example/a")
    frontier.recover()
    row = frontier.lease(1)[0]
    noted = history(frontier, datetime(2026, 11, 21, tzinfo=UTC))
    noted.note(row, "http_503")
    noted.end("finished")
    (found,) = read_history(frontier.engine)["Gazette"]
    frontier.dispose()
    assert (found.failures, found.pages) == ({"http_503": 1}, 0)


def test_a_killed_run_leaves_what_it_had_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    frontier = Frontier(None)
    lease(frontier, "http://gazette.example/a", "http://gazette.example/b")
    noted = history(frontier, datetime(2026, 11, 21, tzinfo=UTC))
    first = frontier.get("http://gazette.example/a")
    assert first
    monkeypatch.setattr("scraper.report.history.monotonic", lambda: noted._flushed + FLUSH_SECONDS)
    noted.note(first, "fetched", article("one two"))
    (found,) = read_history(frontier.engine)["Gazette"]
    frontier.dispose()
    assert (found.articles, found.ending) == (1, None)


def test_a_run_in_which_nothing_of_a_site_was_due_is_no_run_of_that_site() -> None:
    frontier = Frontier(None)
    history(frontier, datetime(2026, 11, 21, tzinfo=UTC)).end("finished")
    with frontier.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(runs)) == 1
    assert read_history(frontier.engine) == {}
    frontier.dispose()


def test_a_damaged_history_is_one_line() -> None:
    frontier = Frontier(None)
    with frontier.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE site_runs RENAME COLUMN words TO said")
    with pytest.raises(FrontierError, match=r"^the frontier in memory: the runs' history cannot be read: .+$"):
        read_history(frontier.engine)
    frontier.dispose()


def test_the_newest_runs_are_read_back_newest_first() -> None:
    frontier = Frontier(None)
    lease(frontier, "http://gazette.example/a")
    row = frontier.get("http://gazette.example/a")
    assert row
    start = datetime(2026, 11, 1, tzinfo=UTC)
    for number in range(5):
        noted = history(frontier, start + timedelta(hours=number))
        noted.note(row, "fetched", article("one " * (number + 1)))
        noted.end("finished")
    assert [run.words for run in read_history(frontier.engine)["Gazette"]] == [5, 4, 3, 2, 1]
    frontier.dispose()
    assert MAX_RUNS >= 24 * 7 * 4


def test_a_frontier_of_an_earlier_version_has_no_history_and_a_status(tmp_path: Path) -> None:
    frontier = Frontier(tmp_path / "frontier.sqlite")
    lease(frontier, "http://gazette.example/a")
    with frontier.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS site_runs"))
        connection.execute(sa.text("DROP TABLE IF EXISTS runs"))
    frontier.dispose()
    (site,) = standings(tmp_path)
    assert (site.report.waiting, site.runs, site.fell) == (1, (), ())


class Tags(HTMLParser):
    """Collects tags and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_loads_nothing_and_runs_nothing_whatever_a_site_is_called() -> None:
    name = "<script>alert(1)</script><img src=http://gazette.example/x onerror=y>"
    ran = SiteRun(site=name, began_at=0, seen_at=0, ending="<b>", articles=3, words=2, failures={"<i>": 1})
    page = status_page([SiteStanding(SiteReport(name), (ran,), ("<u>fell</u>",))], datetime.now(UTC))
    tags = Tags()
    tags.feed(page)
    names = {tag for tag, _ in tags.found}
    assert not names & {"script", "img", "link", "iframe", "object", "i", "u", "a"}
    assert not [attrs for _, attrs in tags.found if {"src", "href", "onerror"} & attrs.keys()]
    assert "&lt;script&gt;" in page
    assert "svg" in names


def test_status_of_a_site_with_a_strange_name_steers_no_terminal(tmp_path: Path) -> None:
    frontier = Frontier(tmp_path / "data" / "frontier.sqlite")
    frontier.add([FoundUrl("http://gazette.example/a", "article", "Gaz\x1b[2Jette\n")])
    frontier.dispose()
    done: Done = press("status", "--data", "data", cwd=tmp_path)
    assert done.code == 0
    assert "\x1b" not in done.out


def stored(data: Path, confidences: dict[str, float | None]) -> None:
    """Store a text with this confidence for each URL."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    with Collection(data, "news", software="test", rules_version="test", info={}) as collection:
        for url, confidence in confidences.items():
            page = Capture(url, now, 200, b"HTTP/1.1 200 OK", url.encode(), b"")
            text = Article(f"About {url}.", confidence=confidence, kind="listing")
            collection.store_text(collection.store(page), text)


def test_texts_with_a_low_confidence_are_counted_by_site_and_the_worst_are_named(tmp_path: Path) -> None:
    own = [f"http://gazette.example/{number}" for number in range(SHOWN_DOUBTFUL + 2)]
    stored(tmp_path / "data", {url: 0.4 - number / 100 for number, url in enumerate(own)})
    stored(tmp_path / "data", {"http://gazette.example/good": 0.9, "http://gazette.example/text": None})
    stored(tmp_path / "data", {"http://shop.example/x": 0.03})
    frontier = Frontier(tmp_path / "data" / "frontier.sqlite")
    frontier.add([FoundUrl(url, "article", "Gazette") for url in own])
    frontier.dispose()
    done = press("status", "--data", "data", "--json", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    found = {site["name"]: site["low_confidence"] for site in json.loads(done.out)}
    assert found["Gazette"]["pages"] == len(own)
    assert [text["url"] for text in found["Gazette"]["worst"]] == own[::-1][:SHOWN_DOUBTFUL]
    assert found["shop.example"] == {
        "pages": 1, "worst": [{"url": "http://shop.example/x", "confidence": 0.03, "kind": "listing"}]
    }  # fmt: skip
    told = press("status", "--data", "data", "--html", "status.html", cwd=tmp_path).out
    assert f"  low confidence: {len(own)}; the worst:\n    0.34 {own[-1]} (listing)\n" in told
    assert "<li>0.03 http://shop.example/x (listing)</li>" in (tmp_path / "status.html").read_text()


def test_a_catalog_that_cannot_be_read_leaves_only_the_confidence_out(tmp_path: Path) -> None:
    frontier = Frontier(tmp_path / "data" / "frontier.sqlite")
    frontier.add([FoundUrl("http://gazette.example/a", "article", "Gazette")])
    frontier.dispose()
    (tmp_path / "data" / "catalog.sqlite").write_text("no database " * 100)
    done = press("status", "--data", "data", cwd=tmp_path)
    assert done.code == 0
    assert "texts with a low confidence are left out" in done.err
    assert "low confidence:" not in done.out
