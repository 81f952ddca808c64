"""A survey as a seed file: what was found is in it, what was not is in its comments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from scraper.discovery.survey import Source, Survey
from scraper.printable import one_line
from scraper.urls import host_of

LISTS = {"feed": "feeds", "news sitemap": "sitemaps", "sitemap": "sitemaps", "section": "sections"}
"""The key of a seed that a source goes to; an index is left out where its parts of news are known."""


def seed_file(survey: Survey) -> str:
    """Return the TOML text of a seed for the surveyed site, to be reviewed."""
    page = survey.page
    name = (page.name if page else "") or host_of(survey.home)
    chosen, spare = choose(survey)
    lines = [*_head(survey), "[[site]]", f"name = {_quoted(name)}", f"home = {_quoted(survey.home)}"]
    if survey.language:
        lines.append(f"language = {_quoted(survey.language)}")
    for key in ("feeds", "sitemaps", "sections"):
        lines += _list(key, [source for source in chosen if _key(source) == key], survey.now)
    if not chosen:
        lines.append("# No feeds, sitemaps or sections: the crawl reads the home page as a section.")
    if spare:
        lines.append("# Not needed beside these, or of no use as they are:")
        lines += [f"#   {source.kind} {_quoted(source.url)}  # {describe(source)}" for source in spare]
    return "\n".join(lines) + "\n"


def choose(survey: Survey) -> tuple[list[Source], list[Source]]:
    """Return the sources for the seed and the others: what says by itself which pages are articles comes first.

    Feeds and news sitemaps are enough; without them sections do, and without those plain sitemaps.
    """
    useful = survey.useful
    for kinds in (("feed", "news sitemap"), ("section",), ("sitemap", "sitemap index")):
        chosen = [source for source in useful if source.kind in kinds]
        if chosen:
            return chosen, [source for source in survey.sources if source not in chosen]
    return [], list(survey.sources)


def describe(source: Source) -> str:
    """Return what a source has, in a few words."""
    parts = [f"{len(source.links)} links"]
    if source.newest:
        parts.append(f"newest {source.newest:%Y-%m-%d}")
    if source.elsewhere:
        parts.append(f"{source.elsewhere} to other sites")
    return one_line("; ".join([", ".join(parts), *filter(None, (source.drawback, source.why))]))


def _head(survey: Survey) -> Iterator[str]:
    day = f"{survey.now:%Y-%m-%d}"
    if survey.samples:
        yield "# Articles to look at, to see whether these are what you want:"
        yield from (f"#   {one_line(url, 2100)}" for url in survey.samples)
    if not survey.language:
        yield "# The language is not declared anywhere."
    if survey.missing:
        yield "# Asked for and not there:"
        yield from (f"#   {one_line(url, 2100)}  ({one_line(why)})" for url, why in survey.missing.items())
    # the mark that seeds/README.md speaks of stands right above [[site]]
    yield f"# checked {day}: by pressclip discover, {survey.requests} requests. Review it; seeds/README.md says how."


def _list(key: str, sources: list[Source], now: datetime) -> Iterator[str]:
    if not sources:
        return
    yield f"{key} = ["
    for source in sources:
        yield f"    {_quoted(source.url)},  # {source.kind}: {describe(source)}; checked {now:%Y-%m-%d}"
    yield "]"


def _key(source: Source) -> str:
    return LISTS.get(source.kind, "sitemaps")


def _quoted(text: str) -> str:
    # JSON's strings are TOML's, once there are no control characters and no lone surrogates
    return json.dumps(one_line(text, 2100), ensure_ascii=False)
