"""Test the names in bylines: they have no "By", role, place or address."""

from __future__ import annotations

import pytest

from cleaners.metadata.authors import is_person, is_weak, names_in


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Ada Byron", ["Ada Byron"]),
        ("By Ada Byron, Grace Hopper and Mary Jackson", ["Ada Byron", "Grace Hopper", "Mary Jackson"]),
        ("Von Ada Byron und Grace Hopper", ["Ada Byron", "Grace Hopper"]),
        ("Ada de la Cruz y Zoë O’Neil", ["Ada de la Cruz", "Zoë O’Neil"]),
        ("Ada Byron &amp; Grace Hopper", ["Ada Byron", "Grace Hopper"]),
        ("Anderson Sandoval", ["Anderson Sandoval"]),
        ("Written by: Ada Byron", ["Ada Byron"]),
        ("Text: Ada Byron", ["Ada Byron"]),
        ("Por Ada Byron", ["Ada Byron"]),
        ("Di Ada Byron", ["Ada Byron"]),
        ("Af Ada Byron", ["Ada Byron"]),
        ("Oleh Ada Byron", ["Ada Byron"]),
        ("Автор: Ада Байрон", ["Ада Байрон"]),
        ("（责编：牛镛、岳弘彬）", ["牛镛", "岳弘彬"]),
        ("Di Maio", ["Di Maio"]),
        ("De la Cruz", ["De la Cruz"]),
        ("Ada Byron, reporter", ["Ada Byron"]),
        ("Ada Byron, Lille", ["Ada Byron"]),
        ("Ada Byron in London", ["Ada Byron"]),
        ("Ada Byron - Gazette Editorial Team", ["Ada Byron"]),
        ("Ada Byron (Content Manager)", ["Ada Byron"]),
        ("Ada Byron, MD, PhD", ["Ada Byron, MD, PhD"]),
        ("Byron, Ada K.", ["Ada K. Byron"]),
        ("ADA BYRON", ["ADA BYRON"]),
        ("srf/hosb", ["srf/hosb"]),
        ("https://gazette.example/author/ada", []),
        ("ada@gazette.example", []),
        ("#/schema/person/7f9", []),
        ("null", []),
        ("admin", []),
        ("", []),
        ("One who has written for us about the sea since long ago", []),
    ],
)
def test_names_are_parted_and_what_is_no_name_is_left_out(byline: str, names: list[str]) -> None:
    assert names_in(byline) == names


@pytest.mark.parametrize(
    "text", ["Ada Byron", "Ada van der Berg", "Bill MCCARTHY", "Jean-Luc O’Neil", "牛镛", "김혜진"]
)
def test_what_looks_like_a_person(text: str) -> None:
    assert is_person(text)


@pytest.mark.parametrize(
    "text", ["Share this", "Read More", "Senior Writer", "March 2026", "Ada", "ada byron", "", "7"]
)
def test_what_does_not_look_like_a_person(text: str) -> None:
    assert not is_person(text)


@pytest.mark.parametrize("name", ["The Gazette", "gazette.example", "Gazette Staff", "admin", "ada_b", "Redaktion"])
def test_the_site_offices_and_accounts_are_weak_names(name: str) -> None:
    assert is_weak(name, frozenset(["thegazette"]))


@pytest.mark.parametrize("name", ["Ada Byron", "Kristin", "dpa", "AFP", "牛镛", "Ада"])
def test_persons_and_agencies_are_not(name: str) -> None:
    assert not is_weak(name, frozenset(["thegazette"]))
