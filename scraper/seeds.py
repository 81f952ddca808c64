"""Read seed lists: which sites are crawled, and where their articles are found."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from cleaners import SlowPatternError, belongs_to, bounded, host_of
from scraper.bounds import duration_from
from scraper.languages import is_language_code, nearest_code
from scraper.urls import canonical, is_fetchable, site_of

MAX_AGE = timedelta(hours=720)
"""Older entries are not fetched unless a seed has its own `max_age`: 30 days as in CC-NEWS (conf/crawler-conf.yaml)."""
MAX_SEED_FILE = 64 * 2**20
"""A seed list of a million URLs has about 64 MB; a larger file is not a seed list."""

FOLDER = "seeds"
"""The folder of a data root with the seed files that were made there."""
_URLS = ("feeds", "sitemaps", "sections", "front", "urls")
_LISTS = (*_URLS, "allow", "updates")
_TEXTS = ("name", "home", "language", "every", "front_every", "max_age")
_KEYS = frozenset((*_LISTS, *_TEXTS, "browser"))
_NO_AGE = ("", "0", 0)
"""Values of `max_age` that mean no limit."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.I)


class SeedError(ValueError):
    """A seed list cannot be read; the message is one line that names file, key and, where known, the line."""


@dataclass(frozen=True, slots=True)
class Seed:
    """One site, and where its articles are found. All URLs are canonical."""

    name: str
    home: str | None = None
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    front: tuple[str, ...] = ()
    """Pages that are kept each time they are due; their links are followed only where they are sections too."""
    urls: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    """Patterns of which an article's URL must match one. A pattern that starts with `/` or `^/` is matched against path
    and query, any other against the whole URL. Only one that starts with `http` or `^http` can admit another site."""
    language: str | None = None
    every: timedelta | None = None
    """How often the sources are read."""
    front_every: timedelta | None = None
    """How often the pages of `front` are kept; None: as `every`, or once an hour."""
    updates: tuple[timedelta, ...] | None = None
    """How long after an article was found it is requested again; None: as in `scraper.revisit.LOOKS`, empty: never."""
    browser: bool | Literal["auto"] | None = None
    """Whether article pages are rendered in a browser: all, none, or where needed; None: as the crawl's options say."""
    max_age: timedelta | None = MAX_AGE
    """Entries of the sources that are older are not fetched; None: no limit."""

    @property
    def sites(self) -> frozenset[str]:
        """The sites whose pages belong to this seed: of its home, sections, front and pages, or else of its sources."""
        own = (self.home, *self.sections, *self.front, *self.urls)
        return frozenset(site_of(url) for url in (own if any(own) else self.feeds + self.sitemaps) if url)

    @property
    def pages_of_links(self) -> tuple[str, ...]:
        """The pages whose links are followed: its sections, or its home page where nothing else names articles."""
        named = self.feeds or self.sitemaps or self.sections or self.urls
        return self.sections if named or not self.home else (self.home,)

    def admits(self, url: str) -> bool:
        """Tell whether *url* may be one of this site's articles: by its site and by `allow`. Raises SeedError where a
        pattern takes too long."""
        parts = re.match(r"https?://[^/]*(.*)", url)
        path = parts[1] if parts else url
        own = any(belongs_to(url, site) for site in self.sites)
        for pattern in self.allow:
            if pattern.lstrip("^").startswith("/"):
                if own and _matches(pattern, path):
                    return True
            elif _matches(pattern, url) and (own or pattern.lstrip("^").startswith("http")):
                return True
        return own and not self.allow


_compiled = lru_cache(maxsize=1024)(bounded)


def _matches(pattern: str, text: str) -> bool:
    try:
        return _compiled(pattern).search(text) is not None
    except SlowPatternError as error:
        raise SeedError(f"allow: {pattern!r}: {error}") from None


def load_seeds(*sources: str | Path) -> list[Seed]:
    """Read TOML files, plain lists with one URL a line, and bare URLs. Raises SeedError.

    The pages of plain lists and bare URLs get one seed for each host. A URL without a path is a site's home page, which
    is read as a section.
    """
    named: dict[str, Seed] = {}
    pages: dict[str, Seed] = {}
    for source in sources:
        if isinstance(source, str) and _SCHEME.match(source):
            _add_page(pages, source, source)
            continue
        path = Path(source)
        text = _read(path)
        if path.suffix == ".toml":
            for seed in _from_toml(text, str(path)):
                if seed.name in named:
                    raise SeedError(f"{path}: two sites are called {seed.name!r}; give each its own name")
                named[seed.name] = seed
        else:
            empty = True
            for number, line in enumerate(text.splitlines(), 1):
                if page := line.partition(" #")[0].strip() if not line.lstrip().startswith("#") else "":
                    _add_page(pages, page, f"{path}:{number}")
                    empty = False
            if empty:
                raise SeedError(f"{path}: names no page: give one URL a line, or a .toml file with [[site]] tables")
    for name in pages.keys() & named.keys():
        pages[name] = replace(pages[name], name=f"{name} (pages)")
    return [*named.values(), *pages.values()]


