"""Rules as data: TOML files in, checked and compiled rules out. A rule that is not understood is an error."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast, get_args

from cleaners.model import model_bytes
from cleaners.ruleset import DomRule, LineRule, Opens, Place, RuleError, RuleSet, Shape, SiteRules
from cleaners.selectors import check
from cleaners.version import VERSION

_COMMON = {"id": str, "why": str, "example": str, "keeps": str}
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


def load_rules(*paths: Path | str) -> RuleSet:
    """Load the packaged rules and, after them, those of `paths`: rule files, or folders of them.

    A file in a folder `sites` holds for the host that it is named after and the host's subdomains.
    Raises RuleError for anything that is not understood, naming file and rule.
    """
    return _load(*map(Path, paths)) if paths else _packaged()


@cache
def _packaged() -> RuleSet:
    return _load()


def _load(*paths: Path) -> RuleSet:
    packaged = cast(Path, files("cleaners") / "rules")
    found: list[Path] = []
    for path in (packaged, *paths):
        if not path.exists():
            raise RuleError(f"{path}: no such rule file or folder")
        found += sorted(path.rglob("*.toml")) if path.is_dir() else [path]
    dom: list[DomRule] = []
    lines: list[LineRule] = []
    sites: dict[str, SiteRules] = {}
    digest = hashlib.sha256(model_bytes())
    for file in found:
        data, document = _read(file)
        own = file.is_relative_to(packaged)
        digest.update(f"{file.parent.name == 'sites'} {file.stem} {len(data)}\n".encode() + data)
        if file.parent.name == "sites":
            if file.stem in sites:
                raise RuleError(f"{file}: there is another file for the host {file.stem}")
            site_rules = _rules(file, document, f"sites/{file.stem}", {"skip"}, trusted=own)
            skip = frozenset(_texts(file, "skip", document.get("skip", [])))
            sites[file.stem] = SiteRules(*_split(site_rules, trust=True), skip)
        else:
            new_dom, new_lines = _split(_rules(file, document, file.stem, set(), trusted=own))
            dom += new_dom
            lines += new_lines
    rules = RuleSet(tuple(dom), tuple(lines), sites, f"{VERSION}-{digest.hexdigest()[:10]}")
    _refuse_doubles(found, rules)
    _refuse_unknown(rules)
    return rules


def _read(file: Path) -> tuple[bytes, dict[str, Any]]:
    try:
        data = file.read_bytes()
        return data, tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise RuleError(f"{file}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleError(f"{file}: not TOML: {error}") from None


def _rules(
    file: Path, document: dict[str, Any], scope: str, also: set[str], *, trusted: bool
) -> list[DomRule | LineRule]:
    """Read the rules of a file. The patterns of a `trusted` one are compiled where a page asks for them."""
    if unknown := sorted(document.keys() - {"rule"} - also):
        raise RuleError(f"{file}: unknown key '{unknown[0]}': a rule file holds [[rule]] tables")
    tables = document.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise RuleError(f"{file}: 'rule' must be written as [[rule]] tables")
    rules = [_rule(file, scope, number, table) for number, table in enumerate(tables, 1)]
    for rule in () if trusted else rules:
        try:
            _ = rule.pattern if isinstance(rule, LineRule) else None
        except RuleError as error:
            raise RuleError(f"{file}: {error}") from None
    return rules


def _rule(file: Path, scope: str, number: int, table: dict[str, Any]) -> DomRule | LineRule:
    name = f"{scope}/{table['id']}" if isinstance(table.get("id"), str) else f"number {number}"
    verbs = [verb for verb in _VERBS if verb in table]
    if len(verbs) != 1:
        raise RuleError(f"{file}: rule {name}: needs exactly one of drop, line, fragment")
    known = _COMMON | _VERBS[verbs[0]]
    for key, value in table.items():
        if key not in known:
            raise RuleError(f"{file}: rule {name}: unknown key '{key}'; known: {', '.join(known)}")
        if not isinstance(value, known[key]) or (known[key] is int and isinstance(value, bool)):
            raise RuleError(f"{file}: rule {name}: '{key}' must be a {known[key].__name__}")
    for key in _COMMON:
        if not table.get(key):
            raise RuleError(f"{file}: rule {name}: '{key}' is missing")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", table["id"]):
        raise RuleError(f"{file}: rule {name}: an id is lower-case words joined by hyphens")
    where = f"{file}: rule {name}"
    common: dict[str, Any] = {"id": name} | {key: table[key] for key in ("why", "example", "keeps")}
    if verbs[0] == "drop":
        selectors: dict[str, Any] = {key: _selectors(where, key, table.get(key, [])) for key in ("drop", "unless")}
        return DomRule(**common, **selectors, trust=table.get("trust", False))
    return _line_rule(where, verbs[0], common, table)


def _line_rule(where: str, verb: str, common: dict[str, Any], table: dict[str, Any]) -> LineRule:
    for key, allowed in (("place", get_args(Place)), ("shape", get_args(Shape)), ("opens", get_args(Opens))):
        if key in table and table[key] not in allowed:
            raise RuleError(f"{where}: {key} '{table[key]}' is not one of {', '.join(allowed)}")
    options = {key: table[key] for key in ("place", "max", "shape", "opens", "run", "text_mode") if key in table}
    sets: dict[str, Any] = {
        key: frozenset(_texts(where, key, table.get(key, []))) for key in ("langs", "beside") if key in table
    }
    cues = tuple(_texts(where, "cues", table.get("cues", [])))
    return LineRule(**common, regex=table[verb], whole=verb == "line", cues=cues, **options, **sets)


def _selectors(where: str, key: str, values: list[Any]) -> tuple[str, ...]:
    if key == "drop" and not values:
        raise RuleError(f"{where}: 'drop' names no selector")
    for value in _texts(where, key, values):
        try:
            check(value)
        except Exception as error:
            raise RuleError(f"{where}: bad selector '{value}': {error}") from None
    return tuple(values)


def _texts(where: object, key: str, values: object) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise RuleError(f"{where}: '{key}' must be a list of strings")
    return values


def _split(
    rules: Iterable[DomRule | LineRule], *, trust: bool = False
) -> tuple[tuple[DomRule, ...], tuple[LineRule, ...]]:
    dom = [replace(rule, trust=rule.trust or trust) for rule in rules if isinstance(rule, DomRule)]
    return tuple(dom), tuple(rule for rule in rules if isinstance(rule, LineRule))


def _refuse_doubles(found: list[Path], rules: RuleSet) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            names = ", ".join(str(file) for file in found if file.stem == rule.id.split("/")[-2])
            raise RuleError(f"{names}: rule {rule.id}: this id is there twice")
        seen.add(rule.id)


def _refuse_unknown(rules: RuleSet) -> None:
    known = {rule.id for rule in rules}
    short = {rule.id.rpartition("/")[2] for rule in rules if isinstance(rule, LineRule)}
    for rule in rules:
        if isinstance(rule, LineRule) and (unknown := sorted(rule.beside - short)):
            raise RuleError(f"rule {rule.id}: beside: there is no line rule '{unknown[0]}'")
    for host, site in rules.sites.items():
        if unknown := sorted(site.skip - known):
            raise RuleError(f"sites/{host}: skip: there is no rule '{unknown[0]}'")
