"""Keep the rule files of a data root: proposed rules, accepted rules, and those that are never proposed again.

People edit rule files too: rules are added, removed and replaced as whole tables, and no other byte is changed.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Item, Table

from archive.files.errors import ArchiveError, cannot_read, cannot_write
from archive.files.layout import collections_folder, root_of
from archive.files.lock import in_turn
from archive.files.whole import write_whole
from cleaners import DomRule, Evidence, LineRule, RuleError, host_key, load_rules, read_rule, rule_folders, rule_hosts
from cleaners.learn import MARKED, Proposal, Verb

State = Literal["proposed", "sites", "rejected"]
STATES: tuple[State, ...] = ("proposed", "sites", "rejected")
"""The order in which a snapshot is restored: a kill in between leaves a rule in two files, not in none."""
FOLDER = "rules"
SUFFIX = ".toml"
MAX_HOST = 253
"""Characters of a host name, RFC 1035."""
VERBS = ("line", "fragment", "drop")
PARSED_FILES = 8
"""The rule files that stay parsed: a review reads those of one host again for each question, at 1 ms a rule."""

_DECIMALS = 4
"""Decimals of shares and probabilities: more would only make the files of two runs differ."""
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_HOST = re.compile(r"(?!.*\.\.)[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?")
_TABLE_HEAD = re.compile(rb"^[ \t]*\[\[rule\]\]", re.M)
_COMMENT_LINES = r"(?:[ \t]*#[^\n]*\n)*"
_LAST_COMMENTS = re.compile(rf"(?<![^\n]){_COMMENT_LINES}\Z")
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_HEADS: dict[State, str] = {
    "proposed": """\
# Proposed for {host} by `pressclip rules learn`, most certain first; not in force.
# To judge them: pressclip rules review --host {host} --data DIR
# The next `pressclip rules learn` writes this file anew; what was changed here by hand and not accepted is lost then,
# but rules for lines that a person marked stay.
inherit = true

""",
    "sites": """\
# Rules for {host} and its subdomains, in force. Rules that people write have their place here too.
# To prove them all: pressclip rules check --data DIR
# To take one back: pressclip rules retire sites/{host}/ID --data DIR
inherit = true

""",
    "rejected": """\
# Not debris on {host}, as a person said, or not any more: not in force, not proposed again.
# To have one proposed again, delete its table.
inherit = true

""",
}


def host_name(host: str) -> str:
    """Return the name under which a host's rules are kept. Raises ArchiveError where it can be no host.

    >>> host_name("WWW.Bücher.example"), host_name("127.0.0.1:8080")
    ('xn--bcher-kva.example', '127.0.0.1:8080')
    """
    plain = host.strip()
    has_port = plain.count(":") == 1 or "]:" in plain
    plain, _, port = plain.rpartition(":") if has_port else (plain, "", "")
    try:
        name = host_key(plain).removeprefix("www.")
        if ":" in name:
            address = str(ipaddress.IPv6Address(name.strip("[]")))
            name = f"[{address}]" if has_port else address
        elif not _HOST.fullmatch(name):
            name = ""
    except ValueError:
        name = ""
    if not name or len(name) > MAX_HOST or (has_port and not _PORT.fullmatch(port)):
        raise ArchiveError(f"{host!r}: not a host: name one as it stands in an address, such as news.example")
    return f"{name}:{port}" if has_port else name


def rules_host(url: str) -> str:
    """Return the name under which the rules of a page's host are kept; empty where its URL has no host.

    That is the host without a leading `www.`, and with its port where that is not the usual one.

    >>> rules_host("https://WWW.Gazette.example:443/a"), rules_host("http://127.0.0.1:8080/"), rules_host("urn:isbn:1")
    ('gazette.example', '127.0.0.1:8080', '')
    """
    return _host_name_or_none(next(rule_hosts(url), ""))


@lru_cache(1024)
def _host_name_or_none(host: str) -> str:
    try:
        return host_name(host)
    except ArchiveError:
        return ""


def rule_file(root: Path, state: State, host: str) -> Path:
    """Return the path of a host's file, whether it exists or not."""
    return root / FOLDER / state / (host_name(host) + SUFFIX)


def hosts_with_rules(root: Path, state: State) -> list[str]:
    """Return the hosts that have a file, in order."""
    return sorted(path.stem for path in (root / FOLDER / state).glob(f"*{SUFFIX}"))


