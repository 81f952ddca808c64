"""Test text mode: only debris is removed, and the input can be restored."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import corpora
from cleaners import Article, Removal, clean, clean_text, load_rules, restore
from cleaners.rules.context import LineContext, normal
from cleaners.rules.lines import cut_lines
from cleaners.rules.model import LineRule

PROSE = (
    "The harbour was closed on Monday after a storm that had begun at night, officials said.",
    "Two ferries had to turn back, and some three hundred people spent the night in a school hall.",
    "“We have not seen waves like these for twenty years,” the harbour master told reporters.",
    "A short sentence follows.",
    "Der Hafen bleibt bis Dienstag geschlossen, sagte die Sprecherin der Behörde am Nachmittag in Nordhafen.",
)
DEBRIS = tuple(rule.example for rule in load_rules().lines if isinstance(rule, LineRule))
ENDS = ("\n", "\r\n", "\r", "\n\n", "\n \n", "\u2028", "\x0b", "\x85", "\n\t", "  \n")
LONG = PROSE[0]


def check_spans(text: str, article: Article) -> None:
    edge = 0
    for removal in article.removals:
        assert removal.start is not None
        assert removal.end is not None
        assert edge <= removal.start < removal.end <= len(text)
        assert text[removal.start : removal.end] == removal.text
        edge = removal.end
    assert restore(article) == text


def rules_and_text(text: str) -> tuple[list[str], str]:
    article = clean_text(text)
    check_spans(text, article)
    return [removal.rule for removal in article.removals], article.text


ANY_CHARACTER = st.characters(exclude_categories=())
DOCUMENTS = st.lists(
    st.tuples(st.sampled_from((*PROSE, *DEBRIS, "", " ", "\ud800")), st.sampled_from(ENDS)), max_size=12
).map(lambda lines: "".join(line + end for line, end in lines))


@given(st.text(ANY_CHARACTER, max_size=200))
def test_any_text_can_be_restored(text: str) -> None:
    check_spans(text, clean_text(text))


@given(st.text(st.sampled_from("A.\n\r\u2028 \t\x1f–-©|0"), max_size=60))
def test_any_mix_of_line_ends_can_be_restored(text: str) -> None:
    check_spans(text, clean_text(text))


@given(DOCUMENTS)
def test_debris_and_prose_in_any_order_can_be_restored(text: str) -> None:
    check_spans(text, clean_text(text))


@given(DOCUMENTS)
def test_what_is_left_is_the_input_without_the_removals(text: str) -> None:
    article = clean_text(text)
    gone = sum(len(removal.text) for removal in article.removals)
    assert len(article.text) == len(text) - gone
    assert all(removal.stage == "lines" and removal.where.startswith("line ") for removal in article.removals)


@given(st.lists(st.sampled_from(PROSE), max_size=6).map("\n\n".join))
def test_prose_alone_stays(text: str) -> None:
    assert clean_text(text).text == text


def test_debris_between_paragraphs_goes_with_its_line_end() -> None:
    assert rules_and_text(f"{LONG}\nAdvertisement\n{PROSE[1]}\n") == (["lines/advertisement"], f"{LONG}\n{PROSE[1]}\n")


def test_debris_after_the_last_paragraph_leaves_no_blank_lines() -> None:
    assert rules_and_text(f"{LONG}\n\nShare this article\n\nNewsfeed\n") == (["lines/share", "lines/widget"], LONG)


def test_debris_before_the_first_paragraph_goes_with_the_blank_line() -> None:
    assert rules_and_text(f"Advertisement\n\n{LONG}\n") == (["lines/advertisement"], f"{LONG}\n")


def test_a_breadcrumb_goes_only_before_the_prose() -> None:
    crumbs = "Home | Coast | Storm closes harbour"
    assert rules_and_text(f"{crumbs}\n{LONG}")[0] == ["lines/breadcrumb"]
    assert rules_and_text(f"{LONG}\n{crumbs}\n{PROSE[1]}")[0] == []


def test_a_number_goes_only_beside_a_widget() -> None:
    assert rules_and_text(f"{LONG}\nNewsfeed\n0\n")[1] == LONG
    assert rules_and_text(f"{LONG}\n0\n{PROSE[1]}")[0] == []


HEADLINE = "Port Hallow closes its harbour after the storm of the century"


def test_a_long_first_line_without_a_full_stop_is_the_headline() -> None:
    assert rules_and_text(f"{HEADLINE}\n{LONG}") == (["lines/opening-headline"], LONG)


def test_a_label_over_the_headline_goes_with_it() -> None:
    assert rules_and_text(f"Coast\n{HEADLINE}\n{LONG}") == (["lines/kicker", "lines/opening-headline"], LONG)


def test_a_short_first_line_stays_where_the_address_does_not_name_it() -> None:
    assert rules_and_text(f"What the storm did\n{LONG}")[0] == []


def test_a_short_first_line_that_the_address_names_goes() -> None:
    article = clean_text(f"What the storm did\n{LONG}", url="https://gazette.example/2024/what-the-storm-did-123")
    assert [removal.rule for removal in article.removals] == ["lines/headline-of-address"]


@pytest.mark.parametrize("url", ["https://gazette.example/", "https://[broken", "", "https://gazette.example/a/b"])
def test_an_address_without_words_says_nothing_about_the_headline(url: str) -> None:
    assert clean_text(f"What the storm did\n{LONG}", url=url).removals == ()


def test_a_second_headline_like_line_stays() -> None:
    standfirst = "Two ferries had to turn back and the school hall was full all night"
    text = f"{standfirst}\n{LONG}\n{PROSE[1]}"
    assert rules_and_text(f"{HEADLINE}\n{text}")[1] == text


def test_the_first_line_of_a_text_broken_at_a_column_stays() -> None:
    text = "The harbour was closed on Monday after a storm that had begun\nAt night, said officials to those who\ncame."
    assert rules_and_text(text) == ([], text)


def test_a_rule_for_text_alone_sleeps_on_pages() -> None:
    lines = [LONG, "This post contains affiliate links: if you buy something, we may earn a commission."]
    assert [cut for cuts in cut_lines(LineContext(lines), load_rules().lines) for cut in cuts] == []
    assert rules_and_text("\n".join(lines)) == (["lines/affiliate-note"], LONG)


def test_what_follows_a_tail_section_goes_with_it() -> None:
    text = "\n".join([*PROSE[:3], PROSE[4]])
    rules, left = rules_and_text(f"{text}\nRelated posts\nThe old pier\nIt stood for a century.")
    assert (rules, left) == (["lines/tail-section"] * 3, text)


def test_a_tail_section_that_would_take_most_of_the_text_is_a_heading() -> None:
    text = f"{PROSE[3]}\nAbout the author\n" + "\n".join(PROSE)
    assert "lines/tail-section" not in rules_and_text(text)[0]


def test_a_heading_with_two_paragraphs_below_it_is_none_of_other_articles() -> None:
    text = "\n".join([*PROSE[:3], *PROSE[:3], "Further reading", PROSE[4], PROSE[1]])
    assert rules_and_text(text) == ([], text)


def test_a_pointer_to_more_stays_at_the_end_of_a_section_and_goes_between_paragraphs() -> None:
    text = f"{LONG}\nRead more: How storms are named\n"
    assert rules_and_text(f"{text}What the storm left behind\n{PROSE[1]}")[0] == []
    assert rules_and_text(f"{text}{PROSE[1]}")[0] == ["lines/read-more-title"]


def test_a_list_of_events_with_their_days_stays() -> None:
    events = "- Port Fair: Lectures – June 17, 2026, Port Hallow\n- Days of Storms: Films – May 4, 2026, Nordhafen"
    assert rules_and_text(f"{LONG}\n{PROSE[1]}\n{events}\n{PROSE[4]}")[0] == []


def test_the_list_below_a_teaser_goes_with_it_and_the_text_after_it_stays() -> None:
    text = f"{LONG}\nAuch interessant\n- Was der Sturm übrig ließ\n- Fähre\n{PROSE[4]}"
    assert rules_and_text(text) == (["lines/read-more-other-languages"] * 3, f"{LONG}\n{PROSE[4]}")


def test_a_list_of_what_the_text_speaks_of_stays() -> None:
    ferries = "- Ferries: Both turned back in the storm on Monday\n- School hall: Three hundred people at night"
    assert rules_and_text(f"{LONG}\n{PROSE[1]}\n{ferries}\n{PROSE[2]}")[0] == []


def test_a_list_of_foreign_headlines_goes() -> None:
    teasers = (
        "- Granatapfel: Diese Rezepte sollen gesund und schön machen\n- Kaffee: Wirkung erstaunt auch Experten sehr"
    )
    assert rules_and_text(f"{LONG}\n{teasers}\n{PROSE[1]}") == (["lines/teaser-list"] * 2, f"{LONG}\n{PROSE[1]}")


def test_debris_glued_to_a_sentence_goes_without_the_sentence() -> None:
    text = f"{LONG}Advertisement\n{PROSE[1]}"
    assert rules_and_text(text) == (["lines/glued-advertisement"], f"{LONG}\n{PROSE[1]}")


def test_indented_debris_goes_with_its_indent() -> None:
    assert rules_and_text(f"{LONG}\n\t Advertisement \n{PROSE[1]}")[1] == f"{LONG}\n{PROSE[1]}"


def test_two_parts_that_are_a_whole_last_line_take_nothing_of_what_was_removed_before(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    table = "[[rule]]\nid = '{}'\nfragment = '{}'\nwhy = 'w'\nexample = 'e'\nkeeps = 'k'\n"
    path.write_text(table.format("tin", "Tin of tea ") + table.format("rope", "and nine ropes[.]"), "utf-8")
    text = f"{LONG}\nAdvertisement\n\tTin of tea and nine ropes."
    article = clean_text(text, rules=load_rules(path))
    assert [removal.rule for removal in article.removals] == ["lines/advertisement", "mine/tin", "mine/rope"]
    check_spans(text, article)


def test_a_removal_tells_the_line_it_stood_on() -> None:
    assert [r.where for r in clean_text(f"{LONG}\n\nAdvertisement\n\n{PROSE[1]}").removals] == ["line 3"]


@pytest.mark.parametrize("text", ["", " \n\n", "Advertisement", "Share\nTweet\n"])
def test_where_nothing_is_left_a_flag_says_so(text: str) -> None:
    article = clean_text(text)
    assert article.text.strip() == ""
    assert article.flags[:1] == ("empty",)
    check_spans(text, article)


@pytest.mark.parametrize(("language", "left"), [("de", LONG), ("en", f"{LONG}\nJetzt neu"), (None, LONG)])
def test_a_rule_of_another_language_stays_asleep(language: str | None, left: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        "[[rule]]\nid = 'new'\nline = 'Jetzt neu'\nlangs = ['de']\nwhy = 'w'\nexample = 'e'\nkeeps = 'k'\n", "utf-8"
    )
    assert clean_text(f"{LONG}\nJetzt neu", language=language, rules=load_rules(path)).text == left


def test_the_article_says_what_was_given_and_which_rules_were_in_force() -> None:
    article = clean_text(LONG, url="https://gazette.example/a", language="en")
    assert (article.url, article.language) == ("https://gazette.example/a", "en")
    assert article.rules_version == load_rules().version


def test_an_article_of_a_page_cannot_be_restored() -> None:
    article = clean(f"<p>{LONG}</p><button>Share</button>")
    assert article.removals
    with pytest.raises(ValueError, match="WARC"):
        restore(article)


def test_a_removal_without_a_span_cannot_be_restored() -> None:
    with pytest.raises(ValueError, match="restored"):
        restore(Article("x", removals=(Removal("dom/share-bar", "dom", "Share", "/html"),)))


SEEDS = corpora.ROOT.parent / "seeds"
HERE = pytest.mark.skipif(not SEEDS.is_dir(), reason="the labelled seed documents (../shared/seeds) are not here")


def without_blank_lines(text: str) -> str:
    return "\n".join(filter(str.strip, text.splitlines()))


def block_a_line(text: str) -> str:
    """Write the lines between two blank lines as one, so that a label stands in the line of its paragraph."""
    return "\n".join(" ".join(block.split()) for block in text.split("\n\n"))


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "without blank lines": without_blank_lines,
    "a blank line after each": lambda text: without_blank_lines(text).replace("\n", "\n\n"),
    "a block a line": block_a_line,
}


@cache
def seeds() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return the text of each seed document, and its lines with a label: `keep`, `drop`, `title` or `either`."""
    found = []
    for path in sorted(SEEDS.glob("*.txt")):
        rows = (SEEDS / f"{path.name[:3]}.labels.tsv").read_text("utf-8").splitlines()
        labels = tuple((label, line) for label, _, line in (row.partition("\t") for row in rows))
        found.append((path.read_text("utf-8"), labels))
    return tuple(found)


