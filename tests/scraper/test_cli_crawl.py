"""Two crawls of the demo sites into one data folder, then what `status` and `archive` tell about it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scraper.demo import RunningSite, serve
from tests.support.shell import Done, fetching, press

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Crawled:
    """The demo sites after two crawls."""

    sites: list[RunningSite]
    folder: Path
    first: Done
    second: Done
    asked: list[list[str]]
    """What each site was asked for in the second crawl."""

    def press(self, *args: str) -> Done:
        return press(*args, "--data", "data", cwd=self.folder)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    folder = tmp_path_factory.mktemp("cli")
    with serve() as sites:
        tables = [
            "\n".join(["[[site]]", *(f"{key} = {json.dumps(value)}" for key, value in site.seed.items())])
            for site in sites
        ]
        (folder / "seeds.toml").write_text("\n\n".join(tables), "utf-8")
        command = fetching("crawl", "seeds.toml", "--data", "data")
        first = press(*command, cwd=folder)
        before = [len(site.requests) for site in sites]
        second = press(*command, "--json", cwd=folder)
        asked = [site.requests[n:] for site, n in zip(sites, before, strict=True)]
    return Crawled(sites, folder, first, second, asked)


def test_the_table_tells_each_sites_articles_failures_and_files(crawled: Crawled) -> None:
    lines = crawled.first.out.splitlines()
    assert (crawled.first.code, crawled.first.err) == (1, "")
    for site in crawled.sites:
        (line,) = (line for line in lines if line.startswith(site.name + ": "))
        assert f"{len(site.articles)} articles; failures: http_404 1; refused: robots 1" in line
    files = [line.strip() for line in lines if line.endswith(".gz")]
    assert len(files) == 2
    assert all((crawled.folder / "data/collections/news" / file).is_file() for file in files)


def test_the_second_crawl_fetches_no_article_again(crawled: Crawled) -> None:
    report = json.loads(crawled.second.out)
    assert [site["articles"] for site in report["sites"]] == [0, 0, 0, 0]
    for site, asked in zip(crawled.sites, crawled.asked, strict=True):
        sources = [*site.seed["feeds"], *site.seed["sitemaps"], *site.seed["sections"]]
        assert {urlsplit(url).path for url in sources} <= set(asked)
        assert not {site.base_url + path.partition("?")[0] for path in asked} & site.expected.keys()


def test_no_article_was_asked_for_twice(crawled: Crawled) -> None:
    for site in crawled.sites:
        paths = [path.partition("?")[0] for path in site.requests]
        assert [paths.count(article.path) for article in site.articles] == [1] * len(site.articles)


def test_status_tells_the_state_of_all_runs(crawled: Crawled) -> None:
    reports = {report["name"]: report for report in json.loads(crawled.press("status", "--json").out)}
    assert {name: report["articles"] for name, report in reports.items()} == {
        site.name: len(site.articles) for site in crawled.sites
    }
    assert all(report["waiting"] == 0 and report["failures"] == {"http_404": 1} for report in reports.values())
    table = crawled.press("status")
    assert table.code == 0
    assert all(f"{site.name}: {len(site.articles)} articles" in table.out for site in crawled.sites)


def plain(text: str) -> str:
    """Return the words alone, in lower case, a space around each."""
    return " ".join(["", *re.findall(r"[^\W_]+", text.lower()), ""])


@pytest.mark.parametrize("words", [["harbour"], ["HARBOUR", "boat"], ["slid down the north slip"], ["tramway"]])
def test_search_finds_the_articles_that_have_all_the_words(crawled: Crawled, words: list[str]) -> None:
    done = crawled.press("archive", "search", *words, "--json", "--limit", "1000")
    found = {json.loads(line)["url"] for line in done.out.splitlines()}
    have = {
        site.base_url + article.path
        for site in crawled.sites
        for article in site.articles
        if all(f" {word.lower()} " in plain(f"{article.title} {article.text}") for word in words)
    }
    assert done.code == 0
    assert found == have != set()


def test_a_phrase_is_not_found_by_its_words_in_another_order(crawled: Crawled) -> None:
    assert crawled.press("archive", "search", "slip north the down slid").line.endswith("has these words")


@pytest.mark.parametrize("words", ['"', "' 1=1 --", "NEAR(", "title: ^a* AND", "\\ café\u202e ;"])
def test_no_search_is_an_error_of_the_query_language(crawled: Crawled, words: str) -> None:
    done = crawled.press("archive", "search", words)
    assert (done.code, bool(done.out)) in {(0, True), (3, False)}
    assert done.code == 0 or done.line.endswith("has these words")


def test_search_prints_date_title_address_and_words(crawled: Crawled) -> None:
    site = crawled.sites[0]
    article = site.articles[0]
    done = crawled.press("archive", "search", " ".join(article.text.split()[:6]), "--limit", "1")
    head, url, words = done.out.splitlines()
    assert head == f"{article.date:%Y-%m-%d}  {article.title}"
    assert url.strip() == site.base_url + article.path
    assert words.strip(" …") in " ".join(article.text.split())


def test_show_prints_where_a_page_lies_and_its_text(crawled: Crawled) -> None:
    site = crawled.sites[3]
    article = site.articles[0]
    done = crawled.press("archive", "show", site.base_url + article.path)
    head, title, *_ = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert " 200 text/html collections/news/archive/news-" in head
    assert title == f"  title: {article.title}"
    assert f"\n\n{article.text}\n" in done.out


def test_show_json_has_the_removals_and_the_place_in_the_warc_file(crawled: Crawled) -> None:
    url = crawled.sites[1].base_url + crawled.sites[1].articles[0].path
    (capture,) = json.loads(crawled.press("archive", "show", url, "--json").out)
    assert (capture["url"], capture["status"]) == (url, 200)
    assert {removal.keys() >= {"rule", "stage", "text", "where"} for removal in capture["removals"]} == {True}
    record = (crawled.folder / "data" / capture["warc"]).read_bytes()[capture["offset"] :][: capture["length"]]
    assert record.startswith(b"\x1f\x8b")


def test_show_of_an_unknown_address_is_one_line_and_exit_code_3(crawled: Crawled) -> None:
    done = crawled.press("archive", "show", "http://skerry.example/")
    assert done.code == 3
    assert "not in the archive" in done.line
