"""Compare two builds of a dataset: rows, splits, and which rule took out or gave back which text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.dataset.provenance import manifest
from archive.dataset.table.database import PARTS, Database, dataset_database, identifier, row_files, rows_sql
from archive.dataset.table.schema import DROPPED_SCHEMA
from archive.files.errors import ArchiveError

SHOWN_CHARACTERS = 200
"""Characters of a text that a sample shows."""
_COMPARED = frozenset({"id", "text", "removed", "text_sha256", "n_chars", "n_words", "n_bytes", "split", "in_split"})
"""Columns whose changes are reported as changes of text, rules and splits, not as metadata."""
_VERSIONS = ("software", "rules_version", "options", "dataset_sha256")

_PAIRS = """
CREATE TEMP TABLE pairs AS
SELECT coalesce(a.id, b.id) AS id, coalesce(b.url, a.url) AS url, a.in_split AS was, b.in_split AS became,
       CASE WHEN a.id IS NULL THEN 'added' WHEN b.id IS NULL THEN 'removed'
            WHEN a.sha256 <> b.sha256 THEN 'changed' WHEN was <> became THEN 'moved' ELSE 'same' END AS change
FROM (SELECT id, url, in_split, sha256(coalesce(text, '')) AS sha256 FROM a) AS a
FULL JOIN (SELECT id, url, in_split, sha256(coalesce(text, '')) AS sha256 FROM b) AS b ON a.id = b.id
"""
_RULES = """
WITH was AS (SELECT id, removal.rule, removal.text, count(*) AS n
             FROM (SELECT id, unnest(removed) AS removal FROM a SEMI JOIN b USING (id)) GROUP BY ALL),
     became AS (SELECT id, removal.rule, removal.text, count(*) AS n
                FROM (SELECT id, unnest(removed) AS removal FROM b SEMI JOIN a USING (id)) GROUP BY ALL),
     changes AS (SELECT id, rule, text, coalesce(became.n, 0) - coalesce(was.n, 0) AS n,
                        len(regexp_extract_all(text, '[^\\n]*\\S[^\\n]*')) AS lines
                 FROM was FULL JOIN became USING (id, rule, text) WHERE was.n IS DISTINCT FROM became.n)
SELECT rule, coalesce(sum(n * lines) FILTER (n > 0), 0)::BIGINT,
       coalesce(sum(n * length(text)) FILTER (n > 0), 0)::BIGINT,
       coalesce(-sum(n * lines) FILTER (n < 0), 0)::BIGINT,
       coalesce(-sum(n * length(text)) FILTER (n < 0), 0)::BIGINT, count(DISTINCT id),
       min({'id': id, 'url': url, 'sign': if(n > 0, '-', '+'), 'text': text[:$shown]}, $samples)
FROM changes JOIN pairs USING (id) GROUP BY rule ORDER BY rule
"""
_SAMPLES = """SELECT change, min({'id': id, 'url': url}, $samples) FROM pairs
    WHERE change <> 'same' GROUP BY change ORDER BY change"""


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """What a rule takes out in B but not in A (more), and in A but not in B (fewer), of the rows that both have."""

    rule: str
    more_lines: int
    more_characters: int
    fewer_lines: int
    fewer_characters: int
    rows: int
    samples: list[dict[str, str]]
    """The first by id: id, url, sign (`-`: B takes it out, `+`: B gives it back), and the beginning of the text."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How dataset B differs from A."""

    same: int
    """Rows in both with the same text and split."""
    added: int
    removed: int
    changed: int
    """Rows whose text differs."""
    moved: dict[str, int]
    """The number of rows that moved between splits, by the move, such as `train -> test`. Includes changed rows."""
    added_from: dict[str, int]
    """Of the added rows, why A dropped them; `not in A` if A never had them."""
    removed_to: dict[str, int]
    """Of the removed rows, why B dropped them; `not in B` if B never had them."""
    metadata: dict[str, int]
    """For each other column, the number of rows in which it differs."""
    rules: list[RuleDifference]
    versions: dict[str, tuple[Any, Any]]
    """The fields in which the two manifests differ: software, rules version, options, hash."""
    samples: dict[str, list[dict[str, str]]]
    """The first added, removed, changed and moved rows by id: id and url."""

    @property
    def is_empty(self) -> bool:
        """Tell whether both have the same rows in all columns."""
        return not (self.added or self.removed or self.changed or self.moved or self.metadata or self.rules)


def diff(a: Path, b: Path, *, samples: int = 3) -> Difference:
    """Compare two datasets row by row, by id. Raises ArchiveError where one of them is incomplete.

    The rows stay in duckdb, within its memory limit. The result has counts, and *samples* (at least 1) rows per change.
    """
    before, after = manifest.read(a), manifest.read(b)
    with dataset_database(b, a) as connection:
        columns = _views(connection, "a", a) & _views(connection, "b", b)
        connection.execute(_PAIRS)
        counts: dict[str, int] = dict(connection.query("SELECT change, count(*) FROM pairs GROUP BY change").fetchall())
        moved = "SELECT was || ' -> ' || became AS way, count(*) FROM pairs WHERE was <> became GROUP BY 1 ORDER BY 1"
        shown = {"shown": SHOWN_CHARACTERS, "samples": samples}
        rules = connection.execute(_RULES, shown).fetchall() if "removed" in columns else []
        return Difference(
            same=counts.get("same", 0),
            added=counts.get("added", 0),
            removed=counts.get("removed", 0),
            changed=counts.get("changed", 0),
            moved=dict(connection.query(moved).fetchall()),
            added_from=_reasons(connection, "added", "a"),
            removed_to=_reasons(connection, "removed", "b"),
            metadata=_metadata(connection, sorted(columns - _COMPARED)),
            rules=[RuleDifference(*rule) for rule in rules],
            versions={name: (was, now) for name in _VERSIONS if (was := before[name]) != (now := after[name])},
            samples=dict(connection.execute(_SAMPLES, {"samples": samples}).fetchall()),
        )


def _views(connection: Database, name: str, folder: Path) -> set[str]:
    """Create the views of a dataset's rows and dropped rows. Returns the columns of the rows."""
    connection.register("nothing", DROPPED_SCHEMA.empty_table())
    for part in PARTS:
        view = name if part == "data" else f"{name}_dropped"
        files = row_files(folder, part)
        rows = rows_sql(files) if files else "(SELECT *, split AS in_split FROM nothing)"
        connection.execute(f"CREATE VIEW {view} AS FROM {rows}")
    columns = set(connection.columns_of(f"FROM {name}"))
    if missing := next((column for column in ("id", "url", "text") if column not in columns), None):
        raise ArchiveError(
            f"{folder}: lacks the column {missing}, which comparing needs: build it without `dataset build --columns`"
        )
    return columns


def _reasons(connection: Database, change: str, other: str) -> dict[str, int]:
    query = f"""SELECT coalesce(reason, 'not in {other.upper()}') AS why, count(*)
                FROM pairs LEFT JOIN {other}_dropped USING (id) WHERE change = $change GROUP BY why ORDER BY why"""
    return dict(connection.execute(query, {"change": change}).fetchall())


def _metadata(connection: Database, columns: list[str]) -> dict[str, int]:
    names = [identifier(name) for name in columns]
    counts = ", ".join(f"count(*) FILTER (a.{name} IS DISTINCT FROM b.{name})" for name in names)
    (differing,) = connection.query(f"SELECT {counts} FROM a JOIN b ON a.id = b.id").fetchall()
    return {name: count for name, count in zip(columns, differing, strict=True) if count}
