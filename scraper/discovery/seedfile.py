"""Write a survey as a seed file: the sources to crawl as keys, everything else as comments."""

from __future__ import annotations

from collections.abc import Iterator

import tomlkit

from cleaners import host_of
from scraper.discovery.survey import Source, Survey
from scraper.printable import one_line

KEYS = {"feed": "feeds", "news sitemap": "sitemaps", "sitemap": "sitemaps", "section": "sections"}
"""The key of a seed under which a source is written."""
MAX_TEXT = 2100
"""Longest text that is written, in characters: a little more than the longest URL."""


def seed_file(survey: Survey) -> str:
    """Return the TOML text of a seed for the surveyed site, for a person to review."""
    chosen, spare = choose(survey)
    site = tomlkit.table()
    site.add("name", _text((survey.page.name if survey.page else "") or host_of(survey.home)))
    site.add("home", _text(survey.home))
    if survey.language:
        site.add("language", _text(survey.language))
    for key in ("feeds", "sitemaps", "sections"):
        urls = tomlkit.array()
        for source in chosen:
            if KEYS.get(source.kind, "sitemaps") == key:
                comment = f"{source.kind}: {describe(source)}; checked {survey.now:%Y-%m-%d}"
                urls.add_line(_text(source.url), indent="    ", comment=comment)
        if len(urls):
            urls.add_line(indent="")
            site.add(key, urls)
    if not chosen:
        site.add(tomlkit.comment("No feeds, sitemaps or sections: the crawl reads the home page as a section."))
    if spare:
        site.add(tomlkit.comment("Not needed beside these, or of no use as they are:"))
        for source in spare:
            url = tomlkit.string(_text(source.url)).as_string()
            site.add(tomlkit.comment(f"  {source.kind} {url}  # {describe(source)}"))
    sites = tomlkit.aot()
    sites.append(site)
    return "".join(f"# {line}\n" for line in _head(survey)) + tomlkit.dumps({"site": sites})


def choose(survey: Survey) -> tuple[list[Source], list[Source]]:
    """Return the sources for the seed, and the others.

    Feeds and news sitemaps are best, since they name only articles; then come sections, then plain sitemaps.
    """
    for kinds in (("feed", "news sitemap"), ("section",), ("sitemap", "sitemap index")):
        chosen = [source for source in survey.useful if source.kind in kinds]
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
    """Yield the comments above the seed."""
    if survey.samples:
        yield "Articles to look at, to see whether these are what you want:"
        yield from (f"  {_text(url)}" for url in survey.samples)
    if not survey.language:
        yield "The language is not declared anywhere."
    if survey.missing:
        yield "Asked for and not there:"
        yield from (f"  {_text(url)}  ({one_line(reason)})" for url, reason in survey.missing.items())
    # the page seeds/README.md says that this line stands right above [[site]]
    requests = f"by pressclip discover, {survey.requests} requests"
    yield f"checked {survey.now:%Y-%m-%d}: {requests}. Review it: `pressclip docs seeds/README.md` says how."


def _text(text: str) -> str:
    return one_line(text, MAX_TEXT)
