"""The development corpora: real pages with gold text, beside the checkout (`../shared/corpora`), never in it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2] / "shared" / "corpora"
NAMES = ("fundus-dev", "wcxb-dev")
ALL = ("fundus-dev", "andy-news", "wcxb-dev-other", "wcxb-dev")
"""With more news, and with the kinds of pages that are no articles."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a corpus with what is known about it."""

    corpus: str
    id: str
    url: str | None
    text: str
    title: str | None
    authors: tuple[str, ...]
    date: str | None

    def html(self) -> bytes:
        """Return the page's bytes."""
        return gzip.decompress((ROOT / self.corpus / "html" / f"{self.id}.html.gz").read_bytes())


def pages(*corpora: str) -> Iterator[Page]:
    """Yield the pages of the corpora, all of them when none is named. Raises FileNotFoundError where there are none."""
    for page, _ in rows(*corpora):
        yield page


def rows(*corpora: str) -> Iterator[tuple[Page, dict[str, Any]]]:
    """Yield the pages with the gold as it is stored, for the scorer."""
    for corpus in corpora or NAMES:
        with gzip.open(ROOT / corpus / "gold.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                authors = tuple(row["authors"] or ())
                page = Page(corpus, row["id"], row["url"] or None, row["text"], row["title"], authors, row["date"])
                yield page, row
