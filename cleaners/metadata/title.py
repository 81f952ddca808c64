"""Choose the headline among a page's titles, and remove the site's name from it."""

from __future__ import annotations

import html
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cleaners.metadata.header import squeeze
from cleaners.rules.sites import host_of

SAME_HEADLINE = 0.35
"""A heading that shares at least this much of its words (Dice) with a title of the head is the article's headline; one
that shares less names the site, a section or a box. Titles right on wcxb-dev with .25 .889, .35 .890,
.4 .888, .5 .874; on fundus-dev it makes no difference."""
MAX_NAME_WORDS = 6
"""Words: a longer part of a title after a bar is a sentence of the headline, not a site or section."""
MIN_TITLE_WORDS = 2
"""Words from which the part before a bar is the title."""
CUT_OFF_WORDS = 4
"""Words: if the heading begins with a title this long, the title is the heading cut off; a shorter one may be a
section."""
HEADLINE_WORDS = 5
"""Words of a heading that may be the headline though it shares too few with the titles of the head: the one that the
title element repeats, or on a news page whose titles differ the only one so long. Of the development corpora 5 titles
more are right and none fewer; with 4, a box's heading counts as a second one. On other kinds of pages the only such
heading is right 2 times and the head 18 times (wcxb-dev-other), so they follow the head."""
MIN_SITE_NAME = 4
"""Letters from which a name at the beginning of a kicker is the site's and no part of a word."""
MIN_NAME_INSIDE = 6
"""Letters of a site's name that make the last part of a title, in which it stands, a name of the site, too: 5 titles
more are right on wcxb-dev-other, none fewer on the other development corpora; a shorter one may be a word."""
MAX_PIECES = 20
"""Texts of a heading that are tried as labels around the headline; the headings of the development corpora have at
most 9."""
MAX_TITLE = 300
"""Characters. A longer "title" is the article's text in the wrong field; the longest of the development corpora has
156."""

_SEPARATOR = re.compile(r"\s+[|\-–—·•»‹«:]+\s+|\s*[|｜]+\s*")
_BAR = re.compile(r"\s*[|｜]+\s*|\s+[·•»‹«*~]+\s+|\s+::\s+")
_SIGN = re.compile(r"[|｜\-–—·•»‹«:*~](?:(?<=[|｜])|(?<=\s.))")
"""What both separators need: a bar, or a sign behind a space. It is told twenty times as fast."""
_OPEN_END = " .…"
_GOES_ON = re.compile(r"\s?[\w(\"'“‘„«]")
_QUOTED = re.compile(r"«\s[^«»]*\s»|»\s[^«»]*\s«")
_LEADING_NAME = re.compile(r"[^:]{2,60}:\s+(?=\S)")
_FIRST_OF_SCRIPTS = "\u3040"
_SCRIPT_TAIL = re.compile(r"(?:_|--|(?<=[！？。…”’》」』】])-)\s?[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,8}$")
_TAIL = re.compile(r"^\s*(?:[|｜·•»*~：]|--|[-–—]+\s)")
_KICKER_END = re.compile(r"(?:[:|»]|\s[-–—])\s*$")
_KICKER = re.compile(r":\s|\s[|»–—-]\s")
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+")


@dataclass(frozen=True, slots=True)
class Title:
    """A title and its source: `json-ld`, `opengraph`, `meta` or `page`."""

    text: str
    source: str


def choose_title(
    claims: Iterable[Title], headings: Sequence[Sequence[str]], element: str, names: frozenset[str], news: bool
) -> Title | None:
    """Return the headline.

    `claims`: the titles of the head in the order of trust; `headings`: the h1 in page order, each its whole text and
    the texts of the elements inside it; `element`: the title element; `names`: the site's, from `site_names`. Where
    titles differ, the visible one decides, since the others may be written for search engines. On `news` pages the
    headline in the data outranks a heading that no other repeats.
    """
    by_source: dict[str, str] = {}
    for claim in claims:
        if text := _tidy(claim.text):
            by_source.setdefault(claim.source, text)
    element = _tidy(element)
    known = {squeeze(strip_site(text, names)) for text in (*by_source.values(), element)}
    visible = [text for heading in headings if (text := _tidy(_without_labels(heading, known)))]
    texts = [*by_source.values(), *visible, element]
    headed = {squeeze(text) for text in visible}
    names |= {name for text in texts if (name := _name_at_end(text, names)) and name not in headed}
    cut = {text: _without_tail(strip_site(text, names), texts, names, text in visible) for text in texts}
    ranked = [Title(cut[text], source) for source, text in by_source.items()]
    ranked = [title for title in ranked if squeeze(title.text) not in names] or ranked
    element = cut[element]
    headlines = [cut[text] for text in visible if squeeze(cut[text]) not in names]
    heading = _headline(headlines, [title.text for title in ranked] or [element])
    if heading is None:
        heading = next((text for text in headlines if _same(text, element) and _is_long(text)), None)
    if heading is None and news and len({squeeze(title.text) for title in ranked}) > 1:
        long = [text for text in headlines if _is_long(text)]
        heading = long[0] if len(long) == 1 else None
    if not ranked:
        shown = [text for text in (heading, element, *(cut[text] for text in visible)) if text][:1]
        return Title(_as_head_writes(shown[0], [element]), "page") if shown else None
    if heading is None:
        best = ranked[0]
        rest = element[len(best.text.rstrip(_OPEN_END)) :]
        return Title(element, best.source) if _is_cut_off(best.text, element) and _GOES_ON.match(rest) else best
    chosen = _agreed(ranked, heading, element, names, news)
    return Title(_as_head_writes(chosen.text, [*(title.text for title in ranked), element]), chosen.source)


