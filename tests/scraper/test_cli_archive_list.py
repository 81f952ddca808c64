"""`archive list`, `export` and `search` with bounds, on an archive of a few invented pages with titles of strangers."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from archive import Capture, Collection
from cleaners import Article, Removal
from tests.support.shell import Done, press

START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
TITLES = (
    "Storm closes harbour",
    '=HYPERLINK("http://evil.example/")',
    "+1\x1b[2J up",
    "＠SUM(A1)",
    "Ein Sturm, «gestern»",
)
TEXT = "The storm of number {} came at night.\n\nNobody was hurt."

Press = Callable[..., Done]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pages of two sites; the last is German and dated."""
    folder = tmp_path_factory.mktemp("listed") / "data"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"
    with Collection(folder, software="pressclip/0", rules_version="0", now=lambda: START) as collection:
        for number, title in enumerate(TITLES):
            host = "post.example" if number < 3 else "sturm.example"
            url = f"https://{host}/{number}"
            fetched = START + timedelta(days=number)
            stored = collection.store(Capture(url, fetched, 200, head, url.encode(), b"GET / HTTP/1.1"))
            article = Article(
                TEXT.format(number),
                title=title,
                authors=("-2+3 Kim", "Ada"),
                language="en",
                site="Post",
                confidence=0.5 + number / 10,
                removals=(
                    Removal(f"sites/{host}/bar", "lines", "Share", ""),
                    Removal("lines/share", "lines", "Share", ""),
                )
                if number != 1
                else (),
            )
            if number == 4:
                article = replace(article, language="de", date=date(2026, 10, 30))
            collection.store_text(stored, article)
    return folder


@pytest.fixture
def run(data: Path, tmp_path: Path) -> Press:
    return lambda *args: press("archive", *args, "--data", data, cwd=tmp_path)


def test_the_table_has_a_line_for_each_article_by_url(run: Press) -> None:
    done = run("list")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "2026-11-01  en   https://post.example/0  Storm closes harbour",
        '2026-11-02  en   https://post.example/1  =HYPERLINK("http://evil.example/")',
        "2026-11-03  en   https://post.example/2  +1 [2J up",
        "2026-11-04  en   https://sturm.example/3  ＠SUM(A1)",
        "2026-10-30  de   https://sturm.example/4  Ein Sturm, «gestern»",
    ]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--site", "post.example"], "012"),
        (["--language", "DE"], "4"),
        (["--until", "2026-11-01"], "04"),
        (["--since", "2026-11-03", "--language", "en"], "23"),
        (["--rule", "lines/share"], "0234"),
        (["--rule", "sites/post.example/"], "02"),
        (["--rule", "sites/", "--below", "0.8"], "02"),
        (["--below", "0.7"], "01"),
    ],
)
def test_list_and_search_without_words_have_the_same_bounds(run: Press, options: list[str], found: str) -> None:
    lists = [json.loads(line) for line in run("list", "--format", "jsonl", *options).out.splitlines()]
    hits = [json.loads(line) for line in run("search", "--json", *options).out.splitlines()]
    assert "".join(one["url"][-1] for one in lists) == found
    assert {one["url"][-1] for one in hits} == set(found)
    assert all(one["snippet"] == " ".join(TEXT.format(one["url"][-1]).split()) for one in hits)


def test_a_list_that_was_cut_says_how_to_go_on(run: Press) -> None:
    seen, after = "", ""
    while True:
        done = run("list", "--format", "jsonl", "--limit", "2", *(["--after", after] if after else []))
        seen += "".join(json.loads(line)["url"][-1] for line in done.out.splitlines())
        if not done.err:
            break
        assert done.err.startswith("pressclip: 2 articles, and more: go on with --after 'https://")
        after = done.err.split("'")[1]
    assert seen == "01234"


def test_no_cell_of_a_stranger_is_a_formula(run: Press) -> None:
    rows = list(csv.DictReader(run("list", "--format", "csv").out.splitlines()))
    assert [row["title"] for row in rows] == [TITLES[0], f"'{TITLES[1]}", "'+1 [2J up", f"'{TITLES[3]}", TITLES[4]]
    assert {row["authors"] for row in rows} == {"'-2+3 Kim; Ada"}
    assert (rows[4]["date"], rows[4]["confidence"], rows[0]["date"]) == ("2026-10-30", "0.9", "")
    assert not [cell for row in rows for cell in row.values() if cell.startswith(tuple("=+-@＝＋－＠"))]


