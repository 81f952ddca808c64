"""What a fetch leaves for the next one: the validators of a source, and when they are not trusted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scraper.frontier import FoundUrl, Frontier, Row
from scraper.outcomes import FETCHED, NOT_MODIFIED
from scraper.revisit.revisits import UNTRUSTED, Answer, Ending, visit_of
from scraper.seeds import Seed

SEED = Seed("Gazette", feeds=("https://a.example/feed",))
MONDAY, TUESDAY = "Mon, 16 Nov 2026 00:00:00 GMT", "Tue, 17 Nov 2026 00:00:00 GMT"


@pytest.fixture
def feed() -> Row:
    """A feed as it was read before."""
    frontier = Frontier(None)
    frontier.add([FoundUrl(SEED.feeds[0], "feed", SEED.name)])
    (row,) = frontier.lease(1)
    frontier.dispose()
    return replace(row, status=FETCHED, visits=1, etag='"1"', last_modified=None, digest="old")


def validators(row: Row, answer: Answer, known_share: float | None, status: str = FETCHED) -> tuple[str | None, ...]:
    visit = visit_of(row, SEED, (), Ending(status, 0.0, answer, known_share))
    return visit.etag, visit.last_modified, visit.digest


@pytest.mark.parametrize("share", [0.0, 0.99])
def test_a_source_with_new_entries_under_its_old_etag_is_not_trusted_again(feed: Row, share: float) -> None:
    assert validators(feed, Answer(200, '"1"', TUESDAY, "new"), share) == (UNTRUSTED, UNTRUSTED, "new")
    untrusted = replace(feed, etag=UNTRUSTED, last_modified=UNTRUSTED)
    assert validators(untrusted, Answer(200, '"2"', TUESDAY, "newer"), share) == (UNTRUSTED, UNTRUSTED, "newer")


def test_a_source_with_new_entries_under_its_old_date_is_not_trusted_again(feed: Row) -> None:
    dated = replace(feed, etag=None, last_modified=MONDAY)
    assert validators(dated, Answer(200, None, MONDAY, "new"), 0.5) == (UNTRUSTED, UNTRUSTED, "new")
    assert validators(dated, Answer(200, None, TUESDAY, "new"), 0.5) == (None, TUESDAY, "new")


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        (Answer(200, '"2"', None, "new"), 0.0),
        (Answer(200, '"1"', None, "old"), 0.0),
        (Answer(200, '"1"', None, "new"), 1.0),
        (Answer(200, '"1"', None, "new"), None),
    ],
)
def test_other_answers_of_a_source_leave_their_validators(feed: Row, answer: Answer, share: float | None) -> None:
    assert validators(feed, answer, share) == (answer.etag, None, answer.digest)


def test_an_article_may_change_under_its_etag(feed: Row) -> None:
    article = replace(feed, kind="article")
    assert validators(article, Answer(200, '"1"', None, "new"), None) == ('"1"', None, "new")


def test_a_304_leaves_what_was_known(feed: Row) -> None:
    assert validators(feed, Answer(304, '"9"', None, None), None, NOT_MODIFIED) == (None, None, None)
