"""Answer proposals one by one: each answer is saved at once, and can be undone until somebody else has written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from archive.files.errors import ArchiveError
from archive.files.lock import in_turn
from archive.site_rules.files import (
    FOLDER,
    Snapshot,
    certainty,
    host_name,
    hosts_with_rules,
    move_to_accepted,
    move_to_rejected,
    read_proposals,
    rule_file,
)
from cleaners import load_rules
from cleaners.learn import Proposal

Decision = Literal["accepted", "rejected", "left"]


class ChangedError(ArchiveError):
    """Somebody else has changed a host's rule files since they were shown. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that can be undone."""

    host: str
    proposal: Proposal
    decision: Decision
    before: Snapshot
    after: Snapshot


@dataclass
class Review:
    """A person's answers to the proposals of a data root; for one thread at a time, beside any other process."""

    root: Path
    answers: list[Answer] = field(default_factory=list)

    def answer(self, host: str, proposal: Proposal, decision: Decision, day: str) -> None:
        """Save an answer to a proposal as it was shown; `left` leaves it proposed.

        Raises ChangedError where it is no longer proposed, or is another one now.
        """
        with in_turn(self.root / FOLDER):
            before = after = Snapshot.of(self.root, host)
            if decision != "left":
                if proposal not in read_proposals(self.root, "proposed", host):
                    raise ChangedError(f"{host}/{proposal.id}: somebody else has judged or changed it in the meantime")
                if decision == "accepted":
                    move_to_accepted(self.root, host, [proposal.id], day)
                else:
                    move_to_rejected(self.root, "proposed", host, [proposal.id], f"rejected {day}")
                after = Snapshot.of(self.root, host)
        self.answers.append(Answer(host, proposal, decision, before, after))

    def undo(self) -> Answer:
        """Take the last answer back, and return it. Raises ChangedError where somebody has written since."""
        last = self.answers[-1]
        if last.before != last.after and not last.before.restore(over=last.after):
            raise ChangedError("not undone: somebody else has changed the files in the meantime")
        return self.answers.pop()

    def counts(self) -> Counter[str]:
        """Return how many of the answers are `accepted`, `rejected` and `left`."""
        return Counter(answer.decision for answer in self.answers)


def proposals_of(root: Path, host: str) -> list[Proposal]:
    """Return a host's proposals, the most certain first. Raises as `read_proposals` does."""
    return sorted(read_proposals(root, "proposed", host), key=certainty)


def waiting(root: Path, hosts: Sequence[str] = ()) -> list[tuple[str, Proposal]]:
    """Return the proposals for these hosts, or for all, with their hosts: host by host, the most certain first.

    Raises ArchiveError or RuleError for a file that somebody broke by hand, before anything is asked.
    """
    there = hosts_with_rules(root, "proposed")
    chosen = [host for host in dict.fromkeys(map(host_name, hosts)) if host in there] if hosts else there
    load_rules(*(rule_file(root, "proposed", host) for host in chosen))
    return [(host, proposal) for host in chosen for proposal in proposals_of(root, host)]


def proposal_digest(proposal: Proposal) -> str:
    """Return a digest of all that a proposal says, so that a form can name what it showed."""
    return blake2b(repr(proposal).encode("utf-8", "replace"), digest_size=16).hexdigest()
