"""What a reader chooses: families of rules whose pieces stay, rules alone, precision or recall."""

from __future__ import annotations

import json
import pickle
import time
import tomllib
from functools import cache
from pathlib import Path

import pytest

from cleaners import Article, CleanOptions, Page, RuleSet, clean, clean_many, clean_text, families, load_rules, restore
from cleaners.notes import BACK_LINK
from cleaners.rules.choice import debris
from cleaners.rules.model import LineRule
from tests.cleaners.test_properties import story

PAGES = Path(__file__).parent.parent / "pages"
FOLDERS = sorted(folder.name for folder in PAGES.iterdir())
EVERYTHING = CleanOptions(keep=("all",))

PIECES = [
    ("caption-and-credit", "captions", "The furnace at Orrin Mill on the first night. Tamsin Reyes/Valley Post"),
    ("caption-and-credit", "captions", "© Valley Post / T. Reyes"),
    ("standfirst-outside", "captions", "Bastian Kroll in his boat at Mellin. Photo: Rea Lund"),
    ("byline-and-dateline-german", "headline", "Schiffbau Werft in Hallsund baut ihre erste Seilbahn"),
    ("headline-and-byline-repeated", "headline", "Ice store at Harlow Quay to become a school for net makers"),
    ("access-full", "byline", "Ingram Fell"),
    ("lire-aussi-french", "byline", "Par Maëlle Trévidic"),
    ("kanren-kiji-japanese", "byline", "高瀬澪"),
    ("agency-credits-at-the-end", "byline", "With files from Coast Press"),
    ("lire-aussi-french", "dateline", "Publié le 23 octobre 2026 à 07h00, mis à jour à 09h12"),
    ("templates-and-widgets", "dateline", "14 October 2026"),
    ("lire-aussi-french", "reading-time", "Temps de lecture : 3 min"),
    ("related-cards", "read-more", "Read more: The last ferry across the Sund"),
    ("related-cards", "read-more", "Sund bridge to be named after a ferryman"),
    ("donations-spanish", "read-more", "Lee también: El órgano de la colegiata vuelve a sonar"),
    ("newsletter-between-paragraphs", "tags", "Tagged ferry, Skerries"),
    ("related-cards", "breadcrumb", "World"),
    ("tags-author-and-fact-box", "notes", "Spotted a mistake? Tell us."),
    ("comment-form", "comments", "3 thoughts on"),
]
"""A piece of a golden page for each family that one has."""


@cache
def cleaned(folder: str, options: CleanOptions | None = None) -> Article:
    page = tomllib.loads((PAGES / folder / "page.toml").read_text("utf-8"))
    html = (PAGES / folder / "source.html").read_bytes()
    return clean(html, url=page["url"], charset=page.get("charset"), options=options)


def is_part(parts: list[str], whole: list[str]) -> bool:
    rest = iter(whole)
    return all(part in rest for part in parts)


def texts(article: Article) -> list[str]:
    return [block.text for block in article.blocks if block.text]


@pytest.mark.parametrize("folder", FOLDERS)
def test_options_that_choose_nothing_give_the_usual_article(folder: str) -> None:
    assert cleaned(folder, CleanOptions()) == cleaned(folder)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_text_with_all_families_has_the_usual_one_in_order(folder: str) -> None:
    usual, kept = cleaned(folder), cleaned(folder, EVERYTHING)
    assert is_part(texts(usual), texts(kept))
    assert is_part([removal.text for removal in kept.removals], [removal.text for removal in usual.removals])
    assert (usual.access, usual.confidence, usual.flags) == (kept.access, kept.confidence, kept.flags)


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_a_family_brings_back_is_in_the_text_or_removed_but_not_both(folder: str) -> None:
    usual, kept = cleaned(folder), cleaned(folder, EVERYTHING)
    back = len(usual.removals) - len(kept.removals)
    assert back >= 0
    assert (back > 0) == (usual.text != kept.text)


