"""Check the condition of `--where`: one true or false expression on the columns of a row, and nothing else of SQL.

Only what this module names is allowed: duckdb parses the condition, and every part of the tree must be a column, a
literal, an operator or a function that gives equal rows equal answers. A condition may come from others, in a recipe.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from archive.dataset.table.database import Database, first_line, opened
from archive.dataset.table.schema import BLOCKS, DECIDED, NAMES, schema_with
from archive.files.errors import ArchiveError

MAX_CHARACTERS = 20_000
"""Of a condition: a list of 400 hosts fits. The parse tree takes about 200 times as much memory."""

PARTS = frozenset((
    "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "LAMBDA",
    "OPERATOR", "TYPE",
))  # fmt: skip
"""The classes of duckdb's expressions that a condition is made of."""
_CALLED = {
    "SUBQUERY": "a query in the condition",
    "WINDOW": "a window function",
    "STAR": "*",
    "PARAMETER": "a parameter",
    "POSITIONAL_REFERENCE": "a column by its number",
    "GROUPING_FUNCTION": "grouping()",
}
"""What a person calls some of the parts that are not allowed."""
_FUNCTIONS = {
    "operators": """
        + - * / // % ^ ** | & << >> ~ @ || <-> ^@ && @> <@ ~~ !~~ ~~* !~~* ~~~ like_escape not_like_escape
        ilike_escape not_ilike_escape
    """,
    "numbers": """
        abs add ceil ceiling divide exp fdiv floor fmod greatest isfinite isinf isnan least ln log log10 log2 mod
        multiply pow power round sign sqrt subtract trunc
    """,
    "texts": """
        ascii bar base64 bin bit_length char_length character_length chr concat concat_ws contains
        damerau_levenshtein editdist3 ends_with hamming instr jaccard jaro_similarity jaro_winkler_similarity lcase
        left left_grapheme len length length_grapheme levenshtein lower ltrim md5 mismatches nfc_normalize ord
        parse_dirname parse_filename position prefix regexp_escape regexp_extract regexp_extract_all
        regexp_full_match regexp_matches regexp_replace regexp_split_to_array replace reverse right right_grapheme
        rtrim sha256 split split_part starts_with str_split str_split_regex string_split string_split_regex
        strip_accents strlen strpos substr substring substring_grapheme suffix translate trim ucase unicode upper
        url_decode url_encode
    """,
    "times": """
        century date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname
        dayofmonth dayofweek dayofyear decade epoch epoch_ms era hour isodow isoyear last_day make_date
        make_timestamp microsecond millennium millisecond minute month monthname quarter second strftime strptime
        timezone to_days to_hours to_microseconds to_milliseconds to_minutes to_months to_seconds to_weeks to_years
        try_strptime week weekday weekofyear year yearweek
    """,
    "lists and structures": """
        array_contains array_extract array_has array_has_all array_has_any array_length array_position array_slice
        array_to_string element_at list_any_value list_apply list_avg list_concat list_contains list_count
        list_distinct list_element list_extract list_filter list_first list_has list_has_all list_has_any
        list_indexof list_last list_max list_median list_min list_position list_slice list_sort list_sum
        list_transform list_unique list_value map map_contains map_extract map_keys map_values row struct_extract
        struct_pack
    """,
    "nulls": """
        constant_or_null nullif
    """,
}
FUNCTIONS = frozenset(name for names in _FUNCTIONS.values() for name in names.split())
"""The functions of a condition: none reads a file, a clock or chance, and none makes a large value of a small one."""
_KNOWN = frozenset((*NAMES, BLOCKS))
_TABLE = "input"
_FORM = f"SELECT\n{{}}\nFROM {_TABLE}"
_EXAMPLE = "write one condition on the columns of a row, such as \"language = 'en' AND n_words > 100\""


def check_condition(where: str) -> None:
    """Check `--where` before anything is read. Raises ArchiveError unless it is a condition on columns of stage 1."""
    if not where:
        return
    if problem := _problem(where):
        shown = where if len(where) <= 200 else where[:200] + "…"
        raise ArchiveError(f"--where {shown!r}: {problem}: {_EXAMPLE}")


