from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.dataset.dedup import duplicates
from archive.dataset.dedup.duplicates import NEAR
from archive.dataset.dedup.keys import jaccard, shingles_of, words_of
from benchmarks import corpora
from tests.support.dataset_verdicts import Verdicts, prose, verdicts

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ENDS = ("", "-edited")
Row = dict[str, Any]


def row(name: str, text: str, hours: int | None = None, **columns: Any) -> Row:  # noqa: ANN401
    published = None if hours is None else NOON + timedelta(hours=hours)
    return {"id": name, "text": text, "url": None, "published": published, "fetched": None, **columns}


def measured(one: str, other: str) -> float:
    return jaccard(*(shingles_of(words_of(text).hashes) for text in (one, other)))


def edited(text: str, seed: int, share: float = 0.008) -> str:
    """Return a near duplicate: some words replaced, a line at the end."""
    chance = random.Random(seed)
    words = [f"edit{chance.randrange(99)}" if chance.random() < share else word for word in text.split(" ")]
    return " ".join(words) + "\n\nThis version was updated by the desk at noon."


def why(decided: Verdicts) -> dict[str, tuple[str, str]]:
    return {name: (v["reason"], v["duplicate_of"] or v["revision_of"]) for name, v in decided.items() if v["reason"]}


def test_an_equal_text_is_dropped_for_the_earliest_published(tmp_path: Path) -> None:
    decided = verdicts(tmp_path, [row("a", prose(1), 5), row("b", prose(1).upper(), 1), row("c", prose(1))])
    assert why(decided) == {"a": ("exact_duplicate", "b"), "c": ("exact_duplicate", "b")}
    assert {decided[name]["similarity"] for name in "ac"} == {1}
    assert {v["cluster_id"] for v in decided.values()} == {"b"}
    assert {v["story_id"] for v in decided.values()} == {"a"}


def test_a_near_duplicate_names_its_keeper_and_the_measured_similarity(tmp_path: Path) -> None:
    rows = [row("a", prose(1), 1), row("b", edited(prose(1), 1), 2), row("c", prose(2), 1)]
    decided = verdicts(tmp_path, rows)
    assert why(decided) == {"b": ("near_duplicate", "a")}
    assert decided["b"]["similarity"] == pytest.approx(measured(rows[0]["text"], rows[1]["text"]))


def test_pairs_at_the_threshold_are_dropped_above_it_and_stay_below(tmp_path: Path) -> None:
    texts = {k: (prose(k, 40), edited(prose(k, 40), k, 0.025)) for k in range(60)}
    likeness = {f"{k:02}-edited": measured(*pair) for k, pair in texts.items()}
    assert 10 < sum(NEAR <= similarity < 0.85 for similarity in likeness.values()) < 50
    rows = [
        row(f"{k:02}{end}", text, hour)
        for k, p in texts.items()
        for hour, (end, text) in enumerate(zip(ENDS, p, strict=True))
    ]
    decided = verdicts(tmp_path, rows)
    assert {name for name, v in decided.items() if v["reason"]} == {name for name, s in likeness.items() if s >= NEAR}


def test_of_near_duplicates_of_one_moment_the_longest_stays_then_the_smallest_id(tmp_path: Path) -> None:
    text = prose(1)
    decided = verdicts(tmp_path, [row("a", text), row("b", edited(text, 1)), row("c", text), row("d", prose(9))])
    assert why(decided) == {"a": ("near_duplicate", "b"), "c": ("near_duplicate", "b")}


def test_a_row_that_is_like_a_dropped_one_but_not_like_the_keeper_stays(tmp_path: Path) -> None:
    words = prose(3, 40).split(" ")
    texts = [" ".join(words[start : start + 400]) for start in (0, 30, 60)]
    assert measured(texts[0], texts[1]) > NEAR > measured(texts[0], texts[2])
    decided = verdicts(
        tmp_path, [row(name, text, hour) for hour, (name, text) in enumerate(zip("abc", texts, strict=True))]
    )
    assert why(decided) == {"b": ("near_duplicate", "a")}
    assert decided["a"]["story_id"] == decided["c"]["story_id"]


def test_an_equal_text_of_a_near_duplicate_names_the_row_that_stays(tmp_path: Path) -> None:
    near = edited(prose(1), 1)
    decided = verdicts(tmp_path, [row("a", prose(1), 1), row("b", near, 2), row("c", near, 3)])
    assert why(decided) == {"b": ("near_duplicate", "a"), "c": ("near_duplicate", "a")}
    assert decided["b"]["similarity"] == decided["c"]["similarity"] < 1


