"""Test that bytes are decoded by the most trusted evidence, and that the article names it."""

from __future__ import annotations

import sys
from importlib import metadata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaners import clean
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


@pytest.mark.parametrize("name", [b"lat\0in", b"base64"])
def test_a_declared_encoding_that_means_nothing_is_passed_over_where_the_bytes_are_guessed(name: bytes) -> None:
    decoded = decode(b'<meta charset="' + name + b'"><p>\xe4\x81\xff' + WORDS.encode("utf-16-le") * 3)
    assert decoded.text.startswith("<meta charset=")


def test_a_wrong_header_does_not_hide_a_right_declaration() -> None:
    assert WORDS in decode(page("windows-1252").encode("windows-1252"), "utf-8").text


def test_text_that_was_encoded_twice_is_mended_and_the_evidence_says_so() -> None:
    twice = WORDS.encode().decode("latin-1").encode()
    decoded = decode(twice, "utf-8")
    assert decoded.text == WORDS
    assert decoded.mended
    assert "mended" in str(decoded)


@pytest.mark.parametrize("through", ["latin-1", "cp1252"])
@pytest.mark.parametrize(
    "text", ["l’été à Évry", "don’t – “ever”…", "Größe, Maß", "5 °C für 10 £", "日本語の新聞", "từng"]
)
def test_text_that_was_encoded_twice_is_mended_beside_text_that_was_not(through: str, text: str) -> None:
    # as browsers read windows-1252: an undefined byte is a control character
    signs = [bytes([byte]).decode(through, "replace").replace("\ufffd", chr(byte)) for byte in text.encode()]
    broken = "".join(signs)
    decoded = decode(f"<p>Zoë – “right”</p>\n<p>{broken}</p>".encode())
    assert (decoded.text, decoded.mended) == (f"<p>Zoë – “right”</p>\n<p>{text}</p>", True)


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        ("she said â€œNo,â€ and left", "she said “No,” and left"),
        ("VoilÃ le cafÃ©", "Voilà le café"),
        ("don&acirc;&euro;&trade;t &amp; won’t", "don’t &amp; won’t"),
        ("donâ&#128;&#153;t", "don’t"),
        ("<a\n  href='/cafÃ©'>cafÃ©</a>", "<a\n  href='/cafÃ©'>café</a>"),
        ("<a href='/cafÃ©' title='CafÃ©'>cafÃ©</a>", "<a href='/cafÃ©' title='Café'>café</a>"),
    ],
)
def test_what_programs_lost_of_text_encoded_twice_is_mended_too(broken: str, text: str) -> None:
    assert decode(broken.encode()).text == text


@pytest.mark.parametrize(
    "text",
    [
        "Âge, Ã, â, “x” – é",
        "CAFÉ”",
        "SUPPRIMÉ…",
        "PARÊ… Ä“ Ö”",
        "&acirc;ge et b&acirc;timent",
        "»Â«",
        'I saw "Ã¤" for "ä"',
        "I saw &quot;â€™&quot;",
        "caf&eacute;&nbsp;",
    ],
)
def test_text_in_its_right_encoding_is_not_mended(text: str) -> None:
    decoded = decode(text.encode(), "utf-8")
    assert (decoded.text, decoded.evidence, decoded.mended) == (text, "HTTP header", False)


def test_where_a_page_is_surely_encoded_twice_lone_signs_are_mended_too() -> None:
    assert decode("<p>Itâ\x80\x99s</p><p>Â¥ JPN</p><i title='â\x80º' href='/a'>".encode()).text == (
        "<p>It’s</p><p>¥ JPN</p><i title='›' href='/a'>"
    )


def test_text_encoded_twice_is_a_flag_of_the_article() -> None:
    prose = "<p>It wasnâ€™t raining on Monday, and the harbour was closed until noon, when the wind fell.</p>" * 5
    article = clean(f"<article>{prose}</article>".encode())
    assert article.text.startswith("It wasn’t raining")
    assert "twice-encoded" in article.flags


