"""The rule files of a data root: what is proposed, what a person accepted, what is never proposed again."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from archive.files.errors import ArchiveError, cannot_read, cannot_write
from archive.files.lock import in_turn
from archive.files.whole import write_whole
from cleaners import DomRule, Evidence, host_key, load_rules, read_rule
from cleaners.learn import Proposal, Verb

State = Literal["proposed", "sites", "rejected"]
STATES: tuple[State, ...] = ("proposed", "sites", "rejected")
"""In the order in which a snapshot is put back: what is killed meanwhile leaves a rule in two files, not in none."""
FOLDER = "rules"
SUFFIX = ".toml"
MAX_HOST = 253
"""Characters of a host name, RFC 1035."""

_PORT = re.compile(r"[1-9][0-9]{0,4}")
_HOST = re.compile(r"(?!.*\.\.)[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?")
_HEADS: dict[State, str] = {
    "proposed": """\
# Proposed for {host} by `pressclip rules learn`, most certain first; not in force.
# To judge them: pressclip rules review --host {host} --data DIR
# The next `pressclip rules learn` writes this file anew; what was changed here by hand and not accepted is lost then.
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
    """Return the name under which a host's rules are kept; ArchiveError where it can be no host.

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


def path_of(root: Path, state: State, host: str) -> Path:
    """Return the path of a host's file."""
    return root / FOLDER / state / (host_name(host) + SUFFIX)


def hosts(root: Path, state: State) -> list[str]:
    """Return the hosts that have a file, in order."""
    return sorted(path.stem for path in (root / FOLDER / state).glob(f"*{SUFFIX}"))


def read(root: Path, state: State, host: str) -> tuple[Proposal, ...]:
    """Return a host's rules that have evidence, in the order of the file: not those that a person wrote. Raises
    ArchiveError or RuleError for what is not understood."""
    file = _open(root, state, host)
    return tuple(proposal for table in file.tables if (proposal := table.proposal(file.path)))


def write_proposed(root: Path, host: str, proposals: Sequence[Proposal]) -> Path | None:
    """Write what is proposed for a host, most certain first; remove the file where that is nothing.

    What does the same as an accepted or a rejected rule is left out.
    """
    file = RuleFile(path_of(root, "proposed", host), _head("proposed", host))
    with in_turn(root / FOLDER):
        judged = [_open(root, state, host) for state in ("sites", "rejected")]
        for proposal in sorted(proposals, key=certainty):
            table = table_of(proposal)
            if not any(known.has(table) for known in judged):
                file.add(table)
        _write(file, "proposed", host)
    return file.path if file.tables else None


def certainty(proposal: Proposal) -> tuple[float, int, str]:
    """Return what sorts proposals: the most certain first, and of these the most frequent."""
    # two decimals: what one more page does to the others' order would fill a diff
    return -round(proposal.evidence.probability, 2), -proposal.evidence.pages, proposal.id


def accept(root: Path, host: str, ids: Iterable[str], day: str) -> list[str]:
    """Put proposed rules in force from *day* on, and return their full ids, in the order given.

    Where an accepted rule of the same id has another pattern, it is replaced and its version raised. Raises RuleError
    where what is proposed was changed by hand to something that is no rule.
    """
    with in_turn(root / FOLDER):
        proposed, accepted = _open(root, "proposed", host), _open(root, "sites", host)
        taken = _take(proposed, ids)
        load_rules(proposed.path)
        full = [f"sites/{host_name(host)}/{_enter(accepted, table, day)}" for table in taken]
        # the accepted file first: a rule that is in both is left out when the other is written again
        _write(accepted, "sites", host)
        _write(proposed, "proposed", host)
    return full


def reject(root: Path, host: str, ids: Iterable[str], day: str) -> None:
    """Never propose these proposed rules again."""
    with in_turn(root / FOLDER):
        _drop(root, "proposed", host, ids, f"rejected {day}")


