"""Names and heads of exported files hold for whatever a page says of itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archive.catalog.rows import ArticleRow, Listed
from archive.exchange.export import _yaml, file_name

START = datetime(2026, 11, 21, 16, tzinfo=UTC)
MAX_NAME = 143


def listed(url: str, title: str | None, day: str = "2026-11-21") -> Listed:
    article = ArticleRow(
        "r", "c", url, START, "0", title, (), day, None, None, None, None, None, "", 1, "news", "f", 0, 0
    )  # fmt: skip
    return Listed(article, day, START)


@pytest.mark.parametrize("day", ["../../etc", "2026-11-21/..", "", "\0", "٢٠٢٦-11-21"])
def test_a_day_that_is_none_is_in_no_name(day: str) -> None:
    assert file_name(listed("https://a.example/", "Storm", day)).startswith("undated-a.example-storm-")


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("../../passwd", "passwd"),
        ("A\u202eB\0C\nD", "a-b-c-d"),
        ("港が閉鎖", "港が閉鎖"),
        ("बंदरगाह बंद", "बंदरगाह-बंद"),
        ("Ⅳ ﬁsh", "iv-fish"),
        ("?!", ""),
        ("Ж" * 100, "ж" * 32),
    ],
)
def test_letters_of_all_scripts_stay_in_a_name_and_nothing_else_does(title: str, slug: str) -> None:
    assert (
        file_name(listed("https://a.example/", title)).removeprefix("2026-11-21-a.example-").rpartition("-")[0] == slug
    )


@given(url=st.text(max_size=80), title=st.text(max_size=300))
def test_a_name_is_short_and_stays_in_its_folder(url: str, title: str) -> None:
    name = file_name(listed(f"https://{url}", title))
    assert "/" not in name
    assert name[0].isdigit()
    assert name == name.lower()
    assert len(f"{name}.md.half".encode()) <= MAX_NAME


def test_two_pages_with_the_same_day_host_and_title_have_two_names() -> None:
    assert len({file_name(listed(f"https://a.example/{number}", "Storm")) for number in range(1000)}) == 1000


@given(st.text())
def test_yaml_reads_each_text_as_it_was(text: str) -> None:
    assert yaml.safe_load(f"title: {_yaml(text)}\n") == {"title": text}