LABELS_OF_BROWSERS = {
    "shift_jis": ("cp932", "①髙島屋～㈱"),
    "x-sjis": ("cp932", "①髙島屋～㈱"),
    "windows-31j": ("cp932", "①髙島屋～㈱"),
    "euc-kr": ("cp949", "똠방각하 펲시"),
    "ks_c_5601-1987": ("cp949", "똠방각하 펲시"),
    "big5": ("big5hkscs", "住喺附近嘅居民話，佢哋細個"),
    "cn-big5": ("big5hkscs", "住喺附近嘅居民話，佢哋細個"),
    "iso-8859-9": ("cp1254", "“İstanbul” – şehir"),
    "latin5": ("cp1254", "“İstanbul” – şehir"),
    "tis-620": ("cp874", "“ให้ระบาย” – น้ำ…"),
    "iso-8859-11": ("cp874", "“ให้ระบาย” – น้ำ…"),
    "gb_2312-80": ("gb18030", "镕㐂港口€"),
    "x-gbk": ("gb18030", "镕㐂港口€"),
    "x-user-defined": ("cp1252", "“naïve” – café"),
    "dos-874": ("cp874", "“ให้ระบาย” – น้ำ…"),
}


@pytest.mark.parametrize("label", LABELS_OF_BROWSERS)
@pytest.mark.parametrize("in_header", [True, False])
def test_a_label_means_what_it_means_to_browsers(label: str, in_header: bool) -> None:
    codec, words = LABELS_OF_BROWSERS[label]
    text = f"<p>{words * 3}</p>" if in_header else f'<meta charset="{label.upper()}"><p>{words * 3}</p>'
    decoded = decode(text.encode(codec), label if in_header else None)
    assert (decoded.text, decoded.replaced) == (text, False)


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("euc-jp", b"\xad\xa1\xfc\xe2", "①髙"),  # rows of NEC and IBM
        ("gbk", b"\x80", "€"),
        ("big5", b"\xa3\xe1", "€"),
        ("windows-1257", b"\x90", "\x90"),
    ],
)
def test_bytes_that_only_browsers_know_are_read(label: str, data: bytes, text: str) -> None:
    decoded = decode(f'<meta charset="{label}"><p>'.encode() + data, label)
    assert (decoded.text.rpartition(">")[2], decoded.replaced) == (text, False)


@pytest.mark.parametrize("guess", ["SHIFT_JIS", "EUC-KR", "Big5", "ISO-8859-9", "TIS-620"])
def test_a_guess_is_read_as_browsers_read_the_label(guess: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import chardet

    codec, words = LABELS_OF_BROWSERS[guess.lower()]
    monkeypatch.setattr(chardet, "detect", lambda data: {"encoding": guess})
    decoded = decode(f"<p>{words}</p>".encode(codec))
    assert (decoded.text, str(decoded)) == (f"<p>{words}</p>", f"{codec} (guessed)")


@pytest.mark.parametrize("label", ["utf-16", "utf-16le", "unicode"])
def test_a_declaration_of_utf16_in_ascii_means_utf8(label: str) -> None:
    assert str(decode(page(label).encode())) == "utf-8 (declared in the page)"


def test_utf16_that_the_header_declares_is_read_without_a_mark() -> None:
    assert decode(page("x").encode("utf-16-le"), "utf-16").text == page("x")


def test_one_broken_byte_does_not_overturn_the_declaration_and_is_owned_up_to() -> None:
    decoded = decode(page("utf-8").encode().replace(b"</p>", b"\xff</p>"))
    assert (decoded.text, decoded.encoding, decoded.replaced) == (
        page("utf-8").replace("</p>", "\ufffd</p>"),
        "utf-8",
        True,
    )


def test_a_broken_byte_after_a_byte_order_mark_is_owned_up_to() -> None:
    assert decode(b"\xef\xbb\xbfharbour \xff").replaced


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


# without the letters that text encoded twice begins with: any of them before any sign may be mended
@given(
    st.text(
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters=[chr(n) for n in range(0xC2, 0xF5)]),
        min_size=1,
        max_size=80,
    )
)
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


def test_the_libraries_that_decide_are_named_with_their_versions() -> None:
    libraries = ("chardet", "ftfy", "webencodings")
    assert detector() == ", ".join(f"{library} {metadata.version(library)}" for library in libraries)
