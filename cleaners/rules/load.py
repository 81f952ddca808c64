"""Read rule files (TOML), check every key, and test each rule on its own example."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, get_args

from lxml.html import HtmlElement

from cleaners.html.decode import detector
from cleaners.html.tree import parse
from cleaners.rules.choice import CleanOptions
from cleaners.rules.context import LineContext
from cleaners.rules.dom import check, mark
from cleaners.rules.lines import cut_lines
from cleaners.rules.model import (
    DomRule,
    Evidence,
    LinePosition,
    LineRule,
    Opens,
    PagesOf,
    RuleError,
    RuleSet,
    Shape,
    SiteRules,
)
from cleaners.rules.sites import host_key

VERSION = "0.1.0"
"""The version of the package, which is part of the version of its rules."""
MODELS = ("classify/data", "line_model/data")
"""The models' data. What they say of a page or a text is in its article as what rules remove is, so they are part of
their version."""
FOLDER = "rules"
"""The folder of a data root that has one folder for each state of rules."""
SITES = "sites"
NOT_IN_FORCE = ("proposed", "rejected")
"""Folders of site files that nobody has accepted: they are read only if named, never as part of the folder around
them."""


class RuleFile(NamedTuple):
    """A rule file that was read: another process, on a machine without the file, loads the same rules from it."""

    path: Path
    """Where it was. Its name and its folder's name say which pages it applies to."""
    data: bytes


def read_rule_files(*paths: Path | str) -> tuple[RuleFile, ...]:
    """Read the rule files that `load_rules` reads for `paths`, in its order. Raises RuleError for one that it cannot
    read."""
    return tuple(RuleFile(file, _read(file)) for path in paths for file in _files(Path(path)))


def load_rules(*paths: Path | str | RuleFile) -> RuleSet:
    """Load the packaged rules, then those of `paths`: rule files, which may have been read already, or folders of them.

    A file in a folder `sites`, `proposed` or `rejected` applies to the host that it is named after and its subdomains;
    several such files of one host are combined. Raises RuleError, which names file and rule, for a mistake in a file.
    """
    return _load(*paths) if paths else _packaged()


def load_in_force(
    data: Path | None, more: Iterable[Path | str | RuleFile] = (), options: CleanOptions | None = None
) -> RuleSet:
    """Load the rules in force for a data root: the packaged ones, those accepted for the root, and those of `more`,
    with the options that pages are cleaned with. Raises RuleError as `load_rules` does."""
    return load_rules(*(rule_folders(data) if data else ()), *more).with_options(options)


def rule_folders(data: Path, state: str = SITES) -> tuple[Path, ...]:
    """Return the folder of a data root's site rules in one state, if it has any: `sites` (in force), `proposed` or
    `rejected`. Raises RuleError if the folder cannot be read, so that its rules are not silently ignored."""
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


def _load(*paths: Path | str | RuleFile) -> RuleSet:
    packaged = Path(__file__).parent / "data"
    read = [
        file
        for path in (packaged, *paths)
        for file in ([path] if isinstance(path, RuleFile) else read_rule_files(path))
    ]
    generic = SiteRules(inherit=True)
    sites: dict[str, SiteRules] = {}
    models = [file for folder in MODELS for file in sorted((Path(__file__).parents[1] / folder).iterdir())]
    digest = hashlib.sha256(b"".join([file.read_bytes() for file in models]) + detector().encode())
    known: set[tuple[str, bytes]] = set()
    for file, data in read:
        # two data roots may share rules, so a file or its copy may come twice
        if (_scope(file), data) in known:
            continue
        known.add((_scope(file), data))
        kind = file.parent.name
        digest.update(f"{kind if kind in NOT_IN_FORCE else kind == SITES} {file.stem} {len(data)}\n".encode() + data)
        rules_of_file = _rules(file, _document(file, data), trusted=file.is_relative_to(packaged))
        if _is_site(file):
            host = _site_host(file)
            sites[host] = sites[host].with_more(rules_of_file) if host in sites else rules_of_file
        else:
            generic = generic.with_more(rules_of_file)
    rules = RuleSet(generic.dom, generic.lines, sites, f"{VERSION}-{digest.hexdigest()[:10]}")
    _check_references([file for file, _ in read], rules)
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
    """Return the beginning of the ids of a file's rules."""
    return f"{file.parent.name}/{file.stem}" if _is_site(file) else file.stem


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise RuleError(f"{file}: cannot be read: {error.strerror}") from None


