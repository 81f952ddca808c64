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
    ld: str = "", og: str = "", h1: str | tuple[str, ...] = (), element: str = "", news: bool = False, meta: str = ""
) -> str | None:
    claims = [Title(ld, "json-ld"), Title(og, "opengraph"), Title(meta, "meta")]
    title = choose_title(claims, [[text] for text in ((h1,) if isinstance(h1, str) else h1)], element, NAMES, news)
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


@pytest.mark.parametrize("ld", ["Harbour news", f"{STORM} (1)"])
def test_a_short_label_in_the_data_does_not_outrank_the_headline(ld: str) -> None:
    assert choose(ld=ld, og=STORM, h1=STORM, element=STORM, news=len(ld.split()) == 2) == STORM


@pytest.mark.parametrize(
    "pieces",
    [
        ("News", STORM),
        (STORM, "(gazette.example)", "87"),
        ("Dec", "18", "2025", STORM),
        (STORM, "Posted on", "July 1, 2024", "by", "Ada Byron"),
        ("Coast", STORM, "Update"),
    ],
)
@pytest.mark.parametrize("tail", ["", " | The Gazette", " - gazette.example"])
def test_labels_beside_the_headline_in_the_heading_go(pieces: tuple[str, ...], tail: str) -> None:
    heading = (" ".join(pieces), *pieces)
    title = choose_title([Title(STORM + tail, "opengraph")], [heading], STORM + tail, NAMES, False)
    assert title is not None
    assert title.text == STORM


def test_words_of_the_headline_in_elements_of_their_own_stay() -> None:
    heading = ("Storm closes harbour until noon again", "Storm closes", "harbour", "until noon again")
    title = choose_title([Title(STORM, "opengraph")], [heading], "", NAMES, False)
    assert title is not None
    assert title.text == heading[0]


@pytest.mark.parametrize("news", [True, False])
def test_the_heading_that_the_title_element_repeats_is_the_headline(news: bool) -> None:
    heading = "Boats must wait for calmer weather"
    assert choose(og=STORM, h1=heading, element=f"{heading} | The Gazette", news=news) == heading
    assert choose(og=STORM, h1="The coast today", element="The coast today", news=news) == STORM


def test_the_only_long_heading_of_a_news_page_with_differing_titles_is_the_headline() -> None:
    heading = "Boats must wait for calmer weather"
    assert choose(ld="Port is shut", og=STORM, h1=(heading, "More from the coast"), news=True) == heading
    assert choose(ld="Port is shut", og=STORM, h1=heading) == "Port is shut"
    assert choose(ld=STORM, og=STORM, h1=heading, news=True) == STORM
    assert choose(ld="Port is shut", og=STORM, h1=(heading, "Five more stories from here"), news=True) != heading


@pytest.mark.parametrize("kicker", ["The Gazette Blog: ", "Gazette live: ", "The Gazette: "])
def test_a_kicker_with_the_name_of_the_site_goes(kicker: str) -> None:
    assert choose(og=kicker + STORM, h1=STORM, element=kicker + STORM) == STORM
    assert choose(og=f"Ports: {STORM}", h1=STORM, element=f"Ports: {STORM}") == f"Ports: {STORM}"


def test_a_kicker_that_the_heading_and_another_title_do_without_goes() -> None:
    assert choose(og=f"Ada Byron: {STORM}", meta=STORM, h1=STORM, element="What the sea does", news=True) == STORM


def test_the_headline_of_data_and_heading_keeps_its_first_words_where_only_opengraph_lacks_them() -> None:
    whole = f"Weather in autumn: {STORM}"
    assert choose(ld=whole, og=STORM, h1=whole, element=STORM) == whole
    assert choose(ld=whole, og=STORM, h1=whole, element=STORM, news=True) == STORM


def test_an_address_before_the_headline_goes() -> None:
    assert choose(element=f"gazette.example {STORM}") == STORM
    assert choose(element=f"Other.example {STORM}") == f"Other.example {STORM}"


def test_a_title_that_is_cut_off_gives_way_to_the_title_element_where_no_heading_is_whole() -> None:
    assert (
        choose(ld="Storm closes harbour until", og=f"{STORM} - The Gazette", element=f"{STORM} - The Gazette") == STORM
    )
    assert choose(ld=STORM, element=f"{STORM} : coast") == STORM


