"""Check what a file says, which may be a stranger's, against a schema before any of it is used."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec

from archive.files.errors import ArchiveError

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Count = Annotated[int, msgspec.Meta(ge=0)]


def parse_json(data: str | bytes, place: object, advice: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of a JSON text. Raises ArchiveError, with the place and the advice, for any other text."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        problem = "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise ArchiveError(f"{place}: not JSON ({problem}): {advice}") from error


def check(value: object, schema: Any, place: object, advice: str) -> None:  # noqa: ANN401 - a type
    """Raise ArchiveError, which names the field, where a value of JSON is not what the schema, a type, asks for."""
    try:
        msgspec.convert(value, schema)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ArchiveError(f"{place}: {str(error)[:300]}: {advice}") from error
