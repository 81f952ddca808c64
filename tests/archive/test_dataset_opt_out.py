"""The column opt_out says what was seen, and tells "nothing" from "nobody looked"."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

pytest.importorskip("pyarrow")

import pyarrow as pa

from archive import OptOuts
from archive.dataset.rows import opt_out_of
from archive.dataset.table.schema import OPT_OUT

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


def test_nothing_said_is_an_empty_list_and_nobody_looked_is_none() -> None:
    assert opt_out_of(OptOuts(robots=()), SEEN) == []
    assert opt_out_of(OptOuts(), SEEN) == []
    assert opt_out_of(None, SEEN) is None


def test_the_lines_fit_the_schema_whatever_a_site_wrote() -> None:
    odd = OptOuts(meta=("noai",), tdm_policy="https://harbour.example/\ud800")
    assert pa.array([opt_out_of(odd, SEEN), None, []], pa.list_(OPT_OUT)).null_count == 1
