"""One rule as a table of a rule file: read, checked, and refused where a key of it is not understood."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any, get_args

from cleaners.evidence import Evidence
from cleaners.ruleset import DomRule, LineRule, Opens, Place, RuleError, Shape
from cleaners.selectors import check

_PROOF = {"id": str, "why": str, "example": str, "keeps": str}
_COMMON: dict[str, type] = _PROOF | {"version": int, "accepted": str, "evidence": dict}
_VERBS: dict[str, dict[str, type]] = {
    "drop": {"drop": list, "unless": list, "trust": bool},
    "line": {
        "line": str,
        "cues": list,
        "place": str,
        "langs": list,
        "max": int,
        "beside": list,
        "shape": str,
        "opens": str,
        "run": int,
        "text_mode": bool,
    },
    "fragment": {"fragment": str, "cues": list, "place": str, "langs": list, "max": int},
}
_EVIDENCE: dict[str, type] = {
    field.name: {"int": int, "float": float, "str": str}.get(str(field.type), list) for field in fields(Evidence)
} | {"share": float}


def read_rule(file: Path, scope: str, number: int, table: dict[str, Any]) -> DomRule | LineRule:
    """Return the rule of a [[rule]] table, the *number*th of its file. Raises RuleError for what is not understood."""
    name = f"{scope}/{table['id']}" if isinstance(table.get("id"), str) else f"number {number}"
    where = f"{file}: rule {name}"
    verbs = [verb for verb in _VERBS if verb in table]
    if len(verbs) != 1:
        raise RuleError(f"{where}: needs exactly one of drop, line, fragment")
    _check_keys(where, table, _COMMON | _VERBS[verbs[0]])
    for key in _PROOF:
        if not table.get(key):
            raise RuleError(f"{where}: '{key}' is missing")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", table["id"]):
        raise RuleError(f"{where}: an id is lower-case words joined by hyphens")
    common: dict[str, Any] = {"id": name} | {key: table[key] for key in ("why", "example", "keeps")}
    common |= _history(where, table)
    if verbs[0] == "drop":
        selectors: dict[str, Any] = {key: _selectors(where, key, table.get(key, [])) for key in ("drop", "unless")}
        return DomRule(**common, **selectors, trust=table.get("trust", False))
    return _line_rule(where, verbs[0], common, table)


def read_texts(where: object, key: str, values: object) -> list[str]:
    """Return a list of texts; raises RuleError where it is none."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise RuleError(f"{where}: '{key}' must be a list of strings")
    return values


def _check_keys(where: str, table: dict[str, Any], known: dict[str, type]) -> None:
    for key, value in table.items():
        if key not in known:
            raise RuleError(f"{where}: unknown key '{key}'; known: {', '.join(known)}")
        wanted = (int, float) if known[key] is float else known[key]
        # a truth is a number to Python
        if not isinstance(value, wanted) or (isinstance(value, bool) and known[key] is not bool):
            raise RuleError(f"{where}: '{key}' must be a {known[key].__name__}")


def _history(where: str, table: dict[str, Any]) -> dict[str, Any]:
    """Return what a learned rule says of itself: its version, the day it was accepted, and what it rests on."""
    version, accepted = table.get("version", 1), table.get("accepted", "")
    if version < 1:
        raise RuleError(f"{where}: 'version' must be 1 or more")
    if "accepted" in table:
        day = None
        with suppress(ValueError):
            day = date.fromisoformat(accepted)
        # fromisoformat knows other forms of a day too
        if day is None or str(day) != accepted:
            raise RuleError(f"{where}: 'accepted' must be a day such as \"2026-11-22\"")
    evidence = _evidence(f"{where}: evidence", table["evidence"]) if "evidence" in table else None
    return {"version": version, "accepted": accepted, "evidence": evidence}


def _evidence(where: str, table: dict[str, Any]) -> Evidence:
    _check_keys(where, table, _EVIDENCE)
    if missing := [key for key in _EVIDENCE if key not in table]:
        raise RuleError(f"{where}: '{missing[0]}' is missing")
    if bad := [key for key in ("share", "probability") if not 0 <= table[key] <= 1]:
        raise RuleError(f"{where}: '{bad[0]}' must be from 0 to 1")
    values: dict[str, Any] = {
        key: tuple(read_texts(where, key, value)) if isinstance(value, list) else value
        for key, value in table.items()
        if key != "share"
    }
    return Evidence(**values)


def _line_rule(where: str, verb: str, common: dict[str, Any], table: dict[str, Any]) -> LineRule:
    for key, allowed in (("place", get_args(Place)), ("shape", get_args(Shape)), ("opens", get_args(Opens))):
        if key in table and table[key] not in allowed:
            raise RuleError(f"{where}: {key} '{table[key]}' is not one of {', '.join(allowed)}")
    options = {key: table[key] for key in ("place", "max", "shape", "opens", "run", "text_mode") if key in table}
    sets: dict[str, Any] = {
        key: frozenset(read_texts(where, key, table.get(key, []))) for key in ("langs", "beside") if key in table
    }
    cues = tuple(read_texts(where, "cues", table.get("cues", [])))
    return LineRule(**common, regex=table[verb], whole=verb == "line", cues=cues, **options, **sets)


def _selectors(where: str, key: str, values: list[Any]) -> tuple[str, ...]:
    if key == "drop" and not values:
        raise RuleError(f"{where}: 'drop' names no selector")
    for value in read_texts(where, key, values):
        try:
            check(value)
        except Exception as error:
            raise RuleError(f"{where}: bad selector '{value}': {error}") from None
    return tuple(values)
