"""What a text says of itself in numbers: signals of quality, counts of personal data, and its language."""

from __future__ import annotations

from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

SIGNALS: tuple[tuple[str, pa.DataType], ...] = (("mean_word_length", pa.float32()), ("lines", pa.int32()))
PII: tuple[tuple[str, pa.DataType], ...] = (("emails", pa.int32()), ("phones", pa.int32()))


def signals_of(text: str) -> dict[str, Any]:
    """Return a value for each of SIGNALS."""
    words = text.split()
    mean = sum(map(len, words)) / len(words) if words else 0.0
    return {"mean_word_length": mean, "lines": len(text.splitlines())}


def pii_of(text: str) -> dict[str, int]:
    """Return a count for each of PII."""
    return {"emails": text.count("@"), "phones": 0}


def language_of(text: str) -> tuple[str | None, float | None]:
    """Return the language's code and how sure that is; None for a text without words."""
    return (None, None) if not text.strip() else ("und", 0.0)