def _as_head_writes(text: str, head: Sequence[str]) -> str:
    """Return a title of the head with the same letters but other words: marks inside a heading, such as a big first
    letter or a fraction, part and join words, and the head has plain text."""
    words = _WORD.findall(text.lower())
    if any(words == _WORD.findall(other.lower()) for other in head):
        return text
    return next((other for other in head if _same(other, text)), text)


def _agreed(ranked: Sequence[Title], heading: str, element: str, names: frozenset[str], news: bool) -> Title:
    """Return the title that the head and the visible headline agree on."""
    ranked = [Title(heading, title.source) if _is_cut_off(title.text, heading) else title for title in ranked]
    best = ranked[0]
    second = next((title for title in ranked[1:] if title.source == "opengraph"), best)
    for title in (best, second):
        if _same(title.text, heading):
            other = second if title is best else best
            stated = news and _same(element, heading) and best.source == "json-ld"
            if title is best or not stated or _count(best.text) <= MIN_TITLE_WORDS:
                # on other pages OpenGraph has what a plugin wrote for search engines
                own = title.source == "json-ld" and not news
                return other if _is_kicker(title.text, other.text) and not own else title
            return best
    for title in (best, second):
        if _is_kicker(heading, title.text):
            return title
        if _is_kicker(title.text, heading):
            alone = _same(element, heading) or any(_same(other.text, heading) for other in ranked)
            return Title(heading, "page") if alone or _names_site(title.text, heading, names) else title
        if rest := _behind_kickers(heading, title.text):
            return Title(rest, title.source)
    if news and _same(best.text, second.text) and best.source == "json-ld":
        return best
    return Title(heading, "page")


@lru_cache(64)
def strip_site(title: str, names: frozenset[str]) -> str:
    """Return a title without the site's name (one of `names`) at its end or start.

    >>> strip_site("Storm closes harbour | Example Gazette", site_names(["Example Gazette"], None))
    'Storm closes harbour'
    """
    first, _, rest = title.partition(" ")
    if "." in first and first[-1:].isalnum() and squeeze(first) in names and rest[:1].isalnum():
        return rest
    parts = _outside_quotes(_SEPARATOR, title)
    leading = 0
    for part in parts[:-1]:
        if squeeze(title[leading : part.start()]) not in names:
            break
        leading = part.end()
    if leading:
        return strip_site(title[leading:], names)
    ends = [*(part.start() for part in parts), len(title)][1:]
    for part, end in zip(reversed(parts), reversed(ends), strict=True):
        # what follows the site's name is a section
        if squeeze(title[part.end() :]) in names or squeeze(title[part.end() : end]) in names:
            return title[: part.start()].strip()
    if parts and squeeze(title[: parts[0].start()]) in names:
        return title[parts[0].end() :].strip()
    return title


def _name_at_end(title: str, names: frozenset[str]) -> str | None:
    """Return the last part of a title, as `squeeze` writes it, if one of the site's names is in it, such as "Raspberry
    Pi Forums" with the name "raspberrypi"."""
    parts = _outside_quotes(_SEPARATOR, title)
    if not parts or ":" in parts[-1][0] or _count(title[: parts[-1].start()]) < CUT_OFF_WORDS:
        return None
    last = title[parts[-1].end() :]
    end = squeeze(last)
    named = any(len(name) >= MIN_NAME_INSIDE and name in end for name in names)
    return end if named and len(last.split()) <= MAX_NAME_WORDS else None


