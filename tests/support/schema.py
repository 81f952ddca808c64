"""Check JSON against the schema of the documentation."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "article.schema.json").read_text("utf-8"),
)


@cache
def _validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(SCHEMA)
    return Draft202012Validator(SCHEMA)


def check_article(text: str) -> None:
    """Raise ValidationError unless a text is an article as JSON."""
    _validator().validate(json.loads(text))
