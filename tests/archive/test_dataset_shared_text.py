from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from archive.dataset.dedup.keys import words_of
from archive.dataset.dedup.shared_text import TOO_COMMON, quoted_of
from benchmarks import corpora, spins
from tests.support.dataset_verdicts import Verdicts, prose, verdicts

SEEDS = corpora.ROOT.parent / "seeds"


def row(name: str, text: str) -> dict[str, Any]:
    return {"id": name, "text": text, "url": None}


def sentences(seed: int) -> list[str]:
    return prose(seed).replace("\n\n", " ").split(". ")


def links(decided: Verdicts) -> set[tuple[str, str]]:
    return {(name, mate["id"]) for name, v in decided.items() for mate in v["shared_with"] or ()}


def test_texts_that_hold_the_same_passage_name_each_other_and_both_stay(tmp_path: Path) -> None:
    passage = ". ".join(sentences(1)[:4]) + "."
    rows = [row("a", prose(2) + "\n\n" + passage), row("b", passage + "\n\n" + prose(3, 12)), row("c", prose(4))]
    decided = verdicts(tmp_path, rows)
    assert {v["reason"] for v in decided.values()} == {None}
    assert links(decided) == {("a", "b"), ("b", "a")}
    assert {name: v["story_id"] for name, v in decided.items()} == {"a": "a", "b": "a", "c": "c"}
    words = len(words_of(passage).hashes)
    for name in "ab":
        (mate,) = decided[name]["shared_with"]
        assert mate["words"] == words
        assert mate["share"] == pytest.approx(words / len(words_of(rows["ab".index(name)]["text"]).hashes))
        assert mate["quoted_words"] == 0


def test_words_in_quotation_marks_are_counted_apart(tmp_path: Path) -> None:
    said, told = (". ".join(sentences(1)[k : k + 3]) for k in (0, 3))
    rows = [row("a", f"“{said}”, she wrote. {told}. {prose(2, 9)}"), row("b", f"{told}. {said}. {prose(3, 9)}")]
    decided = verdicts(tmp_path, rows)
    assert decided["a"]["shared_with"][0]["quoted_words"] == len(words_of(said).hashes)
    assert decided["b"]["shared_with"][0]["quoted_words"] == 0


@pytest.mark.parametrize(
    "text",
    ["“rain is near”", '"rain is near"', "«rain is near»", "„rain is near“", "‘rain is near’", "»rain is near«"],
)
def test_every_kind_of_quotation_marks_counts(text: str) -> None:
    assert quoted_of(f"he said {text} today").tolist() == [0, 0, 1, 1, 1, 0]


def test_an_open_quotation_ends_with_its_paragraph_and_apostrophes_quote_nothing() -> None:
    assert quoted_of("“rain is near\nthe port’s men’s boats didn't leave").sum() == 0


def test_a_passage_that_many_texts_hold_is_a_stock_phrase(tmp_path: Path) -> None:
    passage = ". ".join(sentences(1)[:4]) + "."
    rows = [row(f"{k:02}", f"{prose(10 + k, 12)}\n\n{passage}") for k in range(TOO_COMMON + 1)]
    assert links(verdicts(tmp_path / "many", rows)) == set()
    assert links(verdicts(tmp_path / "few", rows[:-1])) != set()


def test_one_sentence_in_a_long_text_is_too_little(tmp_path: Path) -> None:
    quote = sentences(1)[0] + "."
    assert (
        links(verdicts(tmp_path, [row("a", prose(2, 90) + " " + quote), row("b", prose(3, 90) + " " + quote)])) == set()
    )


def test_a_story_is_all_that_hangs_together_duplicates_too(tmp_path: Path) -> None:
    parts = [". ".join(sentences(seed)[:5]) + "." for seed in (1, 2)]
    rows = [
        row("d", parts[0] + "\n\n" + prose(5, 12)),
        row("c", parts[0] + "\n\n" + parts[1] + "\n\n" + prose(6, 12)),
        row("b", parts[1] + "\n\n" + prose(7, 40)),
        row("a", parts[1] + "\n\n" + prose(7, 40).replace(".", "!")),
        row("e", prose(8)),
    ]
    decided = verdicts(tmp_path, rows)
    assert {name for name, v in decided.items() if v["reason"]} == {"b"}
    assert {name: v["story_id"] for name, v in decided.items()} == {"a": "a", "b": "a", "c": "a", "d": "a", "e": "e"}


def test_shared_passages_are_found_in_scripts_without_spaces(tmp_path: Path) -> None:
    chance = random.Random(1)
    signs = [chr(code) for code in range(0x4E00, 0x4F80)]

    def made(count: int) -> str:
        return "。".join("".join(chance.choices(signs, k=24)) for _ in range(count)) + "。"

    passage = made(3)
    decided = verdicts(tmp_path, [row("a", made(9) + passage), row("b", passage + made(12)), row("c", made(12))])
    assert links(decided) == {("a", "b"), ("b", "a")}


@pytest.mark.skipif(not SEEDS.exists(), reason="the seeds (../shared) are not here")
def test_of_the_seeds_exactly_three_pairs_share_text(tmp_path: Path) -> None:
    rows = [row(path.name[:3], path.read_text("utf-8")) for path in sorted(SEEDS.glob("*.txt"))]
    decided = links(verdicts(tmp_path, rows))
    assert {pair for pair in decided if pair[0] < pair[1]} == {("001", "003"), ("001", "004"), ("003", "004")}


@pytest.mark.skipif(not corpora.ROOT.exists(), reason="the development corpora (../shared) are not here")
def test_texts_put_together_from_the_sentences_of_others_are_found_also_with_words_replaced(tmp_path: Path) -> None:
    articles = spins.articles("fundus-dev")
    made = spins.made(articles, count=12, replaced=0.15, seed=3)
    decided = links(verdicts(tmp_path, [*articles, *(each.row for each in made)]))
    assert [each for each in made if not any((each.row["id"], source) in decided for source in each.sources)] == []
    assert [pair for pair in decided if not any("spin" in name for name in pair)] == []
