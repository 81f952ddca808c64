"""Read opt-outs: how a site refuses, at the time of a capture, the use of a page for AI, data mining and indexes."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

_LIST = tomllib.loads((Path(__file__).parent / "ai_agents.toml").read_text("utf-8"))
AI_AGENTS: tuple[str, ...] = tuple(_LIST["agents"])
"""The user agents for which robots.txt is read; `ai_agents.toml` has them with date and source."""
AI_AGENTS_DATE: str = _LIST["date"]

DIRECTIVES = frozenset(
    "noai noimageai noml noindex noarchive nocache nosnippet noimageindex none".split()  # noqa: SIM905
)
"""Words of X-Robots-Tag and meta robots that refuse a use; others, such as `max-snippet:50`, are not kept."""
OPT_OUT_HEAD = 256 << 10
"""Bytes of a page in which meta elements are looked for."""
MAX_META = 2000
"""Bytes of a meta element in which a refusing word is looked for: names and values kept have at most MAX_VALUE."""
MAX_VALUE = 500
"""Characters kept of one value, and MAX_VALUES of one kind: an honest site says a few words."""
MAX_VALUES = 40

_HINT = re.compile(rb"noai|noimageai|noml|noindex|noarchive|nocache|nosnippet|noimageindex|none|tdm-")
_META = re.compile(rb"<meta\b", re.IGNORECASE)
_AGENT = re.compile(r"[A-Za-z][\w.*-]*")
_VALUED = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})
_BIT = frozenset({"0", "1"})
_META_AGENTS = frozenset({"robots", "googlebot", "bingbot", *(agent.lower() for agent in AI_AGENTS)})


@dataclass(frozen=True, slots=True)
class OptOuts:
    """The opt-outs of one capture; an empty tuple means that there was none."""

    robots: tuple[str, ...] | None = None
    """The AI_AGENTS that robots.txt refuses this URL; None where robots.txt is not known."""
    header: tuple[str, ...] = ()
    """From X-Robots-Tag: `noai`, or for one agent only `gptbot: noindex`."""
    meta: tuple[str, ...] = ()
    """From meta elements, in the same form."""
    tdm: tuple[str, ...] = ()
    """tdm-reservation (TDMRep) with where it was: `header: 1`, `meta: 0`, `file: 1`."""
    tdm_policy: str | None = None
    agents_date: str | None = None
    """The date of the list of agents that `robots` was read with."""

    @property
    def reserved(self) -> bool:
        """Whether the use for AI or data mining is refused anywhere: to an AI agent, by noai, or by a reservation."""
        refused = {word.rpartition(": ")[2] for word in (*self.header, *self.meta)}
        return bool(self.robots) or bool(refused & {"noai", "noml"}) or any(place.endswith(": 1") for place in self.tdm)

    def fields(self) -> Iterator[tuple[str, str]]:
        """Yield the lines of the metadata record; what was looked for and not there has a line without a value."""
        if self.robots is not None:
            yield "opt-out-robots", ", ".join(self.robots)
            yield "opt-out-robots-agents", self.agents_date or ""
        yield "opt-out-x-robots-tag", ", ".join(self.header)
        yield "opt-out-meta-robots", ", ".join(self.meta)
        yield "opt-out-tdm-reservation", ", ".join(self.tdm)
        if self.tdm_policy:
            yield "opt-out-tdm-policy", self.tdm_policy

    def as_json(self) -> str:
        """Return the opt-outs as the catalog holds them; `parse` reads them."""
        return json.dumps(dict(self.fields()), ensure_ascii=False)

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> OptOuts | None:
        """Return the opt-outs that `fields` yielded; None where there is no such line."""
        if not any(name.startswith("opt-out-") for name in fields):
            return None
        values = {name: tuple(filter(None, value.split(", "))) for name, value in fields.items()}
        return cls(
            values.get("opt-out-robots"),
            values.get("opt-out-x-robots-tag", ()),
            values.get("opt-out-meta-robots", ()),
            values.get("opt-out-tdm-reservation", ()),
            fields.get("opt-out-tdm-policy"),
            fields.get("opt-out-robots-agents") or None,
        )

    @classmethod
    def parse(cls, stored: str | None) -> OptOuts | None:
        """Return the opt-outs that `as_json` returned."""
        return cls.of(json.loads(stored) if stored else {})


def refused_agents(url: str, allowed: Callable[[str, str], bool]) -> tuple[str, ...]:
    """Return the AI_AGENTS that robots.txt refuses `url`, by the answers of `allowed(url, agent)`."""
    return tuple(agent for agent in AI_AGENTS if not allowed(url, agent))


def read_opt_outs(
    headers: Callable[[str], Iterable[str]],
    html: bytes = b"",
    *,
    robots: tuple[str, ...] | None = None,
    tdm_file: tuple[str, str | None] | None = None,
) -> OptOuts:
    """Read the opt-outs of one page out of its response headers and the start of its HTML.

    `robots` is what `refused_agents` returned, `tdm_file` what `tdm_of` read in the origin's tdmrep.json.
    """
    metas = list(_metas(html[:OPT_OUT_HEAD]))
    directives = [word for name, content in metas if name in _META_AGENTS for word in _directives(content, name)]
    places = {
        "header": (next(iter(headers("tdm-reservation")), None), next(iter(headers("tdm-policy")), None)),
        "meta": (dict(metas).get("tdm-reservation"), dict(metas).get("tdm-policy")),
        "file": tdm_file or (None, None),
    }
    return OptOuts(
        robots,
        _unique(word for value in headers("x-robots-tag") for word in _directives(value, "robots")),
        _unique(directives),
        tuple(f"{place}: {bit}" for place, (value, _) in places.items() if (bit := (value or "").strip()) in _BIT),
        next((_clean(policy) for _, policy in places.values() if policy), None),
        None if robots is None else AI_AGENTS_DATE,
    )


def tdm_of(path: str, rules: Any) -> tuple[str, str | None] | None:  # noqa: ANN401 - JSON from a site: anything
    """Return reservation and policy for a URL's path by the rules of a tdmrep.json; the longest location decides.

    >>> tdm_of("/news/1", [{"location": "/", "tdm-reservation": 0}, {"location": "/news/*", "tdm-reservation": 1}])
    ('1', None)
    """
    best: tuple[int, str, str | None] | None = None
    for rule in rules if isinstance(rules, list) else ():
        if not isinstance(rule, dict) or not isinstance(rule.get("location"), str):
            continue
        location, value = rule["location"], str(rule.get("tdm-reservation"))
        policy = rule.get("tdm-policy")
        longer = best is None or len(location) > best[0]
        if value in _BIT and longer and _matches(location, path):
            best = (len(location), value, policy if isinstance(policy, str) else None)
    return (best[1], best[2]) if best else None


def _matches(location: str, path: str) -> bool:
    """Tell whether a path begins with a location; `*` stands for anything, `$` for the end."""
    # no regular expression: somebody else writes the pattern
    parts, end = location.removesuffix("$").split("*"), 0
    for number, part in enumerate(parts):
        start = path.find(part, end)
        if start < 0 or (number == 0 and start):
            return False
        end = start + len(part)
    return not location.endswith("$") or end == len(path) or (len(parts) > 1 and path.endswith(parts[-1]))


def _directives(value: str, agent: str) -> Iterator[str]:
    """Yield the refusing words of one value; `agent: word, word` names the agent for the words behind it."""
    for piece in value[: MAX_VALUE * 4].split(","):
        name, colon, rest = piece.partition(":")
        if colon and _AGENT.fullmatch(name.strip()) and name.strip().lower() not in _VALUED:
            agent, piece = name.strip().lower(), rest
        word = piece.strip().lower()
        if word in DIRECTIVES:
            yield word if agent == "robots" else f"{agent}: {word}"


def _metas(html: bytes) -> Iterator[tuple[str, str]]:
    """Yield name and content of the meta elements that may refuse something."""
    # most pages have none, and parsing costs more than all else here: what follows the last one is not
    end = max((start + 2 * MAX_META for start, tag in _tags(html) if _may_refuse(tag)), default=0)
    if not end:
        return
    parser = etree.HTMLPullParser(events=("start",), tag="meta")
    with suppress(etree.LxmlError):  # what came before the damage counts
        parser.feed(html[:end])
    for _, meta in parser.read_events():
        name, content = meta.get("name"), meta.get("content")
        if name and content:
            yield name.strip().lower(), content


def _may_refuse(tag: bytes) -> bool:
    small = tag.lower()
    # the pattern alone takes five times as long
    return (b"no" in small or b"tdm-" in small) and bool(_HINT.search(small))


def _tags(html: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield where what may be a meta element begins, and the element: to its end, or further where that is quoted."""
    for match in _META.finditer(html):
        start = match.start()
        tag, ends, _ = html[start : start + MAX_META].partition(b">")
        is_whole = ends and tag.count(b'"') % 2 == 0 and tag.count(b"'") % 2 == 0
        yield start, tag if is_whole else html[start : start + MAX_META]


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))[:MAX_VALUES]


def _clean(value: str) -> str:
    return "".join(character for character in value.strip() if character.isprintable())[:MAX_VALUE]