def test_an_empty_list_is_told_and_exit_code_3(run: Press) -> None:
    done = run("list", "--language", "fr")
    assert done.code == 3
    assert run("list", "--rule", "lines/unknown").line.endswith(" is within these bounds")
    assert done.line.endswith(" is within these bounds")
    assert run("list", "--after", "https://z.example/").line.endswith(" is left")
    assert run("search", "--language", "fr").line.endswith(" is within these bounds")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["sto* harb*"], "0"),
        (["sto*", "harb*"], "0"),
        (["harbour", "OR", "sturm"], "04"),
        (["harbour OR sturm"], "04"),
        (["storm of num*"], "01234"),
    ],
)
def test_search_takes_prefixes_and_alternatives(run: Press, words: list[str], found: str) -> None:
    assert {json.loads(line)["url"][-1] for line in run("search", *words, "--json").out.splitlines()} == set(found)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["search"], "nothing to search for: give words, or --site, --since or another bound."),
        (["search", ""], "nothing to search for"),
        (["search", "OR", "storm"], "cannot search for 'OR storm': OR must stand between two words: write words"),
        (["search", "*orm"], "* must stand at the end of a word"),
        (["export", "--out", "texts", "--force", "--skip-existing"], "exclude each other: give one."),
        (["list", "--language", "English"], "'English' is no language code: give it as en or de."),
        (["list", "--rule", "share"], "'share' is no rule: give its id, as lines/share-bar"),
        (["search", "storm", "--below", "1.5"], "'1.5' is no confidence: give a number from 0 to 1, as 0.5."),
        (["list", "--since", "2026-11-02", "--until", "2026-11-01"], "is after --until"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(run: Press, args: list[str], said: str) -> None:
    done = run(*args)
    assert done.code == 2
    assert said in done.line


def exported(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(folder.iterdir())}


def test_an_article_becomes_a_file_that_is_called_after_it(run: Press, tmp_path: Path) -> None:
    done = run("export", "--out", "new/texts")
    assert (done.code, done.out) == (0, "new/texts: 5 written\n")
    # their pages are no HTML
    assert done.err.startswith("pressclip: 5 texts have paragraphs only: ")
    files = exported(tmp_path / "new/texts")
    assert [re.sub("-[0-9a-f]{12}[.]md$", "", name) for name in files] == [
        "2026-10-30-sturm.example-ein-sturm-gestern",
        "2026-11-01-post.example-storm-closes-harbour",
        "2026-11-02-post.example-hyperlink-http-evil-example",
        "2026-11-03-post.example-1-2j-up",
        "2026-11-04-sturm.example-sum-a1",
    ]
    _, head, body = files[min(files)].split("---\n")
    assert body == f"\n# {TITLES[4]}\n\n{TEXT.format(4)}\n"
    fields = yaml.safe_load(head)
    assert (fields["title"], fields["authors"]) == (TITLES[4], ["-2+3 Kim", "Ada"])
    assert (fields["url"], fields["date"], fields["language"]) == ("https://sturm.example/4", "2026-10-30", "de")
    assert fields["fetched"].startswith("2026-11-05T12:00:00")
    assert "modified" not in fields


def test_front_matter_has_every_title_as_it_is(run: Press, tmp_path: Path) -> None:
    run("export", "--out", "texts")
    heads = [yaml.safe_load(text.split("---\n")[1]) for text in exported(tmp_path / "texts").values()]
    assert {head["title"] for head in heads} == set(TITLES)


def test_text_without_front_matter_is_the_bare_text(run: Press, tmp_path: Path) -> None:
    run("export", "--out", "texts", "--format", "text", "--no-front-matter", "--language", "de")
    ((name, text),) = exported(tmp_path / "texts").items()
    assert name.endswith(".txt")
    assert text == TEXT.format(4) + "\n"


def test_an_export_overwrites_nothing_unless_told(run: Press, tmp_path: Path) -> None:
    run("export", "--out", "texts")
    files = exported(tmp_path / "texts")
    (tmp_path / "texts" / min(files)).write_text("notes of my own")
    done = run("export", "--out", "texts", "--skip-existing")
    assert done.out == "texts: 5 there already and left as they are\n"
    assert (tmp_path / "texts" / min(files)).read_text() == "notes of my own"
    refused = run("export", "--out", "texts")
    assert (refused.code, refused.err.count("--skip-existing keeps it, --force writes it anew")) == (1, 1)
    assert refused.out == "texts: 4 there already and the same, 1 there already with another content\n"
    assert (tmp_path / "texts" / min(files)).read_text() == "notes of my own"
    assert run("export", "--out", "texts", "--force").out == "texts: 1 written, 4 there already and the same\n"
    assert exported(tmp_path / "texts") == files


def test_a_lost_text_file_is_told_and_an_empty_export_too(data: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(data, tmp_path / "data")
    none = press("archive", "export", "--out", "texts", "--language", "fr", "--data", copy, cwd=tmp_path)
    assert (none.code, none.line.endswith("within these bounds")) == (3, True)
    for path in copy.rglob("*.wet.gz"):
        path.unlink()
    done = press("archive", "export", "--out", "texts", "--data", copy, cwd=tmp_path)
    assert (done.code, done.out, done.err.count("is gone: restore it")) == (3, "texts: 5 failed\n", 5)
    assert exported(tmp_path / "texts") == {}


def test_an_export_into_a_file_is_refused_before_anything_is_read(run: Press, tmp_path: Path) -> None:
    (tmp_path / "texts").write_text("mine")
    done = run("export", "--out", "texts")
    assert (done.code, "'texts' is a file" in done.line) == (2, True)
    below = run("export", "--out", "texts/below")
    assert below.code == 2
    assert below.line.startswith("pressclip: --out texts/below: cannot be written (Not a directory)")