def accepted_rules_of(inputs: Iterable[Path], *roots: Path) -> tuple[Path, ...]:
    """Return the folders of accepted rules of `roots`, and of the data roots that the inputs are or lie in.

    An input lies in a data root if it is the folder `collections` of one, or below it.
    """
    # sorted by contents, not by names: the version of the rules depends on the order
    data_roots = {*(root.resolve() for root in roots), *(root for path in inputs for root in _roots_of(path.resolve()))}
    return tuple(sorted((folder for root in data_roots for folder in rule_folders(root)), key=_contents))


def _roots_of(path: Path) -> Iterator[Path]:
    # nobody's rules are accepted in a folder that cannot be entered; who reads the folder tells that
    with suppress(PermissionError):
        if collections_folder(path).is_dir():
            yield path
    yield from filter(None, map(root_of, (path, *path.parents)))


def _contents(folder: Path) -> list[tuple[str, bytes]]:
    return [(file.name, file.read_bytes()) for file in sorted(folder.glob("*.toml"))]


def count_rules(root: Path, state: State) -> dict[str, int]:
    """Return how many rules each host's file has, by the heads of their tables: of many hosts that takes moments."""
    counts = {}
    for path in sorted((root / FOLDER / state).glob(f"*{SUFFIX}")):
        try:
            counts[path.stem] = len(_TABLE_HEAD.findall(path.read_bytes()))
        except FileNotFoundError:
            continue  # its last rule was judged just now
        except OSError as error:
            raise cannot_read(path, error) from error
    return counts


def read_proposals(root: Path, state: State, host: str) -> tuple[Proposal, ...]:
    """Return a host's learned rules in one state, in the order of the file, without those that a person wrote.

    Raises ArchiveError or RuleError for what is not understood.
    """
    file = _open(root, state, host)
    return tuple(proposal for table in file.tables if (proposal := table.proposal(file.path)))


def write_proposed(root: Path, host: str, proposals: Sequence[Proposal]) -> Path | None:
    """Write the proposed rules of a host, the most certain first, and return the file; remove it where there are none.

    A rule that does the same as an accepted or a rejected one is left out. Those that came from a mark stay.
    """
    file = _empty(root, "proposed", host)
    with in_turn(root / FOLDER):
        judged = [_open(root, state, host) for state in ("sites", "rejected")]
        marked = [table for table in _open(root, "proposed", host).tables if table.is_marked]
        for table in [*map(table_of, sorted(proposals, key=certainty)), *marked]:
            if not any(known.has(table) for known in (*judged, file)):
                file.add(table.with_values(id=file.free_id(table.id)))
        file.write()
    return file.path if file.tables else None


def add_proposed(root: Path, host: str, proposal: Proposal) -> str | None:
    """Propose one more rule for a host, and return its id; that of a proposed one that does the same, if there is one.

    Returns None where a person has judged such a rule already.
    """
    table = table_of(proposal)
    with in_turn(root / FOLDER):
        if any(_open(root, state, host).has(table) for state in ("sites", "rejected")):
            return None
        file = _open(root, "proposed", host)
        if same := next((known for known in file.tables if known.pattern == table.pattern), None):
            return same.id
        free = file.free_id(table.id)
        file.add(table.with_values(id=free))
        file.write()
    return free


def withdraw(root: Path, host: str, id: str) -> None:
    """Take back a proposal that came from a mark; one that `rules learn` made, or none of this id, stays as it is."""
    with in_turn(root / FOLDER):
        file = _open(root, "proposed", host)
        if (table := file.table(id)) and table.is_marked:
            file.take([id])
            file.write()


def skip(root: Path, host: str, rule: str) -> None:
    """Switch a packaged rule off for a host, from now on."""
    with in_turn(root / FOLDER):
        file = _open(root, "sites", host)
        document = tomlkit.parse(file.head)
        skipped = [*document.get("skip", ()), *([] if rule in document.get("skip", ()) else [rule])]
        document["skip"] = skipped
        file.head = _spaced(document.as_string())
        file.write()


def certainty(proposal: Proposal) -> tuple[float, int, str]:
    """Return the key that sorts proposals: the most certain first, and of equally certain ones the most frequent."""
    # two decimals: with more, each new page would change the order, and fill a diff
    return -round(proposal.evidence.probability, 2), -proposal.evidence.pages, proposal.id


def accept(root: Path, host: str, ids: Iterable[str], day: str) -> list[str]:
    """Put proposed rules in force from `day` on, and return their full ids, in the order given.

    An accepted rule of which one is a new version is replaced, and its version raised. Raises RuleError where a
    proposal was changed by hand to something that is no rule.
    """
    with in_turn(root / FOLDER):
        return move_to_accepted(root, host, ids, day)


