"""Markdown of archived texts has the structure of their pages, and never another text than the stored one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import Capture, Collection, read_text
from archive.catalog.catalog import Catalog
from cleaners import Article, CleanOptions, clean, load_rules
from tests.support.shell import Done, press

URL = "https://post.example/ferries"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8"
PROSE = "The ferry to the island leaves from the new pier, says the harbour master, and comes back at night. "
PAGE = f"""<html><head><title>Ferries</title></head><body><article><h1>Ferries</h1><p>{PROSE * 2}</p>
<h2>Times</h2><table><tr><th>Day</th><th>First</th></tr><tr><td>Monday</td><td>5:40</td></tr></table>
<ol><li>{PROSE}</li><li>See the <a href="/fares">fares</a> on the board of the pier. {PROSE}</li></ol>
<p>{PROSE * 2}</p></article></body></html>"""

Press = Callable[..., Done]


def store(folder: Path, change: Callable[[Article], Article] = lambda article: article) -> Path:
    """Make an archive with one page and its text, changed."""
    rules = load_rules()
    with Collection(folder, software="pressclip/0", rules_version=rules.version) as collection:
        stored = collection.store(Capture(URL, datetime(2026, 11, 1, tzinfo=UTC), 200, HEAD, PAGE.encode(), b""))
        collection.store_text(stored, change(clean(PAGE, url=URL)))
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store(tmp_path_factory.mktemp("ferries") / "data")


def exported(data: Path, folder: Path, *options: str) -> tuple[Done, str]:
    done = press("archive", "export", "--out", "texts", "--data", data, *options, cwd=folder)
    (path,) = (folder / "texts").iterdir()
    return done, path.read_text("utf-8")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_export_has_the_structure_of_the_page(data: Path, tmp_path: Path, jobs: str) -> None:
    done, text = exported(data, tmp_path, "--jobs", jobs)
    assert (done.code, done.err) == (0, "")
    assert "\n# Ferries\n" in text
    assert "\n## Times\n\n| Day | First |\n| --- | --- |\n| Monday | 5:40 |\n\n1. The ferry" in text
    assert "\n2. See the fares on" in text


def test_an_export_has_addresses_on_request(data: Path, tmp_path: Path) -> None:
    done, text = exported(data, tmp_path, "--links")
    assert (done.code, done.err) == (0, "")
    assert "\n2. See the [fares](https://post.example/fares) on" in text


def test_a_text_is_shown_with_the_structure_of_its_page(data: Path, tmp_path: Path) -> None:
    done = press("archive", "show", URL, "--format", "markdown", "--links", "--data", data, cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "\n| Monday | 5:40 |\n" in done.out
    assert "[fares](https://post.example/fares)" in done.out


def test_a_text_that_cleaning_no_longer_gives_is_written_as_it_is_stored_and_told(tmp_path: Path) -> None:
    data = store(tmp_path / "data", lambda article: replace(article, text=article.text.replace("night", "dawn")))
    done, text = exported(data, tmp_path)
    assert done.code == 0
    assert done.err.startswith("pressclip: 1 text has paragraphs only: by the rules in force the page gives another")
    assert "night" not in text
    assert text.count("at dawn\\.") + text.count("at dawn.") == 6
    shown = press("archive", "show", URL, "--format", "markdown", "--data", data, cwd=tmp_path)
    assert (shown.code, "paragraphs only: by the rules in force" in shown.err, "night" in shown.out) == (
        0,
        True,
        False,
    )


def test_a_text_whose_page_is_lost_is_written_as_paragraphs_and_told(data: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(data, tmp_path / "data")
    for path in copy.rglob("*.warc.gz"):
        path.unlink()
    done, text = exported(copy, tmp_path)
    assert (done.code, "1 text has paragraphs only: " in done.err, "is gone" in done.err) == (0, True, True)
    assert "Monday" in text


def test_a_page_is_cleaned_with_the_options_of_its_text(tmp_path: Path) -> None:
    rules = load_rules().with_options(CleanOptions(keep=("headline",)))
    data = store(tmp_path / "data", lambda article: clean(PAGE, url=URL, rules=rules))
    with Catalog(data / "catalog.sqlite") as catalog:
        (one,) = catalog.articles_by_url()
    kept = read_text(data, one.article.collection, one.article.file, one.article.offset)
    assert kept.text.startswith("Ferries\n\n")
    done, text = exported(data, tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "| Monday | 5:40 |" in text


def test_plain_text_has_no_addresses(data: Path, tmp_path: Path) -> None:
    # as `clean --links` has none either
    done, text = exported(data, tmp_path, "--format", "text", "--links", "--images")
    assert (done.code, done.err, "http" in text.rpartition("---")[2]) == (0, "", False)
    shown = press("archive", "show", URL, "--links", "--data", data, cwd=tmp_path)
    assert (shown.code, shown.err, "post.example/fares" in shown.out) == (0, "", False)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["show", URL, "--format", "markdown", "--json"], "use it without --json."),
        (["show", URL, "--format", "markdown", "--diff"], "use it without --diff."),
    ],
)
def test_options_that_exclude_each_other_are_refused(data: Path, tmp_path: Path, args: list[str], said: str) -> None:
    done = press("archive", *args, "--data", data, cwd=tmp_path)
    assert (done.code, said in done.err) == (2, True)
