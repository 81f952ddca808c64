"""Read rule files (TOML) and check every key, and prove each rule by its own example."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import fields, replace
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast, get_args

from lxml.html import HtmlElement

from cleaners.html.decode import detector
from cleaners.html.tree import parse
from cleaners.rules.context import LineContext
from cleaners.rules.dom import check, mark
from cleaners.rules.lines import cut_lines
from cleaners.rules.model import DomRule, Evidence, LinePosition, LineRule, Opens, RuleError, RuleSet, Shape, SiteRules
from cleaners.rules.sites import host_key

VERSION = "0.1.0"
"""Version of the package, which is part of the version of its rules."""
MODEL = "classify/data/blocks.json"
"""The block model's data. It decides about text as rules do, so it is part of their version."""
FOLDER = "rules"
"""The folder of a data root with its rules; they lie in a folder for each state."""
SITES = "sites"
NOT_IN_FORCE = ("proposed", "rejected")
"""Folders of site files that nobody has accepted: read only when they are named, never as part of a folder around
them."""


def load_rules(*paths: Path | str) -> RuleSet:
    """Load the packaged rules, then those of `paths`: rule files, or folders of them.

    A file in a folder `sites`, `proposed` or `rejected` holds for the host that it is named after and its subdomains;
    several such files of one host are combined. Raises RuleError, naming file and rule, for what is not understood.
    """
    return _load(*map(Path, paths)) if paths else _packaged()


def load_in_force(data: Path | None, more: Iterable[Path | str] = ()) -> RuleSet:
    """Load the rules in force for a data root: the packaged ones, those accepted for the root, and those of `more`.

    Raises RuleError for a rule that is not understood, naming file and rule.
    """
    return load_rules(*(rule_folders(data) if data else ()), *more)


def rule_folders(data: Path, state: str = SITES) -> tuple[Path, ...]:
    """Return the folder of a data root's site rules in one state, if rules lie there: `sites`, those in force,
    `proposed` or `rejected`.

    Raises RuleError where the folder cannot be read: its rules would be ignored in silence.
    """
    folder = data / FOLDER / state
    try:
        return (folder,) if any(path.suffix == ".toml" for path in folder.iterdir()) else ()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise RuleError(f"{folder}: cannot be read ({error.strerror}), so its rules cannot be applied") from None


@cache
def _packaged() -> RuleSet:
    return _load()


def _load(*paths: Path) -> RuleSet:
    packaged = cast(Path, files("cleaners") / "rules" / "data")
    rule_files = [file for path in (packaged, *paths) for file in _files(path)]
    dom: list[DomRule] = []
    lines: list[LineRule] = []
    sites: dict[str, SiteRules] = {}
    digest = hashlib.sha256((cast(Path, files("cleaners")) / MODEL).read_bytes() + detector().encode())
    known: set[tuple[str, bytes]] = set()
    for file in rule_files:
        data, document = _read(file)
        # the same file twice, or a copy of it: two data roots may share rules
        if (_scope(file), data) in known:
            continue
        known.add((_scope(file), data))
        own = file.is_relative_to(packaged)
        kind = file.parent.name
        digest.update(f"{kind if kind in NOT_IN_FORCE else kind == SITES} {file.stem} {len(data)}\n".encode() + data)
        if _is_site(file):
            site = _site(file, document, trusted=own)
            host = _site_host(file)
            sites[host] = sites[host].with_more(site) if host in sites else site
        else:
            new_dom, new_lines = _split(_rules(file, document, set(), trusted=own))
            dom += new_dom
            lines += new_lines
    rules = RuleSet(tuple(dom), tuple(lines), sites, f"{VERSION}-{digest.hexdigest()[:10]}")
    _refuse_doubles(rule_files, rules)
    _refuse_unknown(rule_files, rules)
    return rules


def _files(path: Path) -> Iterator[Path]:
    if not path.exists():
        raise RuleError(f"{path}: no such rule file or folder")
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*.toml")):
        if not {*file.relative_to(path).parts[:-1]} & {*NOT_IN_FORCE}:
            yield file


def _is_site(file: Path) -> bool:
    return file.parent.name in (SITES, *NOT_IN_FORCE)


def _site_host(file: Path) -> str:
    try:
        return host_key(file.stem)
    except ValueError:
        raise RuleError(f"{file}: not named after a host, such as news.example.toml") from None


def _scope(file: Path) -> str:
    """Return the first part of the ids of a file's rules."""
    return f"{file.parent.name}/{file.stem}" if _is_site(file) else file.stem