def retire(root: Path, ids: Iterable[str], day: str) -> None:
    """Take accepted rules out of force, never to be proposed again; *ids* are full ids, `sites/<host>/<id>`.

    Where one of them is not there, nothing is done.
    """
    by_host: dict[str, list[str]] = {}
    for full in ids:
        host, _, id = full.removeprefix("sites/").rpartition("/")
        if not host:
            raise ArchiveError(f"{full}: not the id of a site's rule: `pressclip rules list` names them, sites/HOST/ID")
        by_host.setdefault(host_name(host), []).append(id)
    with in_turn(root / FOLDER):
        for host, wanted in by_host.items():
            _take(_open(root, "sites", host), wanted)
        for host, wanted in by_host.items():
            _drop(root, "sites", host, wanted, f"retired {day}")


@dataclass(frozen=True)
class Snapshot:
    """A host's rule files as they were at one moment."""

    root: Path
    files: tuple[tuple[Path, bytes | None], ...]

    @classmethod
    def of(cls, root: Path, host: str) -> Snapshot:
        """Return the files as they are now."""
        paths = [path_of(root, state, host) for state in STATES]
        return cls(root, tuple((path, path.read_bytes() if path.exists() else None) for path in paths))

    def restore(self) -> None:
        """Give the files back what they held."""
        with in_turn(self.root / FOLDER):
            for path, data in self.files:
                replace(path, data)


def _enter(accepted: RuleFile, table: RuleTable, day: str) -> str:
    """Put a rule into the accepted ones, and return the id it has there."""
    same = next((known for known in accepted.tables if known.pattern == table.pattern), None)
    if same:
        return same.id
    older = accepted.table(table.id)
    if older and _follows(older, table):
        accepted.change(older, table.accepted(older.version + 1, day))
        return table.id
    free = accepted.free_id(table.id)
    accepted.add(table.renamed(free).accepted(1, day))
    return free


def _follows(older: RuleTable, newer: RuleTable) -> bool:
    """Tell whether a rule is a new version of another with the same id: it takes that one's example too. Else it is
    another rule that happens to begin with the same words, and the older one stays."""
    (old_verb, old), (new_verb, new) = older.pattern or ("", ""), newer.pattern or ("", "")
    if old_verb != new_verb:
        return False
    if isinstance(new, list) and isinstance(old, list):
        return bool({*old} & {*new})
    found = re.fullmatch if new_verb == "line" else re.search
    return found(str(new), str(older.data.get("example"))) is not None


def _drop(root: Path, state: State, host: str, ids: Iterable[str], note: str) -> None:
    """Move rules to the rejected ones."""
    file, rejected = _open(root, state, host), _open(root, "rejected", host)
    for table in _take(file, ids):
        if not rejected.has(table):
            rejected.add(table.renamed(rejected.free_id(table.id)).noted(note))
    _write(rejected, "rejected", host)
    _write(file, state, host)


def _take(file: RuleFile, ids: Iterable[str]) -> list[RuleTable]:
    wanted = list(ids)
    if missing := next((id for id in wanted if not file.table(id)), None):
        raise ArchiveError(f"{file.path}: there is no rule '{missing}': look with `pressclip rules list --data`")
    return file.take(wanted)


def _open(root: Path, state: State, host: str) -> RuleFile:
    return RuleFile.read(path_of(root, state, host), _head(state, host))


def _write(file: RuleFile, state: State, host: str) -> None:
    file.write(_head(state, host))


def _head(state: State, host: str) -> str:
    return _HEADS[state].format(host=host_name(host))


VERBS = ("line", "fragment", "drop")
HEADER = re.compile(r"[ \t]*\[\[[ \t]*rule[ \t]*\]\]")
_EVIDENCE = re.compile(r"[ \t]*\[[ \t]*rule[ \t]*\.")
_HISTORY = re.compile(r"[ \t]*(version|accepted)[ \t]*=")
_DECIMALS = 4
"""Of shares and probabilities: more would only make differences between two runs' files."""


