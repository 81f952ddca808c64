"""The rule files of a data root: what is proposed, what a person accepted, what is never proposed again."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from archive.errors import ArchiveError
from archive.lock import in_turn
from archive.site_rules.document import RuleFile, replace
from archive.site_rules.tables import RuleTable, table_of
from cleaners import host_key, load_rules
from cleaners.learn.types import Proposal

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
