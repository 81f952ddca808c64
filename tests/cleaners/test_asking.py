"""trafilatura is asked where the block model alone is not sure of the text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cleaners import CleanOptions, clean
from cleaners.classify import NAMES, BlockModel, ModelName, Models, model_bytes, packaged_model
from cleaners.classify.features import CHOICE_NAMES
from cleaners.rules.choice import Favor

SAYS = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Storm closes harbour"}</script>'
PLACES = ("pier", "lighthouse", "fish market", "ferry dock", "sea wall", "customs house", "shipyard", "old bridge")
STORY = "".join(
    f"<p>The storm reached the {place} on Monday, said the harbour master, and all who worked there went home before "
    f"noon. By evening the water around the {place} had fallen, and most of the damage was small.</p>"
    for place in PLACES
)
MENU = "<nav><ul><li><a href=/>Home</a><li><a href=/sea>Sea</a></ul></nav>"


def page(head: str, story: str) -> str:
    title = "Storm closes harbour"
    return f"<html><head><title>{title}</title>{head}</head><body>{MENU}<article><h1>{title}</h1>{story}"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that trafilatura was asked about, in whose every text it finds nothing."""
    pages: list[str] = []
    monkeypatch.setattr("cleaners.classify.decide.main_text", lambda root, container, url: pages.append("asked") or "")
    return pages


@pytest.mark.parametrize("head", [SAYS, ""], ids=["declared", "undeclared"])
def test_a_long_text_that_the_model_is_sure_of_is_not_shown_to_trafilatura(asked: list[str], head: str) -> None:
    article = clean(page(head, STORY))
    assert article.text.count("\n\n") >= len(PLACES) - 1
    assert article.confidence is not None
    assert not any(flag.startswith("fallback:") for flag in article.flags)
    assert not asked


@pytest.mark.parametrize("head", [SAYS, ""], ids=["declared", "undeclared"])
def test_a_page_without_a_text_is_shown_to_it(asked: list[str], head: str) -> None:
    clean(page(head, "<p>Share"))
    assert asked == ["asked"]


@pytest.mark.parametrize(
    ("head", "story", "favor", "expected"),
    [
        (SAYS, STORY, "", ["article alone"]),
        ("", STORY, "", ["page alone"]),
        (SAYS, STORY[:200], "", ["article alone", "article"]),
        ("", STORY[:200], "", ["page alone", "page"]),
        (SAYS, STORY, "recall", ["article"]),
        ("", STORY, "recall", ["page"]),
    ],
    ids=["declared", "undeclared", "short", "undeclared and short", "recall", "undeclared, recall"],
)
def test_a_model_is_read_only_where_no_other_is_sure_before(
    head: str, story: str, favor: Favor, expected: list[str]
) -> None:
    names, models = recorded()
    clean(page(head, story), models=models, options=CleanOptions(favor=favor))
    assert names[: len(expected)] == expected
    assert len(names) == len(expected) or story != STORY


def test_the_model_of_other_pages_is_read_before_trafilatura_is_asked(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cleaners.classify.decide.ALONE_DECLARED", (("article alone", -1.0), ("page alone", 1.0)))
    names, models = recorded()
    clean(page(SAYS, STORY), models=models)
    assert (names, asked) == (["article alone", "page alone"], [])


@pytest.mark.parametrize(("least", "times"), [(1000, 0), (100_000, 1)], ids=["long", "not so long"])
def test_a_long_text_of_another_page_is_not_shown_to_it_whatever_the_doubt(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, least: int, times: int
) -> None:
    monkeypatch.setattr("cleaners.classify.decide.ALONE_UNDECLARED", (("page alone", -1.0),))
    monkeypatch.setattr("cleaners.classify.decide.ENOUGH_TEXT", least)
    clean(page("", STORY))
    assert asked == ["asked"] * times


def recorded() -> tuple[list[ModelName], Models]:
    names: list[ModelName] = []

    def models(name: ModelName) -> BlockModel:
        names.append(name)
        return packaged_model(name)

    return names, models


def test_whoever_favours_recall_has_it_asked(asked: list[str]) -> None:
    clean(page(SAYS, STORY), options=CleanOptions(favor="recall"))
    assert asked == ["asked"]


@pytest.mark.parametrize("name", ["article alone", "page alone"])
def test_a_model_that_is_asked_first_does_not_know_the_choice(name: ModelName) -> None:
    model = json.loads(model_bytes(name))[name]
    known = {
        NAMES[number] for trees in (model["first"], model["second"]) for tree in trees for number in features_of(tree)
    }
    assert known
    assert known.isdisjoint(CHOICE_NAMES)


def features_of(tree: Any) -> list[int]:  # noqa: ANN401 - a leaf's value, or a list
    return [tree[0], *features_of(tree[2]), *features_of(tree[3])] if isinstance(tree, list) else []