@dataclass(frozen=True)
class RuleTable:
    """A rule's table, with the comments directly above it."""

    text: str

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """What the table says. Raises ValueError where it is not one whole table."""
        rules = tomllib.loads(self.text).get("rule")
        if not isinstance(rules, list) or len(rules) != 1:
            raise ValueError("not one [[rule]] table")
        rule: Mapping[str, Any] = rules[0]
        return rule

    @property
    def id(self) -> str:
        """The rule's id in its file."""
        return str(self.data.get("id", ""))

    @property
    def pattern(self) -> tuple[str, object] | None:
        """The rule's verb and what it looks for; two rules with the same do the same."""
        return next(((verb, self.data[verb]) for verb in VERBS if verb in self.data), None)

    @property
    def version(self) -> int:
        """How often the pattern of this id was accepted: 1 where the table says nothing."""
        said = self.data.get("version", 1)
        return said if isinstance(said, int) else 1

    def proposal(self, file: Path) -> Proposal | None:
        """Return the rule as it was proposed; None for one without evidence, which a person wrote.

        Raises RuleError, naming *file*, where it is not understood.
        """
        if "evidence" not in self.data:
            return None
        rule = read_rule(file, f"{file.parent.name}/{file.stem}", 1, dict(self.data))
        assert rule.evidence is not None, "read_rule reads what there is"
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

    def accepted(self, version: int, day: str) -> RuleTable:
        """Return the table with a version and the day on which a person accepted it."""
        return self._with(f"version = {version}", f'accepted = "{day}"')

    def renamed(self, id: str) -> RuleTable:
        """Return the table under another id."""
        if id == self.id:
            return self
        return RuleTable(re.sub(r"(?m)^[ \t]*id[ \t]*=.*$", f'id = "{id}"', self.text, count=1))

    def noted(self, note: str) -> RuleTable:
        """Return the table with a comment above it."""
        return RuleTable(f"# {note}\n{self.text}")

    def under(self, comments: str) -> RuleTable:
        """Return the table with the comments that stood above another one instead of its own."""
        return RuleTable(comments + self.text[len(self.comments) :])

    @property
    def comments(self) -> str:
        """The comments above the table."""
        found = re.search(rf"(?m)^{HEADER.pattern}", self.text)
        return self.text[: found.start()] if found else ""

    def _with(self, *added: str) -> RuleTable:
        lines = [line for line in self.text.rstrip().split("\n") if not _HISTORY.match(line)]
        place = next((number for number, line in enumerate(lines) if _EVIDENCE.match(line)), len(lines))
        while not lines[place - 1].strip():
            place -= 1
        return RuleTable("\n".join([*lines[:place], *added, *lines[place:]]) + "\n")


def table_of(proposal: Proposal) -> RuleTable:
    """Return a proposal as a table; the same one is always the same text."""
    return RuleTable("\n".join(_lines(proposal)) + "\n")


def _lines(proposal: Proposal) -> Iterator[str]:
    yield "[[rule]]"
    yield f'id = "{proposal.id}"'
    yield f"why = {_quoted(proposal.why)}"
    if isinstance(proposal.pattern, str):
        yield f"{proposal.verb} = {_literal(proposal.pattern)}"
    else:
        yield f"{proposal.verb} = [{', '.join(map(_literal, proposal.pattern))}]"
    if proposal.max is not None:
        yield f"max = {proposal.max}"
    if proposal.cues:
        yield f"cues = [{', '.join(map(_quoted, proposal.cues))}]"
    yield f"example = {_quoted(proposal.example)}"
    yield f"keeps = {_quoted(proposal.keeps)}"
    yield ""
    yield "[rule.evidence]"
    for column in fields(Evidence):
        value = getattr(proposal.evidence, column.name)
        if isinstance(value, tuple):
            yield from _list(column.name, value)
        elif isinstance(value, str):
            yield f"{column.name} = {_quoted(value)}"
        else:
            yield f"{column.name} = {_number(value)}"
        if column.name == "of":
            yield f"share = {_number(proposal.evidence.share)}"


def _list(name: str, values: tuple[str, ...]) -> Iterator[str]:
    if not values:
        yield f"{name} = []"
        return
    yield f"{name} = ["
    yield from (f"  {_quoted(value)}," for value in values)
    yield "]"


def _number(value: float) -> str:
    return str(value if isinstance(value, int) else round(value, _DECIMALS))


def _literal(value: str) -> str:
    """Return a pattern in quotes in which a backslash is a backslash, where that can be."""
    if not value.isprintable() or "'''" in value or value.endswith("'"):
        return _quoted(value)
    return f"'''{value}'''" if "'" in value else f"'{value}'"


