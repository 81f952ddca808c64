"""Questions that several commands ask have one answer: which site a URL belongs to, and which texts a corpus holds."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archive import Capture, Catalog, Choice, Collection, SearchFilter, Selection, reclean
from archive.catalog.reader import CatalogReader
from archive.dataset.inputs import sources
from archive.dataset.table.options import Options
from archive.readers import rows as rows_reader
from archive.readers.rows import read_rows
from archive.site_rules.store import Corpora
from cleaners import Article, Page, belongs_to, load_rules
from tests.support.shell import press

URLS = (
    "https://gazette.example/1",
    "https://www.gazette.example/2",
    "https://sport.gazette.example/3",
    "https://thegazette.example/4",
    "http://127.0.0.1:8001/5",
    "http://127.0.0.1:8002/6",
    "https://gazette.example:8443/7",
    "https://evil.test/gazette.example/8",
    "https://evil.test?.gazette.example/9",
    "https://evil.test/.gazette.example/9",
    "https://evil.test:80.gazette.example/10",
    "http://sport.gazette.example/11",
    "http://gazette.example/12",
    "https://.gazette.example/13",
)
HTML = b"<!doctype html><article><h1>Ferry</h1><p>The ferry sailed at noon, and nobody waved from the quay.</p>"


@pytest.mark.parametrize(
    "site", ["gazette.example", "www.gazette.example", "127.0.0.1", "127.0.0.1:8001", "gazette.example:443", "example"]
)
def test_search_pack_and_reclean_agree_on_the_pages_of_a_site(
    open_collection: Callable[..., Collection], capture: Capture, article: Article, tmp_path: Path, site: str
) -> None:
    with open_collection() as collection:
        for url in URLS:
            collection.store_text(collection.store(replace(capture, url=url, body=HTML)), article)
    expected = [url for url in URLS if belongs_to(url, site)]
    data = tmp_path / "data"
    with Catalog(data / "catalog.sqlite") as catalog:
        assert sorted(hit.url for hit in catalog.search("ferry", bounds=SearchFilter(site))) == sorted(expected)
        urls = {row["record_id"]: row["url"] for row in catalog.query("SELECT record_id, url FROM capture")}
    with CatalogReader(data) as reader:
        chosen = Selection("news", site)
        assert sorted(urls[place.record_id] for place in reader.captures(chosen)) == sorted(expected)
        assert sorted(page.url for page in reader.pages(chosen)) == sorted(expected)
    choice = Choice(dry_run=True, everything=True, hosts=(site,))
    cleaned = reclean(data, "news", rules=load_rules(), software="pressclip/0.1.0", choice=choice)
    assert sorted(result.place.url for result in cleaned) == sorted(expected)


TEXTS = [
    f"The ferry of {day} sailed at noon, and nobody waved from the quay." for day in ("Monday", "Tuesday", "Friday")
]
GOOD = [
    json.dumps({"url": f"https://a.example/{n}", "text": text, "date": "2026-11-21"}) for n, text in enumerate(TEXTS)
]
LINES = [GOOD[0], "", "not JSON", GOOD[1], "[1, 2]", '{"url": "https://a.example/9"}', "   ", GOOD[2]]


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz"])
def test_clean_datasets_and_learning_read_the_same_texts_of_a_corpus(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"corpus{ending}"
    data = ("\ufeff" + "\n".join(LINES)).encode()  # some programs begin a file with a byte order mark
    path.write_bytes(gzip.compress(data) if ending.endswith(".gz") else data)

    inputs = [given for shard in sources.shards([path], Options()) for given in sources.read(shard, Options())]
    assert [page.html for _, page in inputs if isinstance(page, Page)] == TEXTS
    assert [origin.row for origin, _ in inputs] == [0, 2, 3, 4, 5, 7]

    with Corpora(tmp_path) as corpora:
        counts = corpora.add(path, load_rules(), "text", lambda url: None)
        assert [corpora.text(f"https://a.example/{number}") for number in range(3)] == TEXTS
    assert (counts.documents, counts.without_text, counts.without_url) == (6, 3, 0)

    done = press("clean", "--text-mode", str(path), "--format", "jsonl", cwd=tmp_path)
    assert [json.loads(line)["text"].strip() for line in done.out.splitlines()] == TEXTS
    assert [line.partition(f"corpus{ending}:")[2].partition(":")[0] for line in done.err.splitlines()] == [
        "3",
        "5",
        "6",
    ]


def test_a_line_over_the_limit_is_one_problem_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_reader, "MAX_TEXT", 200)
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join([GOOD[0], json.dumps({"text": "x" * 1000}), GOOD[1]]))
    rows = list(read_rows(path))
    assert [(row.number, bool(row.problem)) for row in rows] == [(0, False), (1, True), (2, False)]
    assert "longer than" in rows[1].problem
