"""Write the draft of a public summary of training content, as far as the rows of a dataset tell.

Article 53(1)(d) of Regulation (EU) 2024/1689 asks the provider of a general-purpose AI model for it. The sections have
the numbers of the European Commission's template, C(2025) 8311, which was published on 2025-07-24.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.dataset.card.markdown import escaped, section, table
from archive.dataset.card.statistics import OPT_OUTS, PII_COUNT, USES, Row, queries
from archive.dataset.provenance import manifest
from archive.dataset.table.signals import PII

TEMPLATE = "C(2025) 8311, 2025-07-24"
TO_COMPLETE = "[to be completed by the provider]"
"""Stands where only the provider of the model knows the answer."""
PERCENT, SMALL_PERCENT, SMALL_MOST = 10, 5, 1000
"""Section 2.3 asks for the tenth of all domains with the most content; of small and medium-sized providers for 5 % or
1,000, whichever is less."""
TOKENS = 1_000_000_000
"""The lowest bound between sizes of text in section 1.3, in tokens. A token of a text is one byte or more."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """The crawler that fetched pages: its name, the user agent it sends, and how it behaves, in sentences."""

    name: str
    agent: str
    behaviour: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrainingSummary:
    """What a dataset tells for the summary. In lists, the greatest comes first."""

    totals: dict[str, Any]
    """As in `Statistics`."""
    languages: list[Row]
    """code, rows, words."""
    kinds: list[Row]
    """kind of page, rows."""
    domains: int
    """All domains, of which some are listed."""
    listed: list[Row]
    """domain, rows, bytes of text."""
    small: bool
    """Whether the list is that of a small or medium-sized provider."""
    signals: list[Row]
    """signal, value, rows, first and last seen."""
    uses: list[Row]
    """use, what the signals of a page mean for it, rows."""
    dropped: list[Row]
    """reason, rows, characters, minimum and median similarity."""
    pii: list[Row]
    """kind, rows that have any, total."""
    where: str
    """The condition that rows had to meet."""
    software: str
    rules_version: str
    dataset_sha256: str


def read_training_summary(folder: Path, domain_of: Callable[[str], str], *, small: bool = False) -> TrainingSummary:
    """Count what a finished dataset tells for the summary.

    `domain_of` gives the registered domain of a host or URL. Raises ArchiveError where there is no manifest, or no
    readable row files.
    """
    built = manifest.read(folder)
    with queries(folder) as ask:
        percent, most = (SMALL_PERCENT, SMALL_MOST) if small else (PERCENT, None)
        domains, listed = ask.domains(domain_of, percent, most)
        return TrainingSummary(
            totals=ask.totals(),
            languages=ask.counted("coalesce(language, 'unknown')", "sum(n_words)"),
            kinds=ask.counted("coalesce(kind, 'not judged')"),
            domains=domains,
            listed=listed,
            small=small,
            signals=ask.all(OPT_OUTS),
            uses=ask.all(USES),
            dropped=ask.dropped(),
            pii=[(name, *ask.all(PII_COUNT.format(name))[0]) for name, _ in PII],
            where=str(built["options"].get("where", "")),
            software=built["software"],
            rules_version=built["rules_version"],
            dataset_sha256=built["dataset_sha256"],
        )


def training_summary(summary: TrainingSummary, fetcher: Fetcher) -> str:
    """Return the summary in Markdown. What the dataset cannot tell is marked by TO_COMPLETE."""
    parts = [
        "# Public summary of training content (draft)\n",
        "A draft for the summary that Article 53(1)(d) of Regulation (EU) 2024/1689 asks of the provider of a "
        f"general-purpose AI model. Its sections are those of the Commission's template ({TEMPLATE}). It tells of one "
        f"dataset, {escaped(summary.dataset_sha256)}, and was written from its rows. {TO_COMPLETE} stands where the "
        "dataset cannot tell; other training data is to be added. Whether the summary meets the law is the provider's "
        "to judge.\n",
        _asked("Version of the summary", "Last update"),
        section("1. General information", *_general(summary)),
        section("2. List of data sources", *_sources(summary, fetcher)),
        section("3. Relevant aspects of data processing", *_processing(summary)),
    ]
    return "\n".join(parts)


def _general(summary: TrainingSummary) -> Iterator[str]:
    totals = summary.totals
    yield "### 1.1 Provider"
    yield _asked("Name and contact details of the provider", "Those of the authorised representative")
    yield "### 1.2 Model"
    yield _asked("Names and versions of the model", "Models it depends on", "Date of its placing on the Union market")
    yield "### 1.3 Modalities, size and other characteristics"
    size = f"less than 1 billion tokens ({totals['bytes']:,} bytes)" if totals["bytes"] < TOKENS else TO_COMPLETE
    counts = f"{totals['rows']:,} texts, {totals['words']:,} words, {totals['characters']:,} characters"
    yield table(
        ("modality", "size", "content"), [("text", f"{counts}: {size}", "main texts of web pages, such as news")]
    )
    yield "The dataset has no images, audio or video."
    yield _items(
        f"Last day of collection: {totals['last_fetched'] or TO_COMPLETE}",
        f"Days of publication, as pages declare them: {_period(totals, 'published')}",
        f"Whether training goes on with newer data: {TO_COMPLETE}",
    )
    yield "Languages of the texts, guessed from their first 1,000 characters:"
    yield table(("language", "texts", "words"), summary.languages)


def _sources(summary: TrainingSummary, fetcher: Fetcher) -> Iterator[str]:
    totals = summary.totals
    others = totals["rows"] - totals["archived"]
    yield "### 2.1 Publicly available datasets"
    yield (
        f"{others:,} of {totals['rows']:,} texts are of files of pages or texts, and not of responses in WARC files. "
        f"Whether these, or WARC files of others, are public datasets, and which: {TO_COMPLETE}"
    )
    yield "### 2.2 Private datasets of third parties"
    yield TO_COMPLETE
    yield "### 2.3 Data crawled and scraped from online sources"
    yield f"{totals['archived']:,} texts are of HTTP responses in WARC files, as a crawler wrote them."
    yield _items(
        f"Crawler: {escaped(fetcher.name)}, user agent {escaped(fetcher.agent)} with the contact of who ran it. Other "
        f"crawlers whose WARC files are among the inputs: {TO_COMPLETE}",
        f"Purpose: to collect articles and keep each page as it came. Further purposes: {TO_COMPLETE}",
        f"Behaviour of {escaped(fetcher.name)}: {' '.join(fetcher.behaviour)} Other settings in use: {TO_COMPLETE}",
        f"Period of collection: {_period(totals, 'fetched')}",
        f"Kinds of sources, beyond the tables below: {TO_COMPLETE}",
    )
    yield table(("kind of page", "texts"), summary.kinds)
    rule = f"{SMALL_PERCENT} %, and not more than {SMALL_MOST:,}" if summary.small else f"{PERCENT} %"
    yield (
        f"The texts are of {summary.domains:,} registered domains. The {len(summary.listed):,} with the most bytes of "
        f"text ({rule} of all, rounded up):"
    )
    yield table(("domain", "texts", "bytes"), summary.listed)
    for title in ("2.4 User data", "2.5 Synthetic data", "2.6 Other sources"):
        yield f"### {title}"
        yield TO_COMPLETE


def _processing(summary: TrainingSummary) -> Iterator[str]:
    totals = summary.totals
    yield "### 3.1 Reservations of rights for text and data mining"
    condition = f"`{summary.where}`" if summary.where and "`" not in summary.where else escaped(summary.where, 1000)
    kept = (
        f"Only rows that meet {condition} were kept."
        if summary.where
        else "No row was left out of the dataset because of one."
    )
    yield (
        "Each row has the signals that were found with its page in the column opt_out, and what they mean for "
        f"some uses; the card of the dataset counts them too. {kept}"
    )
    yield table(("signal", "value", "texts", "first seen", "last seen"), summary.signals)
    yield table(("use", "what the signals of a page say of it", "texts"), summary.uses)
    yield _asked("Signature of the Code of Practice", "Further measures, before and after the collection")
    yield "### 3.2 Removal of illegal content"
    yield TO_COMPLETE
    yield "### 3.3 Other information"
    yield f"Built by {escaped(summary.software)} with the rules {escaped(summary.rules_version)}."
    yield f"{totals['dropped']:,} rows were dropped."
    yield table(("reason", "rows"), [row[:2] for row in summary.dropped])
    yield "Personal data, counted by pattern and not masked:"
    yield table(("kind", "texts with any", "total"), summary.pii)


def _asked(*questions: str) -> str:
    return _items(*(f"{question}: {TO_COMPLETE}" for question in questions))


def _items(*items: str) -> str:
    return "".join(f"* {item}\n" for item in items)


def _period(totals: dict[str, Any], what: str) -> str:
    first, last = totals[f"first_{what}"], totals[f"last_{what}"]
    return f"{first} to {last}" if first else TO_COMPLETE
