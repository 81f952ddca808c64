"""Test an article as text, Markdown and JSON."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Literal

import pytest

from cleaners import Article, Block, Removal, clean_text, render
from cleaners.html.blocks import BlockKind

BLOCKS = (
    Block("paragraph", "The harbour was closed."),
    Block("heading", "What we know", 3),
    Block("list item", "one ferry"),
    Block("list item", "two ships"),
    Block("quote", "No ship was lost."),
    Block("quote", "We were lucky."),
    Block("table", "Port | Ships"),
    Block("table", "Hallow | 3"),
    Block("code", "if storm:\n    close()"),
)
ARTICLE = Article(
    "\n\n".join(block.text for block in BLOCKS),
    BLOCKS,
    title="Storm closes harbour",
    authors=("Ada Byron",),
    date=datetime(2026, 11, 20, 8, 15, tzinfo=UTC),
    modified=date(2026, 11, 21),
    removals=(
        Removal("dom/share-bar", "dom", "Share", "/html/body/div"),
        Removal("lines/share", "lines", "Share", "line 1", 0, 5),
    ),
    sources={"title": "json-ld"},
)


def test_text_ends_in_one_line_end() -> None:
    assert render(ARTICLE) == ARTICLE.text + "\n"
    assert render(Article("It rained.\n\n")) == "It rained.\n"


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_an_empty_article_is_an_empty_text(form: str) -> None:
    assert render(Article(""), form) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_has_the_fields_of_the_article(form: str) -> None:
    data = json.loads(render(ARTICLE, form))  # type: ignore[arg-type]
    assert list(data) == [field.name for field in fields(Article)]
    assert (data["date"], data["modified"]) == ("2026-11-20T08:15:00+00:00", "2026-11-21")
    assert (data["authors"], data["sources"], data["text"]) == (["Ada Byron"], {"title": "json-ld"}, ARTICLE.text)


def test_json_of_blocks_and_removals_has_their_fields() -> None:
    data = json.loads(render(ARTICLE, "json"))
    assert data["blocks"][:2] == [
        {"kind": "paragraph", "text": "The harbour was closed."},
        {"kind": "heading", "text": "What we know", "level": 3},
    ]
    assert data["removals"] == [
        {"rule": "dom/share-bar", "stage": "dom", "text": "Share", "where": "/html/body/div"},
        {"rule": "lines/share", "stage": "lines", "text": "Share", "where": "line 1", "start": 0, "end": 5},
    ]


def test_json_lines_are_one_line_and_keep_letters_as_they_are() -> None:
    line = render(Article("Zoë\u2028sailed\nat noon."), "jsonl")
    assert (line.count("\n"), line[-1]) == (1, "\n")
    assert "Zoë" in line


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85"])
@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_has_no_line_end_that_only_some_readers_know(sign: str, form: Literal["json", "jsonl"]) -> None:
    article = Article(f"Zoë{sign}sailed", title=f"A{sign}B")
    written = render(article, form)
    assert sign not in written
    assert json.loads(written)["text"] == article.text


def test_json_of_any_text_can_be_written() -> None:
    assert render(clean_text("The \ud800 ship."), "jsonl").encode()


MARKDOWN: dict[BlockKind, str] = {
    "paragraph": "The harbour was closed.",
    "heading": "### What we know",
    "list item": "- one ferry\n- two ships",
    "quote": "> No ship was lost.\n>\n> We were lucky.",
    "table": "| Port | Ships |\n| --- | --- |\n| Hallow | 3 |",
    "code": "```\nif storm:\n    close()\n```",
}


@pytest.mark.parametrize("kind", MARKDOWN)
def test_markdown_says_what_a_block_is(kind: BlockKind) -> None:
    blocks = tuple(block for block in BLOCKS if block.kind == kind)
    assert render(Article("x", blocks), "markdown") == MARKDOWN[kind] + "\n"


def test_markdown_begins_with_the_title_and_parts_blocks_by_a_blank_line() -> None:
    assert render(ARTICLE, "markdown") == "# Storm closes harbour\n\n" + "\n\n".join(MARKDOWN.values()) + "\n"


def test_markdown_of_ready_made_text_is_its_lines_as_paragraphs() -> None:
    assert render(Article("One.\nTwo.\n\nThree."), "markdown") == "One.\n\nTwo.\n\nThree.\n"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("# no heading", r"\# no heading"),
        ("- no item", r"\- no item"),
        ("a *b* _c_", r"a \*b\* \_c\_"),
        ("<b> > a", r"\<b> > a"),
        ("`x`", r"\`x\`"),
    ],
)
def test_signs_in_text_are_not_markdown(text: str, escaped: str) -> None:
    assert render(Article(text, (Block("paragraph", text),)), "markdown") == escaped + "\n"


def test_a_number_at_the_start_of_a_paragraph_makes_no_list() -> None:
    text = "1. May was wet."
    assert render(Article(text, (Block("paragraph", text),)), "markdown") == "1\\. May was wet.\n"


def test_code_with_a_fence_in_it_stays_one_block() -> None:
    rendered = render(Article("x", (Block("code", "a\n```\nb"),)), "markdown")
    assert rendered.splitlines()[0].startswith("````")


def test_items_of_an_ordered_list_are_numbered() -> None:
    blocks = (Block("list item", "one", 1), Block("list item", "two", 2))
    assert render(Article("x", blocks), "markdown") == "1. one\n2. two\n"


def test_an_unknown_format_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'yaml'.*text, markdown, json, jsonl"):
        render(ARTICLE, "yaml")  # type: ignore[arg-type]
