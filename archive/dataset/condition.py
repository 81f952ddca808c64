"""`--where`: a condition on a row, checked against the schema before anything is read."""

from __future__ import annotations

import duckdb

from archive.dataset.engine import first_line
from archive.dataset.schema import DECIDED, SCHEMA
from archive.files.errors import ArchiveError


def check_condition(where: str) -> None:
    """Raise ArchiveError for a condition that duckdb cannot apply to the columns known before duplicates are."""
    if not where:
        return
    known = [field for field in SCHEMA if field.name not in DECIDED]
    empty = SCHEMA.empty_table().select([field.name for field in known])
    try:
        with duckdb.connect() as con:
            con.register("row", empty)
            kind = con.sql(f"SELECT (\n{where}\n) AS holds FROM row").types[0]
    except duckdb.Error as error:
        decided = next((name for name in DECIDED if name in where), None)
        also = f" ({decided} is decided after the filter)" if decided else ""
        raise ArchiveError(
            f"--where {where!r}: {first_line(error)}{also}: write a condition in SQL, such as "
            "\"language = 'en' AND n_words > 100\""
        ) from error
    if str(kind) != "BOOLEAN":
        raise ArchiveError(f"--where {where!r}: is a {kind}, neither true nor false: compare it with something")
