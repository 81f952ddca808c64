"""`--where` is one condition on the columns of a row: whatever else SQL can do is refused by its name."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from archive import ArchiveError
from archive.dataset.table.condition import FUNCTIONS, MAX_CHARACTERS, check_condition
from archive.dataset.table.database import opened, quoted


@pytest.mark.parametrize(
    "where",
    [
        "language = 'en' AND n_words >= 100 AND access = 'full'",
        "len(opt_out) = 0",
        "published >= '2026-01-01' AND host NOT LIKE '%.example'",
        "published > date '2020-01-01' - interval 3 days",
        "extract(year FROM published) = 2020",
        "signals.gopher_dup_line_share < 0.3",
        "Language IN ('en', 'fr') -- a comment",
        "'x' IN authors OR authors[1] = 'A'",
        "len([a FOR a IN authors IF a LIKE 'x%']) > 0",
        "len(list_filter(authors, lambda a: a = 'A')) = 1",
        "CASE WHEN title ~ 'a' THEN true ELSE title SIMILAR TO 'b' END",
        "try(n_words::DECIMAL(4, 2) > 1)",
        "list_sum([r.n FOR r IN [{'n': n_words}]]) BETWEEN 1 AND 9",
    ],
)
def test_a_condition_on_columns_is_good(where: str) -> None:
    check_condition(where)


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        ("true); COPY (SELECT 1) TO 'written' --", "syntax error"),
        ("true; SELECT true", "several statements"),
        ("true, true", "only one condition"),
        ("true AS x", "without a name"),
        ("true UNION SELECT true", "no clause of a query"),
        ("DISTINCT true", "no clause of a query"),
        ("(SELECT true)", "a query in the condition is not allowed"),
        ("EXISTS (FROM read_text('/etc/hostname'))", "a query in the condition is not allowed"),
        ("n_words IN (SELECT 1)", "a query in the condition is not allowed"),
        ("url = ANY (authors)", "a query in the condition is not allowed"),
        ("read_text('/etc/hostname') = 'x'", "the function read_text() is not allowed"),
        ("random() < 0.5", "the function random() is not allowed"),
        ("now() > published", "the function now() is not allowed"),
        ("current_date > published", 'column "current_date" not found'),
        ("age(published) > interval 3 days", "the function age() is not allowed"),
        ("uuid() = id", "the function uuid() is not allowed"),
        ("current_setting('threads') = 1", "the function current_setting() is not allowed"),
        ("main.lower(title) = 'x'", "the function lower() is not allowed"),
        ("repeat('x', 1000000000) = text", "the function repeat() is not allowed"),
        ("count(*) > 1", "the function count_star() is not allowed"),
        ("sum(n_words) > 1", "the function sum() is not allowed"),
        ("sum(n_words) OVER () > 1", "a window function is not allowed"),
        ("grouping(title) = 1", "grouping() is not allowed"),
        ("columns(*) IS NULL", "* is not allowed"),
        ("#1 = 2", "a column by its number is not allowed"),
        ("? = 1", "only a condition is allowed"),
        ("wrods > 1", 'column "wrods" not found'),
        ("true\x00", 'column "true\\u0000" not found'),
        ("split = 'train'", "split is decided after the filter"),
        ("title", "neither true nor false"),
        (" ", "without selection list"),
        ("(" * 3000 + "true" + ")" * 3000, "depth limit"),
        ("not " * MAX_CHARACTERS + "true", f"longer than {MAX_CHARACTERS:,} characters"),
    ],
)
def test_anything_else_is_refused_in_one_line(where: str, problem: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        check_condition(where)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "\0" not in str(caught.value)


def test_every_function_of_a_condition_gives_equal_rows_equal_answers() -> None:
    with opened() as database:
        # with times that have a zone, some read the zone of the connection; ours is always UTC
        zoned = "concat(parameter_types::VARCHAR, return_type) SIMILAR TO '.*(WITH TIME ZONE|TIMESTAMPTZ).*'"
        stability = f"CASE WHEN {zoned} THEN 'CONSISTENT' ELSE coalesce(stability, 'CONSISTENT') END"
        query = f"SELECT function_name, function_type, {stability} FROM duckdb_functions()"
        kinds: dict[str, set[tuple[str, str]]] = {}
        for name, kind, stability in database.execute(query).fetchall():
            kinds.setdefault(name, set()).add((kind, stability))
    assert {name: kinds.get(name) for name in FUNCTIONS if not kinds.get(name)} == {}
    fixed = {("scalar", "CONSISTENT"), ("macro", "CONSISTENT")}
    assert {name: kinds[name] - fixed for name in FUNCTIONS if kinds[name] - fixed} == {}
    assert "age" not in FUNCTIONS  # of one moment: how long before now


def test_a_database_executes_one_statement_a_call_and_touches_only_its_paths(tmp_path: Path) -> None:
    inside, outside = tmp_path / "o[1]*?", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
    (outside / "a.txt").write_text("secret")
    refused = [
        f"COPY (SELECT 1) TO {quoted(outside / 'written.csv')}",
        f"COPY (SELECT 1) TO {quoted(inside / '..' / 'outside' / 'written.csv')}",
        f"FROM read_text({quoted(outside / 'a.txt')})",
        f"FROM glob({quoted(outside / '*')})",
        f"ATTACH {quoted(outside / 'x.db')}",
        "SELECT 1; SELECT 2",
        "SET enable_external_access = true",
        "SET temp_directory = '/'",
        "FROM inside",
        "",
    ]
    with opened(inside) as database:
        database.execute(f"COPY (SELECT 1 AS n) TO {quoted(inside / 'a.parquet')}").fetchall()
        for statement in refused:
            with pytest.raises(duckdb.Error):
                database.execute(statement).fetchall()
    assert [path.name for path in outside.iterdir()] == ["a.txt"]


def test_one_module_opens_duckdb_and_scripts_hold_no_value() -> None:
    sources = [path for folder in ("archive", "scraper", "cleaners") for path in Path(folder).rglob("*.py")]
    texts = {path.as_posix(): path.read_text("utf-8") for path in sources}
    opening = [name for name, text in texts.items() if "duckdb.connect(" in text or "duckdb.sql(" in text]
    assert opening == ["archive/dataset/table/database.py"]
    scripts = [line.strip() for name, text in texts.items() if "archive/dataset/dedup" in name
               for line in text.splitlines() if "db.run(" in line]  # fmt: skip
    assert scripts
    assert all(line.removeprefix("db.run(").rstrip(")").strip("_").isupper() for line in scripts), scripts
