"""`archive reclean`, `show` and `search` as users call them, on an archive of a few invented pages."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import signal
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Capture, Catalog, Collection
from archive.warc.records import read_texts
from cleaners import clean, load_rules
from tests.support.shell import KEPT, PAGE, Done, begin, press

START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
RULE = r"""
[[rule]]
id = "biscuit"
line = '.*\bbiscuit tin\b.*'
max = 900
why = "an advertisement of biscuit tins"
example = "Buy a biscuit tin."
keeps = "Biscuits were served."
"""
URL = "https://post.example/lamp"
LATER = "The pole has been green since Sunday, when somebody brought a pot of paint and did not ask anybody."

Press = Callable[..., Done]


def capture(url: str, fetched: datetime, body: str) -> Capture:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Encoding: gzip"
    return Capture(url, fetched, 200, head, gzip.compress(body.encode()), b"GET / HTTP/1.1")


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two captures of one page, the second with a paragraph more; a page of another site; one that has no text."""
    folder = tmp_path_factory.mktemp("archived")
    moments = iter(START + timedelta(days=10, seconds=number) for number in range(10**6))
    dated = PAGE.replace("<head>", '<head><meta property="article:published_time" content="2026-10-20T23:30:00+02:00">')
    pages = [
        (URL, START, PAGE),
        (URL, START + timedelta(days=2), PAGE.replace("</article>", f"<p>{LATER}</p></article>")),
        ("https://www.quay.example/lamp", START + timedelta(days=4), dated),
    ]
    rules = load_rules()
    with Collection(
        folder / "data", software="pressclip/0.1.0", rules_version=rules.version, now=lambda: next(moments)
    ) as collection:
        for url, fetched, body in pages:
            stored = collection.store(capture(url, fetched, body))
            collection.store_text(stored, clean(body, url=url))
        collection.store(capture("https://quay.example/empty", START, "<html><title>Nothing</title><p></p>"))
    (folder / "own.toml").write_text(RULE, "utf-8")
    return folder


@pytest.fixture
def folder(archived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(archived, tmp_path / "copy"))


@pytest.fixture
def run(folder: Path) -> Press:
    return lambda *args: press("archive", *args, "--data", "data", cwd=folder)


def digests(folder: Path, pattern: str) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob(pattern)
        if path.is_file()
    }


def test_reclean_says_what_a_rule_takes_and_from_which_pages(folder: Path, run: Press) -> None:
    before = digests(folder, "*.warc.gz")
    done = run("reclean", "--rules", "own.toml")
    lines = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert lines[0].startswith("news: 3 changed, 1 empty; rules ")
    assert f"  characters: 0 gained, {3 * len(KEPT[1])} lost" in lines
    assert f"    own/biscuit  3 more ({3 * len(KEPT[1])} characters)" in lines
    assert lines.count(f"  - {KEPT[1]}  [own/biscuit]") == 3
    assert "3 texts written below data/collections/news:" in lines
    assert (folder / "data/collections/news" / lines[-1].strip()).is_file()
    assert digests(folder, "*.warc.gz") == before


def test_reclean_with_the_same_rules_has_nothing_to_do(folder: Path, run: Press) -> None:
    before = digests(folder, "*.gz")
    done = run("reclean")
    assert (done.code, done.err) == (0, "")
    assert "3 skipped" in done.out.splitlines()[0]
    assert digests(folder, "*.gz") == before


def test_reclean_all_makes_the_same_texts_again_without_the_crawls_memory_and_the_catalog(
    folder: Path, run: Press
) -> None:
    (folder / "data/catalog.sqlite").unlink()
    report = json.loads(run("reclean", "--all", "--json", "--jobs", "2").out)
    assert report["articles"] == {"changed": 0, "unchanged": 3, "gained": 0, "lost": 0, "empty": 1}
    assert (report["rules"], report["characters_gained"], report["characters_lost"]) == ({}, 0, 0)
    texts = [
        sorted((text.url, text.capture_id, text.metadata["text_sha256"]) for text in read_texts(path))
        for path in folder.rglob("*.wet.gz")
    ]
    assert len(texts) == 2
    assert texts[0] == texts[1]


