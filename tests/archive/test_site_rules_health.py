"""Health of learned rules: a template that changes is told, and chance is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Capture, Collection
from archive.site_rules import RuleHealth, accept, health, rule_file, write_proposed
from archive.site_rules.health import is_named
from cleaners import Evidence, clean, load_in_force
from cleaners.learn import Proposal

HOST = "tidewater.example"
SIGN_UP = "Every tide in your pocket: the Tidewater briefing, each morning at six."
RULE = f"sites/{HOST}/sign-up"
DAY = datetime(2026, 11, 1, 12, tzinfo=UTC)
PROPOSAL = Proposal(
    id="sign-up",
    verb="line",
    pattern=r"Every tide in your pocket\b.*",
    why="asks the reader to subscribe",
    example=SIGN_UP,
    keeps="Nobody on the quay could say why the ferry had sailed without its cook.",
    evidence=Evidence(
        pages=28,
        of=30,
        first_seen="2026-10-01",
        last_seen="2026-10-31",
        urls=(f"https://{HOST}/a",),
        removes=(SIGN_UP,),
        characters=2000,
        position="tail",
        places=("body/main/article/p",),
        facts=(),
        probability=0.99,
    ),
)


def html(number: int, debris: str, place: str) -> bytes:
    """A page with an article of its own, and *debris* at the end of the article or below it."""
    names = ("harbour", "brewery", "theatre", "station", "museum")
    prose = "".join(
        f"<p>On day {number} the {name} stayed closed until the wind had fallen, said the {name}'s keeper, "
        f"who had counted {number * 7 + n} ships and {number + n} gulls from the tower since the morning.</p>"
        for n, name in enumerate(names)
    )
    inside, below = (debris, "") if place == "article" else ("", debris)
    return (
        f"<!doctype html><html><head><title>Day {number} at the quay</title></head><body><main><article>"
        f"<h1>Day {number} at the quay</h1>{prose}{inside}</article><div>{below}</div></main>"
        "</body></html>"
    ).encode()


class Archive:
    """A data root into which pages are crawled, a day each time."""

    def __init__(self, root: Path, capture: Capture) -> None:
        self.root = root
        self._capture = capture
        self._pages = 0

    def accept(self, days: int, proposal: Proposal = PROPOSAL) -> None:
        """Accept a rule so many days after the first."""
        write_proposed(self.root, HOST, [proposal])
        accept(self.root, HOST, [proposal.id], f"{DAY + timedelta(days):%Y-%m-%d}")

    def crawl(
        self, days: int, pages: Iterable[bool], *, place: str = "article", host: str = HOST, cleaned: int | None = None
    ) -> None:
        """Store pages of a day, with debris or without; *cleaned*: the day of their cleaning, where it is another."""
        fetched = DAY + timedelta(days)
        stored = DAY + timedelta(days if cleaned is None else cleaned)
        rules = load_in_force(self.root)
        with Collection(
            self.root, software="pressclip/0.1.0", rules_version=rules.version, now=lambda: stored
        ) as collection:
            for with_debris in pages:
                self._pages += 1
                url = f"https://{host}/{self._pages}"
                body = html(self._pages, f"<p>{SIGN_UP}</p>" if with_debris else "", place)
                moment = fetched + timedelta(seconds=self._pages)
                kept = collection.store(replace(self._capture, url=url, fetched=moment, body=body))
                collection.store_text(kept, clean(body, url=url, rules=rules))

    @property
    def health(self) -> RuleHealth:
        """The one rule's."""
        (found,) = health(self.root)
        return found


@pytest.fixture
def archive(tmp_path: Path, capture: Capture) -> Archive:
    plain = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8"
    return Archive(tmp_path / "data", replace(capture, response_head=plain))


def test_a_line_that_goes_with_a_template_is_told_and_not_before_chance_is_out_of_question(archive: Archive) -> None:
    archive.accept(0)
    archive.crawl(1, [True] * 10)
    assert (archive.health.captures, archive.health.fired, archive.health.flags) == (10, 10, ())
    archive.crawl(2, [False] * 19)
    assert (archive.health.silent_for, archive.health.flags) == (19, ())
    archive.crawl(3, [False])
    found = archive.health
    assert (found.rule, found.host, found.share) == (RULE, HOST, 28 / 30)
    assert (found.captures, found.silent_for, found.last_fired, found.flags) == (30, 20, "2026-11-02", ("silent",))
    assert found.url == f"https://{HOST}/30"
    archive.crawl(4, [True])
    assert (archive.health.silent_for, archive.health.flags) == (0, ())


def test_a_rule_that_fires_rarely_may_be_silent_for_long(archive: Archive) -> None:
    archive.accept(0, replace(PROPOSAL, evidence=replace(PROPOSAL.evidence, pages=6)))
    archive.crawl(1, [True])
    archive.crawl(2, [False] * 30)
    assert (archive.health.silent_for, archive.health.flags) == (30, ())
    archive.crawl(3, [False])
    assert archive.health.flags == ("silent",)


