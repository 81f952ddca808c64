"""Read a robots.txt: the rules for the agents that are asked for, and what it says about the use of pages."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from archive import Elsewhere, path_of, pattern_matches, refused_agents
from scraper.discovery.pages import MAX_ROBOTS

OUR_AGENT = "pressclip"
"""Our product token in robots.txt."""
MAX_PAIRS = 20_000
"""Most pairs of an agent that is asked for and a rule of its group, wildcards counted as rules: the parser takes 10 µs
and 200 bytes for each. A file for the 40 agents with 500 rules each has so many."""
MAX_STATEMENTS = 100
"""Lines about the use of pages that are kept of each kind: each is looked at for each page."""


class TooManyRules(ValueError):
    """A robots.txt has more rules than are read."""


def readable(body: bytes) -> bytes:
    r"""Return the part of a robots.txt that is read: whole lines within MAX_ROBOTS, in UTF-8 where it was UTF-16.

    >>> readable("\ufeffDisallow: /a".encode("utf-16-le"))
    b'Disallow: /a'
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        body = body[: 2 * MAX_ROBOTS].decode("utf-16", "ignore").encode("utf-8", "replace")
    return body if len(body) <= MAX_ROBOTS else body[:MAX_ROBOTS].rpartition(b"\n")[0]


_AI_AGENTS = refused_agents("/", lambda url, agent: False)
_AGENT_LINE = re.compile(r"\s*user(?:-|\s*)agent(?=[\s:])[\s:]*([^#]*)", re.I)
_RULE_LINE = re.compile(
    r"\s*(?:diss?all?ow|diasllow|disallaw|allow|crawl[- ]delay|request[- ]rate|visit[- ]time)(?=[\s:])",
    re.I,
)
"""Lines of a group; only they end its user-agent lines, and any other line is passed over (RFC 9309 §2.2.4)."""
_TOKEN = re.compile(r"[a-z_-]+")
_NOBODY = "User-agent: ~\n"
"""Stands for the agents of a group that nobody asks for: `~` is in no product token."""


def rules_of(robots: bytes, agent: str = OUR_AGENT) -> bytes:
    r"""Return a robots.txt without the agents that are not asked for. Raises TooManyRules beyond MAX_PAIRS.

    The parser keeps each rule once for each agent of its group. Of the agents that nobody asks for one stays, so that
    the group's rules do not become those of the group before. Agents that are asked for are written as bare product
    tokens, since the parser takes `PressClip/1.0` for another one, and `press` for ours.

    >>> rules_of(b"User-agent: a\nUser-agent: Quillwort\nUser-agent: GPTBot/1.0\nDisallow: /x\n")
    b'User-agent: ~\nUser-agent: gptbot\nDisallow: /x\n'
    """
    asked = {name.lower() for name in (agent, *_AI_AGENTS)}
    lines: list[str] = []
    pairs = 0
    of_group: set[str] = set()
    in_rules = False
    # as the parser does: it also ends lines at signs that are no line ends in bytes
    for line in robots.decode("utf-8-sig", "ignore").splitlines(keepends=True):
        if found := _AGENT_LINE.match(line):
            if in_rules:
                of_group, in_rules = set(), False
            token = _token(found[1], asked)
            if token not in of_group:
                of_group.add(token)
                lines.append(f"User-agent: {token}\n" if token else _NOBODY)
        elif _RULE_LINE.match(line):
            pairs += max(1, len(of_group)) * (1 + line.count("*") + line.count("$"))
            if pairs > MAX_PAIRS:
                raise TooManyRules(f"robots.txt has more than {MAX_PAIRS} pairs of an agent and a rule: not read")
            in_rules = True
            lines.append(line)
    return "".join(lines).encode()


def _token(value: str, asked: Collection[str]) -> str:
    """Return the product token of a user-agent line where it is asked for, `*` for all agents, else nothing.

    >>> [_token(value, {"pressclip", "ai2bot"}) for value in ("PressClip/1.0", "pressclip (+x)", "press", "AI2Bot")]
    ['pressclip', 'pressclip', '', 'ai2bot']
    """
    name = value.strip().lower()
    if name == "*" or (name[:1] == "*" and name[1:2].isspace()):
        return "*"
    # people write wildcards in names, which mean nothing there
    name = name.replace("*", "")
    token = _TOKEN.match(name)
    # names such as AI2Bot have letters that no product token has by RFC 9309
    names = (re.split(r"[\s/;,(]", name, maxsplit=1)[0], token[0] if token else "")
    return next((one for one in names if one in asked), "")


