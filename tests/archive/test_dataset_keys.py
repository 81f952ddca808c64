from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.dataset.dedup.keys import (
    BANDS,
    RUN,
    WINDOW,
    bands_of,
    fingerprints_of,
    jaccard,
    keys_of,
    shingles_of,
    words_of,
)
from tests.support.dataset_verdicts import prose

TEXTS = st.text(alphabet="abc de.\n!ßĳ語, ", max_size=400)


def keys(text: str, **columns: Any) -> dict[str, Any]:  # noqa: ANN401
    return keys_of({"id": "a", "text": text, "url": None, **columns})


def shared(one: str, other: str, key: str) -> int:
    return len(set(keys(one)[key].tolist()) & set(keys(other)[key].tolist()))


def test_case_white_space_and_unicode_forms_do_not_make_a_text_another_one() -> None:
    one, other = "Die Straße nach Café Łódź.\n\nDanach", "DIE  STRASSE nach Cafe\u0301 łódź. danach "
    assert keys(one)["text_sha256"] == keys(other)["text_sha256"]
    assert shared(one, other, "bands") == BANDS


def test_one_word_more_makes_a_text_another_one() -> None:
    assert keys("The ferry is late")["text_sha256"] != keys("The ferry is late again")["text_sha256"]


@pytest.mark.parametrize("text", ["", "  \n ", None])
def test_a_row_without_text_has_no_key_that_another_could_share(text: str | None) -> None:
    row_keys = keys_of({"id": "a", "text": text, "url": None})
    assert row_keys["text_sha256"] is None
    assert [len(row_keys[key]) for key in ("bands", "fingerprints")] == [0, 0]


def test_a_text_of_marks_alone_has_a_hash_and_no_band() -> None:
    row_keys = keys("— * —")
    assert row_keys["text_sha256"]
    assert [len(row_keys[key]) for key in ("bands", "fingerprints")] == [0, 0]


def test_a_text_of_fewer_than_five_words_is_one_shingle() -> None:
    assert len(shingles_of(words_of("Harbour closed today").hashes)) == 1
    assert shared("Harbour closed today", "harbour closed today!", "bands") == BANDS
    assert shared("Harbour closed today", "harbour closed yesterday", "bands") == 0


@given(TEXTS)
@settings(deadline=None)
def test_every_text_with_words_has_all_bands_and_is_wholly_like_itself(text: str) -> None:
    words = words_of(text)
    assert len(bands_of(words)) == (BANDS if len(words.hashes) else 0)
    shingles = shingles_of(words.hashes)
    assert jaccard(shingles, shingles) == (1 if len(words.hashes) else 0)


@given(TEXTS, TEXTS)
@settings(deadline=None)
def test_similarity_is_what_sets_of_shingles_give(one: str, other: str) -> None:
    a, b = (shingles_of(words_of(text).hashes) for text in (one, other))
    sets = [set(hashes.tolist()) for hashes in (a, b)]
    assert jaccard(a, b) == jaccard(b, a) == len(sets[0] & sets[1]) / max(len(sets[0] | sets[1]), 1)


@given(st.integers(0, 2**32), st.integers(0, 40), st.integers(0, 40))
@settings(deadline=None, max_examples=50)
def test_nine_words_in_a_row_that_two_texts_share_are_always_found(seed: int, before: int, after: int) -> None:
    words = prose(seed, 9).replace(".", "").split()
    common = " ".join(words[: RUN + WINDOW - 1])
    one = " ".join([*words[10 : 10 + before], common, *words[50 : 50 + after]])
    other = " ".join([*words[60 : 60 + after], common, *words[40 : 40 + before]])
    assert shared(one, other, "fingerprints") >= 1


def test_no_fingerprint_crosses_the_end_of_a_sentence() -> None:
    one = "Rain fell over the bay. Boats stayed in the port."
    assert not len(fingerprints_of(words_of(one)))
    assert len(fingerprints_of(words_of(one.replace(".", ","))))


def test_points_in_numbers_end_no_sentence() -> None:
    assert len(set(words_of("It rose by 3.5 percent to 1,200.75 a tonne. Nobody bought.").sentences.tolist())) == 2


def test_scripts_without_spaces_are_compared_by_characters() -> None:
    one = "港は朝から霧に包まれ、すべての船が昼まで岸壁を離れられなかったと港長は述べた。"
    other = f"昨日の午後になって、{one}乗客はみな宿に戻った。"
    assert shared(one, other, "fingerprints") >= 3
    assert 0 < jaccard(*(shingles_of(words_of(text).hashes) for text in (one, other))) < 1


def test_indian_vowel_signs_are_parts_of_words() -> None:
    assert len(words_of("हिन्दी में समाचार").hashes) == 3


def test_pages_of_one_address_are_recognised_through_scheme_www_fragment_and_slash() -> None:
    urls = ["https://www.gazette.example/storm/", "http://gazette.example/storm#top", "HTTPS://gazette.example/storm"]
    assert {keys("Rain", url=url)["address"] for url in urls} == {"gazette.example/storm"}
    assert keys("Rain", url="https://gazette.example/storm?page=2")["address"] == "gazette.example/storm?page=2"


def test_keys_are_the_same_on_every_machine() -> None:
    row_keys = keys("Six boats left the old port at dawn")
    assert row_keys["bands"][[0, 13]].tolist() == [7537599303736571334, 671055481838037683]
    assert row_keys["fingerprints"].tolist() == [8268800639039038064]


def test_a_very_long_text_is_permuted_piece_by_piece_to_the_same_bands() -> None:
    text = prose(1, 3000)
    shingles = shingles_of(words_of(text).hashes)
    assert len(shingles) > 10 * 2048
    assert shared(text, text + " " + prose(1, 30), "bands") >= BANDS - 1
    assert np.all(np.diff(shingles.astype(object)) > 0)
