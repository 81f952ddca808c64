"""The card's words on how a dataset was made, how to make it again, and what it cannot promise."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from archive.dataset.card.markdown import escaped, table
from archive.dataset.card.statistics import Statistics
from archive.dataset.schema import SCHEMA_VERSION


def splits_of(files: Sequence[Path]) -> list[str]:
    """Return the splits of row files: train first, where there is one, as readers expect it."""
    names = {path.name.partition("-")[0] for path in files}
    return sorted(names, key=lambda name: (name != "train", name))


def made(folder: Path, found: Statistics, options: Mapping[str, Any]) -> Iterator[str]:
    """Yield how the dataset was made and how to make it again."""
    yield (
        f"Built by `pressclip dataset build`, schema version {SCHEMA_VERSION}: pages are read from WARC files, folders "
        "or text corpora, cleaned by rules that leave a record of what they take, compared with each other, and split "
        "so that duplicates and rows that share text stay together."
    )
    yield table(("extractor", "version", "rules", "rows"), found.versions)
    asked = [(name, json.dumps(value, ensure_ascii=False)) for name, value in options.items() if value not in ("", [])]
    yield table(("option", "value"), asked)
    yield (
        "To rebuild: take the inputs that manifest.json lists, with the same hashes, and the versions above, and run "
        "`pressclip dataset build INPUT... --out DIR` with the same options. The same inputs and versions give the "
        "same row files, byte for byte; manifest.json has their hashes: `pressclip dataset check DIR` compares them."
    )


def limits(found: Statistics) -> str:
    """Return what a user should know and check, as a list; figures where there are some."""
    rows = found.totals["rows"]
    partial = sum(count for verdict, count, *_ in found.access if verdict not in ("full", "unknown", "not judged"))
    undated = rows - found.totals["dated"]
    points = [
        "The texts are what publishers wrote: nobody has checked them for truth, and views and errors are theirs.",
        "Which pages are here depends on what was crawled: it is no sample of anything but that.",
        "Cleaning errs both ways: some debris stays, some text of an article is taken. `removed` has the latter; look "
        "at a few dozen rows of each site that matters to you.",
        f"Incomplete texts: {partial:,} rows show a teaser or stand behind a wall, and `unknown` is no promise: "
        "`access = 'full'` keeps the rest away.",
        "`language` is a guess by the text's first 1,000 characters: unsure below a `language_score` of 0.5.",
        f"`published` is the page's own word; {undated:,} rows have none.",
        "Word counts and word signals say little of languages that set no blanks, such as Chinese, Japanese and Thai.",
        "Articles name people, and personal data is counted by pattern: some counts are false, some data is not seen. "
        "What the law of your country asks of you is yours to find out.",
        "Opt-outs are of the day of the fetch.",
    ]
    top = found.hosts[0] if found.hosts else None
    if top and rows and top[1] > rows / 4:
        points.insert(2, f"One site, {escaped(top[0])}, has {top[1] / rows:.0%} of the rows.")
    return "\n".join(f"* {point}" for point in points) + "\n"
