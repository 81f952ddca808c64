"""Test the schema of an article's JSON: it says what the types say, and refuses what is not in it.

The fixture `json_is_valid` of tests/conftest.py holds every article's JSON that a test prints against it.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, get_args

import pytest
from jsonschema import ValidationError  # type: ignore[import-untyped]

from cleaners import Article, Block, Removal, clean, render
from cleaners.article import Access, Cell, RichKind, Stage
from cleaners.html.inline import Span, SpanKind
from cleaners.metadata.dates import DateEvidence
from tests.support.schema import SCHEMA, check_article
from tests.test_pages import PAGES, read_page

TYPES = {"article": Article, "block": Block, "cell": Cell, "removal": Removal, "span": Span}


def flat(kinds: Any) -> list[str]:  # noqa: ANN401 - a Literal, which may hold others
    return [name for kind in get_args(kinds) for name in ([kind] if isinstance(kind, str) else flat(kind))]


@pytest.mark.parametrize("name", TYPES)
def test_the_schema_has_the_fields_of_the_type(name: str) -> None:
    properties = list(SCHEMA["$defs"][name]["properties"])
    assert [own for own in properties if own != "source"] == [field.name for field in fields(TYPES[name])]
    assert set(SCHEMA["$defs"][name]["required"]) <= set(properties)


@pytest.mark.parametrize(
    ("name", "field", "kinds"),
    [
        ("article", "access", Access),
        ("article", "date_evidence", DateEvidence),
        ("block", "kind", RichKind),
        ("span", "kind", SpanKind),
        ("removal", "stage", Stage),
    ],
)
def test_the_schema_has_the_kinds_of_the_type(name: str, field: str, kinds: object) -> None:
    assert SCHEMA["$defs"][name]["properties"][field]["enum"] == flat(kinds)


def test_the_json_of_every_golden_page_is_valid() -> None:
    for folder in sorted(PAGES.iterdir()):
        article = clean((folder / "source.html").read_bytes(), url=read_page(folder)["url"])
        check_article(render(article, "jsonl", source="page.html", links=True, images=True))


@pytest.mark.parametrize("change", [{"textt": ""}, {"text": None}, {"blocks": [{"kind": "poem", "text": "x"}]}])
def test_what_the_schema_does_not_know_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        check_article(json.dumps(Article("It rained.").as_dict() | change))
