"""Put the structure of a text into the column `blocks`, and write it as JSON."""

from __future__ import annotations

from typing import Any

from archive.files.utf8 import encodable
from cleaners import Article


def blocks_of(article: Article) -> list[dict[str, Any]]:
    """Return the blocks of an article, with all their texts as UTF-8 can encode them: as the row has its text."""
    return [_encodable(block.as_dict()) for block in article.blocks]


def without_nulls(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return blocks without the fields that say nothing, as `pressclip clean --format json` writes them.

    >>> without_nulls([{"kind": "code", "text": "a = 1", "language": "python", "level": None}])
    [{'kind': 'code', 'text': 'a = 1', 'language': 'python'}]
    """
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _encodable(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {name: _encodable(inner) for name, inner in value.items()}
    return [_encodable(inner) for inner in value] if isinstance(value, list) else value