def test_a_dry_run_writes_nothing(folder: Path, run: Press) -> None:
    before = digests(folder, "*")
    report = json.loads(run("reclean", "--dry-run", "--json", "--rules", "own.toml", "--samples", "1").out)
    assert report["rules"] == {
        "own/biscuit": {
            "more": 3,
            "more_characters": 3 * len(KEPT[1]),
            "fewer": 0,
            "fewer_characters": 0,
        }
    }
    (sample,) = report["samples"]
    assert (sample["url"], sample["lines"]) == (URL, [{"sign": "-", "text": KEPT[1], "rule": "own/biscuit"}])
    assert (report["written"], report["files"]) == (0, [])
    assert digests(folder, "*") == before


def test_changed_only_writes_only_what_differs(folder: Path, run: Press) -> None:
    rule = RULE.replace("biscuit tin", "pot of paint").replace("Buy a biscuit tin.", "Buy a pot of paint.")
    (folder / "own.toml").write_text(rule, "utf-8")
    report = json.loads(run("reclean", "--changed-only", "--json", "--rules", "own.toml").out)
    assert (report["articles"]["changed"], report["articles"]["unchanged"], report["written"]) == (1, 2, 1)


def test_what_cannot_be_read_is_one_line_each_and_exit_code_1(folder: Path, run: Press) -> None:
    with Catalog(folder / "data/catalog.sqlite") as catalog:
        _, oldest = catalog.captures(URL)
    path = folder / "data/collections/news/archive" / oldest.file
    raw = bytearray(path.read_bytes())
    raw[oldest.offset + 100] ^= 255
    path.write_bytes(raw)
    done = run("reclean", "--rules", "own.toml")
    assert done.code == 1
    assert done.out.startswith("news: 2 changed, 1 empty, 1 failed; ")
    (line,) = done.err.splitlines()
    assert line.startswith(f"pressclip: {oldest.file}:{oldest.offset}: ")
    assert line.endswith("run `pressclip archive verify`")


def test_reclean_of_an_unknown_collection_or_rule_file_is_one_line(run: Press) -> None:
    assert "no such collection" in run("reclean", "--collection", "other").line
    assert "no such rule file" in run("reclean", "--rules", "none.toml").line


def test_an_archive_without_a_page_is_exit_code_3(folder: Path, run: Press) -> None:
    for path in folder.rglob("*.warc.gz"):
        path.unlink()
    assert run("reclean").code == 3


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """120 pages without a text."""
    with Collection(tmp_path / "data", software="pressclip/0.1.0", rules_version="0") as collection:
        for number in range(120):
            collection.store(capture(f"https://post.example/{number}", START, PAGE))
    return tmp_path


