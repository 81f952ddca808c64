"""Rules as data: TOML files in, checked and compiled rules out. A rule that is not understood is an error."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from cleaners.model import model_bytes
from cleaners.ruleset import DomRule, LineRule, RuleError, RuleSet, SiteRules, host_key
from cleaners.ruletable import read_rule, read_texts
from cleaners.version import VERSION

SITES = "sites"
NOT_IN_FORCE = ("proposed", "rejected")
"""Folders of site files that nobody has accepted: read when they are asked for by name, never with what is around
them."""


def load_rules(*paths: Path | str) -> RuleSet:
    """Load the packaged rules and, after them, those of `paths`: rule files, or folders of them.

    A file in a folder `sites`, `proposed` or `rejected` holds for the host that it is named after and the host's
    subdomains; what several such files say of one host is put together.
    Raises RuleError for anything that is not understood, naming file and rule.
    """
    return _load(*map(Path, paths)) if paths else _packaged()


def holds_rules(folder: Path) -> bool:
    """Tell whether rule files lie in a folder, which need not be there. Raises RuleError where it cannot be looked
    into: its rules would be passed over in silence."""
    try:
        return any(path.suffix == ".toml" for path in folder.iterdir())
    except FileNotFoundError:
        return False
    except OSError as error:
        raise RuleError(f"{folder}: cannot be read ({error.strerror}): it is where rules lie: mend it") from None


@cache
def _packaged() -> RuleSet:
    return _load()


def _load(*paths: Path) -> RuleSet:
    packaged = cast(Path, files("cleaners") / "rules")
    found = [file for path in (packaged, *paths) for file in _files(path)]
    dom: list[DomRule] = []
    lines: list[LineRule] = []
    sites: dict[str, SiteRules] = {}
    digest = hashlib.sha256(model_bytes())
    known: set[tuple[str, bytes]] = set()
    for file in found:
        data, document = _read(file)
        # one file twice, or its copy: two data roots may keep to the same rules
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
    _refuse_doubles(found, rules)
    _refuse_unknown(found, rules)
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
    """Return what the ids of a file's rules begin with."""
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
    """Read the rules of a file. The patterns of a `trusted` one are compiled where a page asks for them."""
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


def _refuse_doubles(found: Iterable[Path], rules: RuleSet) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise RuleError(f"{_named(found, rule.id)}: rule {rule.id}: this id is there twice")
        seen.add(rule.id)


def _refuse_unknown(found: Iterable[Path], rules: RuleSet) -> None:
    known = {rule.id for rule in rules}
    short = {rule.id.rpartition("/")[2] for rule in rules if isinstance(rule, LineRule)}
    for rule in rules:
        if isinstance(rule, LineRule) and (unknown := sorted(rule.beside - short)):
            where = f"{_named(found, rule.id)}: rule {rule.id}"
            raise RuleError(f"{where}: beside: there is no line rule '{unknown[0]}'")
    for host, site in rules.sites.items():
        if unknown := sorted(site.skip - known):
            files = ", ".join(str(file) for file in found if _is_site(file) and _site_host(file) == host)
            raise RuleError(f"{files}: skip: there is no rule '{unknown[0]}'")


def _named(found: Iterable[Path], rule: str) -> str:
    """Return the files that a rule may be from."""
    return ", ".join(str(file) for file in found if _scope(file) == rule.rpartition("/")[0])
