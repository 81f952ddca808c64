"""The whole chain on the demo sites: texts are the true ones, planted lines are named, URLs end as they must."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path

import pytest

from cleaners import Article, clean
from scraper.crawl import CrawlReport, Event
from scraper.demo import RunningSite, serve
from scraper.seeds import seed_from
from tests.support.crawling import crawl
from tests.support.shell import begin, press

pytestmark = pytest.mark.slow

Done = tuple[CrawlReport, dict[str, Event], list[RunningSite], Path]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    data = tmp_path_factory.mktemp("demo")
    with serve() as sites:
        report, events = crawl(*(seed_from(site.seed, site.name) for site in sites), data=data, clean=clean)
    assert len({event.url for event in events}) == len(events)
    return report, {event.url: event for event in events}, sites, data


def article(done: Done, url: str) -> Article:
    found = done[1][url].article
    assert found is not None
    return found


def plain(text: str) -> str:
    return " ".join(text.split())


def test_every_text_is_the_true_text(done: Done) -> None:
    true = {site.base_url + item.path: item.text for site in done[2] for item in site.articles}
    assert len(true) >= 32
    assert {url: article(done, url).text for url in true} == true


def test_every_planted_line_stands_in_a_removal_as_often_as_on_the_page(done: Done) -> None:
    for site in done[2]:
        for item in site.articles:
            url = site.base_url + item.path
            removed = "\n".join(plain(removal.text) for removal in article(done, url).removals)
            for line, times in Counter(map(plain, item.planted)).items():
                assert len(re.findall(rf"(?<!\S){re.escape(line)}(?!\S)", removed)) >= times, (url, line)


def test_title_authors_and_date_are_the_true_ones(done: Done) -> None:
    for site in done[2]:
        for item in site.articles:
            found = article(done, site.base_url + item.path)
            assert (found.title, found.authors, found.date) == (item.title, item.authors, item.date)


def test_each_url_ends_as_it_must(done: Done) -> None:
    expected = {url: status for site in done[2] for url, status in site.expected.items()}
    assert {url: done[1][url].status for url in expected} == expected


def test_nothing_disallowed_is_requested(done: Done) -> None:
    for site in done[2]:
        (private,) = (url for url, status in site.expected.items() if status == "robots")
        assert site.requests[0] == "/robots.txt"
        assert private.removeprefix(site.base_url) not in site.requests


def test_all_files_pass_warcio_check(done: Done) -> None:
    report, _, _, data = done
    files = [path for path in data.rglob("*.gz") if path.is_file()]
    assert {path.name for path in files} == set(report.files)
    command = [sys.executable, "-m", "warcio.cli", "check", *files]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_the_demo_command_says_so_itself(tmp_path: Path) -> None:
    found = press("demo", "--data", "data", cwd=tmp_path)
    assert (found.code, found.err) == (0, "")
    lines = found.out.splitlines()
    assert "texts equal to the true text: 35 of 35" in lines
    assert "disallowed pages requested: 0" in lines
    assert sum(line.startswith("- ") for line in lines) >= 5
    files = [line.strip() for line in lines if line.endswith(".gz")]
    assert len(files) == 2
    assert all((tmp_path / "data/collections/demo" / file).is_file() for file in files)


def test_the_demo_s_data_can_be_looked_at_in_a_browser(tmp_path: Path) -> None:
    with begin("demo", "--data", "data", "--serve", cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = next(line.strip() for line in process.stdout if re.fullmatch(r"http://127\.0\.0\.1:\d+/\n", line))
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert b"Harbour Ledger" in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert (tmp_path / "data" / "catalog.sqlite").is_file()
