"""What duplicates and shared text are found by; made of each row where it is cleaned."""

from __future__ import annotations

from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

KEYS = pa.schema([("id", pa.string()), ("n_chars", pa.int32()), ("url", pa.string())])


def keys_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return the keys of a row."""
    return {name: row[name] for name in KEYS.names}
