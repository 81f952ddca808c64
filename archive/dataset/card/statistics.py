"""Compute the figures of a dataset from its row files, for the card, the charts and `dataset stats`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.table.database import (
    BATCH,
    Database,
    Part,
    copy_sql,
    dataset_database,
    path_sql,
    row_files,
    rows_sql,
    types_of,
)
from archive.dataset.table.schema import WIDE_SCHEMA
from archive.dataset.table.signals import PII, SIGNALS
from archive.files.errors import ArchiveError
from archive.files.moments import FIRST_YEAR, LAST_YEAR
from cleaners import DOUBTFUL_BELOW

Row = tuple[Any, ...]
LISTED = 50
"""Up to this many source files are listed one by one; more are listed by folder."""
BINS = 8
"""The bins of the histogram of lengths, per power of ten."""
DAYS, MONTHS = 92, 120
"""A chart of dates has one bar per day up to this many days, one per month up to this many months, then per year."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Each field holds one row of values or several; the greatest count comes first unless stated otherwise."""

    totals: dict[str, Any]
    """rows, words, characters, bytes, hosts, dated, first_published, last_published, fetched, first_fetched,
    last_fetched, archived (rows with a response in a WARC file), dropped."""
    splits: list[Row]
    """split, rows, words, characters; by name, train first."""
    languages: list[Row]
    """code, rows, words."""
    hosts: list[Row]
    """host, rows, words, first and last day of publication."""
    access: list[Row]
    """verdict, rows."""
    kinds: list[Row]
    """kind of page, rows, of them with a confidence below DOUBTFUL_BELOW, median confidence."""
    dates: list[Row]
    """start of a day, month or year, rows; in order."""
    lengths: list[Row]
    """the bin of the number of words (BINS per power of ten), rows; in order."""
    quartiles: list[Row]
    """column, minimum, the three quartiles, maximum; for booleans None, and as the median the share of true."""
    pii: list[Row]
    """kind, rows that have any, total."""
    opt_outs: list[Row]
    """signal, value, rows, first and last seen."""
    uses: list[Row]
    """use, answer, rows; `contradictory` counts again those that are refused and allowed."""
    removals: list[Row]
    """rule, removals, characters, rows."""
    dropped: list[Row]
    """reason, rows, characters, minimum and median similarity."""
    shared: Row
    """rows that share text with others, links, shared words, and how many of these are quoted."""
    sources: list[Row]
    """WARC or source file, or the folder of them, rows, words."""
    source_files: int
    versions: list[Row]
    """extractor, its version, the rules' version, rows."""


def read_statistics(folder: Path) -> Statistics:
    """Compute the figures of a dataset. Raises ArchiveError where there are no readable row files."""
    with queries(folder) as ask:
        totals = ask.totals()
        files = ask.all("count(DISTINCT coalesce(warc_file, source_file)) FROM kept")[0][0]
        words, first, last = "sum(n_words)", "min(published)::DATE", "max(published)::DATE"
        return Statistics(
            totals=totals,
            splits=ask.all(_SPLITS),
            languages=ask.counted("coalesce(language, 'unknown')", words),
            hosts=ask.counted("coalesce(host, 'unknown')", words, first, last),
            access=ask.counted("coalesce(access, 'not judged')"),
            kinds=ask.with_medians(ask.counted(_KIND, _LOW), "kept", _KIND, "confidence"),
            dates=ask.dates(totals["first_published"], totals["last_published"]),
            lengths=ask.all(_LENGTHS),
            quartiles=list(ask.quartiles()),
            pii=[(name, *ask.all(PII_COUNT.format(name))[0]) for name, _ in PII],
            opt_outs=ask.all(OPT_OUTS),
            uses=ask.all(USES),
            removals=ask.all(_REMOVALS),
            dropped=ask.dropped(),
            shared=ask.all(_SHARED)[0],
            sources=ask.counted(_source(files), words),
            source_files=files,
            versions=ask.counted("coalesce(extractor, 'unknown')", "extractor_version", "rules_version", grouped=3),
        )


