"""Read licences by Really Simple Licensing (RSL 1.0, https://rslstandard.org/rsl): what a file says about a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree

from archive.rights.patterns import path_of, pattern_matches
from archive.rights.uses import ALLOWED, CONDITIONAL, REFUSED, VOCABULARY, Said

RSL_TYPE = "application/rsl+xml"
RSL_NAMESPACE = "https://rslstandard.org/rsl"
MAX_RSL = 256 << 10
"""Bytes of a licence file that are read: a site has a few licences of 500 bytes each."""
MAX_CONTENTS = 1000
"""`content` elements that are read of a file: each page is compared with each, which takes 6 µs."""
MAX_TERMS = 20
"""Licences kept for one page: a page has one or two."""
MAX_FILES = 3
"""Licence files that are requested for one page: a site has one."""
MAX_TERM = 1000
"""Characters kept of one licence."""
FREE = "free"
"""The type of payment that is none. `attribution` and `contribution` are conditions."""


@dataclass(frozen=True, slots=True)
class LicenceFile:
    """The licences of an RSL file: for each `content` element the URL that it is about, and a line for each licence."""

    contents: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def terms_for(self, page: str) -> tuple[str, ...]:
        """Return the licences for the page with this URL: those of the `content` elements with the longest match."""
        about = [(pattern, lines) for pattern, lines in self.contents if _is_about(page, pattern)]
        longest = max((len(pattern) for pattern, _ in about), default=0)
        return tuple(line for pattern, lines in about if len(pattern) == longest for line in lines)[:MAX_TERMS]


def read_licence_file(url: str, data: bytes) -> LicenceFile | None:
    """Read an RSL file, or the RSL in a feed, of which *url* is the address; None where the data is neither.

    >>> data = b'''<rsl xmlns="https://rslstandard.org/rsl"><content url="/news/"><license>
    ... <permits type="usage">search</permits><prohibits type="usage">ai-train</prohibits></license></content></rsl>'''
    >>> read_licence_file("https://a.example/license.xml", data).terms_for("https://a.example/news/1")
    ('permits usage: search; prohibits usage: ai-train',)
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(data[:MAX_RSL], parser)
    except (etree.LxmlError, ValueError):
        return None
    if root is None:
        return None
    # in a feed they stand in the channel and in its items
    contents = _children(root, "content") if _name(root) == "rsl" else root.iter(f"{{{RSL_NAMESPACE}}}content")
    found = LicenceFile(tuple(islice(_contents(url, contents), MAX_CONTENTS)))
    return found if found.contents or _name(root) == "rsl" else None


def terms_said(terms: str, vocabulary: Mapping[str, Any] = VOCABULARY) -> dict[str, str]:
    """Return what one licence, a line of `LicenceFile.terms_for`, says about each use that it names.

    What it prohibits is refused, also where it permits it too. What it permits is allowed, and conditional where it
    names a payment or permits it to some users or places only.

    >>> terms_said("permits usage: ai-all; payment: attribution")
    {'ai_train': 'conditional', 'ai_input': 'conditional'}
    """
    clauses = [(name.split(), value) for name, _, value in (clause.partition(": ") for clause in terms.split("; "))]
    has_condition = any(
        (name == ["payment"] and value != FREE) or (name[:1] == ["permits"] and name[1:] != ["usage"])
        for name, value in clauses
    )
    said: dict[str, str] = {}
    for verb, answer in (("permits", CONDITIONAL if has_condition else ALLOWED), ("prohibits", REFUSED)):
        for word in (word for name, value in clauses if name == [verb, "usage"] for word in value.split()):
            said |= dict.fromkeys(vocabulary["rsl"]["words"].get(word.lower(), ()), answer)
    return said


def licences_said(licences: tuple[str, ...], vocabulary: Mapping[str, Any] = VOCABULARY) -> Iterator[Said]:
    """Yield what the licences for one page say together: who uses it may choose one, so the mildest counts."""
    each = [terms_said(terms, vocabulary) for terms in licences]
    for use in vocabulary["uses"]:
        answers = {said[use] for said in each if use in said}
        yield from [Said(use, answer) for answer in (ALLOWED, CONDITIONAL, REFUSED) if answer in answers][:1]


def licence_addresses(page: str, rsl: Iterable[str]) -> list[str]:
    """Return the addresses in `OptOuts.rsl` that can be requested, the first MAX_FILES of them.

    >>> licence_addresses("https://a.example/news/1", ["robots: /l.xml", "link: ../l.xml", "a: mailto:x"])
    ['https://a.example/l.xml']
    """
    found = dict[str, None]()
    for value in rsl:
        try:
            address = urljoin(page, value.partition(": ")[2]).partition("#")[0]
            parts = urlsplit(address)
            if parts.scheme in ("http", "https") and parts.hostname:
                found[address] = None
        except ValueError:
            continue  # an address that is none stays as it was written, in `rsl`
    return list(found)[:MAX_FILES]


def _contents(url: str, contents: Iterable[etree._Element]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for content in contents:
        server = (content.get("server") or "").strip()
        lines = (_line(licence, server) for licence in _children(content, "license"))
        try:
            yield urljoin(url, (content.get("url") or _item_link(content)).strip()), tuple(filter(None, lines))
        except ValueError:
            continue  # an address that is none


def _item_link(content: etree._Element) -> str:
    """Return the address of the feed's item that a `content` without one stands in."""
    item = content.getparent()
    links = () if item is None or _name(item) not in ("item", "entry") else _children(item, "link")
    return next((link.get("href") or link.text or "" for link in links), "")


def _is_about(page: str, pattern: str) -> bool:
    of, wanted = urlsplit(page).netloc, urlsplit(pattern).netloc
    return of.lower() == wanted.lower() and pattern_matches(pattern.partition(f"//{wanted}")[2] or "/", path_of(page))


def _line(licence: etree._Element, server: str) -> str:
    clauses = []
    for element in licence:
        name, kind = _name(element), (element.get("type") or "").strip()
        if name in ("permits", "prohibits"):
            clauses.append(f"{name} {kind or 'usage'}: {_words(element)}")
        elif name == "payment":
            clauses.append(f"payment: {kind or FREE}")
    clauses += [f"server: {server}"] if server and clauses else []
    line = "; ".join(clause.replace(";", ",") for clause in clauses)
    return "".join(sign for sign in line if sign.isprintable())[:MAX_TERM]


def _words(element: etree._Element) -> str:
    return " ".join((element.text or "").replace(",", " ").split())


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (child for child in element if _name(child) == name)


def _name(element: etree._Element) -> str:
    """Return an element's name without its namespace: people leave it out, or write one of a draft."""
    return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""
