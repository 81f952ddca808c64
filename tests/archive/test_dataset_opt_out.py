"""The column opt_out says what was seen; it is an empty list, never null, where nothing is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

import pyarrow as pa
import pyarrow.parquet as pq

from archive import Capture, Collection, OptOuts
from archive.dataset import Options, build
from archive.dataset.rows import opt_out_of
from archive.dataset.table.schema import OPT_OUT
from tests.support.dataset_inputs import page, write_corpus

SEEN = datetime(2026, 11, 3, 7, 30, tzinfo=UTC)
SAID = OptOuts(
    robots=("GPTBot", "CCBot"),
    header=("noai", "gptbot: noindex"),
    meta=("noimageai",),
    tdm=("header: 1", "meta: 0"),
    tdm_policy="https://harbour.example/policy.json",
)


def test_each_thing_said_is_a_line_with_the_moment_it_was_seen() -> None:
    assert opt_out_of(SAID, SEEN) == [
        {"signal": signal, "value": value, "seen_at": SEEN}
        for signal, value in (
            ("robots", "GPTBot"),
            ("robots", "CCBot"),
            ("x-robots-tag", "noai"),
            ("x-robots-tag", "gptbot: noindex"),
            ("meta-robots", "noimageai"),
            ("tdm-reservation", "header: 1"),
            ("tdm-reservation", "meta: 0"),
            ("tdm-policy", "https://harbour.example/policy.json"),
        )
    ]


def test_what_the_catalog_stores_gives_the_same_lines() -> None:
    assert opt_out_of(OptOuts.parse(SAID.as_json()), SEEN) == opt_out_of(SAID, SEEN)


def test_nothing_said_and_nothing_known_are_an_empty_list() -> None:
    assert opt_out_of(OptOuts(robots=()), SEEN) == []
    assert opt_out_of(OptOuts(), SEEN) == []
    assert opt_out_of(None, SEEN) == []


def test_the_lines_fit_the_schema_whatever_a_site_wrote() -> None:
    odd = OptOuts(meta=("noai",), tdm_policy="https://harbour.example/\ud800")
    assert pa.array([opt_out_of(odd, SEEN), None, []], pa.list_(OPT_OUT)).null_count == 1


def test_pages_of_other_crawlers_have_what_their_responses_state_and_no_row_has_a_null(
    open_collection: Callable[..., Collection], capture: Capture, tmp_path: Path
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"
    said = {1: b"\r\nX-Robots-Tag: noai", 2: b""}
    with open_collection() as writer:
        for number, more in said.items():
            url = f"https://gazette.example/{number}"
            one = replace(capture, url=url, response_head=head + more, body=page(number), opt_outs=None)
            stored = writer.store(one)
    warc = writer.root / "collections" / writer.name / "archive" / stored.file
    sources = [warc, write_corpus(tmp_path / "corpus.jsonl", range(3, 5))]
    build(sources, tmp_path / "all", Options())
    rows = pq.read_table(tmp_path / "all/data").to_pylist()
    values = {row["url"]: [one["value"] for one in row["opt_out"]] for row in rows}
    assert values == {
        "https://gazette.example/1": ["noai"],
        "https://gazette.example/2": [],
        "https://a.example/3": [],
        "https://a.example/4": [],
    }
    build(sources, tmp_path / "free", Options(where="len(opt_out) = 0"))
    assert pq.read_table(tmp_path / "free/data").num_rows == 3