@pytest.mark.parametrize(
    "title",
    [
        "Le maire : « nous fermons le port » à cause du vent",
        "« Fermez le port » disent les pilotes",
        "Der Hafen: » Wir warten « sagt der Lotse",
    ],
)
def test_quotation_marks_are_no_bars(title: str) -> None:
    assert choose(og=title) == title
    assert choose(og=title, h1=title, element=f"{title} | The Gazette") == title


@pytest.mark.parametrize(
    "tail", [" ‹ The old harbour", " « Old Blog", " » Coast", " – The Gazette – Blog", " | The Gazette | Coast"]
)
def test_the_name_of_the_site_goes_with_the_section_behind_it(tail: str) -> None:
    assert choose(element=STORM + tail) == STORM


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("港口因风暴关闭！-海岸网", "港口因风暴关闭！"),
        ("港口因风暴关闭--时政--海岸网", "港口因风暴关闭"),
        ("港口因风暴关闭_海岸网", "港口因风暴关闭"),
        ("首届中国-拉美论坛", "首届中国-拉美论坛"),
    ],
)
def test_names_behind_a_hyphen_go_from_titles_without_spaces(title: str, expected: str) -> None:
    assert choose(element=title) == expected


def test_a_name_with_a_colon_goes_where_another_title_does_without_it() -> None:
    assert choose(og="Press releases", h1=STORM, element=f"The Gazette: {STORM}") == STORM
    assert choose(element="The Gazette: all news of the coast") == "The Gazette: all news of the coast"


def test_the_name_of_the_site_in_a_field_is_no_title() -> None:
    assert choose(ld="The Gazette", og=STORM) == STORM
    assert choose(ld="The Gazette") == "The Gazette"


@pytest.mark.parametrize("mark", ["·", "::", "•"])
def test_a_heading_keeps_its_own_dots(mark: str) -> None:
    title = f"Port of Example {mark} The Storm"
    assert choose(og=title, h1=title) == title
    assert choose(og=f"{STORM} {mark} Coast") == STORM


@pytest.mark.parametrize("tail", [" - Gazette Forums", " – The Gazette Coast Guide", " - gazette 7", "｜The Gazette"])
def test_a_last_part_with_the_name_of_the_site_in_it_goes(tail: str) -> None:
    assert choose(element=STORM + tail) == STORM
    assert choose(og=STORM + tail) == STORM


@pytest.mark.parametrize("title", [f"{STORM} : the Gazette's own boat", "Storms - Gazette boats in port"])
def test_a_last_part_of_the_headline_stays(title: str) -> None:
    assert choose(og=title) == title


def test_a_last_part_that_is_a_heading_of_the_page_stays() -> None:
    title = "Four more boats for Example - Gazette report"
    assert choose(og=title, h1="Gazette report") == title


def test_a_kicker_that_heading_and_title_element_do_without_goes() -> None:
    assert choose(og=f"Coast - {STORM}", h1=STORM, element=f"{STORM} - The Gazette") == STORM


def test_words_before_a_bar_are_counted_in_scripts_without_spaces() -> None:
    assert choose(og="港が嵐で閉鎖された｜海岸ニュース") == "港が嵐で閉鎖された"


@pytest.mark.parametrize(
    "start", ["The Gazette | Gazette.example - ", "The Gazette » The Gazette: ", "gazette.example | The Gazette | "]
)
def test_all_names_of_the_site_before_the_headline_go(start: str) -> None:
    assert strip_site(start.replace(": ", " : ") + STORM, NAMES) == STORM


@pytest.mark.parametrize(
    ("h1", "plain"),
    [
        ("S torm closes harbour until noon", STORM),
        ("Storm closes harbour for 11/2 days", "Storm closes harbour for 1 1/2 days"),
        ("Stormcloses harbour until noon", STORM),
    ],
)
def test_words_that_the_marks_of_a_heading_part_or_join_are_as_the_head_writes_them(h1: str, plain: str) -> None:
    assert choose(og=plain, h1=h1, element=plain) == plain
    assert choose(h1=h1, element=plain) == plain


def test_a_heading_keeps_its_own_capitals_and_quotation_marks() -> None:
    own = "'Storm' closes harbour until noon"
    assert choose(h1=own, element="“Storm” Closes Harbour Until Noon") == own
