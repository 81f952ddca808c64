"""`pressclip rules review` and `retire`: accept or reject each proposed rule with one key."""

from __future__ import annotations

import shlex
import sys
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.rules.shown import drawn, summary
from scraper.cli.terminal.completion import complete_hosts
from scraper.cli.terminal.options import DATA, data_option, json_option, require_data
from scraper.cli.terminal.output import keep_work, print_json, print_text, say
from scraper.report.proposals import Pages, samples, taker

if TYPE_CHECKING:
    from rich.console import Console

    from archive.site_rules import Decision, Review
    from cleaners.learn import Proposal

NOTHING = 3


@click.command()
@click.option(
    "--host",
    "chosen",
    multiple=True,
    metavar="HOST",
    shell_complete=complete_hosts,
    help="Only what is proposed for this host.",
)
@click.option(
    "--accept-above", "above", type=click.FloatRange(0, 1), metavar="P",
    help="Ask nothing: accept every rule whose text is debris with a probability of P (0 to 1) or more.",
)  # fmt: skip
@click.option("--list", "listed", is_flag=True, help="Only list what is proposed.")
@data_option
@json_option
def review(chosen: tuple[str, ...], above: float | None, listed: bool, data: Path, as_json: bool) -> None:
    """Show each proposed rule with the lines around what it would remove, and accept or reject it with one key.

    The most certain rule comes first. Each answer is saved at once. Accepted rules go to rules/sites/ in the data root
    and are in force; rejected ones are not proposed again.
    """
    listed = listed or (as_json and above is None)
    if above is not None and isnan(above):
        raise click.BadParameter("nan is no number from 0 to 1.", param_hint="--accept-above")
    if listed and above is not None:
        raise click.UsageError("--list and --accept-above exclude each other: give one.")
    if not listed and above is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("review needs a terminal to ask its questions: give --accept-above P, or --list.")
    require_data(data)
    from archive import site_rules

    waiting = site_rules.waiting(data, chosen)
    if not waiting:
        where = f" for {', '.join(chosen)}" if chosen else ""
        say(f"nothing is proposed{where} in {data}: `pressclip rules learn` looks for rules")
        raise SystemExit(NOTHING if chosen else 0)
    if listed:
        _print([(f"proposed/{host}/{proposal.id}", proposal) for host, proposal in waiting], as_json=as_json)
        return
    day = datetime.now(UTC).date().isoformat()
    if above is not None:
        accepted = _accept(data, [pair for pair in waiting if pair[1].evidence.probability >= above], day)
        _print(accepted, as_json=as_json)
        counts = Counter(accepted=len(accepted), left=len(waiting) - len(accepted))
    else:
        from rich.console import Console

        session = Session(site_rules.Review(data), day, waiting)
        with Pages(data) as pages:
            session.ask(Console(highlight=False, markup=False, emoji=False), pages)
        counts = session.counts()
    if not as_json:
        print_text("\n".join(_ending(data, counts)))


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@data_option
def retire(ids: tuple[str, ...], data: Path) -> None:
    """Take accepted rules out of force; they are not proposed again. ID is sites/HOST/ID, as `rules list` shows it."""
    from archive import site_rules

    require_data(data)
    site_rules.retire(data, ids, datetime.now(UTC).date().isoformat())
    for id in dict.fromkeys(ids):
        print_text(f"retired {id}")
    print_text("\n".join(_reclean_lines(data)))


def _accept(data: Path, chosen: Sequence[tuple[str, Proposal]], day: str) -> list[tuple[str, Proposal]]:
    """Accept proposals, and return each with its full id in rules/sites."""
    from archive.site_rules import accept

    by_host: dict[str, dict[str, Proposal]] = defaultdict(dict)
    for host, proposal in chosen:
        by_host[host][proposal.id] = proposal
    return [
        pair for host, own in by_host.items() for pair in zip(accept(data, host, own, day), own.values(), strict=True)
    ]


def _print(proposals: Sequence[tuple[str, Proposal]], *, as_json: bool) -> None:
    for full_id, proposal in proposals:
        if as_json:
            evidence = asdict(proposal.evidence) | {"share": proposal.evidence.share}
            print_json(asdict(proposal) | {"id": full_id, "evidence": evidence})
        else:
            print_text(summary(full_id, proposal))