def test_the_newest_text_of_an_address_stays_and_older_ones_are_its_revisions(tmp_path: Path) -> None:
    def fetched(name: str, text: str, hours: int) -> Row:
        return row(name, text, 0, url="https://gazette.example/storm", fetched=NOON + timedelta(hours=hours))

    texts = [prose(1, 20), prose(1, 20) + " " + prose(2, 10), prose(1, 20) + " " + prose(2, 12)]
    rows = [fetched(name, text, hour) for hour, (name, text) in enumerate(zip("abc", texts, strict=True))]
    decided = verdicts(tmp_path, [*rows, fetched("d", texts[2], 9), row("e", texts[0], 8)])
    assert why(decided) == {"a": ("revision", "c"), "b": ("revision", "c"), "d": ("exact_duplicate", "c")}
    assert decided["a"]["duplicate_of"] is None
    assert decided["a"]["similarity"] == pytest.approx(measured(texts[0], texts[2]))
    assert {decided[name]["cluster_id"] for name in "abcd"} == {"c"}


def test_without_a_time_of_fetching_nothing_is_a_revision(tmp_path: Path) -> None:
    rows = [row(name, prose(seed), url="https://gazette.example/") for seed, name in enumerate("ab")]
    assert why(verdicts(tmp_path, rows)) == {}


def test_rows_without_words_are_no_duplicates_of_each_other(tmp_path: Path) -> None:
    assert why(verdicts(tmp_path, [row("a", ""), row("b", ""), row("c", "—"), row("d", "* *")])) == {}


def test_pages_of_a_template_are_compared_with_few_and_like_ones_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    real = duplicates.jaccard
    monkeypatch.setattr(duplicates, "jaccard", lambda a, b: compared.append(1) or real(a, b))
    frame, count = prose(1, 40), 400
    rows = [row(f"{k:03}", f"{frame}\n\n{prose(100 + k, 3)}", k) for k in range(count)]
    decided = verdicts(tmp_path, rows)
    assert {v["reason"] for name, v in decided.items() if name != "000"} == {"near_duplicate"}
    assert len(compared) < 3 * count


def same_rows(tmp_path: Path, rows: list[Row], seed: int) -> tuple[Verdicts, Verdicts]:
    shuffled = random.Random(seed).sample(rows, len(rows))
    return verdicts(tmp_path / "one", rows), verdicts(tmp_path / "other", shuffled, shards=1 + seed % 5)


@pytest.mark.long
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 2)), max_size=12), st.integers(0, 99))
@settings(deadline=None, max_examples=25)
def test_the_order_of_rows_and_shards_never_matters(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, int, int]], seed: int
) -> None:
    rows = [
        row(f"r{k}", edited(prose(text, 12), edit) if edit else prose(text, 12), hours)
        | {"url": f"https://gazette.example/{k % 4}", "fetched": NOON + timedelta(hours=hours)}
        for k, (text, edit, hours) in enumerate(drawn)
    ]
    one, other = same_rows(tmp_path_factory.mktemp("order"), rows, seed)
    assert one == other
    texts = {each["id"]: each["text"] for each in rows}
    for name, verdict in one.items():
        keeper = one[verdict["cluster_id"]]
        assert keeper["reason"] is None
        if mate := verdict["duplicate_of"] or verdict["revision_of"]:
            assert verdict["similarity"] == pytest.approx(measured(texts[name], texts[mate]))
        if verdict["duplicate_of"]:
            assert verdict["similarity"] >= NEAR
            assert one[verdict["duplicate_of"]]["reason"] is None


@pytest.mark.long
@pytest.mark.skipif(not corpora.ROOT.exists(), reason="the development corpora (../shared) are not here")
def test_of_forty_planted_duplicates_among_440_pages_all_are_found_and_no_other(tmp_path: Path) -> None:
    pages = [page for page in corpora.pages("wcxb-dev") if len(page.text) > 1000][:400]
    chosen = random.Random(7).sample(pages, 40)
    rows = [row(page.id, page.text, 0) for page in pages]
    exact = [row(f"exact-{page.id}", page.text.replace("\n\n", "\n"), 1) for page in chosen[:20]]
    near = [row(f"near-{page.id}", edited(page.text, k), 1) for k, page in enumerate(chosen[20:])]
    assert min(measured(page.text, each["text"]) for page, each in zip(chosen[20:], near, strict=True)) > 0.8
    one, other = same_rows(tmp_path, [*rows, *exact, *near], 3)
    planted = {each["id"] for each in (*exact, *near)}
    assert {name for name, v in one.items() if v["reason"]} == planted
    assert {name: v["duplicate_of"] for name, v in one.items() if v["reason"]} == {
        name: name.partition("-")[2] for name in planted
    }
    texts = {each["id"]: each["text"] for each in (*rows, *near)}
    for each in near:
        assert one[each["id"]]["similarity"] == pytest.approx(
            measured(each["text"], texts[one[each["id"]]["duplicate_of"]])
        )
    assert one == other
