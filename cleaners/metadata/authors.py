"""Who wrote the article: persons before the site, and the head before what the page shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from cleaners.metadata.bylines import visible_byline
from cleaners.metadata.claims import LINKED, META, Page
from cleaners.metadata.names import names_in, organization, squeeze

_WEAK = re.compile(
    r"\b(?:admin\w*|team|staff|editors?|editorial|redaktion|redacci[oó]n|redazione|redactie|r[ée]daction|redaksi|redakcja"
    r"|desk|newsroom|newsdesk|news|agency|agentur|ag[eê]n[ck]\w+|press|office|inc|llc|ltd|gmbh|magazine|media|online|\w+\.\w{2,})\b",
    re.IGNORECASE,
)
_AGENCY = re.compile("afp|ani|anp|ansa|ap|apa|ats|belga|dpa|efe|lusa|ntb|pap|pti|reuters|ritzau|sda|tass|tt")
_WRITTEN_BY = re.compile("written|author|verfasst|geschrieben|autor|auteur|escrito|scritto|skrev|автор|écrit|著", re.I)


def read_authors(page: Page, sites: frozenset[str], headline: HtmlElement | None) -> tuple[tuple[str, ...], str | None]:
    """Return the names of the first source that names a person, and that source; else the first names at all, which
    are those of the site, an office or an account."""
    fallback: tuple[tuple[str, ...], str | None] = (), None
    for source, names, personal in _bylines(page, headline):
        unique = tuple({name.casefold(): name for name in reversed(names)}.values())[::-1]
        persons = tuple(name for name in unique if not is_weak(name, sites))
        if persons and personal:
            return tuple(name for name in unique if squeeze(name) not in sites), source
        if unique and not fallback[0]:
            fallback = unique, source
    return fallback


def is_weak(name: str, sites: frozenset[str]) -> bool:
    """Whether a name is that of the site, of an office or of an account: good only where no person is named."""
    squeezed = squeeze(name)
    if squeezed in sites or _WEAK.search(name):
        return True
    if _AGENCY.fullmatch(squeezed):
        return False
    return " " not in name and name.isascii() and (name.islower() or not name.replace("-", "").isalpha())


def _bylines(page: Page, headline: HtmlElement | None) -> Iterator[tuple[str, list[str], bool]]:
    """Yield (source, names, whether they may count as a person's) in the order of trust."""
    for node in page.data.articles:
        for key in LINKED["authors"]:
            names: list[str] = []
            for name, kind in page.data.named(node.get(key)):
                names += organization(name) if "Organization" in kind else names_in(name)
            yield "json-ld", names, True
    for key in META["authors"]:
        yield ("opengraph" if key.startswith("article:") else "meta"), _named(page, key), True
    for n in "123":
        if _WRITTEN_BY.search(" ".join(page.metas.get(f"twitter:label{n}", ()))):
            yield "meta", _named(page, f"twitter:data{n}"), True
    byline = visible_byline(page.root, headline)
    yield "page", byline.persons, True
    yield "page", byline.named, True
    yield "page", byline.others, False


def _named(page: Page, key: str) -> list[str]:
    return [name for value in page.metas.get(key, ()) for name in names_in(value)]