def move_to_accepted(root: Path, host: str, ids: Iterable[str], day: str) -> list[str]:
    """Do what `accept` does, for one that holds the folder's lock."""
    proposed, accepted = _open(root, "proposed", host), _open(root, "sites", host)
    tables = proposed.take(ids)
    load_rules(proposed.path)
    full_ids = [f"sites/{host_name(host)}/{_enter(accepted, table, day)}" for table in tables]
    # the accepted file first: a rule in both files is left out when the other is next written
    accepted.write()
    proposed.write()
    return full_ids


def reject(root: Path, host: str, ids: Iterable[str], day: str) -> None:
    """Never propose these proposed rules again."""
    with in_turn(root / FOLDER):
        move_to_rejected(root, "proposed", host, ids, f"rejected {day}")


def retire(root: Path, ids: Iterable[str], day: str) -> None:
    """Take accepted rules (`sites/<host>/<id>`) out of force, and never propose them again; none, if one is missing."""
    by_host: dict[str, list[str]] = {}
    for full_id in ids:
        host, _, id = full_id.removeprefix("sites/").rpartition("/")
        if not host or not id:
            advice = "`pressclip rules list` names them, sites/HOST/ID"
            raise ArchiveError(f"{full_id}: not the id of a site's rule: {advice}")
        by_host.setdefault(host_name(host), []).append(id)
    with in_turn(root / FOLDER):
        for host, own in by_host.items():
            _open(root, "sites", host).take(own)  # raises where one is missing
        for host, own in by_host.items():
            move_to_rejected(root, "sites", host, own, f"retired {day}")


@dataclass(frozen=True)
class Snapshot:
    """A host's rule files as they were at one moment."""

    root: Path
    files: tuple[tuple[Path, bytes | None], ...]

    @classmethod
    def of(cls, root: Path, host: str) -> Snapshot:
        """Read the files as they are now."""
        return cls(root, _now(rule_file(root, state, host) for state in STATES))

    def restore(self, *, over: Snapshot | None = None) -> bool:
        """Write the files as they were; with `over`, only where they are as in that one. Return whether it was done."""
        with in_turn(self.root / FOLDER):
            if over and over.files != _now(path for path, _ in over.files):
                return False
            for path, data in self.files:
                replace(path, data)
        return True


def _now(paths: Iterable[Path]) -> tuple[tuple[Path, bytes | None], ...]:
    return tuple((path, path.read_bytes() if path.exists() else None) for path in paths)


def _enter(accepted: RuleFile, table: RuleTable, day: str) -> str:
    """Add a rule to the accepted ones, and return the id it has there."""
    same = next((known for known in accepted.tables if known.pattern == table.pattern), None)
    if same:
        return same.id
    older = accepted.table(table.id)
    if older and _follows(older, table):
        accepted.change(older, table.with_values(version=older.version + 1, accepted=day))
        return table.id
    free = accepted.free_id(table.id)
    accepted.add(table.with_values(id=free, version=1, accepted=day))
    return free


def _follows(older: RuleTable, newer: RuleTable) -> bool:
    """Tell whether a rule is a new version of another with the same id, because it removes that one's example too."""
    # otherwise it is another rule that happens to begin with the same words
    (old_verb, old), (new_verb, new) = older.pattern or ("", ""), newer.pattern or ("", "")
    if old_verb != new_verb:
        return False
    if isinstance(new, list) and isinstance(old, list):
        return bool({*old} & {*new})
    try:
        rule = LineRule("", "", "", "", str(new), whole=new_verb == "line", packaged=False)
        example = str(older.data.get("example"))
        return rule.matches(example) if rule.whole else bool(rule.spans(example))
    except RuleError:
        return False


def move_to_rejected(root: Path, state: State, host: str, ids: Iterable[str], note: str) -> None:
    """Take rules out of a state and never propose them again, for one that holds the folder's lock."""
    file, rejected = _open(root, state, host), _open(root, "rejected", host)
    for table in file.take(ids):
        if not rejected.has(table):
            renamed = table.with_values(id=rejected.free_id(table.id))
            rejected.add(RuleTable(f"# {note}\n{renamed.text}"))
    rejected.write()
    file.write()


def _empty(root: Path, state: State, host: str) -> RuleFile:
    """Return a host's rule file without rules, whether it exists or not."""
    head = _HEADS[state].format(host=host_name(host))
    return RuleFile(rule_file(root, state, host), head, head)