@pytest.mark.parametrize(("folder", "family", "piece"), PIECES)
def test_a_piece_of_a_family_stays_where_it_is_kept_and_only_there(folder: str, family: str, piece: str) -> None:
    others = CleanOptions(keep=tuple(name for name in families() if name != family))
    assert piece in cleaned(folder, CleanOptions(keep=(family,))).text
    assert piece in cleaned(folder, EVERYTHING).text
    shared = [name for name in others.keep if families()[name].rules & families()[family].rules]
    if not shared:
        assert piece not in texts(cleaned(folder, others))


def test_a_headline_is_the_first_line_of_the_text_and_stands_once() -> None:
    article = cleaned("headline-and-byline-repeated", CleanOptions(keep=("headline",)))
    assert texts(article)[0] == article.title
    assert texts(article).count(article.title or "") == 1


def test_a_caption_stands_between_the_paragraphs_around_its_picture() -> None:
    paragraphs = story(5, 4)
    page = f"""<body><article><h1>A headline</h1><p>{paragraphs[0]}</p><p>{paragraphs[1]}</p>
      <figure><img src="a.jpg"><figcaption>The quay at noon.</figcaption></figure>
      <p>{paragraphs[2]}</p><p>{paragraphs[3]}</p></article></body>"""
    kept = texts(clean(page, options=CleanOptions(keep=("captions",))))
    assert kept == [*paragraphs[:2], "The quay at noon.", *paragraphs[2:]]


def test_a_byline_below_the_standfirst_comes_back_by_the_authors_name() -> None:
    head = '<title>A headline</title><meta name="author" content="Ina Holm">'
    parts = [f"<p>{part}</p>" for part in story(7, 4)]
    byline = '<div class="x1"><a href="/ina">Ina Holm</a></div>'
    page = f"""<head>{head}</head><body><article><h1>A headline</h1>{parts[0]}{byline}
      {"".join(parts[1:])}</article></body>"""
    assert "Ina Holm" not in clean(page).text
    kept = texts(clean(page, options=CleanOptions(keep=("byline",))))
    assert kept.index("Ina Holm") == 1


def test_a_button_of_a_player_is_no_caption() -> None:
    player = '<figure class="player"><video></video><div><a href="#">English</a></div></figure>'
    page = f"<body><article>{''.join(f'<p>{p}</p>{player}' for p in story(8, 3))}</article></body>"
    assert "English" in {removal.text for removal in clean(page).removals}
    assert clean(page, options=CleanOptions(keep=("captions",))).text == clean(page).text


def test_keeping_everything_costs_a_hostile_page_little_more() -> None:
    lines = "".join(f"<p>Section {number} of them all</p>" for number in range(2000))
    people = [{"@type": "Person", "name": f"Ina Holm {number}"} for number in range(500)]
    data = json.dumps({"@type": "NewsArticle", "headline": "A headline", "author": people})
    page = f"""<head><script type="application/ld+json">{data}</script></head><body><div class="{"x " * 200_000}">
      <article><h1>A headline</h1>{lines}{"".join(f"<p>{p}</p>" for p in story(9, 40))}</article></div></body>"""
    costs = []
    for options in (None, EVERYTHING):
        began = time.process_time()
        clean(page, options=options)
        costs.append(time.process_time() - began)
    assert costs[1] < 2 * costs[0] + 0.5


def test_the_captions_and_datelines_of_teasers_beside_the_article_stay_out() -> None:
    card = '<div class="card"><img src="b.jpg"><figcaption>A pig on a pier.</figcaption><time>1 May 2026</time></div>'
    page = f"""<body><main><article><h1>A headline</h1>{"".join(f"<p>{p}</p>" for p in story(6, 4))}</article>
      <div class="cards">{card * 3}</div></main></body>"""
    assert clean(page, options=EVERYTHING).text == clean(page, options=CleanOptions(keep=("headline",))).text


LINES = [pytest.param(rule, id=rule.id) for rule in load_rules().lines if rule.id not in debris()]


@pytest.mark.parametrize("rule", LINES)
def test_a_line_rule_of_a_kept_family_leaves_its_own_example_in_ready_made_text(rule: LineRule) -> None:
    family = next(name for name, family in families().items() if rule.id in family.rules)
    article = clean_text(rule.example, options=CleanOptions(keep=(family,)))
    assert rule.id not in {removal.rule for removal in article.removals}
    assert restore(article) == rule.example


