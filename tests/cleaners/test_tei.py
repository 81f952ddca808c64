"""Test an article as TEI: it is well-formed for any text, and has the header's fields and each block's element."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from cleaners import Article, Block, render
from cleaners.html.blocks import BlockKind
from cleaners.output.tei import NAMESPACE, tei

NOT_XML = "\x00\x01\x08\x0b\x0c\x0e\x1f\ud800\udfff\ufffe\uffff"
TEXTS = st.text(st.characters() | st.sampled_from(NOT_XML + "<>&\"'\t\n\r|]"), max_size=40)
KINDS = st.sampled_from(["paragraph", "heading", "list item", "quote", "table", "code"])
BLOCKS = st.lists(st.builds(Block, KINDS, TEXTS, st.integers(0, 6)), max_size=6).map(tuple)
SPACE = {"t": NAMESPACE}

FIELDS = Article(
    "It rained.",
    (Block("paragraph", "It rained."),),
    url="https://gazette.example/a?b=1&c=2",
    canonical_url="https://gazette.example/a",
    title="Storm & <calm>",
    authors=("Ada Byron", "Hans Gruber"),
    date=datetime(2026, 11, 20, 8, 15, tzinfo=UTC),
    modified=date(2026, 11, 21),
    site="The Gazette",
    language="en",
    tags=("storm", "harbour"),
    rules_version="0.3-abc",
)


def read(article: Article) -> etree._Element:
    return etree.fromstring(tei(article).encode("utf-8"))


def values_at(root: etree._Element, path: str) -> list[str]:
    """Return the texts, or the attributes' values, at a path whose names are TEI's."""
    values = root.xpath(re.sub(r"(?<![\w@:])([a-zA-Z]+)(?=[\[/]|$)", r"t:\1", path), namespaces=SPACE)
    return [value if isinstance(value, str) else value.text for value in values]


def body(*blocks: Block) -> list[tuple[str, dict[str, str], str]]:
    """Return the elements of the text as name, attributes and text, in order."""
    (entry,) = read(Article("", blocks)).xpath("t:text/t:body/t:div", namespaces=SPACE)
    return [
        (etree.QName(element).localname, dict(element.attrib), (element.text or "").strip())
        for element in entry.iterdescendants()
    ]


@given(
    st.builds(
        Article,
        TEXTS,
        BLOCKS,
        url=st.none() | TEXTS,
        title=st.none() | TEXTS,
        authors=st.lists(TEXTS, max_size=2).map(tuple),
        site=st.none() | TEXTS,
        language=st.none() | TEXTS,
        tags=st.lists(TEXTS, max_size=2).map(tuple),
        rules_version=TEXTS,
    )
)
def test_any_article_gives_a_well_formed_document(article: Article) -> None:
    root = read(article)
    assert root.tag == f"{{{NAMESPACE}}}TEI"
    assert len(values_at(root, "text/body/div[@type='entry']")) == 1


@given(st.text(st.characters() | st.sampled_from(NOT_XML), max_size=60))
def test_a_paragraph_loses_only_what_xml_cannot_hold(text: str) -> None:
    ((_, _, kept),) = body(Block("paragraph", f"x{text}x"))
    assert kept == "x" + "".join(c for c in text if c not in NOT_XML and (c >= " " or c in "\t\n\r")
                                 and not "\ud800" <= c <= "\udfff") + "x"  # fmt: skip


@pytest.mark.parametrize("character", NOT_XML)
def test_what_xml_cannot_hold_is_left_out_of_texts_and_attributes(character: str) -> None:
    article = Article("", (Block("paragraph", f"a{character}b"),), title=f"c{character}d", url=f"https://e{character}f")
    root = read(article)
    assert values_at(root, "text/body/div/p") == ["ab"]
    assert values_at(root, "teiHeader/fileDesc/titleStmt/title") == ["cd"]
    assert values_at(root, "//ptr/@target") == ["https://ef"]


def test_markup_in_a_text_stays_text() -> None:
    assert body(Block("paragraph", "<b>a</b> & ]]> &amp;")) == [("p", {}, "<b>a</b> & ]]> &amp;")]


HEADER = "teiHeader/"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("fileDesc/titleStmt/title[@type='main']", ["Storm & <calm>"]),
        ("fileDesc/titleStmt/author", ["Ada Byron", "Hans Gruber"]),
        ("fileDesc/publicationStmt/publisher", ["The Gazette"]),
        ("fileDesc/publicationStmt/date[@type='publication']/@when", ["2026-11-20T08:15:00+00:00"]),
        ("fileDesc/publicationStmt/date[@type='modification']/@when", ["2026-11-21"]),
        ("fileDesc/sourceDesc/bibl/ptr[@type='URL']/@target", ["https://gazette.example/a"]),
        ("profileDesc/langUsage/language/@ident", ["en"]),
        ("profileDesc/textClass/keywords/term", ["storm", "harbour"]),
        ("encodingDesc/appInfo/application/@version", ["0.3-abc"]),
        ("encodingDesc/appInfo/application/@ident", ["pressclip"]),
    ],
)
def test_the_header_has_the_fields(path: str, expected: list[str]) -> None:
    assert values_at(read(FIELDS), HEADER + path) == expected


def test_without_a_canonical_address_the_pages_own_is_the_source() -> None:
    assert values_at(read(Article("", url="https://gazette.example/a?b=1&c=2")), "//ptr/@target") == [
        "https://gazette.example/a?b=1&c=2"
    ]


@pytest.mark.parametrize("path", ["//author", "//date", "//ptr", "//language", "//keywords"])
def test_what_is_not_known_has_no_element(path: str) -> None:
    assert values_at(read(Article("It rained.")), path) == []


def test_a_text_without_blocks_is_paragraphs() -> None:
    assert values_at(read(Article("It rained.\n\nThe harbour was closed.")), "text/body/div/p") == [
        "It rained.",
        "The harbour was closed.",
    ]


@pytest.mark.parametrize(
    ("kind", "level", "elements"),
    [
        ("paragraph", 0, [("p", {}, "It rained.")]),
        ("heading", 3, [("ab", {"type": "header", "rend": "h3"}, "It rained.")]),
        ("heading", 0, [("ab", {"type": "header", "rend": "h2"}, "It rained.")]),
        ("list item", 0, [("list", {"rend": "ul"}, ""), ("item", {}, "It rained.")]),
        ("list item", 1, [("list", {"rend": "ol"}, ""), ("item", {}, "It rained.")]),
        ("list item", 4, [("list", {"rend": "ol"}, ""), ("item", {"n": "4"}, "It rained.")]),
        ("quote", 0, [("quote", {}, ""), ("p", {}, "It rained.")]),
        ("table", 0, [("table", {}, ""), ("row", {}, ""), ("cell", {}, "It rained.")]),
        ("code", 0, [("ab", {"type": "code"}, ""), ("code", {}, "It rained.")]),
    ],
)
def test_each_kind_of_block_has_its_element(
    kind: BlockKind, level: int, elements: list[tuple[str, dict[str, str], str]]
) -> None:
    assert body(Block(kind, "It rained.", level)) == elements


def test_blocks_of_one_kind_in_a_row_stand_in_one_element() -> None:
    blocks = [Block("table", "Port | Ships"), Block("table", "Hallow | 3"), Block("paragraph", "It rained.")]
    names = [name for name, _, _ in body(*blocks)]
    assert names == ["table", "row", "cell", "cell", "row", "cell", "cell", "p"]


def test_an_item_shows_its_marker() -> None:
    items = [Block("list item", "a", marker="0"), Block("list item", "b", 1), Block("list item", "c", 2, marker="b")]
    assert [(name, own) for name, own, _ in body(*items)] == [
        ("list", {"rend": "ol"}), ("item", {"n": "0"}), ("item", {}), ("item", {"n": "b"})
    ]  # fmt: skip


def test_two_lists_with_a_paragraph_between_them_are_two() -> None:
    item, between = Block("list item", "one ferry"), Block("paragraph", "and")
    assert [name for name, _, _ in body(item, item, between, item)] == ["list", "item", "item", "p", "list", "item"]


def test_lines_of_code_stay_lines() -> None:
    code = "if storm:\n    close()"
    assert body(Block("code", code)) == [("ab", {"type": "code"}, ""), ("code", {}, code)]
    assert body(Block("code", code, language="python"))[1] == ("code", {"lang": "python"}, code)


def test_whatever_is_in_a_quote_stays_in_it() -> None:
    item = Block("list item", "one ferry")
    said = [Block("quote", "We left.", continues=True, quoted=1), Block("code", "a = 1", continues=True, quoted=1)]
    inner = Block("list item", "a boat", depth=1, quoted=1)
    names = [name for name, _, _ in body(item, *said, inner, item, Block("quote", "We stayed.", quoted=2))]
    quote = ["quote", "p", "ab", "code", "list", "item"]
    assert names == ["list", "item", "p", *quote, "item", "quote", "p"]


def test_render_gives_the_same_document() -> None:
    assert render(FIELDS, "xml") == tei(FIELDS)