def _quoted(value: str) -> str:
    """Return a text in quotes; what cannot be seen is escaped, so that a person sees that it is there."""
    if value.isprintable() and "'" not in value and ('"' in value or "\\" in value):
        return f"'{value}'"
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        # half a pair: no file can hold it
        return "\\ufffd"
    return {"\n": "\\n", "\t": "\\t"}.get(character) or (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


@dataclass
class RuleFile:
    """A file of `[[rule]]` tables."""

    path: Path
    head: str
    """What stands before the first table."""
    tables: list[RuleTable] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path, head: str = "") -> RuleFile:
        """Return the file at *path*; where there is none, an empty one with *head*. Raises ArchiveError."""
        try:
            text = path.read_bytes().decode("utf-8")
            document = tomllib.loads(text)
        except FileNotFoundError:
            return cls(path, head)
        except OSError as error:
            raise cannot_read(path, error) from error
        except ValueError as error:
            raise ArchiveError(f"{path}: not TOML: {error}: mend it by hand") from None
        found, parts = _parted(text)
        tables = [RuleTable(part) for part in parts]
        try:
            understood = [table.data for table in tables] == document.get("rule", [])
        except ValueError:
            understood = False
        if not understood:
            raise ArchiveError(f"{path}: each rule must be a [[rule]] table of its own, on lines of its own")
        return cls(path, found, tables)

    def table(self, id: str) -> RuleTable | None:
        """Return the rule with this id."""
        return next((table for table in self.tables if table.id == id), None)

    def take(self, ids: list[str]) -> list[RuleTable]:
        """Take the rules with these ids out and return them, in the order of *ids*."""
        taken = [found for id in ids if (found := self.table(id))]
        self.tables = [table for table in self.tables if table.id not in ids]
        return taken

    def has(self, wanted: RuleTable) -> bool:
        """Tell whether a rule that does the same is there."""
        return any(table.pattern == wanted.pattern for table in self.tables)

    def free_id(self, id: str) -> str:
        """Return *id*, with a number where a rule has it already."""
        number, free = 1, id
        while self.table(free):
            number += 1
            free = f"{id}-{number}"
        return free

    def add(self, table: RuleTable) -> None:
        """Put a rule at the end, after an empty line."""
        if self.tables:
            self.tables[-1] = RuleTable(_spaced(self.tables[-1].text))
        else:
            self.head = _spaced(self.head)
        self.tables.append(table)

    def change(self, old: RuleTable, new: RuleTable) -> None:
        """Put a rule in the place of another, below the comments of that one."""
        space = old.text[len(old.text.rstrip()) :]
        self.tables[self.tables.index(old)] = RuleTable(new.under(old.comments).text.rstrip() + space)

    def write(self, head: str) -> None:
        """Put it in its place as a whole; remove it where nothing but *head* would stand in it."""
        if self.tables or self.head.strip() != head.strip():
            text = (self.head + "".join(table.text for table in self.tables)).rstrip() + "\n"
            try:
                tomllib.loads(text)
            except ValueError as error:
                said = f"a change would break it ({error}): nothing is written; write its tables in a plainer way"
                raise ArchiveError(f"{self.path}: {said}") from None
            replace(self.path, text.encode("utf-8"))
        else:
            replace(self.path, None)


def replace(path: Path, data: bytes | None) -> None:
    """Give a file new bytes, or remove it, so that whoever reads it meanwhile has the old or the new."""
    if data is not None:
        write_whole(path, data)
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error


def _spaced(text: str) -> str:
    return text.rstrip() + "\n\n" if text.strip() else ""


def _parted(text: str) -> tuple[str, list[str]]:
    """Return what stands before the first table, and the tables, each with the comments directly above it.

    A comment on the file's first line is the file's own.
    """
    lines = [line + "\n" for line in text.split("\n")]
    starts: list[int] = []
    for number, line in enumerate(lines):
        if HEADER.match(line):
            first = number
            while first and lines[first - 1].lstrip().startswith("#"):
                first -= 1
            starts.append(first or number)
    parts = ["".join(lines[start:end]) for start, end in pairwise([*starts, len(lines)])]
    return "".join(lines[: starts[0]] if starts else lines), parts