def test_every_packaged_rule_is_in_a_family_or_debris_and_nothing_else_is() -> None:
    kept = frozenset[str]().union(*(family.rules for family in families().values()))
    assert not kept & debris()
    assert kept | debris() == {rule.id for rule in load_rules()}


def test_an_unknown_family_is_told_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no family 'caption' of rules to keep; there are captions, headline, kicker"):
        CleanOptions(keep=("caption",))


def test_rules_alone_and_a_choice_for_the_model_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="exclude each other"):
        CleanOptions(only_rules=True, favor="recall")


@pytest.mark.parametrize("folder", FOLDERS)
def test_rules_alone_remove_only_by_rules_that_are_data_and_the_links_back_of_notes(folder: str) -> None:
    article = cleaned(folder, CleanOptions(only_rules=True))
    assert {removal.rule for removal in article.removals} - {BACK_LINK} <= {rule.id for rule in load_rules()}
    assert article.confidence is None


@pytest.mark.parametrize("folder", FOLDERS)
def test_precision_gives_a_part_of_the_usual_text_and_recall_more(folder: str) -> None:
    few, usual, many = (cleaned(folder, CleanOptions(favor=favor)) for favor in ("precision", "", "recall"))  # type: ignore[arg-type]
    assert is_part(texts(few), texts(usual))
    assert is_part(texts(usual), texts(many))
    assert bool(few.text) == bool(usual.text)


CHOICES = [
    CleanOptions(keep=("captions",)),
    CleanOptions(keep=("captions", "headline")),
    EVERYTHING,
    CleanOptions(only_rules=True),
    CleanOptions(favor="precision"),
    CleanOptions(favor="recall"),
    CleanOptions(keep=("captions",), favor="recall"),
]


def test_each_choice_has_a_version_of_its_own_and_the_usual_one_that_of_the_rules() -> None:
    rules = load_rules()
    versions = [rules.with_options(choice).version for choice in CHOICES]
    assert len({version[:64] for version in [rules.version, *versions]}) == len(CHOICES) + 1
    assert rules.with_options(CleanOptions()).version == rules.version
    assert all(version.endswith(f"+{choice.label}") for version, choice in zip(versions, CHOICES, strict=True))
    assert cleaned("pull-quote", EVERYTHING).rules_version == rules.with_options(EVERYTHING).version


def test_the_order_of_families_does_not_matter() -> None:
    assert CleanOptions(keep=("headline", "captions", "headline")) == CleanOptions(keep=("captions", "headline"))


def test_rules_with_options_are_sent_to_another_process_by_name_and_come_back_the_same() -> None:
    rules = load_rules().with_options(EVERYTHING)
    sent = pickle.dumps(rules)
    back = pickle.loads(sent)  # noqa: S301 - its own
    assert isinstance(back, RuleSet)
    assert (back.version, back.options, back.lines is rules.lines) == (rules.version, rules.options, True)
    assert len(sent) < 1000


def test_rules_that_have_options_take_no_others() -> None:
    with pytest.raises(ValueError, match=r"have options already: keep\.all"):
        load_rules().with_options(EVERYTHING).with_options(CleanOptions(only_rules=True))


def test_many_pages_are_cleaned_with_the_options() -> None:
    pages = [Page((PAGES / "caption-and-credit" / "source.html").read_bytes()), Page("Advertisement", is_text=True)]
    first, second = clean_many(pages, jobs=1, options=CleanOptions(keep=("captions",)))
    assert "The first bowl, a little crooked, will stay in the mill." in first.text
    assert second.rules_version == first.rules_version


def test_the_page_on_rules_lists_the_families_as_their_file_has_them() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
    rows = "\n".join(f"| `{name}` | {family.what} |" for name, family in families().items())
    assert rows in page


@pytest.mark.parametrize("choice", [CleanOptions(), *CHOICES], ids=str)
def test_a_version_tells_the_choice_again(choice: CleanOptions) -> None:
    assert CleanOptions.of_version(load_rules().with_options(choice).version) == choice