def started(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start a run and return when it has written a text."""
    process = begin("archive", "reclean", "--data", "data", *options, cwd=folder, stdout=-1, stderr=-1)
    text = folder / "data/collections/news/text"
    while not any(path.stat().st_size > 2000 for path in text.glob("*.open")):
        assert process.poll() is None, process.communicate()
    return process


def assert_complete(folder: Path) -> None:
    """Each page has one text, in the files and in the catalog, and no file is left open."""
    assert press("archive", "reclean", "--data", "data", cwd=folder).code == 0
    found = [text.url for path in folder.rglob("*.wet.gz") for text in read_texts(path)]
    assert sorted(found) == sorted(f"https://post.example/{number}" for number in range(120))
    with Catalog(folder / "data/catalog.sqlite") as catalog:
        assert len(catalog.search("biscuit tin", 1000)) == 120
    assert list(folder.rglob("*.open")) == []
    assert subprocess.run(["gzip", "-t", *folder.rglob("*.gz")], check=False).returncode == 0


@pytest.mark.long
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupted_run_says_so_and_goes_on_where_it_was(many: Path, jobs: str) -> None:
    process = started(many, "--jobs", jobs)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, err) == (130, b"")
    assert out.decode().splitlines()[-1] == "interrupted; run the same command to continue"
    assert list(many.rglob("*.open")) == []
    assert_complete(many)


@pytest.mark.long
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_killed_run_leaves_nothing_broken(many: Path, jobs: str) -> None:
    process = started(many, "--jobs", jobs)
    process.kill()
    process.communicate()
    assert_complete(many)


def test_show_lists_all_captures_and_the_newest_text(run: Press) -> None:
    done = run("show", URL)
    newest, _title, _rules, told, oldest, *_ = done.out.splitlines()
    text = json.loads(run("show", URL, "--json").out)[0]["texts"][0]
    assert told == f"  kind {text['kind']}, confidence {text['confidence']:.2f}"
    assert (newest[:10], oldest[:10]) == ("2026-11-03", "2026-11-01")
    assert all(" 200 text/html collections/news/archive/news-" in line for line in (newest, oldest))
    assert LATER in done.out


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-01", "2026-11-01"),
        ("2026-11-03T11:59:59", "2026-11-01"),
        ("20261103120000", "2026-11-03"),
        ("2026-11-03T13:00+01:00", "2026-11-03"),
        ("2030-01-01", "2026-11-03"),
    ],
)
def test_show_at_takes_the_last_capture_up_to_then_with_all_that_is_known(run: Press, moment: str, day: str) -> None:
    (shown,) = json.loads(run("show", URL, "--at", moment, "--json").out)
    assert shown["fetched"][:10] == day
    assert (LATER in shown["text"]) == (day == "2026-11-03")
    done = run("show", URL, "--at", moment)
    assert "  site: Skerry Post" in done.out
    assert '- lines/advertisement  lines  "Advertisement"  /html/body/article/p' in done.out


def test_show_before_the_first_capture_is_one_line_and_exit_code_3(run: Press) -> None:
    done = run("show", URL, "--at", "2026-10-31")
    assert done.code == 3
    assert done.line.endswith("no capture up to 2026-10-31T23:59:59Z; the first is of 2026-11-01T12:00:00Z")


def test_show_lists_the_texts_of_a_capture_and_diffs_them(run: Press) -> None:
    run("reclean", "--rules", "own.toml")
    (shown,) = json.loads(run("show", URL, "--at", "2026-11-02", "--json").out)
    new, old = shown["texts"]
    assert new["rules_version"] != old["rules_version"]
    assert (new["characters"], old["characters"]) == (len(KEPT[0]), len(KEPT[0]) + 2 + len(KEPT[1]))
    lines = run("show", URL, "--diff").out.splitlines()
    changed = [line for line in lines if len(line) > 1 and line[0] in "+-" and line[1] not in "+-"]
    assert changed == [f"-{KEPT[1]}", f"+{KEPT[1]}", f"+{LATER}", f"-{KEPT[1]}"]


def test_a_lost_text_file_leaves_the_captures_to_be_shown(folder: Path, run: Press) -> None:
    for path in folder.rglob("*.wet.gz"):
        path.unlink()
    done = run("show", URL)
    assert (done.code, len(done.out.splitlines()), len(done.err.splitlines())) == (1, 2, 2)
    assert "is gone: restore it" in done.err


@pytest.mark.parametrize(
    ("options", "hosts"),
    [
        ([], {"post.example", "www.quay.example"}),
        (["--site", "quay.example"], {"www.quay.example"}),
        (["--site", "https://www.QUAY.example/x"], {"www.quay.example"}),
        (["--site", "ay.example"], set()),
        (["--since", "2026-11-01"], {"post.example"}),
        (["--since", "2026-10-20", "--until", "2026-10-20"], {"www.quay.example"}),
        (["--until", "2026-10-31"], {"www.quay.example"}),
        (["--since", "2026-11-03"], {"post.example"}),
        (["--since", "2026-11-04"], set()),
        (["--site", "post.example", "--until", "2026-10-31"], set()),
    ],
)
def test_search_keeps_to_a_site_and_to_days(run: Press, options: list[str], hosts: set[str]) -> None:
    done = run("search", "lamp", '"biscuit tin"', "--json", *options)
    assert {json.loads(line)["url"].split("/")[2] for line in done.out.splitlines()} == hosts
    assert done.code == (0 if hosts else 3)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["search", "lamp", "--since", "yesterday"], "'yesterday' is not a date: write it as 2026-11-21."),
        (["search", "lamp", "--until", "2026-02-30"], "'2026-02-30' is not a date"),
        (["search", "lamp", "--since", "2026-11-02", "--until", "2026-11-01"], "is after --until"),
        (["search", "lamp", "--site", "a host"], "'a host' is no host"),
        (["search", "lamp", "--site", "http://[::1"], "is no host"),
        (["show", URL, "--at", "noon"], "'noon' is not a time: write 2026-11-21"),
        (["show", URL, "--at", "0001-01-01T00:00+10:00"], "is not a time"),
        (["show", URL, "--diff", "--json"], "use it without --json"),
    ],
)
def test_a_bad_option_is_one_line_and_exit_code_2(run: Press, args: list[str], said: str) -> None:
    done = run(*args)
    assert done.code == 2
    assert said in done.line
