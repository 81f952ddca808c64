"""`pressclip status --check` after real crawls: silent where all is well, else a line for each alarm, and exit 1."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from scraper.report.heartbeat import HEARTBEAT, read_heartbeat
from scraper.seeds import Seed, seed_from
from tests.support.crawling import crawl
from tests.support.loopback import Site, answer
from tests.support.shell import Done, press

pytestmark = pytest.mark.slow

FREE = ("--min-free", "1M")


def gazette(site: Site) -> Seed:
    items = f"<item><title>x</title><link>{site.base}/2026/a</link></item>"
    site.routes["/feed"] = answer(f'<rss version="2.0"><channel>{items}</channel></rss>', kind="application/rss+xml")
    site.routes["/2026/a"] = answer("<html><body><p>The lamp is lit again.</p></body></html>")
    return seed_from({"name": "Gazette", "home": site.base, "feeds": [site.base + "/feed"], "every": "1h"}, "test")


def check(folder: Path, *args: str) -> Done:
    return press("status", "--check", "--data", "data", *args, cwd=folder)


def test_where_all_is_well_it_is_silent(site: Site, tmp_path: Path) -> None:
    crawl(gazette(site), data=tmp_path / "data")
    done = check(tmp_path, *FREE, "--every", "15m")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert check(tmp_path, *FREE, "--json").out == "[]\n"
    beat = read_heartbeat(tmp_path / "data")
    assert beat is not None
    assert (beat.ending, beat.due, beat.overdue) == ("finished", 1, 0)
    assert beat.ended is not None
    assert beat.next_due is not None


def test_a_failing_site_a_silent_source_a_missed_run_and_a_short_disk_are_a_line_each(
    site: Site, tmp_path: Path
) -> None:
    seed = gazette(site)
    ago = -timedelta(days=9)
    crawl(seed, data=tmp_path / "data", later=ago)
    site.routes["/feed"] = answer("gone", "410 Gone")
    for hours in (1, 30, 90):
        crawl(seed, data=tmp_path / "data", later=ago + timedelta(hours=hours))
    done = check(tmp_path, "--min-free", "999999T", "--json")
    found = {alarm["kind"]: alarm["line"] for alarm in json.loads(done.out)}
    assert (done.code, sorted(found)) == (1, ["disk", "run", "source", "yield"])
    assert "a crawl is overdue: the last crawl began " in found["run"]
    assert f"Gazette: {site.base}/feed has not answered since " in found["source"]
    assert found["source"].endswith("HTTP 410, Gone")
    assert "no source could be read" in found["yield"]
    plain = check(tmp_path, "--min-free", "999999T")
    assert (plain.code, plain.err) == (1, "")
    assert len(plain.out.splitlines()) == 4


def test_single_pages_leave_no_heartbeat(site: Site, tmp_path: Path) -> None:
    gazette(site)
    press("clean", site.base + "/2026/a", "--archive", "single", "--allow-private", "--data", "data", cwd=tmp_path)
    assert (tmp_path / "data").is_dir()
    assert not (tmp_path / "data" / HEARTBEAT).exists()


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--check", "--html", "a.html"], "--html and --check exclude each other"),
        (["--every", "15m"], "--every and --min-free are for --check and --metrics"),
        (["--min-free", "1G"], "--every and --min-free are for --check and --metrics"),
        (["--check", "--every", "quarterly"], "'quarterly' is not a number with m, h or d"),
        (["--check", "--min-free", "1GB"], "'1GB' is not a number with M, G or T"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(tmp_path: Path, args: list[str], told: str) -> None:
    done = press("status", *args, "--data", "data", cwd=tmp_path)
    assert done.code == 2
    assert told in done.line


def test_a_data_root_without_a_crawl_is_exit_code_2(tmp_path: Path) -> None:
    done = check(tmp_path)
    assert done.code == 2
    assert "no crawl has run here" in done.line


def test_status_names_a_feed_that_moved_for_good_until_the_seed_file_has_the_new_address(
    site: Site, tmp_path: Path
) -> None:
    seed = gazette(site)
    site.routes["/new-feed"] = site.routes["/feed"]
    site.routes["/feed"] = answer("", "301 Moved Permanently", f"Location: {site.base}/new-feed")
    report, _ = crawl(seed, data=tmp_path / "data")
    assert report.articles == 1
    moved = {"url": f"{site.base}/feed", "to": f"{site.base}/new-feed"}
    asked = ("status", "--data", "data")
    assert json.loads(press(*asked, "--json", cwd=tmp_path).out)[0]["moved"] == [moved]
    done = press(*asked, "--html", "status.html", cwd=tmp_path)
    told = f"{moved['url']} has moved to {moved['to']}, which is read: put it into the seed file"
    assert (done.code, f"  MOVED: {told}" in done.out.splitlines()) == (0, True)
    assert told in (tmp_path / "status.html").read_text()
    crawl(replace(seed, feeds=(moved["to"],)), data=tmp_path / "data")
    assert "MOVED" not in press(*asked, cwd=tmp_path).out


def test_a_feed_that_names_its_new_address_is_followed_there_and_told_also_while_it_is_unchanged(
    site: Site, tmp_path: Path
) -> None:
    seed = gazette(site)
    site.routes["/new-feed"] = site.routes["/feed"]
    moved = f"<itunes:new-feed-url>{site.base}/new-feed</itunes:new-feed-url>"
    namespace = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    feed = f'<rss version="2.0" {namespace}><channel><title>Gazette</title>{moved}</channel></rss>'
    site.routes["/feed"] = answer(feed, kind="application/rss+xml")
    for _ in range(2):
        crawl(seed, data=tmp_path / "data")
        told = json.loads(press("status", "--data", "data", "--json", cwd=tmp_path).out)[0]
        assert told["moved"] == [{"url": f"{site.base}/feed", "to": f"{site.base}/new-feed"}]
    assert told["articles"] == 1
    assert site.asked.count("/new-feed") == 2
    site.routes["/new-feed"] = answer("gone", "410 Gone")
    crawl(seed, data=tmp_path / "data")
    assert json.loads(press("status", "--data", "data", "--json", cwd=tmp_path).out)[0]["moved"] == []
