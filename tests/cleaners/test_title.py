"""Test the choice of the headline, without site, section or kicker."""

from __future__ import annotations

import pytest

from cleaners.metadata.title import Title, choose_title, site_names, strip_site

NAMES = site_names(["The Gazette"], "https://www.gazette.example/coast/storm")
STORM = "Storm closes harbour until noon"
OTHER = "Harbour closed: what the storm means for you"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Storm closes harbour | The Gazette", "Storm closes harbour"),
        ("Storm closes harbour - The Gazette", "Storm closes harbour"),
        ("The Gazette – Storm closes harbour", "Storm closes harbour"),
        ("Storm closes harbour | gazette.example", "Storm closes harbour"),
        ("Storm closes harbour | Coast | The Gazette", "Storm closes harbour | Coast"),
        ("Storm closes harbour - what we know", "Storm closes harbour - what we know"),
        ("Mid-term vote: The Gazette asks readers", "Mid-term vote: The Gazette asks readers"),
        ("The Gazette", "The Gazette"),
        ("", ""),
    ],
)
def test_the_name_of_the_site_goes_from_the_title(title: str, expected: str) -> None:
    assert strip_site(title, NAMES) == expected


def choose(
    ld: str = "", og: str = "", h1: str | tuple[str, ...] = (), element: str = "", news: bool = False
) -> str | None:
    claims = [Title(ld, "json-ld"), Title(og, "opengraph")]
    title = choose_title(claims, (h1,) if isinstance(h1, str) else h1, element, NAMES, news)
    return title.text if title else None


@pytest.mark.parametrize(
    "tail", [" | Coast", " | Coast | News", "｜Coast", " · Coast", " | Coast Daily News | 20.11.2026"]
)
def test_parts_behind_a_bar_are_no_headline(tail: str) -> None:
    assert choose(og=STORM + tail) == STORM


@pytest.mark.parametrize("tail", [" - National", " – CD – 20.11.2026", " * Coast * by Ada Byron", "：Coast"])
def test_what_another_title_does_not_have_behind_a_separator_goes(tail: str) -> None:
    assert choose(og=STORM + tail, h1=STORM) == STORM
    assert choose(og=STORM + " and more", h1=STORM) == STORM


def test_a_sentence_behind_a_bar_stays() -> None:
    title = "BUDGET | Harbour gets four million to hire an army of pilots"
    assert choose(og=title) == title


@pytest.mark.parametrize("news", [True, False])
def test_the_heading_that_one_source_repeats_wins(news: bool) -> None:
    assert choose(ld=STORM, og=OTHER, h1=STORM, news=news) == STORM
    assert choose(ld=OTHER, og=STORM, h1=STORM, element=OTHER, news=news) == STORM


def test_a_heading_that_nothing_repeats_wins_but_on_news_pages() -> None:
    heading = "Storm closes the harbour"
    assert choose(ld=STORM, og=STORM, h1=heading) == heading
    assert choose(ld=STORM, og=STORM, h1=heading, news=True) == STORM


@pytest.mark.parametrize("h1", [(), "Coast", "The Gazette", ("Menu", "Most read")])
def test_a_heading_of_something_else_is_no_headline(h1: str | tuple[str, ...]) -> None:
    assert choose(og=STORM, h1=h1) == STORM


def test_the_heading_most_like_the_head_is_taken_of_several() -> None:
    assert choose(og="Storm closes harbour", h1=("Blog", STORM, "Harbour")) == STORM


def test_a_kicker_is_left_out_where_one_source_does_without_it() -> None:
    assert choose(ld=f"Weather: {STORM}", og=STORM, h1=f"Weather: {STORM}", news=True) == STORM
    assert choose(og=STORM, h1=f"Weather - {STORM}") == STORM
    assert choose(og=f"Coast: {STORM}", h1=f"Weather - {STORM}") == STORM
    assert choose(ld=f"Weather: {STORM}", og=f"Weather: {STORM}", h1=STORM, news=True) == f"Weather: {STORM}"


def test_a_title_that_is_cut_off_gives_way_to_the_whole_heading() -> None:
    assert choose(og="Storm closes harbour until…", h1=STORM) == STORM


def test_a_text_in_the_title_field_is_no_title() -> None:
    assert choose(ld=STORM * 20, og=STORM) == STORM
    assert choose() is None


def test_scripts_without_spaces_are_compared_by_their_characters() -> None:
    assert (
        choose(og="港が嵐で閉鎖された", h1=("メニュー", "嵐で港が正午まで閉鎖された")) == "嵐で港が正午まで閉鎖された"
    )