def _read(file: Path) -> tuple[bytes, dict[str, Any]]:
    try:
        data = file.read_bytes()
        return data, tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise RuleError(f"{file}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleError(f"{file}: not TOML: {error}") from None


def _site(file: Path, document: dict[str, Any], *, trusted: bool) -> SiteRules:
    rules = _rules(file, document, {"skip", "inherit"}, trusted=trusted)
    skip = frozenset(read_texts(file, "skip", document.get("skip", [])))
    inherit = document.get("inherit", False)
    if not isinstance(inherit, bool):
        raise RuleError(f"{file}: 'inherit' must be true or false")
    return SiteRules(*_split(rules, trust=True), skip, inherit)


def _rules(file: Path, document: dict[str, Any], also: set[str], *, trusted: bool) -> list[DomRule | LineRule]:
    """Read the rules of a file. The patterns of a `trusted` file are compiled when a page first needs them."""
    if unknown := sorted(document.keys() - {"rule"} - also):
        raise RuleError(f"{file}: unknown key '{unknown[0]}': a rule file holds [[rule]] tables")
    tables = document.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise RuleError(f"{file}: 'rule' must be written as [[rule]] tables")
    scope = _scope(file)
    rules = [read_rule(file, scope, number, table) for number, table in enumerate(tables, 1)]
    for rule in () if trusted else rules:
        try:
            _ = rule.pattern if isinstance(rule, LineRule) else None
        except RuleError as error:
            raise RuleError(f"{file}: {error}") from None
    return rules


def _split(
    rules: Iterable[DomRule | LineRule], *, trust: bool = False
) -> tuple[tuple[DomRule, ...], tuple[LineRule, ...]]:
    dom = [replace(rule, trust=rule.trust or trust) for rule in rules if isinstance(rule, DomRule)]
    return tuple(dom), tuple(rule for rule in rules if isinstance(rule, LineRule))


def _refuse_doubles(rule_files: Iterable[Path], rules: RuleSet) -> None:
    ids: set[str] = set()
    for rule in rules:
        if rule.id in ids:
            raise RuleError(f"{_named(rule_files, rule.id)}: rule {rule.id}: this id is there twice")
        ids.add(rule.id)


def _refuse_unknown(rule_files: Iterable[Path], rules: RuleSet) -> None:
    known = {rule.id for rule in rules}
    short = {rule.id.rpartition("/")[2] for rule in rules if isinstance(rule, LineRule)}
    for rule in rules:
        if isinstance(rule, LineRule) and (unknown := sorted(rule.beside - short)):
            where = f"{_named(rule_files, rule.id)}: rule {rule.id}"
            raise RuleError(f"{where}: beside: there is no line rule '{unknown[0]}'")
    for host, site in rules.sites.items():
        if unknown := sorted(site.skip - known):
            files = ", ".join(str(file) for file in rule_files if _is_site(file) and _site_host(file) == host)
            raise RuleError(f"{files}: skip: there is no rule '{unknown[0]}'")


def _named(rule_files: Iterable[Path], rule: str) -> str:
    """Return the files that may hold a rule, by its id."""
    return ", ".join(str(file) for file in rule_files if _scope(file) == rule.rpartition("/")[0])


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
        # to Python, true is a number
        if not isinstance(value, wanted) or (isinstance(value, bool) and known[key] is not bool):
            raise RuleError(f"{where}: '{key}' must be a {known[key].__name__}")


def _history(where: str, table: dict[str, Any]) -> dict[str, Any]:
    """Return the version of a learned rule, the day it was accepted, and its evidence."""
    version, accepted = table.get("version", 1), table.get("accepted", "")
    if version < 1:
        raise RuleError(f"{where}: 'version' must be 1 or more")
    if "accepted" in table:
        day = None
        with suppress(ValueError):
            day = date.fromisoformat(accepted)
        # fromisoformat accepts other forms of a day too
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
    for key, allowed in (("place", get_args(LinePosition)), ("shape", get_args(Shape)), ("opens", get_args(Opens))):
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


def prove(rules: RuleSet) -> Iterator[str]:
    """Yield one line for each rule that misses its own `example` or removes its `keeps`.

    A line rule is tried among all line rules, on a text of one or more lines whose first line counts as the page's
    title. A DOM rule is tried by itself, on a page of its own.
    """
    for rule in rules:
        takes = _dom_takes if isinstance(rule, DomRule) else _line_takes
        try:
            if not takes(rule, rule.example, rules):  # type: ignore[arg-type]
                yield f"rule {rule.id}: does not take its own example: {rule.example!r}"
            if takes(rule, rule.keeps, rules):  # type: ignore[arg-type]
                yield f"rule {rule.id}: takes what it must keep: {rule.keeps!r}"
        except RuleError as error:
            # packaged patterns are compiled only here and on pages
            yield str(error)
            return


def _line_takes(rule: LineRule, text: str, rules: RuleSet) -> bool:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    title = rule.example if rule.shape == "repeats-title" else ""
    # the address of the example's page holds the words of its headline
    address = f"/{'-'.join(rule.example.partition(chr(10))[0].split())}" if rule.shape == "names-address" else ""
    among = rules.lines if rule in rules.lines else (*rules.lines, rule)
    return any(
        cut.rule == rule.id
        for cuts in cut_lines(LineContext(lines, title, address=address, text_mode=True), among)
        for cut in cuts
    )


def _dom_takes(rule: DomRule, html: str, rules: RuleSet) -> bool:
    root: HtmlElement | None = parse(f"<html><body>{html}</body></html>")
    # without the guard on the share of text: an example is its page's whole text
    return root is not None and bool(mark(root, [replace(rule, trust=True)])[0])