def _open(root: Path, state: State, host: str) -> RuleFile:
    """Read a host's rule file; return an empty one where there is none. Raises ArchiveError."""
    file = _empty(root, state, host)
    try:
        file.head, tables = _parsed(file.path.read_bytes())
    except FileNotFoundError:
        return file
    except OSError as error:
        raise cannot_read(file.path, error) from error
    except ValueError as error:
        raise ArchiveError(f"{file.path}: {error}") from None
    file.tables = list(tables)
    return file


@lru_cache(PARSED_FILES)
def _parsed(text: bytes) -> tuple[str, tuple[RuleTable, ...]]:
    """Return the head and the tables of a rule file. Raises ValueError."""
    try:
        document = tomlkit.parse(text)
    except (ValueError, TOMLKitError) as error:
        raise ValueError(f"not TOML: {error}: correct it by hand") from None
    rules = document.pop("rule", [])
    if (rules and not isinstance(rules, AoT)) or any(isinstance(value, Table | AoT) for value in document.values()):
        raise ValueError("each rule must be a [[rule]] table of its own, on lines of its own")
    head, *texts = _with_comments([document.as_string(), *map(_as_text, rules)])
    return head, tuple(map(RuleTable, texts))


@dataclass(frozen=True)
class RuleTable:
    """One rule as the text of its `[[rule]]` table, with the comments directly above it."""

    text: str

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The keys and values of the table."""
        rule: Mapping[str, Any] = tomllib.loads(self.text)["rule"][0]
        return rule

    @property
    def id(self) -> str:
        """The rule's id in its file."""
        return str(self.data.get("id", ""))

    @property
    def pattern(self) -> tuple[str, object] | None:
        """The rule's verb and what it matches; two rules with the same pattern do the same."""
        return next(((verb, self.data[verb]) for verb in VERBS if verb in self.data), None)

    @property
    def version(self) -> int:
        """How many patterns were accepted under this id: 1 where the table does not say."""
        version = self.data.get("version", 1)
        return version if isinstance(version, int) else 1

    @property
    def is_marked(self) -> bool:
        """Whether it was proposed for a line that a person marked."""
        evidence = self.data.get("evidence")
        return isinstance(evidence, dict) and MARKED in evidence.get("facts", ())

    @property
    def comments(self) -> str:
        """The comments above the table."""
        comments = re.match(_COMMENT_LINES, self.text)
        return comments[0] if comments else ""

    def proposal(self, file: Path) -> Proposal | None:
        """Return the rule as it was proposed; None for one without evidence, which a person wrote.

        Raises RuleError, which names `file`, where it is not understood.
        """
        if "evidence" not in self.data:
            return None
        rule = read_rule(file, f"{file.parent.name}/{file.stem}", 1, dict(self.data))
        assert rule.evidence is not None, "read_rule reads the evidence that is there"
        verb: Verb = "drop" if isinstance(rule, DomRule) else "line" if rule.whole else "fragment"
        return Proposal(
            id=self.id,
            verb=verb,
            pattern=rule.drop if isinstance(rule, DomRule) else rule.regex,
            why=rule.why,
            example=rule.example,
            keeps=rule.keeps,
            evidence=rule.evidence,
            max=self.data.get("max"),
            cues=() if isinstance(rule, DomRule) else rule.cues,
        )

    def with_values(self, **values: str | int) -> RuleTable:
        """Return the table with these values; new keys come after the others."""
        document = tomlkit.parse(self.text)
        (table,) = document["rule"]
        for key, value in values.items():
            if self.data.get(key) == value:
                continue
            if key != "id":
                table.pop(key, None)
            table[key] = value
        return RuleTable(document.as_string())