def test_a_rule_that_fires_in_another_part_of_the_page_is_told(archive: Archive) -> None:
    archive.accept(0)
    archive.crawl(1, [True] * 10)
    assert (archive.health.latest, archive.health.elsewhere) == (10, ())
    archive.crawl(2, [True] * 5, place="below")
    assert archive.health.flags == ()
    archive.crawl(3, [True], place="below")
    found = archive.health
    assert (found.flags, len(found.elsewhere), found.latest) == (("moved",), 6, 10)
    assert (set(found.elsewhere), found.url) == ({"body/main/div/p"}, f"https://{HOST}/16")
    assert found.as_dict()["elsewhere"] == ["body/main/div/p"]


def test_few_firings_elsewhere_and_firings_of_a_rule_without_places_tell_nothing(archive: Archive) -> None:
    archive.accept(0)
    archive.crawl(1, [True] * 4, place="below")
    assert archive.health.flags == ()
    path = rule_file(archive.root, "sites", HOST)
    path.write_text(path.read_text().replace('"body/main/article/p",', ""))
    archive.crawl(2, [True] * 10, place="below")
    assert (archive.health.fired, archive.health.flags) == (14, ())


@pytest.mark.parametrize(
    ("place", "places", "known"),
    [
        ("body/main/p", ("body/div/p", "body/main/p"), True),
        ("body/main/p", ("main/p",), True),
        ("body/div/main/p", ("body/main/p",), False),
        ("body/aside", ("body/aside/div/p",), True),
        ("body/aside/div/p", ("body/aside",), False),
        ("//" + "div/" * 60 + "p", ("div/" * 23 + "p",), True),
    ],
    ids=["named", "without-body", "another", "around-it", "within-it", "deep"],
)
def test_a_place_is_named_where_the_rule_took_it_or_what_holds_it(
    place: str, places: tuple[str, ...], known: bool
) -> None:
    assert is_named(place, replace(PROPOSAL.evidence, places=places)) == known


def test_texts_made_before_the_rule_was_accepted_do_not_count_and_recleaned_ones_do(archive: Archive) -> None:
    archive.crawl(0, [False] * 40)
    archive.crawl(3, [False] * 5)
    archive.accept(3)
    assert archive.health.captures == 0
    archive.crawl(3, [False] * 3)
    assert archive.health.captures == 3
    archive.crawl(3, [True])
    assert (archive.health.captures, archive.health.silent_for) == (4, 0)
    archive.crawl(-5, [False] * 2, cleaned=5)
    assert (archive.health.captures, archive.health.silent_for) == (6, 0)


def test_a_rule_that_was_accepted_elsewhere_before_counts_from_its_coming(archive: Archive) -> None:
    archive.crawl(4, [False] * 30)
    archive.accept(2)
    assert archive.health.captures == 0
    archive.crawl(5, [False] * 2)
    assert archive.health.captures == 2


def test_a_silence_goes_on_when_other_rules_change(archive: Archive) -> None:
    archive.accept(0)
    archive.crawl(1, [True] * 2)
    path = rule_file(archive.root, "sites", HOST)
    for day in (2, 3, 4, 5):
        path.write_text(path.read_text() + "# another rule may stand here\n")
        archive.crawl(day, [False] * 5)
    path.write_text(path.read_text() + "# and here\n")
    assert (archive.health.captures, archive.health.flags) == (22, ("silent",))


def test_pages_of_a_subdomain_do_not_count(archive: Archive) -> None:
    archive.accept(0)
    archive.crawl(1, [True])
    archive.crawl(2, [False] * 30, host=f"sport.{HOST}")
    assert (archive.health.captures, archive.health.flags) == (1, ())


def test_without_learned_rules_nothing_is_read_or_made(archive: Archive) -> None:
    archive.crawl(0, [True])
    assert health(archive.root) == []
    write_proposed(archive.root, HOST, [PROPOSAL])
    by_hand = rule_file(archive.root, "sites", HOST)
    by_hand.parent.mkdir(parents=True)
    table = "[[rule]]\nid = 'tide'\nwhy = 'the tide table'\nline = 'High water: .*'\n"
    by_hand.write_text(f"{table}example = 'High water: 04:12'\nkeeps = 'High water came at noon.'\n")
    assert health(archive.root) == []
    assert not (archive.root / "rules" / "statistics.sqlite").exists()


def test_a_root_with_rules_and_no_pages_has_nothing_to_tell(tmp_path: Path) -> None:
    write_proposed(tmp_path, HOST, [PROPOSAL])
    accept(tmp_path, HOST, ["sign-up"], "2026-11-01")
    assert health(tmp_path) == []
    assert not (tmp_path / "catalog.sqlite").exists()
