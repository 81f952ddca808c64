"""Test that bytes are decoded by the most trusted evidence, and that the article names it."""

from __future__ import annotations

import sys
from importlib import metadata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaners.html.decode import decode, detector

WORDS = "Zoë’s café – “naïve” coöperation"


def page(charset: str) -> str:
    return f'<html><head><meta charset="{charset}"></head><body><p>{WORDS}</p></body></html>'


@pytest.mark.parametrize("bom_encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_trusted_most(bom_encoding: str) -> None:
    decoded = decode(page("windows-1251").encode(bom_encoding), "windows-1251")
    assert decoded.text == page("windows-1251")
    assert decoded.evidence == "byte order mark"


def test_the_header_is_trusted_more_than_the_page() -> None:
    decoded = decode(page("koi8-r").encode("windows-1252"), "windows-1252")
    assert (decoded.text, str(decoded)) == (page("koi8-r"), "windows-1252 (HTTP header)")


def test_the_declaration_of_the_page_is_read() -> None:
    decoded = decode(page("windows-1252").encode("windows-1252"))
    assert (decoded.text, str(decoded)) == (page("windows-1252"), "windows-1252 (declared in the page)")


@pytest.mark.parametrize(
    "declaration",
    ['<?xml version="1.0" encoding="koi8-r"?>', '<meta http-equiv="content-type" content="text/html; charset=koi8-r">'],
)
def test_other_ways_to_declare_are_read(declaration: str) -> None:
    text = f"{declaration}<p>Гавань закрыта</p>"
    assert decode(text.encode("koi8-r")).text == text


@pytest.mark.parametrize("label", ["iso-8859-1", "latin1", "us-ascii", "ISO8859-1", '"iso-8859-1"'])
def test_latin_labels_are_read_as_browsers_read_them(label: str) -> None:
    decoded = decode(f"<p>{WORDS}</p>".encode("windows-1252"), label)
    assert WORDS in decoded.text
    assert decoded.encoding == "windows-1252"


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "koi8-r"])
def test_valid_utf8_is_read_as_utf8_whatever_was_declared(declared: str) -> None:
    decoded = decode(page(declared).encode(), declared)
    assert (decoded.text, decoded.encoding) == (page(declared), "utf-8")


@pytest.mark.parametrize("charset", ["no-such-charset", "", "rot13", "base64", "utf-8\x00", "x" * 5000, "undefined"])
def test_a_charset_that_means_nothing_is_passed_over(charset: str) -> None:
    decoded = decode(page("utf-8").encode(), charset)
    assert (decoded.text, decoded.encoding, decoded.replaced) == (page("utf-8"), "utf-8", False)


def test_a_wrong_header_does_not_hide_a_right_declaration() -> None:
    assert WORDS in decode(page("windows-1252").encode("windows-1252"), "utf-8").text


def test_text_that_was_encoded_twice_is_mended_and_the_evidence_says_so() -> None:
    twice = WORDS.encode().decode("latin-1").encode()
    decoded = decode(twice, "utf-8")
    assert decoded.text == WORDS
    assert "mended" in decoded.evidence


def test_text_in_its_right_encoding_is_not_mended() -> None:
    decoded = decode("Âge, Ã, â, “x” – é".encode(), "utf-8")
    assert (decoded.text, decoded.evidence) == ("Âge, Ã, â, “x” – é", "HTTP header")


def test_one_broken_byte_does_not_overturn_the_declaration_and_is_owned_up_to() -> None:
    decoded = decode(page("utf-8").encode().replace(b"</p>", b"\xff</p>"))
    assert (decoded.text, decoded.encoding, decoded.replaced) == (
        page("utf-8").replace("</p>", "\ufffd</p>"),
        "utf-8",
        True,
    )


def test_a_broken_byte_after_a_byte_order_mark_is_owned_up_to() -> None:
    assert decode(b"\xef\xbb\xbfharbour \xff").replaced


@pytest.mark.xfail(
    reason="a byte that Python's cp1252 leaves undefined overturns header and declaration: read as cp1125"
)
def test_a_byte_without_meaning_does_not_overturn_a_latin_declaration() -> None:
    assert (
        WORDS in decode(page("windows-1252").encode("windows-1252").replace(b"</p>", b"\x81</p>"), "windows-1252").text
    )


def test_one_broken_byte_does_not_make_utf8_without_declaration_another_encoding() -> None:
    assert "Гавань" in decode("<p>Гавань закрыта</p>".encode() * 9 + b"\xff").text


def test_text_is_taken_as_it_is() -> None:
    decoded = decode(WORDS, "koi8-r")
    assert (decoded.text, str(decoded), decoded.replaced) == (WORDS, "str (given as text)", False)


@pytest.mark.parametrize("html", [b"", ""])
def test_nothing_decodes_to_nothing(html: bytes | str) -> None:
    assert decode(html).text == ""


LABELS = st.none() | st.sampled_from(
    ["utf-8", "latin-1", "utf-16", "utf-7", "big5", "shift_jis", "idna", "hz", "unicode_escape"]
)


@given(st.binary(max_size=200), LABELS)
def test_any_bytes_decode_to_something(html: bytes, charset: str | None) -> None:
    assert isinstance(decode(html, charset).text, str)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=80))
def test_utf8_is_read_back(text: str) -> None:
    assert decode(text.encode(), "utf-8").text == text.removeprefix("\ufeff")


# without a declaration, each long enough to tell its language
UNDECLARED = {
    "koi8-r": "Гавань была закрыта до полудня понедельника, когда ветер утих и первые лодки снова вышли в море.",
    "windows-1251": "Гавань была закрыта до полудня понедельника, когда ветер утих и первые лодки снова вышли в море.",
    "shift_jis": "月曜日は正午まで港が閉鎖され、風が弱まってから最初の船が再び出港しました。",
    "euc_kr": "월요일 정오까지 항구가 폐쇄되었고 바람이 잦아든 뒤 첫 배가 다시 출항했습니다.",
    "windows-1252": "Der Hafen blieb bis Mittag geschlossen, weil der Wind für Fähren zu stürmisch war – bis später.",
}


@pytest.mark.parametrize("encoding", UNDECLARED)
def test_the_encoding_of_a_page_that_states_none_is_guessed(encoding: str) -> None:
    text = f"<p>{UNDECLARED[encoding]}</p>" * 5
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.evidence) == (text, "guessed")


@pytest.mark.parametrize("other", ["cchardet", "charset_normalizer", "bs4"])
def test_no_other_detector_is_asked(other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = (f"<p>{UNDECLARED['koi8-r']}</p>" * 5).encode("koi8-r")
    expected = decode(data)
    # importing it fails, as where it is not installed
    monkeypatch.setitem(sys.modules, other, None)
    assert decode(data) == expected


def test_the_detector_is_named_with_its_version() -> None:
    assert detector() == f"chardet {metadata.version('chardet')}"