@dataclass
class RuleFile:
    """A file of `[[rule]]` tables."""

    path: Path
    new_head: str
    """The head of a new file."""
    head: str
    """The text before the first table."""
    tables: list[RuleTable] = field(default_factory=list)

    def table(self, id: str) -> RuleTable | None:
        """Return the rule with this id."""
        return next((table for table in self.tables if table.id == id), None)

    def take(self, ids: Iterable[str]) -> list[RuleTable]:
        """Remove the rules with these ids, and return them in this order. Raises ArchiveError where one is missing."""
        wanted = list(ids)
        if missing := [id for id in wanted if not self.table(id)]:
            raise ArchiveError(f"{self.path}: there is no rule '{missing[0]}': look with `pressclip rules list --data`")
        tables = [table for id in wanted if (table := self.table(id))]
        self.tables = [table for table in self.tables if table.id not in wanted]
        return tables

    def has(self, wanted: RuleTable) -> bool:
        """Tell whether a rule that does the same is there."""
        return any(table.pattern == wanted.pattern for table in self.tables)

    def free_id(self, id: str) -> str:
        """Return the id, with a number after it if another rule has it already."""
        number, free = 1, id
        while self.table(free):
            number += 1
            free = f"{id}-{number}"
        return free

    def add(self, table: RuleTable) -> None:
        """Add a rule at the end, after an empty line."""
        if self.tables:
            self.tables[-1] = RuleTable(_spaced(self.tables[-1].text))
        else:
            self.head = _spaced(self.head)
        self.tables.append(table)

    def change(self, old: RuleTable, new: RuleTable) -> None:
        """Replace a rule by another, and keep the comments above it."""
        text, space = new.text[len(new.comments) :].rstrip(), old.text[len(old.text.rstrip()) :]
        self.tables[self.tables.index(old)] = RuleTable(old.comments + text + space)

    def write(self) -> None:
        """Write the file whole; remove it where it would hold nothing but the head of a new file."""
        if self.tables or self.head.strip() != self.new_head.strip():
            text = (self.head + "".join(table.text for table in self.tables)).rstrip() + "\n"
            replace(self.path, text.encode("utf-8"))
        else:
            replace(self.path, None)


def replace(path: Path, data: bytes | None) -> None:
    """Write a file whole; remove it where `data` is None."""
    if data is not None:
        write_whole(path, data)
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error


def _spaced(text: str) -> str:
    return text.rstrip() + "\n\n" if text.strip() else ""


def _as_text(table: Table) -> str:
    document, tables = tomlkit.document(), tomlkit.aot()
    tables.append(table)
    document.append("rule", tables)
    return document.as_string()


def _with_comments(texts: Sequence[str]) -> list[str]:
    """Move the comments at the end of each text to the next one, whose table they describe."""
    # a comment on the first line of the file belongs to the file
    parts: list[str] = []
    above = ""
    for number, text in enumerate(texts):
        comments = _LAST_COMMENTS.search(text) if number + 1 < len(texts) else None
        end = comments.start() if comments and (number or comments.start()) else len(text)
        parts.append(above + text[:end])
        above = text[end:]
    return parts


def table_of(proposal: Proposal) -> RuleTable:
    """Return a proposal as a table; the same proposal is always the same text."""
    table = tomlkit.table()
    table["id"] = proposal.id
    table["why"] = _text(proposal.why)
    if isinstance(proposal.pattern, str):
        table[proposal.verb] = _pattern(proposal.pattern)
    else:
        selectors = tomlkit.array()
        selectors.extend(map(_pattern, proposal.pattern))
        table[proposal.verb] = selectors
    if proposal.max is not None:
        table["max"] = proposal.max
    if proposal.cues:
        table["cues"] = list(map(_text, proposal.cues))
    table["example"] = _text(proposal.example)
    table["keeps"] = _text(proposal.keeps)
    table.add(tomlkit.nl())
    table["evidence"] = _evidence_table(proposal.evidence)
    return RuleTable(_as_text(table))


def _evidence_table(evidence: Evidence) -> Table:
    table = tomlkit.table()
    for column in fields(Evidence):
        value = getattr(evidence, column.name)
        if isinstance(value, tuple):
            table[column.name] = _lines(value)
        else:
            table[column.name] = _text(value) if isinstance(value, str) else round(value, _DECIMALS)
        if column.name == "of":
            table["share"] = round(evidence.share, _DECIMALS)
    return table


def _lines(values: Sequence[str]) -> Item:
    """Return a list with a line for each value."""
    array = tomlkit.array()
    for value in values:
        array.add_line(_text(value), indent="  ")
    if values:
        array.add_line(indent="")
    return array


def _pattern(value: str) -> Item:
    """Return a pattern as a literal string, in which a backslash is a backslash, where that is possible."""
    if not value.isprintable() or "'''" in value or value.endswith("'"):
        return _text(value)
    return tomlkit.string(value, literal=True, multiline="'" in value)


def _text(value: str) -> Item:
    """Return a text as a string; invisible characters are escaped, so that a person sees them."""
    if value.isprintable() and "'" not in value and ('"' in value or "\\" in value):
        return tomlkit.string(value, literal=True)
    # no file can hold half a surrogate pair
    quoted = tomlkit.string(_HALF_PAIR.sub("\ufffd", value)).as_string()
    return tomlkit.value("".join(map(_visible, quoted)))


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
