"""`pressclip rules review` and `retire`: a person says which of the proposed rules hold, with one key each."""

from __future__ import annotations

import shlex
import sys
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.rules.shown import Pages, drawn, samples, summary, taker
from scraper.cli.terminal.options import DATA, data_option, json_option, require_data
from scraper.cli.terminal.output import print_json, print_text, say

if TYPE_CHECKING:
    from rich.console import Console

    from archive.site_rules import Snapshot
    from cleaners.learn import Proposal

NOTHING = 3


@click.command()
@click.option("--host", "chosen", multiple=True, metavar="HOST", help="Only what is proposed for this host.")
@click.option(
    "--accept-above", "above", type=click.FloatRange(0, 1), metavar="P",
    help="Ask nothing: accept all that are debris with a probability of P (0 to 1) or more.",
)  # fmt: skip
@click.option("--list", "listed", is_flag=True, help="Only list what is proposed.")
@data_option
@json_option
def review(chosen: tuple[str, ...], above: float | None, listed: bool, data: Path, as_json: bool) -> None:
    """Show each proposed rule with the lines around what it would take, and accept or reject it with one key.

    Most certain first. Each answer is saved at once. What is accepted goes to rules/sites/ in the data root and is in
    force; what is rejected is not proposed again.
    """
    listed = listed or (as_json and above is None)
    if above is not None and isnan(above):
        raise click.BadParameter("nan is no number from 0 to 1.", param_hint="--accept-above")
    if listed and above is not None:
        raise click.UsageError("--list and --accept-above exclude each other.")
    if not listed and above is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("review asks on a terminal, and this is none: give --accept-above P, or --list.")
    waiting = _waiting(data, chosen)
    if not waiting:
        say(f"nothing is proposed{' for ' + ', '.join(chosen) if chosen else ''} in {data}: "
            "`pressclip rules learn` looks for rules")  # fmt: skip
        raise SystemExit(NOTHING if chosen else 0)
    if listed:
        _print([(f"proposed/{host}/{one.id}", one) for host, one in waiting], as_json=as_json)
        return
    day = datetime.now(UTC).date().isoformat()
    if above is not None:
        done = _accept(data, [one for one in waiting if one[1].evidence.probability >= above], day)
        _print(done, as_json=as_json)
        counts = Counter(accepted=len(done), left=len(waiting) - len(done))
    else:
        counts = _ask(data, waiting, day)
    if not as_json:
        print_text("\n".join(_ending(data, counts)))


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@data_option
def retire(ids: tuple[str, ...], data: Path) -> None:
    """Take accepted rules out of force, never to be proposed again. ID: sites/HOST/ID, as removals and `rules list`
    say it."""
    from archive import site_rules

    require_data(data)
    site_rules.retire(data, ids, datetime.now(UTC).date().isoformat())
    for id in dict.fromkeys(ids):
        print_text(f"retired {id}")
    print_text("\n".join(_reclean_lines(data)))


def _waiting(data: Path, chosen: Sequence[str]) -> list[tuple[str, Proposal]]:
    """Return what is proposed, host by host, the most certain first."""
    from archive import site_rules
    from cleaners import load_rules

    require_data(data)
    known = site_rules.hosts_with_rules(data, "proposed")
    hosts = [host for host in dict.fromkeys(map(site_rules.host_name, chosen)) if host in known] if chosen else known
    # what somebody has broken by hand is told before the first question
    load_rules(*(site_rules.rule_file(data, "proposed", host) for host in hosts))
    return [
        (host, proposal)
        for host in hosts
        for proposal in sorted(site_rules.read_proposals(data, "proposed", host), key=site_rules.certainty)
    ]


def _accept(data: Path, chosen: Sequence[tuple[str, Proposal]], day: str) -> list[tuple[str, Proposal]]:
    """Accept proposals, and return each with the full id that it has now."""
    from archive.site_rules import accept

    return [
        (full, one)
        for host in dict.fromkeys(host for host, _ in chosen)
        if (own := {one.id: one for its, one in chosen if its == host})
        for full, one in zip(accept(data, host, own, day), own.values(), strict=True)
    ]


def _ask(data: Path, waiting: Sequence[tuple[str, Proposal]], day: str) -> Counter[str]:
    from rich.console import Console

    pass

    session = Review(data, day, waiting)
    with Pages(data) as pages:
        session.ask(Console(highlight=False, markup=False, emoji=False), pages)
    return session.counts()


def _print(found: Sequence[tuple[str, Proposal]], *, as_json: bool) -> None:
    for full, one in found:
        evidence = asdict(one.evidence) | {"share": one.evidence.share}
        said = asdict(one) | {"id": full, "evidence": evidence}
        if as_json:
            print_json(said)
        else:
            print_text(summary(full, one))