_STATEMENT = re.compile(r"\s*(content-signal|content-usage|license)\s*:\s*([^#]*)", re.I)


@dataclass(frozen=True, slots=True)
class Statements:
    """What a robots.txt says about the use of pages, to the crawlers of one group; values as written."""

    content_signal: tuple[str, ...] = ()
    content_usage: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    """Addresses of licence files (RSL); a `License` line is of the whole file, wherever it stands."""

    def about(self, url: str) -> Elsewhere:
        """Return what is said about a page: the values with the longest path that matches, or without a path.

        Values with the same path all count (draft-ietf-aipref-attach-05, section 3.1).
        """
        path = path_of(url)
        return Elsewhere(
            content_signal=_in_force(self.content_signal, path),
            content_usage=_in_force(self.content_usage, path),
            rsl=tuple(f"robots: {address}" for address in self.licences),
        )


def statements_of(robots: bytes, agent: str = OUR_AGENT) -> Statements:
    r"""Return what a robots.txt says to *agent*: in the groups that name it, else in those for all agents.

    Lines before the first group count for all. At most MAX_STATEMENTS of each kind are read.

    >>> found = statements_of(b"User-agent: *\nContent-signal: ai-train=no\n\nLicense: https://a.example/l.xml")
    >>> found.about("https://a.example/news/1").content_signal, found.licences
    (('ai-train=no',), ('https://a.example/l.xml',))
    """
    groups: dict[str, dict[str, list[str]]] = {"": {}, "*": {}, agent: {}}
    licences: dict[str, None] = {}
    of_group: set[str] = {""}
    in_rules, has_own = False, False
    for line in robots.decode("utf-8-sig", "ignore").splitlines():
        if found := _AGENT_LINE.match(line):
            of_group, in_rules = (set() if in_rules or "" in of_group else of_group), False
            if token := _token(found[1], {agent}):
                of_group.add(token)
                has_own = has_own or token == agent
        elif found := _STATEMENT.match(line):
            name, value = found[1].lower(), found[2].strip()
            if name == "license":
                licences[value] = None
                continue
            in_rules = True
            for group in of_group:
                groups[group].setdefault(name, []).append(value)
        elif _RULE_LINE.match(line):
            in_rules = True

    def said(name: str) -> tuple[str, ...]:
        values = [*groups[""].get(name, ()), *groups[agent if has_own else "*"].get(name, ())]
        return tuple(filter(None, values))[:MAX_STATEMENTS]

    return Statements(said("content-signal"), said("content-usage"), tuple(filter(None, licences))[:MAX_STATEMENTS])


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """A robots.txt that was read: whom it lets fetch what, and what it says about the use of pages."""

    allowed: Callable[[str, str], bool]
    """Tells whether a URL may be fetched by an agent."""
    statements: Statements

    def about(self, url: str) -> Elsewhere:
        """Return what it says about the use of a page, with the AI agents that it refuses the page."""
        return replace(self.statements.about(url), robots=refused_agents(url, self.allowed))


def read_robots(body: bytes) -> RobotsFile:
    """Read a robots.txt as a crawl does, out of an archive. Raises TooManyRules beyond MAX_PAIRS."""
    from scrapy.robotstxt import ProtegoRobotParser

    text = readable(body)
    return RobotsFile(ProtegoRobotParser(rules_of(text), None).allowed, statements_of(text))


def _in_force(values: Iterable[str], path: str) -> tuple[str, ...]:
    with_paths = [(value.split(maxsplit=1)[0] if value[:1] in ("/", "*") else "", value) for value in values]
    matching = [(pattern, value) for pattern, value in with_paths if pattern_matches(pattern, path)]
    longest = max((len(pattern) for pattern, _ in matching), default=0)
    return tuple(value for pattern, value in matching if len(pattern) == longest)
