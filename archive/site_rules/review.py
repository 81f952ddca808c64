"""Answer proposals one by one: each answer is saved at once, and can be undone until somebody else has written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from threading import RLock
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
    """A person's answers to the proposals of a data root: of one start of a program, beside any other process."""

    root: Path
    most: int | None = None
    """The most answers that can be undone; None for all. Each keeps its host's rule files as they were."""
    answers: list[Answer] = field(default_factory=list)
    later: set[tuple[str, str]] = field(default_factory=set)
    """The proposals that were left for later: host and digest of each."""
    lock: RLock = field(default_factory=RLock)
    """Held by each answer and undo, for threads; processes take turns by the lock of the folder."""

    def answer(self, host: str, proposal: Proposal, decision: Decision, day: str) -> None:
        """Save an answer to a proposal as it was shown; `left` leaves it proposed.

        Raises ChangedError where it is no longer proposed, or is another one now.
        """
        with self.lock:
            with in_turn(self.root / FOLDER):
                before = after = Snapshot.of(self.root, host)
                if decision != "left":
                    if proposal not in read_proposals(self.root, "proposed", host):
                        raise _changed(host, proposal.id)
                    if decision == "accepted":
                        move_to_accepted(self.root, host, [proposal.id], day)
                    else:
                        move_to_rejected(self.root, "proposed", host, [proposal.id], f"rejected {day}")
                    after = Snapshot.of(self.root, host)
            if decision == "left":
                self.later.add((host, proposal_digest(proposal)))
            self.answers.append(Answer(host, proposal, decision, before, after))
            if self.most is not None:
                del self.answers[: -self.most]

    def answer_shown(self, host: str, id: str, digest: str, decision: Decision, day: str) -> None:
        """Save an answer to a proposal named by its id and by the digest of what was shown, as `answer` does."""
        shown = next((one for one in proposals_of(self.root, host) if one.id == id), None)
        if shown is None or proposal_digest(shown) != digest:
            raise _changed(host, id)
        self.answer(host, shown, decision, day)

    def undo(self) -> Answer:
        """Take the last answer back, and return it. Raises ChangedError where somebody has written since, or where
        there is none."""
        with self.lock:
            if not self.answers:
                raise ChangedError("there is no answer to undo")
            last = self.answers[-1]
            if last.before != last.after and not last.before.restore(over=last.after):
                raise ChangedError("not undone: somebody else has changed the files in the meantime")
            self.later.discard((last.host, proposal_digest(last.proposal)))
            return self.answers.pop()

    def first(self, hosts: Sequence[str]) -> tuple[str, Proposal, Sequence[Proposal]] | None:
        """Return the first proposal of these hosts that was not left for later, its host, and all proposals of it."""
        for host in hosts:
            proposals = proposals_of(self.root, host)
            for one in proposals:
                if (host, proposal_digest(one)) not in self.later:
                    return host, one, proposals
        return None

    def left(self, hosts: Sequence[str]) -> int:
        """Return how many proposals of these hosts were left for later and are still there."""
        later = set(self.later)
        own = {host for host, _ in later} & {*hosts}
        return len(later & {(host, proposal_digest(one)) for host in own for one in proposals_of(self.root, host)})

    def counts(self) -> Counter[str]:
        """Return how many of the answers are `accepted`, `rejected` and `left`."""
        return Counter(answer.decision for answer in self.answers)


def _changed(host: str, id: str) -> ChangedError:
    return ChangedError(f"{host}/{id}: somebody else has judged or changed it in the meantime")


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