def _ending(data: Path, counts: Counter[str]) -> Iterator[str]:
    yield ", ".join(f"{counts[name]} {name}" for name in ("accepted", "rejected", "left") if name in counts)
    if counts["accepted"]:
        yield from _reclean_lines(data)


def _reclean_lines(data: Path) -> Iterator[str]:
    """Yield what follows the rules in force from now on, and how the texts that are stored already do."""
    where = "" if data == DATA else f" --data {shlex.quote(str(data))}"
    names = sorted(path.name for path in (data / "collections").glob("*"))
    if not names:
        yield f"what `clean` and `dataset build` clean from now on with --data {shlex.quote(str(data))} follows"
        return
    if names != ["news"]:
        where = f" --collection {names[0] if len(names) == 1 else 'NAME'}{where}"
    yield "new pages are cleaned with these rules; what they change in the texts stored already, and then the change:"
    yield f"  pressclip archive reclean --dry-run{where}"
    yield f"  pressclip archive reclean{where}"


KEYS = {"a": "accepted", "r": "rejected", "l": "left", "\r": "left", "\n": "left", " ": "left"}
ASKED = "a accept, r reject, l later, u undo, q quit, ? help: "
HELP = """\
  a  accept: in force from now on, in rules/sites/
  r  reject: never proposed again, in rules/rejected/
  l  later: stays proposed (also Enter and space)
  u  undo the last answer, as often as you like
  q  quit: every answer is saved already"""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that can be taken back."""

    place: int
    said: str
    before: Snapshot
    after: Snapshot


@dataclass
class Review:
    """Proposals, one after the other, and what a person says to each."""

    data: Path
    day: str
    waiting: Sequence[tuple[str, Proposal]]
    place: int = 0
    answers: list[Answer] = field(default_factory=list)
    keys: deque[str] = field(default_factory=deque)

    def ask(self, console: Console, pages: Pages) -> None:
        """Show each and do what the keys say, until the last or `q`."""
        takers = [(host, one.id, taker(one)) for host, one in self.waiting]
        while self.place < len(self.waiting):
            host, proposal = self.waiting[self.place]
            number = f"{self.place + 1} of {len(self.waiting)}"
            others = {id: takes for its, id, takes in takers if its == host and id != proposal.id}
            console.print()
            for part in drawn(host, proposal, list(samples(pages, proposal, others)), number):
                console.print(part)
            console.print()
            if not self._answered(console):
                return

    def counts(self) -> Counter[str]:
        """Return how many were accepted and rejected, and how many wait still."""
        said = Counter(answer.said for answer in self.answers)
        return Counter(
            accepted=said["accepted"], rejected=said["rejected"],
            left=len(self.waiting) - said["accepted"] - said["rejected"],
        )  # fmt: skip

    def _answered(self, console: Console) -> bool:
        """Ask until there is an answer; False for `q`."""
        while True:
            console.print(ASKED, style="bold", end="")
            key = self._key()
            if key in ("", "q"):
                console.print("quit")
                return False
            if said := KEYS.get(key):
                self._answer(said)
                console.print(said)
                return True
            if key == "u" and self.answers:
                console.print(self._undo())
                return True
            console.print("nothing to undo" if key == "u" else "\n" + HELP)

    def _key(self) -> str:
        """Return the next key, in lower case; empty at the end of the input."""
        if not self.keys:
            try:
                typed = click.getchar()
            except EOFError:
                return ""
            except KeyboardInterrupt:
                click.echo()
                raise
            # a key such as an arrow comes as several characters, of which none is an answer
            self.keys.extend("?" if typed.startswith("\x1b") else typed.lower())
        return self.keys.popleft() if self.keys else ""

    def _answer(self, said: str) -> None:
        from archive.site_rules import Snapshot, accept, reject

        host, proposal = self.waiting[self.place]
        before = Snapshot.of(self.data, host)
        if said == "accepted":
            accept(self.data, host, [proposal.id], self.day)
        elif said == "rejected":
            reject(self.data, host, [proposal.id], self.day)
        self.answers.append(Answer(self.place, said, before, Snapshot.of(self.data, host)))
        self.place += 1

    def _undo(self) -> str:
        from archive.site_rules import Snapshot

        last = self.answers[-1]
        host, _ = self.waiting[last.place]
        if last.before != last.after:
            if Snapshot.of(self.data, host) != last.after:
                return "not undone: somebody else has changed the files since"
            last.before.restore()
        self.answers.pop()
        self.place = last.place
        return f"undone: {last.said}"