def _document(file: Path, data: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleError(f"{file}: not TOML: {error}") from None


def _rules(file: Path, document: dict[str, Any], *, trusted: bool) -> SiteRules:
    """Read the rules of a file. The patterns of a `trusted` file are not compiled before a page needs them."""
    is_site = _is_site(file)
    if unknown := sorted(document.keys() - ({"rule", "skip", "inherit"} if is_site else {"rule"})):
        raise RuleError(f"{file}: unknown key '{unknown[0]}': a rule file holds [[rule]] tables")
    tables = document.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise RuleError(f"{file}: 'rule' must be written as [[rule]] tables")
    rules = [read_rule(file, _scope(file), number, table) for number, table in enumerate(tables, 1)]
    dom = tuple(replace(rule, trust=rule.trust or is_site) for rule in rules if isinstance(rule, DomRule))
    lines = tuple(replace(rule, packaged=trusted) for rule in rules if isinstance(rule, LineRule))
    try:
        _ = [rule.pattern for rule in lines if not trusted]
    except RuleError as error:
        raise RuleError(f"{file}: {error}") from None
    skip = frozenset(_texts(file, "skip", document.get("skip", [])))
    inherit = document.get("inherit", False)
    if not isinstance(inherit, bool):
        raise RuleError(f"{file}: 'inherit' must be true or false")
    return SiteRules(dom, lines, skip, inherit)


def _check_references(rule_files: Iterable[Path], rules: RuleSet) -> None:
    """Raise RuleError for an id that two rules have, and for a reference to a rule that does not exist."""
    ids = Counter(rule.id for rule in rules)
    line_rules = {rule.id.rpartition("/")[2] for rule in rules if isinstance(rule, LineRule)}
    for rule in rules:
        problem = "this id is used twice" if ids[rule.id] > 1 else ""
        if isinstance(rule, LineRule) and (unknown := sorted(rule.beside - line_rules)):
            problem = f"beside: there is no line rule '{unknown[0]}'"
        if problem:
            files = ", ".join(str(file) for file in rule_files if _scope(file) == rule.id.rpartition("/")[0])
            raise RuleError(f"{files}: rule {rule.id}: {problem}")
    for host, site in rules.sites.items():
        if unknown := sorted(site.skip - ids.keys()):
            files = ", ".join(str(file) for file in rule_files if _is_site(file) and _site_host(file) == host)
            raise RuleError(f"{files}: skip: there is no rule '{unknown[0]}'")


_KINDS = {str: "a string", int: "an integer", float: "a number", bool: "true or false", list: "a list", dict: "a table"}
_PROOF = {"id": str, "why": str, "example": str, "keeps": str}
_COMMON: dict[str, type] = _PROOF | {"version": int, "accepted": str, "evidence": dict}
_LINES: dict[str, type] = {"cues": list, "place": str, "langs": list, "max": int}
_VERBS: dict[str, dict[str, type]] = {
    "drop": {"drop": list, "unless": list, "pages": str, "trust": bool, "readers": bool},
    "line": {"line": str}
    | _LINES
    | {"beside": list, "shape": str, "opens": str, "run": int, "text_mode": bool, "pages": str},
    "fragment": {"fragment": str} | _LINES,
}
_EVIDENCE: dict[str, type] = {
    field.name: {"int": int, "float": float, "str": str}.get(str(field.type), list) for field in fields(Evidence)
} | {"share": float}


def read_rule(file: Path, scope: str, number: int, table: dict[str, Any]) -> DomRule | LineRule:
    """Return the rule of the *number*th [[rule]] table of a file. Raises RuleError for a mistake in it."""
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
    common = {**{key: table[key] for key in _PROOF}, "id": name, **_history(where, table)}
    if verbs[0] == "drop":
        drop, unless = (_selectors(where, key, table.get(key, [])) for key in ("drop", "unless"))
        pages = _pages(where, table)
        flags = {key: table.get(key, False) for key in ("trust", "readers")}
        return DomRule(**common, drop=drop, unless=unless, pages=pages, **flags)
    return _line_rule(where, verbs[0], common, table)


def _texts(where: object, key: str, values: object) -> list[str]:
    """Return a list of strings. Raises RuleError for another value."""
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
            raise RuleError(f"{where}: '{key}' must be {_KINDS[known[key]]}")


def _history(where: str, table: dict[str, Any]) -> dict[str, Any]:
    """Return the version of a rule, the day on which it was accepted, and its evidence."""
    version, accepted = table.get("version", 1), table.get("accepted", "")
    if version < 1:
        raise RuleError(f"{where}: 'version' must be 1 or more")
    if "accepted" in table and not _is_day(accepted):
        raise RuleError(f"{where}: 'accepted' must be a day such as \"2026-11-22\"")
    evidence = _evidence(f"{where}: evidence", table["evidence"]) if "evidence" in table else None
    return {"version": version, "accepted": accepted, "evidence": evidence}


def _is_day(text: str) -> bool:
    try:
        # fromisoformat accepts other forms of a day too
        return str(date.fromisoformat(text)) == text
    except ValueError:
        return False


def _evidence(where: str, table: dict[str, Any]) -> Evidence:
    _check_keys(where, table, _EVIDENCE)
    if missing := [key for key in _EVIDENCE if key not in table]:
        raise RuleError(f"{where}: '{missing[0]}' is missing")
    if bad := [key for key in ("share", "probability") if not 0 <= table[key] <= 1]:
        raise RuleError(f"{where}: '{bad[0]}' must be from 0 to 1")
    values: dict[str, Any] = {
        key: tuple(_texts(where, key, value)) if isinstance(value, list) else value
        for key, value in table.items()
        if key != "share"
    }
    return Evidence(**values)


def _line_rule(where: str, verb: str, common: dict[str, Any], table: dict[str, Any]) -> LineRule:
    for key, allowed in (("place", get_args(LinePosition)), ("shape", get_args(Shape)), ("opens", get_args(Opens))):
        if key in table and table[key] not in allowed:
            raise RuleError(f"{where}: {key} '{table[key]}' is not one of {', '.join(allowed)}")
    options = {key: table[key] for key in ("place", "max", "shape", "opens", "run", "text_mode") if key in table}
    langs, beside, cues = (_texts(where, key, table.get(key, [])) for key in ("langs", "beside", "cues"))
    return LineRule(**common, regex=table[verb], whole=verb == "line", langs=frozenset(langs),
                    beside=frozenset(beside), cues=tuple(cues), pages=_pages(where, table), **options)  # fmt: skip


def _pages(where: str, table: dict[str, Any]) -> PagesOf:
    pages = table.get("pages", "")
    if pages and pages not in get_args(PagesOf):
        raise RuleError(f"{where}: pages '{pages}' is not one of {', '.join(filter(None, get_args(PagesOf)))}")
    said: PagesOf = pages
    return said


def _selectors(where: str, key: str, values: list[Any]) -> tuple[str, ...]:
    if key == "drop" and not values:
        raise RuleError(f"{where}: 'drop' names no selector")
    for value in _texts(where, key, values):
        try:
            check(value)
        except Exception as error:
            raise RuleError(f"{where}: bad selector '{value}': {error}") from None
    return tuple(values)


def prove(rules: RuleSet) -> Iterator[str]:
    """Yield one line for each rule that does not remove its own `example`, or removes its `keeps`."""
    for rule in rules:
        try:
            if not _removes(rule, rule.example, rules):
                yield f"rule {rule.id}: does not remove its own example: {rule.example!r}"
            if _removes(rule, rule.keeps, rules):
                yield f"rule {rule.id}: removes what it must keep: {rule.keeps!r}"
        except RuleError as error:
            # packaged patterns are compiled only here and on pages
            yield str(error)
            return


def _removes(rule: DomRule | LineRule, text: str, rules: RuleSet) -> bool:
    """Tell whether a rule removes something of a text: a DOM rule by itself, a line rule among all line rules."""
    if isinstance(rule, DomRule):
        root: HtmlElement | None = parse(f"<html><body>{text}</body></html>")
        # trusted, since the guard on the share of text would refuse it: an example is its page's whole text
        return root is not None and bool(mark(root, [replace(rule, trust=True)])[0])
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    title = rule.example if rule.shape == "repeats-title" else ""
    # the address of the example's page has the words of its headline
    address = f"/{'-'.join(rule.example.partition(chr(10))[0].split())}" if rule.shape == "names-address" else ""
    among = rules.lines if rule in rules.lines else (*rules.lines, rule)
    return any(
        cut.rule == rule.id
        for cuts in cut_lines(LineContext(lines, title, address=address, text_mode=True), among)
        for cut in cuts
    )