@contextmanager
def queries(folder: Path) -> Iterator[Queries]:
    """Open a dataset for questions. Raises ArchiveError where there are no readable row files."""
    # keeping the order takes memory, and every result is sorted
    with dataset_database(folder, in_order=False) as connection:
        _create_views(connection, folder)
        yield Queries(connection)


_TOTALS = """count(*) AS rows, coalesce(sum(n_words), 0) AS words, coalesce(sum(n_chars), 0) AS characters,
    coalesce(sum(n_bytes), 0) AS bytes, count(DISTINCT host) AS hosts, count(published) AS dated,
    min(published)::DATE AS first_published, max(published)::DATE AS last_published, count(fetched) AS fetched,
    min(fetched)::DATE AS first_fetched, max(fetched)::DATE AS last_fetched, count(warc_file) AS archived,
    (SELECT count(*) FROM gone) AS dropped FROM kept"""
_SPLITS = """in_split, count(*), sum(n_words), sum(n_chars)
    FROM kept GROUP BY 1 ORDER BY in_split <> 'train', 1"""
_LENGTHS = f"floor(log10(n_words) * {BINS})::INT, count(*) FROM kept WHERE n_words > 0 GROUP BY 1 ORDER BY 1"
PII_COUNT = "count(*) FILTER (pii.{0} > 0), coalesce(sum(pii.{0}), 0) FROM kept"
_KIND = "coalesce(kind, 'not judged')"
_LOW = f"count(*) FILTER (confidence < {DOUBTFUL_BELOW})"
OPT_OUTS = """o.signal, o.value, count(*), min(o.seen_at)::DATE, max(o.seen_at)::DATE
    FROM (SELECT unnest(opt_out) AS o FROM kept) GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"""
USES = """* FROM (
    SELECT 'ai_train', ai_train, count(*) FROM kept WHERE ai_train IS NOT NULL GROUP BY 2
    UNION ALL SELECT 'ai_input', ai_input, count(*) FROM kept WHERE ai_input IS NOT NULL GROUP BY 2
    UNION ALL SELECT 'search', search, count(*) FROM kept WHERE search IS NOT NULL GROUP BY 2
    UNION ALL SELECT use, 'contradictory', count(*) FROM (SELECT unnest(contradictory_uses) AS use FROM kept) GROUP BY 1
    ) ORDER BY 1, 2"""
_REASON = "split_part(reason, ':', 1)"
_DROPPED = f"{_REASON}, count(*), sum(n_chars), min(similarity) FROM gone GROUP BY 1 ORDER BY 2 DESC, 1"
_SHARED = """count(*), sum(len(shared_with)), sum(list_sum([s.words FOR s IN shared_with])),
    sum(list_sum([s.quoted_words FOR s IN shared_with])) FROM kept WHERE len(shared_with) > 0"""
# rows are counted separately, each rule once per row, so that no list of ids is needed
_REMOVALS = """* FROM (SELECT r.rule AS rule, count(*) AS n,
        coalesce(sum(coalesce(length(r.text), r."end" - r.start)), 0) AS characters
        FROM (SELECT unnest(removed) AS r FROM rows) GROUP BY 1)
    JOIN (SELECT rule, count(*) AS rows FROM
        (SELECT unnest(list_distinct([r.rule FOR r IN removed])) AS rule FROM rows) GROUP BY 1) USING (rule)
    ORDER BY n DESC, rule"""

_PLACED = """FROM (SELECT {0} AS key, {1} AS value, row_number() OVER (PARTITION BY key ORDER BY value) - 1 AS place,
    count(*) OVER (PARTITION BY key) - 1 AS last FROM {2} WHERE value IS NOT NULL) WHERE {3} GROUP BY key"""
