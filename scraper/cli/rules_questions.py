"""The questions of `pressclip rules review`: one rule after the other, one key each, every answer saved at once."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.site_rules.files import Snapshot, accept, reject
from scraper.cli.rules_shown import Pages, drawn, samples, taker

if TYPE_CHECKING:
    from rich.console import Console

    from cleaners.learn.types import Proposal

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
        host, proposal = self.waiting[self.place]
        before = Snapshot.of(self.data, host)
        if said == "accepted":
            accept(self.data, host, [proposal.id], self.day)
        elif said == "rejected":
            reject(self.data, host, [proposal.id], self.day)
        self.answers.append(Answer(self.place, said, before, Snapshot.of(self.data, host)))
        self.place += 1

    def _undo(self) -> str:
        last = self.answers[-1]
        host, _ = self.waiting[last.place]
        if last.before != last.after:
            if Snapshot.of(self.data, host) != last.after:
                return "not undone: somebody else has changed the files since"
            last.before.restore()
        self.answers.pop()
        self.place = last.place
        return f"undone: {last.said}"
