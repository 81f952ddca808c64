"""Read what a site says, at the time of a capture, about the use of a page for AI, data mining and indexes.

Refusals, permissions and licences are kept as they were written, each with its place; `OptOuts.uses` reads them by the
vocabulary of today.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from archive.rights.page import elements_of
from archive.rights.patterns import pattern_matches
from archive.rights.rsl import RSL_TYPE, licences_said
from archive.rights.uses import REFUSED, VOCABULARY, Said, Uses, pairs_said, word_said

_LIST = tomllib.loads((Path(__file__).parent / "ai_agents.toml").read_text("utf-8"))
AI_AGENTS: tuple[str, ...] = tuple(_LIST["agents"])
"""The user agents for which robots.txt is read; `ai_agents.toml` has them with date and source."""
AI_AGENTS_DATE: str = _LIST["date"]

DIRECTIVES = frozenset(
    "noai noimageai noml noindex noarchive nocache nosnippet noimageindex none".split()  # noqa: SIM905
)
"""Words of X-Robots-Tag and meta robots that refuse a use; others, such as `max-snippet:50`, are not kept."""
MAX_VALUE = 500
"""Characters kept of one value, and MAX_VALUES of one kind: an honest site says a few words."""
MAX_VALUES = 40

ONLY_HERE = "only-in-catalog"
"""Marks opt-outs in the catalog that the page's own records do not hold: who reads those only has to be told."""

