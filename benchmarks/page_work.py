"""CPU of what is done with a page besides fetching it: cleaned, sent, stored, printed, made a row of a dataset.

    python -m benchmarks.page_work --pages 60

One process does it all, step after step, over the pages of fundus-dev. A crawl's worker cleans and sends, its crawler
stores; the processes of `dataset build` clean and make rows, their parent makes tables. Each step is timed over all
pages, and the best of ROUNDS rounds counts.
"""

from __future__ import annotations

import argparse
import pickle
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from archive import Capture, Collection
from archive.dataset.dedup.keys import keys_of
from archive.dataset.rows import Origin, row_of
from archive.dataset.table.files import table_rows
from archive.dataset.table.schema import schema_with
from benchmarks.speed import WARM, pages_of
from cleaners import Page, clean_page, load_rules, render

CORPUS = "fundus-dev"
PAGES = 60
ROUNDS = 3
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def measure(number: int) -> dict[str, float]:
    """Return CPU milliseconds a page, by step."""
    pages = [Page(html, url) for html, url in pages_of(CORPUS, number)]
    rules, schema = load_rules(), schema_with(blocks=False, reason=False)
    for page in pages[:WARM]:
        clean_page(page, rules)
    spent: dict[str, float] = {}

    def timed(step: str, work: Callable[..., Any], *columns: Sequence[Any]) -> list[Any]:
        start = time.process_time()
        made = list(map(work, *columns))
        each = 1000 * (time.process_time() - start) / len(pages)
        spent[step] = min(each, spent.get(step, each))
        return made

    for _ in range(ROUNDS):
        articles = timed("clean", partial(clean_page, rules=rules), pages)
        timed("crawler: receive it", pickle.loads, timed("worker: send the article", pickle.dumps, articles))
        with (
            tempfile.TemporaryDirectory() as folder,
            Collection(Path(folder), software="benchmark", rules_version="1") as collection,
        ):
            captures = [Capture(page.url or "", datetime.now(UTC), 200, HEAD, page.html, b"") for page in pages]
            stored = timed("crawler: store the page", collection.store, captures)
            timed("crawler: store the text", collection.store_text, stored, articles)
        timed("clean --format jsonl: print", partial(render, form="jsonl"), articles)
        origins = [Origin(f"{number}.html", url=page.url) for number, page in enumerate(pages)]
        rows = timed("dataset build: row", row_of, origins, pages, articles)
        timed("dataset build: keys", keys_of, rows)
        timed("dataset build: table", partial(table_rows, schema=schema), [rows])
    return spent


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=PAGES, metavar="N", help="pages of the corpus, evenly spread")
    for step, spent in measure(parser.parse_args().pages).items():
        print(f"{step:28s} {spent:7.2f} ms")


if __name__ == "__main__":
    main()
