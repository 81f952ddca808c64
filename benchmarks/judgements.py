"""Score the cleaner on what people said of single lines on the local page: do they go, and stay, as they said?

    python -m benchmarks.judgements --data DIR

Each judged page is cleaned again from its WARC record with the rules in force for the data root. A line that was judged
debris is right where the text does not have it any more, one that was judged text where the text has it.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from archive import CATALOG, ArchiveError, Catalog, Refusal, page_of, read_capture
from archive.site_rules import JUDGEMENTS, Judgement, read_judgements
from cleaners import Page, RuleSet, clean_page, host_of, load_in_force

SHOWN = 20
"""The wrong lines that are printed."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A judgement, and whether the cleaner does now as the person said; None where the page cannot be cleaned."""

    judgement: Judgement
    right: bool | None


def scored(data: Path, judgements: Iterable[Judgement], rules: RuleSet) -> list[Scored]:
    """Clean the page of each judgement again, each page once, and compare."""
    with Catalog(data / CATALOG) as catalog:

        @lru_cache(maxsize=64)
        def lines(record: str) -> frozenset[str] | None:
            row = catalog.article(record)
            capture = catalog.capture(row.capture_id) if row else None
            try:
                found = capture and page_of(read_capture(data, capture.collection, capture.file, capture.offset))
            except ArchiveError:
                return None
            if row is None or not found or isinstance(found, Refusal) or found.is_text:
                return None
            article = clean_page(Page(found.html, row.url, found.charset), rules)
            return frozenset(map(_plain, article.text.splitlines()))

        results = []
        for one in sorted(judgements, key=lambda one: one.record):
            text = lines(one.record)
            right = None if text is None else _stays(one, text) == (one.verdict == "text")
            results.append(Scored(one, right))
    return results


def _stays(one: Judgement, text: frozenset[str]) -> bool:
    """Tell whether all lines of what was judged are in a text; what a rule had removed may be a part of a line."""
    wanted = filter(None, map(_plain, one.line.splitlines()))
    return all(line in text or (bool(one.rule) and any(line in other for other in text)) for line in wanted)


def table(results: Sequence[Scored]) -> Iterator[str]:
    """Yield the lines of the report: by verdict, then by host, the worst first."""
    for verdict in ("debris", "text"):
        yield f"{verdict:<40} {_counts([one for one in results if one.judgement.verdict == verdict])}"
    by_host: dict[str, list[Scored]] = defaultdict(list)
    for one in results:
        by_host[host_of(one.judgement.url)].append(one)
    for host in sorted(by_host, key=lambda host: (_share(by_host[host]), host)):
        yield f"{host:<40} {_counts(by_host[host])}"
    wrong = [one.judgement for one in results if one.right is False]
    for judgement in wrong[:SHOWN]:
        state = "kept" if judgement.verdict == "debris" else "removed"
        yield f"still {state}: {judgement.line[:80]!r}  {judgement.url}"


def _counts(results: Sequence[Scored]) -> str:
    known = [one for one in results if one.right is not None]
    right = sum(bool(one.right) for one in known)
    share = f" ({right / len(known):.0%})" if known else ""
    left = f", {len(results) - len(known)} not readable" if len(known) < len(results) else ""
    return f"{right} of {len(known)} right{share}{left}"


def _share(results: Sequence[Scored]) -> float:
    known = [one.right for one in results if one.right is not None]
    return sum(known) / len(known) if known else 2.0


def _plain(line: str) -> str:
    return " ".join(line.split())


def main() -> None:
    """Read the arguments, score and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judgements", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    judgements = read_judgements(data)
    if not judgements:
        raise SystemExit(f"{data / JUDGEMENTS}: no judgements yet: mark lines on the pages of `pressclip serve`")
    print("\n".join(table(scored(data, judgements, load_in_force(data)))))


if __name__ == "__main__":
    main()