def seed_from(table: Mapping[str, Any], where: str) -> Seed:
    """Check one site's *table*, as in a TOML file, and return it as a Seed; *where* begins SeedError's message."""
    for key in table:
        if key not in _KEYS:
            raise SeedError(f"{where}: unknown key {key!r}; a site has {', '.join(sorted(_KEYS))}")
    for key in _TEXTS:
        if not isinstance(table.get(key, ""), str) and (key, table[key]) != ("max_age", 0):
            raise SeedError(f"{where}: {key} must be a text in quotes")
    if (browser := table.get("browser")) is not None and not isinstance(browser, bool) and browser != "auto":
        raise SeedError(f'{where}: browser must be true, false or "auto"')
    lists = {key: _strings(table, key, where) for key in _LISTS}
    for pattern in lists["allow"]:
        try:
            bounded(pattern)
        except (re.error, SlowPatternError) as error:
            raise SeedError(f"{where}: allow: {pattern!r} is not a regular expression: {error}") from None
    home = _checked(table["home"], f"{where}: home") if table.get("home") else None
    urls = {key: tuple(_checked(url, f"{where}: {key}") for url in lists[key]) for key in _URLS}
    if not home and not any(urls.values()):
        raise SeedError(f"{where}: nothing to read; give home, feeds, sitemaps, sections, front or urls")
    name = table.get("name") or host_of(home or next(group[0] for group in urls.values() if group))
    age = table.get("max_age", f"{MAX_AGE.days}d")
    updates = tuple(sorted(_duration("updates", look, where) for look in lists["updates"]))
    return Seed(
        name,
        home,
        **urls,
        allow=lists["allow"],
        language=_language(table["language"], where) if table.get("language") else None,
        every=_duration("every", table["every"], where) if table.get("every") else None,
        front_every=_duration("front_every", table["front_every"], where) if table.get("front_every") else None,
        updates=updates if "updates" in table else None,
        browser=browser,
        max_age=_duration("max_age", age, where) if age not in _NO_AGE else None,
    )


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_SEED_FILE:
            raise SeedError(f"{path}: larger than {MAX_SEED_FILE // 2**20} MB, so not a seed list")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SeedError(f"{path}: {error.strerror}; give a .toml file, a list with one URL a line, or a URL") from None
    except UnicodeDecodeError:
        raise SeedError(f"{path}: not UTF-8 text, so not a seed list") from None


def _from_toml(text: str, where: str) -> Iterator[Seed]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SeedError(f"{where}: not TOML: {error}") from None
    for key in tables:
        if key != "site":
            raise SeedError(f"{where}:{_line_of(text, key)}: unknown table {key!r}; sites are [[site]] tables")
    sites = tables.get("site", [])
    if not isinstance(sites, list) or not sites or not all(isinstance(site, dict) for site in sites):
        raise SeedError(f"{where}: no [[site]] table")
    for index, table in enumerate(sites):
        bad = next((key for key in table if key not in _KEYS), "")
        yield seed_from(table, f"{where}:{_line_of(text, bad, index)}")


def _line_of(text: str, key: str, index: int = -1) -> int:
    """Return the line of *key* in site table number *index*, or the line of the table's head where *key* is empty."""
    table, head, wanted = -1, 1, re.compile(rf"""\s*\[*["']?{re.escape(key)}["']?\s*(?:=|\]|\.)""") if key else None
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*\[\[\s*site\s*\]\]", line):
            table += 1
            head = number if table == index else head
        elif wanted and (index < 0 or table == index) and wanted.match(line):
            return number
    return head


def _strings(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise SeedError(f"{where}: {key} must be a list of texts in quotes")
    return tuple(value)


def _checked(url: str, where: str) -> str:
    canonical_url = canonical(url) if is_fetchable(url) else None
    if canonical_url is None:
        raise SeedError(f"{where}: {url[:200]!r} is not an http or https URL of at most 2083 characters")
    return canonical_url


def _language(text: str, where: str) -> str:
    if not is_language_code(text):
        code = nearest_code(text)
        advice = f"give {code!r}" if code else "give it as 'en' or 'de'"
        raise SeedError(f"{where}: language: {text[:200]!r} is not an ISO 639-1 code: {advice}")
    return text


def _duration(key: str, text: str, where: str) -> timedelta:
    try:
        return duration_from(text)
    except ValueError as error:
        raise SeedError(f"{where}: {key}: {error}") from None


def seeds_of_pages(urls: Iterable[str]) -> list[Seed]:
    """Return a seed for each host of the *urls*, each of which is one page to fetch. Raises SeedError."""
    pages: dict[str, Seed] = {}
    for url in urls:
        _add_page(pages, url, url, home_is_section=False)
    return list(pages.values())


def _add_page(pages: dict[str, Seed], url: str, where: str, *, home_is_section: bool = True) -> None:
    page = _checked(url, where)
    host = host_of(page)
    seed = pages.get(host, Seed(host))
    parts = urlsplit(page)
    if home_is_section and parts.path == "/" and not parts.query:
        pages[host] = replace(seed, sections=(*seed.sections, page))
    else:
        pages[host] = replace(seed, urls=(*seed.urls, page))