@HERE
@pytest.mark.parametrize("form", FORMS)
def test_no_line_of_the_seeds_is_removed_that_must_stay_however_they_are_broken_into_lines(form: str) -> None:
    texts = [FORMS[form](text) for text, _ in seeds()]
    kept = [[line for label, line in labels if label == "keep"] for _, labels in seeds()]
    glued = "\n".join(texts), [line for lines in kept for line in lines]
    for text, lines in [*zip(texts, kept, strict=True), glued]:
        left = normal(clean_text(text).text)
        assert [line for line in lines if normal(line) not in left] == []


@HERE
@pytest.mark.parametrize("form", [form for form in FORMS if form != "a block a line"])
def test_all_debris_of_a_seed_is_removed_with_and_without_blank_lines(form: str) -> None:
    for text, labels in seeds():
        left = {" ".join(line.split()) for line in clean_text(FORMS[form](text)).text.splitlines()}
        assert [line for label, line in labels if label == "drop" and " ".join(line.split()) in left] == []


@HERE
@given(st.data())
def test_the_seeds_in_any_order_and_form_can_be_restored(data: st.DataObject) -> None:
    texts = data.draw(st.permutations([text for text, _ in seeds()]))
    forms = data.draw(st.lists(st.sampled_from(list(FORMS.values())), min_size=len(texts), max_size=len(texts)))
    text = data.draw(st.sampled_from(ENDS)).join(form(text) for form, text in zip(forms, texts, strict=True))
    text = text.replace("\n", data.draw(st.sampled_from(("\n", "\r\n", "\r", "\u2028"))))
    check_spans(text, clean_text(text))
