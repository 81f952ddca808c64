"""Say what follows of a mark: a proposed rule, a rule that is retired or switched off for its host, or nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from archive.site_rules.effect import PROPOSED_RULE
from archive.site_rules.files import Snapshot, add_proposed, read_proposals, retire, rule_file, rules_host, skip
from archive.site_rules.judgements import Judgement
from archive.site_rules.learn import learn_mark
from archive.site_rules.review import Answer, ChangedError, Review
from archive.site_rules.store import SITE_RULE
from cleaners import DomRule, RuleSet, SiteRules, load_rules
from cleaners.learn import Proposal

Step = Literal["accept", "retire", "skip", "none"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What would put a judgement in force for a whole host."""

    step: Step
    """`accept` the proposed rule, `retire` the host's rule, `skip` the packaged rule for the host, or `none`."""
    host: str
    rule: str = ""
    """The id of the proposed rule in its file, or the full id of the one in force; empty for `none`."""
    why: str = ""
    """Why there is no rule, in words; empty where there is one."""
    proposal: Proposal | None = None
    """The proposed rule as it stands in its file."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A suggestion that was accepted, and the host's rule files before and after it."""

    suggestion: Suggestion
    before: Snapshot
    after: Snapshot


def suggest(root: Path, rules: RuleSet, judgement: Judgement) -> Suggestion:
    """Return what follows of a judgement; a rule that it teaches is written as a proposal for its host.

    `rules` are those in force. Raises ArchiveError where there is no catalog, or a file cannot be read or written.
    """
    host = rules_host(judgement.url)
    if judgement.verdict == "debris":
        taught = learn_mark(root, rules, judgement.url, judgement.line)
        if isinstance(taught, str):
            return Suggestion("none", host, why=taught)
        id = add_proposed(root, host, taught)
        if proposal := next((one for one in read_proposals(root, "proposed", host) if one.id == id), None):
            return Suggestion("accept", host, proposal.id, proposal=proposal)
        why = f"a person has judged such a rule for {host} already: rules/rejected has it, or rules/sites"
        return Suggestion("none", host, why=why)
    if judgement.verdict == "text" and host and judgement.rule in {rule.id for rule in rules.for_url(judgement.url)}:
        if judgement.rule.startswith(SITE_RULE):
            own = judgement.rule.removeprefix(SITE_RULE).rpartition("/")[0]
            return Suggestion("retire", own, judgement.rule)
        if any(rule.id == judgement.rule for rule in load_rules()):
            return Suggestion("skip", host, judgement.rule)
    why = f"{judgement.rule or 'what took it'} is no rule of the package or the site that is in force here"
    return Suggestion("none", host, why=why)


def put_in_force(root: Path, suggestion: Suggestion, day: str) -> InForce:
    """Do what a suggestion says, from `day` on.

    Raises ChangedError where the rule is not proposed any more as it was suggested, ArchiveError where it is gone.
    """
    if suggestion.proposal:
        review = Review(root)
        review.answer(suggestion.host, suggestion.proposal, "accepted", day)
        answer: Answer = review.answers[-1]
        return InForce(suggestion, answer.before, answer.after)
    before = Snapshot.of(root, suggestion.host)
    if suggestion.step == "retire":
        retire(root, [suggestion.rule], day)
    elif suggestion.step == "skip":
        skip(root, suggestion.host, suggestion.rule)
    return InForce(suggestion, before, Snapshot.of(root, suggestion.host))


def take_back(root: Path, accepted: InForce) -> None:
    """Undo a suggestion that was put in force, and propose its rule again.

    Raises ChangedError, and changes nothing, where the host's rules in force or the rejected ones are others by now.
    Other proposals stay.
    """
    host, proposal = accepted.suggestion.host, accepted.suggestion.proposal
    proposed = rule_file(root, "proposed", host)
    before, after = (
        Snapshot(root, tuple((path, data) for path, data in one.files if path != proposed))
        for one in (accepted.before, accepted.after)
    )
    if not before.restore(over=after):
        raise ChangedError(f"not undone: the rules of {host} have been changed since: undo later changes first")
    if proposal:
        add_proposed(root, host, proposal)


def rules_after(rules: RuleSet, suggestion: Suggestion) -> RuleSet:
    """Return the rules as they would be with a suggestion in force, for `proposed_effects`.

    The id of an added rule begins with `proposed/`.
    """
    host, id = suggestion.host, suggestion.rule
    own = rules.sites.get(host, SiteRules(inherit=True))
    if suggestion.proposal:
        rule = suggestion.proposal.rule(f"{PROPOSED_RULE}{host}")
        more = SiteRules(dom=(rule,)) if isinstance(rule, DomRule) else SiteRules(lines=(rule,))
        own = own.with_more(replace(more, inherit=own.inherit))
    else:
        own = replace(own, skip=own.skip | {id})
    return replace(rules, sites={**rules.sites, host: own}, version=f"{rules.version}-{suggestion.step}-{id}")