def _ending(data: Path, counts: Counter[str]) -> Iterator[str]:
    yield ", ".join(f"{counts[name]} {name}" for name in ("accepted", "rejected", "left") if name in counts)
    if counts["accepted"]:
        yield from _reclean_lines(data)


def _reclean_lines(data: Path) -> Iterator[str]:
    """Yield which texts are cleaned with the changed rules, and the commands that clean the stored ones again."""
    where = "" if data == DATA else f" --data {shlex.quote(str(data))}"
    names = sorted(path.name for path in (data / "collections").glob("*"))
    if not names:
        yield f"`clean` and `dataset build` use these rules from now on with --data {shlex.quote(str(data))}"
        return
    if names != ["news"]:
        where = f" --collection {names[0] if len(names) == 1 else 'NAME'}{where}"
    yield "new pages are cleaned with these rules; to see what they change in the stored texts, and to change them:"
    yield f"  pressclip archive reclean --dry-run{where}"
    yield f"  pressclip archive reclean{where}"


KEYS: dict[str, Decision] = {"a": "accepted", "r": "rejected", "l": "left", "\r": "left", "\n": "left", " ": "left"}
QUESTION = "a accept, r reject, l later, u undo, q quit, ? help: "
HELP = """\
  a  accept: in force from now on, in rules/sites/
  r  reject: never proposed again, in rules/rejected/
  l  later: stays proposed (also Enter and space)
  u  undo the last answer, as often as you like
  q  quit: every answer is saved already"""


@dataclass
class Session:
    """A person's review of the proposals, one after the other."""

    review: Review
    day: str
    waiting: Sequence[tuple[str, Proposal]]
    index: int = 0
    gone: set[int] = field(default_factory=set)
    """Those that somebody else has judged or changed."""
    keys: deque[str] = field(default_factory=deque)

    def ask(self, console: Console, pages: Pages) -> None:
        """Show each proposal and do what the keys say, until the last one or `q`."""
        takers = [(host, one.id, taker(one)) for host, one in self.waiting]
        while self.index < len(self.waiting):
            host, proposal = self.waiting[self.index]
            number = f"{self.index + 1} of {len(self.waiting)}"
            others = {id: takes for its_host, id, takes in takers if its_host == host and id != proposal.id}
            console.print()
            for part in drawn(host, proposal, list(samples(pages, proposal, others)), number):
                console.print(part)
            console.print()
            if not self._answered(console):
                return

    def counts(self) -> Counter[str]:
        """Return how many proposals were accepted and rejected, and how many are left."""
        accepted, rejected = (self.review.counts()[name] for name in ("accepted", "rejected"))
        left = len(self.waiting) - len(self.gone) - accepted - rejected
        return Counter(accepted=accepted, rejected=rejected, left=left)

    def _answered(self, console: Console) -> bool:
        """Ask until there is an answer; False for `q`."""
        while True:
            console.print(QUESTION, style="bold", end="")
            key = self._key()
            if key in ("", "q"):
                console.print("quit")
                return False
            if decision := KEYS.get(key):
                console.print(self._answer(decision))
                return True
            if key == "u" and self.review.answers:
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
            # a key such as an arrow comes as several characters; none of them is an answer
            self.keys.extend("?" if typed.startswith("\x1b") else typed.lower())
        return self.keys.popleft() if self.keys else ""

    def _answer(self, decision: Decision) -> str:
        from archive.site_rules import ChangedError

        host, proposal = self.waiting[self.index]
        said: str = decision
        try:
            self.review.answer(host, proposal, decision, self.day)
        except ChangedError as error:
            self.gone.add(self.index)
            said = f"not {decision}: {error}"
        self.index += 1
        keep_work()
        return said

    def _undo(self) -> str:
        from archive.site_rules import ChangedError

        try:
            last = self.review.undo()
        except ChangedError as error:
            return str(error)
        self.index = self.waiting.index((last.host, last.proposal))
        return f"undone: {last.decision}"