_BESIDE = "place IN ({0} * last // 4, ({0} * last + 3) // 4)"
_BETWEEN = "CASE any_value({0} * last % 4)" + "".join(
    f" WHEN {part} THEN quantile_cont(value, {part / 4}) FILTER ({_BESIDE})" for part in range(4)
) + " END"  # fmt: skip
"""A quarter lies between the two values beside it, or is the one in its place."""


class Queries:
    """Queries on the views `kept` and `gone`, which have all columns but `text` and `removed`, and on `rows`."""

    def __init__(self, connection: Database) -> None:
        self._connection = connection

    def all(self, query: str) -> list[Row]:
        """Return the rows of a query, which goes on behind SELECT."""
        return self._connection.execute(f"SELECT {query}").fetchall()

    def totals(self) -> dict[str, Any]:
        """Return the figures of all rows (`Statistics.totals`)."""
        result = self._connection.execute(f"SELECT {_TOTALS}")
        names = [column[0] for column in result.description or ()]
        return dict(zip(names, result.fetchone() or (), strict=True))

    def counted(self, key: str, *more: str, grouped: int = 1) -> list[Row]:
        """Return each key with its number of rows and the columns `more`; the key takes the first `grouped` - 1."""
        keys, rest = (key, *more[: grouped - 1]), more[grouped - 1 :]
        places = ", ".join(str(place + 1) for place in range(grouped))
        columns = ", ".join((*keys, "count(*)", *rest))
        return self.all(f"{columns} FROM kept GROUP BY {places} ORDER BY count(*) DESC, {places}")

    def domains(self, domain_of: Callable[[str], str], percent: int, most: int | None) -> tuple[int, list[Row]]:
        """Return the number of domains, and those with the most bytes of text: domain, rows, bytes.

        `domain_of` gives the domain of a host or URL. So many per cent of the domains are returned, rounded up, but not
        more than `most`.
        """
        db = self._connection
        db.execute("CREATE TABLE sizes (domain VARCHAR, articles BIGINT, size HUGEINT)")
        found = """SELECT coalesce(host, url), count(*), coalesce(sum(n_bytes), 0) FROM kept
            WHERE coalesce(host, url) <> '' GROUP BY 1"""
        for batch in db.stream(found, BATCH):
            names, *counts = batch.columns
            columns = [pa.array(map(domain_of, names.to_pylist()), pa.string()), *counts]
            db.register("batch", pa.table(columns, ["domain", "articles", "size"]))
            db.execute("INSERT INTO sizes SELECT * FROM batch")
            db.unregister("batch")
        count: int = self.all("count(DISTINCT domain) FROM sizes")[0][0]
        listed = min(-(-count * percent // 100), count if most is None else most)
        sums = "domain, sum(articles)::BIGINT, sum(size)::BIGINT FROM sizes GROUP BY 1"
        return count, self.all(f"{sums} ORDER BY 3 DESC, 1 LIMIT {listed}")

    def dates(self, first: Any, last: Any) -> list[Row]:  # noqa: ANN401 - duckdb's dates, or None
        """Return the rows of each day, month or year between two days (`Statistics.dates`)."""
        if first is None:
            return []
        days = (last - first).days
        unit = "day" if days <= DAYS else "month" if days <= MONTHS * 30 else "year"
        start = f"date_trunc('{unit}', published)::DATE"
        return self.all(f"{start}, count(*) FROM kept WHERE published IS NOT NULL GROUP BY 1 ORDER BY 1")

    def quartiles(self) -> Iterator[Row]:
        """Yield how the counts and signals are distributed (`Statistics.quartiles`)."""
        for name, kind in (("n_words", None), ("n_chars", None), *SIGNALS):
            column = f"signals.{name}" if kind else name
            if kind == pa.bool_():
                yield name, None, None, self.all(f"avg({column}::INT) FROM kept")[0][0], None, None
                continue
            for parts in self.placed("kept", f"{column}::DOUBLE", 1, 2, 3).values():
                least, most = self.all(f"min({column}), max({column}) FROM kept")[0]
                yield name, least, *parts, most

    def dropped(self) -> list[Row]:
        """Return for each reason the dropped rows, their characters, minimum and median similarity."""
        return self.with_medians(self.all(_DROPPED), "gone", _REASON, "similarity")

    def with_medians(self, rows: list[Row], view: str, key: str, value: str) -> list[Row]:
        """Return rows that begin with a key, each with the median of its values."""
        medians = self.placed(view, value, 2, key=key)
        return [(*row, *medians.get(row[0], (None,))) for row in rows]

    def placed(self, view: str, value: str, *quarters: int, key: str = "NULL") -> dict[Any, Row]:
        """Return for each key the values at so many quarters of the sorted ones, without those that are null.

        duckdb's quantiles give the same, and hold all values in memory: 600 MB are not enough for 34 M of them. Sorted
        on disk, 100 M take no more (2026-11-30).
        """
        parts = ", ".join(map(_BETWEEN.format, quarters))
        rows = _PLACED.format(key, value, view, " OR ".join(map(_BESIDE.format, quarters)))
        return {of: tuple(values) for of, *values in self.all(f"key, {parts} {rows}")}


_COUNTED = {"n_chars": "length(text)", "n_bytes": "strlen(text)", "n_words": "len(regexp_extract_all(text, '\\S+'))"}
"""How to count where the columns of counts are missing, as in a view with the names of another corpus."""


def _create_views(connection: Database, folder: Path) -> None:
    """Create the views `rows`, `kept` and `gone`. Columns of the schema that the dataset lacks are null."""
    if not row_files(folder):
        raise ArchiveError(f"{folder}: not a dataset (it has no files in data/): give the folder that a build wrote")
    kinds = types_of(WIDE_SCHEMA)
    parts: tuple[tuple[str, str, Part], ...] = (("rows", "kept", "data"), ("dropped_rows", "gone", "dropped"))
    for view, light_view, part in parts:
        files = row_files(folder, part)
        source = rows_sql(files) if files else "(SELECT NULL AS in_split LIMIT 0)"
        there = set(connection.columns_of(f"FROM {source}"))
        is_json = any(path.suffix != ".parquet" for path in files)
        columns = [_column(name, kind, there, is_json=is_json) for name, kind in kinds.items()]
        connection.execute(f"CREATE VIEW {view} AS SELECT in_split, {', '.join(columns)} FROM {source}")
        light = f"SELECT * EXCLUDE (text, removed) FROM {view}"
        if row_files(folder)[0].suffix != ".parquet":
            # parse JSON lines once, not for every query
            spill = connection.execute("SELECT current_setting('temp_directory')").fetchall()[0][0]
            path = Path(spill) / f"{light_view}.parquet"
            connection.execute(copy_sql(light, path, "FORMAT parquet"))
            light = f"SELECT * FROM read_parquet({path_sql(path)}, hive_partitioning = false)"
        connection.execute(f"CREATE VIEW {light_view} AS {light}")


def _column(name: str, kind: str, there: set[str], *, is_json: bool) -> str:
    """Return the SQL for a column. *is_json*: JSON lines, where every column seems to exist."""
    has = f'"{name}"' if name in there else f"NULL::{kind}"
    if name in ("published", "fetched"):  # a dataset of others may hold years that no chart can draw
        has = f"CASE WHEN year(TRY_CAST({has} AS {kind})) BETWEEN {FIRST_YEAR} AND {LAST_YEAR} THEN {has} END"
    counts = name in _COUNTED and "text" in there and (is_json or name not in there)
    return f'{f"coalesce({has}, {_COUNTED[name]})" if counts else has} AS "{name}"'


def _source(files: int) -> str:
    name = "coalesce(warc_file, source_file, 'unknown')"
    return name if files <= LISTED else f"regexp_replace({name}, '[^/]*$', '')"
