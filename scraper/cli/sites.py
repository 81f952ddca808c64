"""Sites that are given to `pressclip crawl` by their address: their sources are looked for first, and then kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scraper.cli.addresses import Address, address_of
from scraper.cli.discover import NOTHING, REFUSED, why_nothing
from scraper.cli.terminal.output import say

FETCHING = ("contact", "delay", "allow_private", "sign_key", "sign_agent")
"""The options of the command that hold for the search too."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the search for a site's sources came to."""

    seed_file: str = ""
    told: str = ""
    """What was found, or why nothing was."""
    code: int = 0
    """The exit code of a crawl that has nothing else to do."""


@dataclass(slots=True)
class Named:
    """What was given to `pressclip crawl`."""

    sources: list[str | Path] = field(default_factory=list)
    """Seed files and URLs, as `load_seeds` takes them."""
    codes: list[int] = field(default_factory=list)
    """The exit codes of sites without sources."""


def find_seeds(given: Sequence[str], data: Path, options: dict[str, Any]) -> Named:
    """Return the seeds that were given; for the address of a site, the seed file in the data root, made if need be.

    Raises SeedError where a file is wrong, and ArchiveError where the collection cannot have its name or the data root
    cannot be written, before anything is fetched.
    """
    from archive import check_name, make_folder
    from scraper.seeds import FOLDER, load_seeds

    check_name(options["collection"])
    addresses = {source: address_of(source) for source in given}
    load_seeds(*(address.url if address else Path(source) for source, address in addresses.items()))
    named = Named()
    for source, address in addresses.items():
        if address is None or not address.is_site:
            named.sources.append(address.url if address else Path(source))
            continue
        path = data / FOLDER / f"{_name_of(address)}.toml"
        if not path.exists():
            make_folder(path.parent)
            code = _search(source, address, path, {name: options[name] for name in FETCHING})
            named.codes += [code] if code else []
        elif not options["due"]:
            say(f"{source}: a site; its sources are those of {path}")
        if path.exists() and path not in named.sources:
            named.sources.append(path)
    return named


def _search(source: str, address: Address, path: Path, options: dict[str, Any]) -> int:
    """Look for a site's sources, and write its seed file; return the exit code."""
    from archive import write_whole

    say(f"{source}: a site; looking for its feeds, sitemaps and sections")
    found = _apart(address, options)
    if found.code:
        say(f"{source}: {found.told}. To crawl single articles, give their addresses.")
        return found.code
    write_whole(path, found.seed_file)
    say(f"{source}: found {found.told}; kept in {path}, for you to review")
    return 0


def _apart(address: Address, options: dict[str, Any]) -> Found:
    from cleaners import LostError, Pool

    # the survey needs Twisted's reactor, which starts once in a process, and the crawl will need it here
    with Pool(partial(_survey, options=options), 1) as pool:
        try:
            return pool.answer(address)
        except LostError as error:
            return Found(told=f"the process that looked for its sources ended: {error}", code=NOTHING)


def _survey(address: Address, options: dict[str, Any]) -> Found:
    from scraper.discovery.seedfile import choose, seed_file
    from scraper.spiders.survey import is_refused, survey_site
    from scraper.urls import canonical

    survey = survey_site(canonical(address.url) or address.url, fallback=address.fallback, **options)
    if is_refused(survey) or survey.found_nothing:
        return Found(told=why_nothing(survey), code=REFUSED if is_refused(survey) else NOTHING)
    kinds: Counter[str] = Counter(source.kind for source in choose(survey)[0])
    return Found(seed_file(survey), ", ".join(_counts(kinds)) or "the home page, read as a section")


def _counts(kinds: Counter[str]) -> Iterator[str]:
    yield from (f"{number} {kind}{'s' * (number > 1)}" for kind, number in kinds.items())


def _name_of(address: Address) -> str:
    """Return the name of a site's seed file: its host, and its port if it has one."""
    from scraper.urls import canonical

    return re.sub(r"[^a-z0-9.-]+", "-", urlsplit(canonical(address.url) or address.url).netloc).strip("-.")