def _outside_quotes(pattern: re.Pattern[str], title: str) -> list[re.Match[str]]:
    """Return the matches of a separator that are no quotation marks such as « and »."""
    sign = _SIGN.search(title)
    parts = list(pattern.finditer(title, len(title[: sign.start()].rstrip()))) if sign else []
    quotes = [quote.span() for quote in _QUOTED.finditer(title)] if parts else []
    return [part for part in parts if not any(a < part.end() and part.start() < b for a, b in quotes)]


def site_names(sites: Iterable[str], url: str | None) -> frozenset[str]:
    """Return the site's names and the parts of its host, all as `squeeze` writes them."""
    labels = host_of(url).removeprefix("www.").split(".")
    hosts = [part for i in range(len(labels) - 1) for part in (".".join(labels[i:]), ".".join(labels[i:-1]))]
    return frozenset(squeezed for name in (*sites, *hosts) if (squeezed := squeeze(name)))


def _tidy(text: str) -> str:
    text = " ".join(html.unescape(text).split())
    return text if len(text) <= MAX_TITLE else ""


def _without_labels(heading: Sequence[str], known: Container[str]) -> str:
    """Return the heading without the texts at its start and end, such as a section, a date or a count, if a title of
    the head (`known`, as `squeeze` writes them) is what is left."""
    whole, *texts = heading
    if squeeze(whole) in known or not 1 < len(texts) <= MAX_PIECES:
        return whole
    for length in range(len(texts) - 1, 0, -1):
        for start in range(len(texts) - length + 1):
            part = " ".join(texts[start : start + length])
            if _count(part) >= MIN_TITLE_WORDS and squeeze(part) in known:
                return part
    return whole


def _without_tail(title: str, others: Sequence[str], names: frozenset[str], seen: bool) -> str:
    """Return the title without what follows the headline: cut it to another title with which it begins, or else cut the
    parts after its last bars; a title that is `seen` as a heading has dots and the like of its own."""
    for other in sorted(filter(title.startswith, others), key=len):
        if _count(other) > 1 and _TAIL.match(title[len(other) :]) and squeeze(other) not in names:
            return other
    if ":" in title and (start := _LEADING_NAME.match(title)) and squeeze(start[0]) in names:
        # "Name: slogan" is the title of a home page, "Name: headline" that of an article
        title = next((other for other in others if _same(other, title[start.end() :])), title)
    while title[-1:] >= _FIRST_OF_SCRIPTS and (tail := _SCRIPT_TAIL.search(title)):
        title = title[: tail.start()].strip()
    for bar in reversed(_outside_quotes(_BAR, title)):
        if (
            (seen and bar[0].strip(" |｜"))
            or len(title[bar.end() :].split()) > MAX_NAME_WORDS
            or _count(title[: bar.start()]) < MIN_TITLE_WORDS
        ):
            break
        title = title[: bar.start()].strip()
    return title


def _headline(headings: Sequence[str], titles: Sequence[str]) -> str | None:
    """Return the heading that the page's other titles resemble most."""
    sets = [words for title in titles if (words := _words(title))]
    scored = [(max((_dice(_words(heading), words) for words in sets), default=0.0), heading) for heading in headings]
    score, heading = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return heading if score >= SAME_HEADLINE else None


def _is_long(text: str) -> bool:
    return _count(text) >= HEADLINE_WORDS


def _is_kicker(longer: str, shorter: str) -> bool:
    """Tell whether the longer title is the shorter one after a kicker such as "Storm: "."""
    return longer != shorter and longer.endswith(shorter) and bool(_KICKER_END.search(longer[: -len(shorter)]))


def _names_site(title: str, heading: str, names: frozenset[str]) -> bool:
    """Tell whether the kicker that the title has before the heading begins with the site's name."""
    start = title[: -len(heading)].rstrip()
    kicker = squeeze(start)
    return start.endswith(":") and any(len(name) >= MIN_SITE_NAME and kicker.startswith(name) for name in names)


def _is_cut_off(title: str, heading: str) -> bool:
    """Tell whether the title is the beginning of the heading, cut off by a field's length."""
    start = title.rstrip(_OPEN_END)
    return len(start) < len(heading) and _count(start) >= CUT_OFF_WORDS and heading.startswith(start)


def _behind_kickers(one: str, other: str) -> str | None:
    """Return the headline that both titles have after different kickers, if there is one."""
    for kicker in _KICKER.finditer(one):
        rest = one[kicker.end() :].strip()
        if _count(rest) > MIN_TITLE_WORDS and _is_kicker(other, rest):
            kickers = _words(one[: kicker.start()]), _words(other[: -len(rest)])
            return None if kickers[0] & kickers[1] else rest
    return None


def _same(one: str, other: str) -> bool:
    return squeeze(one) == squeeze(other)


@lru_cache(1024)
def _count(text: str) -> int:
    """Return the number of words."""
    return len(_WORD.findall(text))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0
