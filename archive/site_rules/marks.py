"""Say what follows of a mark: a proposed rule, a rule that is retired or switched off for its host, or nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from archive.files.errors import ArchiveError
from archive.site_rules.effect import PROPOSED_RULE
from archive.site_rules.files import accept, add_proposed, read_proposals, retire, rules_host, skip
from archive.site_rules.judgements import Judgement
from archive.site_rules.learn import learn_mark
from archive.site_rules.store import SITE_RULE
from cleaners import DomRule, RuleSet, SiteRules, load_rules

Step = Literal["accept", "retire", "skip", "none"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What would put a judgement in force for a whole host."""

    step: Step
    """`accept` the proposed rule, `retire` the host's rule, `skip` the packaged rule for the host, or `none`."""
    host: str
    rule: str
    """The id of the proposed rule in its file, or the full id of the one in force; empty for `none`."""
    why: str
    """Why there is no rule, in words; empty where there is one."""


def suggest(root: Path, rules: RuleSet, judgement: Judgement) -> Suggestion:
    """Return what follows of a judgement; a rule that it teaches is written as a proposal for its host.

    `rules` are those in force. Raises ArchiveError where there is no catalog, or a file cannot be read or written.
    """
    host = rules_host(judgement.url)
    if judgement.verdict == "debris":
        taught = learn_mark(root, rules, judgement.url, judgement.line)
        if isinstance(taught, str):
            return Suggestion("none", host, "", taught)
        id = add_proposed(root, host, taught)
        return Suggestion("accept", host, id, "") if id else Suggestion("none", host, "", _judged(host))
    if judgement.verdict == "text" and host:
        applied = rules.for_url(judgement.url)
        if judgement.rule not in {rule.id for rule in applied}:
            return Suggestion("none", host, "", f"{judgement.rule or 'what took it'} is no rule that is in force here")
        if judgement.rule.startswith(SITE_RULE):
            own = judgement.rule.removeprefix(SITE_RULE).rpartition("/")[0]
            return Suggestion("retire", own, judgement.rule, "")
        if any(rule.id == judgement.rule for rule in load_rules()):
            return Suggestion("skip", host, judgement.rule, "")
    return Suggestion("none", host, "", "the rule that took it is not one of the data root")


def put_in_force(root: Path, suggestion: Suggestion, day: str) -> None:
    """Do what a suggestion says, from `day` on. Raises ArchiveError where the rule is not there any more."""
    if suggestion.step == "accept":
        accept(root, suggestion.host, [suggestion.rule], day)
    elif suggestion.step == "retire":
        retire(root, [suggestion.rule], day)
    elif suggestion.step == "skip":
        skip(root, suggestion.host, suggestion.rule)


def rules_after(root: Path, rules: RuleSet, suggestion: Suggestion) -> RuleSet:
    """Return the rules as they would be with a suggestion in force, for `proposed_effects`.

    The id of an added rule begins with `proposed/`. Raises ArchiveError where it is not proposed any more.
    """
    host, id = suggestion.host, suggestion.rule
    own = rules.sites.get(host, SiteRules(inherit=True))
    if suggestion.step == "accept":
        proposal = next((one for one in read_proposals(root, "proposed", host) if one.id == id), None)
        if proposal is None:
            raise ArchiveError(f"{id}: not proposed for {host} any more")
        rule = proposal.rule(f"{PROPOSED_RULE}{host}")
        more = SiteRules(dom=(rule,)) if isinstance(rule, DomRule) else SiteRules(lines=(rule,))
        own = own.with_more(replace(more, inherit=own.inherit))
    else:
        own = replace(own, skip=own.skip | {id})
    return replace(rules, sites={**rules.sites, host: own}, version=f"{rules.version}-{suggestion.step}-{id}")


def _judged(host: str) -> str:
    return f"a person has judged such a rule for {host} already: rules/rejected has it, or rules/sites"