_AGENT = re.compile(r"[A-Za-z][\w.*-]*")
_VALUED = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})
_BIT = frozenset({"0", "1"})
_META_AGENTS = frozenset({"robots", "googlebot", "bingbot", *(agent.lower() for agent in AI_AGENTS)})
_LINK_VALUE = re.compile(r"<([^<>]*)>([^<]*)")
_REL_LICENSE = re.compile(r';\s*rel\s*=\s*(?:"[^"]*\blicense\b[^"]*"|license\b)', re.IGNORECASE)
_RSL_TYPE = re.compile(rf';\s*type\s*=\s*"?{re.escape(RSL_TYPE)}\b', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a site says about a page outside of its response: in robots.txt, tdmrep.json, licence files and feeds."""

    robots: tuple[str, ...] | None = None
    """What `refused_agents` returned; None where robots.txt is not known."""
    content_signal: tuple[str, ...] = ()
    """The values of the Content-Signal lines of robots.txt that count for the page."""
    content_usage: tuple[str, ...] = ()
    """The values of the Content-Usage lines of robots.txt that count for the page."""
    rsl: tuple[str, ...] = ()
    """The addresses of licence files with their place: `robots: https://a.example/license.xml`."""
    tdm: tuple[str, str | None] | None = None
    """What `tdm_of` read in the origin's tdmrep.json."""
    terms: tuple[tuple[str, str], ...] = ()
    """The address of each licence file that is known, with a line of what `LicenceFile.terms_for` returned."""
    seen: tuple[tuple[str, str], ...] = ()
    """When these were fetched, by `robots.txt`, `tdmrep.json` or the licence file's address; in ISO 8601."""


class Signal(NamedTuple):
    """One statement about the use of a page."""

    kind: str
    """Such as `robots`, `tdm-reservation` or `content-signal`."""
    value: str
    """As it was written, with its place where there are several."""
    seen: str | None
    """When it was fetched, in ISO 8601, where it was not in the page's own response."""


@dataclass(frozen=True, slots=True)
class OptOuts:
    """What is said about the use of one page; an empty tuple means that nothing was said so."""

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
    content_signal: tuple[str, ...] = ()
    """Content-Signal as written, with its place: `robots: search=yes, ai-train=no`; also `header` and `meta`."""
    content_usage: tuple[str, ...] = ()
    """Content-Usage as written, with its place; in robots.txt with its path: `robots: /news/ train-ai=n`."""
    licences: tuple[str, ...] = ()
    """The addresses of links with rel=license, as written, with their place: `link`, `a` or `header`."""
    rsl: tuple[str, ...] = ()
    """The addresses of licence files by RSL, with their place: `robots`, `header`, `link` or `feed`."""
    terms: tuple[str, ...] = ()
    """What those files that are known say about this URL: address, a blank, and a line of `LicenceFile.terms_for`."""
    seen: tuple[tuple[str, str], ...] = ()
    """When robots.txt, tdmrep.json and licence files were fetched; the rest was in the page's own response."""
    vocabulary: str | None = None
    """The date of the vocabulary with which was looked; None: before there was one."""

    @property
    def reserved(self) -> bool:
        """Whether the use for AI or data mining is refused anywhere: to an AI agent, or for all by any statement."""
        uses = self.uses()
        return bool(self.robots) or REFUSED in (uses.ai_train, uses.ai_input)

    def uses(self, vocabulary: Mapping[str, Any] = VOCABULARY) -> Uses:
        """Return what the statements say together about each use; refusals of single agents do not count."""
        return Uses.of(self._said(vocabulary))

    def _said(self, vocabulary: Mapping[str, Any]) -> Iterator[Said]:
        for standard, values in (("content-usage", self.content_usage), ("content-signal", self.content_signal)):
            for value in values:
                yield from pairs_said(standard, without_path(value.partition(": ")[2]), vocabulary)
        for word in (*self.header, *self.meta):
            yield from word_said("robots-words", word, vocabulary)
        for value in self.tdm:
            yield from word_said("tdm-reservation", value.partition(": ")[2], vocabulary)
        of_files = groupby((value.partition(" ") for value in self.terms), key=lambda parts: parts[0])
        for _, lines in of_files:
            yield from licences_said(tuple(terms for _, _, terms in lines), vocabulary)

    def fields(self) -> Iterator[tuple[str, str]]:
        """Yield the lines of the metadata record; what was looked for and not there has a line without a value.

        Of what is kept as written, as a list in JSON, there are only the lines that hold something.
        """
        if self.robots is not None:
            yield "opt-out-robots", ", ".join(self.robots)
            yield "opt-out-robots-agents", self.agents_date or ""
        yield "opt-out-x-robots-tag", ", ".join(self.header)
        yield "opt-out-meta-robots", ", ".join(self.meta)
        yield "opt-out-tdm-reservation", ", ".join(self.tdm)
        if self.tdm_policy:
            yield "opt-out-tdm-policy", self.tdm_policy
        for name, values in self.as_written():
            yield f"opt-out-{name}", json.dumps(values, ensure_ascii=False)
        if self.seen:
            yield "opt-out-seen", json.dumps(dict(self.seen), ensure_ascii=False)
        if self.vocabulary:
            yield "opt-out-vocabulary", self.vocabulary

    def as_written(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield name and values of the statements that are kept as they were written, where there are any."""
        for name, field in _AS_WRITTEN.items():
            if values := getattr(self, field):
                yield name, values

    def signals(self) -> Iterator[Signal]:
        """Yield each statement: one value at a time, so that a query can ask for an agent or a word."""
        moments = dict(self.seen)
        for kind, values in (
            ("robots", self.robots or ()),  # agents that robots.txt kept from the page
            ("x-robots-tag", self.header),
            ("meta-robots", self.meta),
            ("tdm-reservation", self.tdm),  # with where it was: `header: 1`; a 0 is an explicit permission
            ("tdm-policy", filter(None, [self.tdm_policy])),
            *self.as_written(),
        ):
            for value in values:
                place = kind if kind == "robots" else value.partition(" " if kind == "rsl-terms" else ":")[0]
                yield Signal(kind, value, moments.get(_FILES.get(place, place)))

    def as_json(self, *, only_here: bool = False) -> str:
        """Return the opt-outs as the catalog holds them; `parse` reads them.

        With *only_here* they are marked as those that no record holds in this form (ONLY_HERE).
        """
        return json.dumps(dict(self.fields()) | ({ONLY_HERE: "yes"} if only_here else {}), ensure_ascii=False)

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> OptOuts | None:
        """Return the opt-outs that `fields` yielded; None where there is no such line.

        A line that some other program wrote differently counts as not there.
        """
        if not any(name.startswith("opt-out-") for name in fields):
            return None
        values = {name: tuple(filter(None, value.split(", "))) for name, value in fields.items()}
        written = {field: _strings(fields.get(f"opt-out-{name}")) for name, field in _AS_WRITTEN.items()}
        return cls(
            values.get("opt-out-robots"),
            values.get("opt-out-x-robots-tag", ()),
            values.get("opt-out-meta-robots", ()),
            values.get("opt-out-tdm-reservation", ()),
            fields.get("opt-out-tdm-policy"),
            fields.get("opt-out-robots-agents") or None,
            **written,
            seen=_moments(fields.get("opt-out-seen")),
            vocabulary=fields.get("opt-out-vocabulary") or None,
        )

    @classmethod
    def parse(cls, stored: str | None) -> OptOuts | None:
        """Return the opt-outs that `as_json` returned."""
        return cls.of(json.loads(stored) if stored else {})

    def with_terms(self, terms: Iterable[tuple[str, str]], seen: Iterable[tuple[str, str]]) -> OptOuts:
        """Return these with what more licence files say: the address of each with a line, and when it was fetched."""
        lines = _unique((*self.terms, *_term_lines(terms)))
        return replace(self, terms=lines, seen=tuple(dict([*self.seen, *seen]).items()))

    def joined(self, other: OptOuts) -> OptOuts:
        """Return these with what *other* says in addition, which is of another document of the same page."""
        names = ("header", "meta", "tdm", *_AS_WRITTEN.values())
        both: dict[str, Any] = {name: _unique((*getattr(self, name), *getattr(other, name))) for name in names}
        return replace(self, **both, tdm_policy=self.tdm_policy or other.tdm_policy)


_AS_WRITTEN = {
    "content-signal": "content_signal",
    "content-usage": "content_usage",
    "license": "licences",
    "rsl": "rsl",
    "rsl-terms": "terms",
}
"""The lines of what is kept as written, with the fields that hold it."""
_FILES = {"robots": "robots.txt", "file": "tdmrep.json"}
"""The places of statements outside of the page, as `seen` calls them; a licence file is called by its address."""


def refused_agents(url: str, allowed: Callable[[str, str], bool]) -> tuple[str, ...]:
    """Return the AI_AGENTS that robots.txt refuses `url`, by the answers of `allowed(url, agent)`."""
    return tuple(agent for agent in AI_AGENTS if not allowed(url, agent))


def read_opt_outs(
    headers: Callable[[str], Iterable[str]], html: bytes = b"", elsewhere: Elsewhere | None = None
) -> OptOuts:
    """Read what is said about one page in its response headers, at the start of its HTML, and `elsewhere`."""
    outside = elsewhere or Elsewhere()
    elements = elements_of(html)
    metas = [(element.name, element.value) for element in elements if element.tag == "meta"]
    directives = [word for name, content in metas if name in _META_AGENTS for word in _directives(content, name)]
    places = {
        "header": (next(iter(headers("tdm-reservation")), None), next(iter(headers("tdm-policy")), None)),
        "meta": (dict(metas).get("tdm-reservation"), dict(metas).get("tdm-policy")),
        "file": outside.tdm or (None, None),
    }

    def written(name: str, robots: Sequence[str]) -> tuple[str, ...]:
        said = [("robots", value) for value in robots] + [("header", value) for value in headers(name)]
        said += [("meta", content) for found, content in metas if found == name]
        return _unique(f"{place}: {_clean(value)}" for place, value in said if value.strip())

    links = [*_header_links(headers("link")), *((e.tag, e.name == RSL_TYPE, e.value) for e in elements)]
    links = [(place, is_rsl, href) for place, is_rsl, href in links if place != "meta"]
    rsl = _unique([*outside.rsl, *(f"{place}: {_clean(href)}" for place, is_rsl, href in links if is_rsl)])
    return OptOuts(
        outside.robots,
        _unique(word for value in headers("x-robots-tag") for word in _directives(value, "robots")),
        _unique(directives),
        tuple(f"{place}: {bit}" for place, (value, _) in places.items() if (bit := (value or "").strip()) in _BIT),
        next((_clean(policy) for _, policy in places.values() if policy), None),
        None if outside.robots is None else AI_AGENTS_DATE,
        content_signal=written("content-signal", outside.content_signal),
        content_usage=written("content-usage", outside.content_usage),
        licences=_unique(f"{place}: {_clean(href)}" for place, is_rsl, href in links if not is_rsl),
        rsl=rsl,
        terms=_unique(_term_lines(outside.terms)),
        seen=outside.seen,
        vocabulary=VOCABULARY["date"],
    )


def read_tdm_rules(data: bytes) -> Any:  # noqa: ANN401 - JSON from a site: anything
    """Return the rules of a tdmrep.json, for `tdm_of`; None where the data is no JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


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
        if value in _BIT and longer and pattern_matches(location, path):
            best = (len(location), value, policy if isinstance(policy, str) else None)
    return (best[1], best[2]) if best else None


def without_path(value: str) -> str:
    """Return the value of a Content-Usage or Content-Signal line of robots.txt without its path, where it has one.

    >>> without_path("/news/ train-ai=n"), without_path("train-ai=n, search=y")
    ('train-ai=n', 'train-ai=n, search=y')
    """
    value = value.strip()
    return value if value[:1] not in ("/", "*") else " ".join(value.split()[1:])


def _header_links(values: Iterable[str]) -> Iterator[tuple[str, bool, str]]:
    """Yield the links with rel=license of Link headers (RFC 8288): place, whether it is RSL, and address."""
    for value in values:
        for href, parameters in _LINK_VALUE.findall(value[: MAX_VALUE * 8]):
            if _REL_LICENSE.search(parameters):
                yield "header", bool(_RSL_TYPE.search(parameters)), href


def _directives(value: str, agent: str) -> Iterator[str]:
    """Yield the refusing words of one value; `agent: word, word` names the agent for the words behind it."""
    for piece in value[: MAX_VALUE * 4].split(","):
        name, colon, rest = piece.partition(":")
        if colon and _AGENT.fullmatch(name.strip()) and name.strip().lower() not in _VALUED:
            agent, piece = name.strip().lower(), rest
        word = piece.strip().lower()
        if word in DIRECTIVES:
            yield word if agent == "robots" else f"{agent}: {word}"


def _strings(stored: str | None) -> tuple[str, ...]:
    try:
        values = json.loads(stored or "[]")
    except ValueError:
        return ()
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def _moments(stored: str | None) -> tuple[tuple[str, str], ...]:
    try:
        values = json.loads(stored or "{}")
    except ValueError:
        return ()
    return tuple((name, str(value)) for name, value in values.items()) if isinstance(values, dict) else ()


def _term_lines(terms: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"{address} {line}" for address, line in terms)


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))[:MAX_VALUES]


def _clean(value: str) -> str:
    return "".join(character for character in value.strip() if character.isprintable())[:MAX_VALUE]