def columns_of_condition(where: str) -> set[str]:
    """Return the columns that a condition looks at, none for a bad one. Names for parts of lists may be among them."""
    if not where.strip() or len(where) > MAX_CHARACTERS:
        return set()
    try:
        with opened() as database:
            return {name.lower() for name in _names(_tree(database, where))}
    except (duckdb.Error, RecursionError, UnicodeEncodeError):
        return set()


def _problem(where: str) -> str:
    """Tell what is wrong with a condition; empty for a good one."""
    if len(where) > MAX_CHARACTERS:
        return f"longer than {MAX_CHARACTERS:,} characters"
    try:
        with opened() as database:
            tree, plain = _tree(database, where), _tree(database, "true")
            return _problem_of_tree(tree, plain) or _problem_of_type(database, where)
    except duckdb.Error as error:
        return first_line(error)
    except RecursionError:
        return "nested too deeply"
    except UnicodeEncodeError:
        return "no Unicode text"


def _tree(database: Database, where: str) -> dict[str, Any]:
    """Return duckdb's parse tree of a query with the condition."""
    ((text,),) = database.execute("SELECT json_serialize_sql(?)", [_FORM.format(where)]).fetchall()
    tree: dict[str, Any] = json.loads(text)
    if tree["error"]:
        raise duckdb.ParserException(f"Parser Error: {tree['error_message']}")
    return tree


def _problem_of_tree(tree: dict[str, Any], plain: dict[str, Any]) -> str:
    """Tell what else than one allowed expression a tree holds. *plain*: the tree of the condition `true`."""
    if len(tree["statements"]) != 1:
        return "several statements are not allowed"
    given = tree["statements"][0]["node"].pop("select_list", [])
    plain["statements"][0]["node"].pop("select_list")
    if _unplaced(tree) != _unplaced(plain):
        return "only a condition is allowed, no clause of a query"
    if len(given) != 1 or given[0].get("alias"):
        return "only one condition is allowed, without a name"
    return next(_not_allowed(given[0], frozenset()), "")


def _not_allowed(part: Any, bound: frozenset[str]) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield what a part of the tree may not hold. *bound*: the names of the lambda functions around it."""
    if isinstance(part, list):
        for child in part:
            yield from _not_allowed(child, bound)
        return
    if not isinstance(part, dict):
        return
    kind = part.get("class")
    if kind == "LAMBDA":
        bound |= set(_names(part["lhs"]))
    if "cte_map" in part or "select_list" in part:
        yield "a query in the condition is not allowed"
    elif kind is not None and (kind not in PARTS or part.get("type") in _CALLED):
        called = _CALLED.get(part["type"]) or _CALLED.get(kind) or str(kind).lower().replace("_", " ")
        yield f"{called} is not allowed"
    elif kind == "FUNCTION":
        name = part["function_name"]
        if part.get("schema") or part.get("catalog") or name.lower() not in FUNCTIONS:
            yield f"the function {name}() is not allowed"
    elif kind == "COLUMN_REF" and (name := part["column_names"][0]) not in bound and name.lower() not in _KNOWN:
        yield f"column {json.dumps(name)} not found"
    elif kind == "COLUMN_REF" and name not in bound and name.lower() in DECIDED:
        yield f"{name} is decided after the filter"
    for child in part.values():
        yield from _not_allowed(child, bound)


def _names(part: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield the columns in a part of a tree, or the parameters of a lambda function."""
    if isinstance(part, dict):
        if part.get("class") == "COLUMN_REF":
            yield part["column_names"][0]
        part = list(part.values())
    for child in part if isinstance(part, list) else ():
        yield from _names(child)


def _unplaced(part: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a tree without the places of its parts in the text."""
    if isinstance(part, dict):
        return {name: _unplaced(child) for name, child in part.items() if not name.startswith("query_location")}
    return [_unplaced(child) for child in part] if isinstance(part, list) else part


def _problem_of_type(database: Database, where: str) -> str:
    database.register(_TABLE, schema_with(blocks=True).empty_table().drop_columns(list(DECIDED)))
    kind = database.query(f"SELECT (\n{where}\n) AS holds FROM {_TABLE}").types[0]
    return "" if str(kind) == "BOOLEAN" else f"is a {kind}, neither true nor false"
