"""Learned rules on the benchmark's planted hosts: what they take is debris, and what they leave is the article."""

from __future__ import annotations

import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial

import pytest
from bs4 import BeautifulSoup

from benchmarks.planted import Host, hosts, learn
from benchmarks.planted.learning import article_part, cleaned
from benchmarks.rules import figures, run
from benchmarks.rules_learned import run as run_unjudged

pytestmark = pytest.mark.slow

PAGES = 10


@cache
def found() -> dict[str, float]:
    """Return the figures of all hosts at ten pages."""
    with ProcessPoolExecutor() as pool:
        return figures([outcome for _, outcome in pool.map(run, hosts(), [PAGES] * len(hosts()))])


def test_nearly_all_that_is_proposed_is_debris() -> None:
    assert found()["precision"] >= 0.97


def test_nearly_all_planted_lines_that_the_generic_rules_left_are_found() -> None:
    assert found()["recall"] >= 0.9


@pytest.mark.parametrize("folder", ["hosts", "unseen"])
def test_rules_that_apply_unjudged_take_no_text_of_an_article_and_most_planted_lines(folder: str) -> None:
    known = hosts(folder)
    with ProcessPoolExecutor() as pool:
        counted = figures([one for _, one in pool.map(partial(run_unjudged, count=PAGES, kind="whole"), known)])
    assert (counted["wrong_chars"], counted["gold_chars_lost"]) == (0, 0)
    assert counted["recall"] >= 0.7


def test_the_articles_keep_their_text() -> None:
    assert found()["gold_lost"] <= 0.001


def test_the_debris_that_is_left_falls_by_more_than_half() -> None:
    assert found()["debris_left"] <= 0.5


def test_a_host_teaches_the_same_whatever_the_order_of_its_pages() -> None:
    host = hosts()[0]
    pages = {f"https://{host.address}{page.path}": page for page in host.pages(PAGES)}
    articles = cleaned(pages)
    shuffled = list(pages)
    random.Random(8).shuffle(shuffled)
    sent = {url: (page.html, page.day) for url, page in pages.items()}
    assert learn(host.address, sent, articles) == learn(
        host.address, {url: sent[url] for url in shuffled}, {url: articles[url] for url in shuffled}
    )


@pytest.mark.parametrize("host", hosts(), ids=lambda host: host.address)
def test_a_planted_page_holds_its_truth(host: Host) -> None:
    for page in host.pages(3):
        visible = " ".join(BeautifulSoup(page.html, "lxml").get_text(" ").split())
        texts = [part for line in page.gold for part in line.split(" | ")] + [plant.text for plant in page.planted]
        assert [text for text in texts if " ".join(text.split()) not in visible] == []


def test_a_planted_host_is_the_same_each_time_and_another_with_another_salt() -> None:
    host = hosts()[1]
    assert list(host.pages(5)) == list(host.pages(5))
    assert {page.html for page in host.pages(5)}.isdisjoint(page.html for page in replace(host, salt="x").pages(5))


def test_what_a_rule_takes_is_told_apart_by_whose_it_is() -> None:
    page = next(hosts()[0].pages(1))
    debris = page.planted[0].text
    assert article_part(debris, page) == ""
    assert article_part(f"{debris}\n{page.gold[1]}", page) == page.gold[1]
