"""Opt-outs: which signals a page gives, and that they come back from the WARC file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archive import Capture, Catalog, Collection, OptOuts, read_opt_outs, read_warc, refused_agents, tdm_of
from archive.maintain.rebuild import Rebuilder
from archive.maintain.verify import Verifier
from archive.rights.optouts import AI_AGENTS, AI_AGENTS_DATE
from archive.rights.page import OPT_OUT_HEAD

Make = Callable[..., Collection]


def read(head: str = "", html: str = "") -> OptOuts:
    lines = [line.split(": ", 1) for line in head.splitlines()]
    return read_opt_outs(lambda name: [value for found, value in lines if found.lower() == name], html.encode())


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("X-Robots-Tag: noai", ("noai",)),
        ("X-Robots-Tag: NoAI, noimageai , max-snippet:50", ("noai", "noimageai")),
        ("X-Robots-Tag: noindex\nX-Robots-Tag: noarchive", ("noindex", "noarchive")),
        ("X-Robots-Tag: GPTBot: noindex, noarchive", ("gptbot: noindex", "gptbot: noarchive")),
        ("X-Robots-Tag: noai, googlebot: none", ("noai", "googlebot: none")),
        ("X-Robots-Tag: unavailable_after: 25 Jun 2010 15:00:00 PST, nosnippet", ("nosnippet",)),
        ("X-Robots-Tag: all, index, follow", ()),
        ("X-Robots-Tag: " + "noai," * 5000, ("noai",)),
        ("Server: noai", ()),
        ("", ()),
    ],
)
def test_the_header_is_read(head: str, words: tuple[str, ...]) -> None:
    assert read(head).header == words


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ('<meta name="robots" content="noai, noimageai">', ("noai", "noimageai")),
        ("<META CONTENT=noindex NAME=ROBOTS>", ("noindex",)),
        ('<meta name="GPTBot" content="noindex">', ("gptbot: noindex",)),
        ('<meta name="description" content="noai">', ()),
        ('<!-- <meta name="robots" content="noai"> -->', ()),
        ('<script>"<meta name=robots content=noai>"</script>', ()),
        (" " * OPT_OUT_HEAD + '<meta name="robots" content="noai">', ()),
        ('<meta name="robots" content="index, follow">', ()),
        ("<!--" * 50_000 + "noai", ()),
    ],
)
def test_meta_elements_are_read(html: str, words: tuple[str, ...]) -> None:
    assert read(html=f"<html><head>{html}</head><p>Text.</p>").meta == words


def test_a_reservation_says_where_it_stands() -> None:
    found = read("TDM-Reservation: 1\ntdm-policy: https://a.example/p", '<meta name="tdm-reservation" content="0">')
    assert (found.tdm, found.tdm_policy, found.reserved) == (("header: 1", "meta: 0"), "https://a.example/p", True)
    assert read("TDM-Reservation: maybe").tdm == ()


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([{"location": "/", "tdm-reservation": 1}], ("1", None)),
        ([{"location": "/", "tdm-reservation": 1, "tdm-policy": "https://a.example/p"}], ("1", "https://a.example/p")),
        ([{"location": "/", "tdm-reservation": 1}, {"location": "/news/", "tdm-reservation": 0}], ("0", None)),
        ([{"location": "/n*s/", "tdm-reservation": 1}], ("1", None)),
        ([{"location": "/news/a$", "tdm-reservation": 1}], ("1", None)),
        ([{"location": "/news$", "tdm-reservation": 1}], None),
        ([{"location": "/sport/", "tdm-reservation": 1}], None),
        ([{"location": 1, "tdm-reservation": 1}, 7, {"location": "/", "tdm-reservation": "yes"}], None),
        ({"location": "/", "tdm-reservation": 1}, None),
    ],
)
def test_the_file_of_an_origin_speaks_for_its_paths(rules: object, found: tuple[str, str | None] | None) -> None:
    assert tdm_of("/news/a", rules) == found


def test_the_list_of_agents_has_a_date_and_the_known_names() -> None:
    assert AI_AGENTS_DATE >= "2026-11-21"
    assert {"GPTBot", "CCBot", "Google-Extended", "ClaudeBot", "anthropic-ai"} <= set(AI_AGENTS)
    assert refused_agents("https://a.example/", lambda url, agent: agent != "CCBot") == ("CCBot",)


FULL = OptOuts(("GPTBot", "CCBot"), ("noai",), ("gptbot: noindex",), ("meta: 1",), "https://a.example/p", "2025-01-01")


@pytest.mark.parametrize("found", [FULL, OptOuts(()), OptOuts()])
def test_signals_come_back_from_file_and_catalog(
    open_collection: Make, capture: Capture, tmp_path: Path, found: OptOuts
) -> None:
    with open_collection() as collection:
        stored = collection.store(replace(capture, opt_outs=found))
        collection.store(replace(capture, url="https://gazette.example/other", body=b"Another."))
    root = tmp_path / "data"
    (file,) = (root / "collections/news/archive").glob("*.warc.gz")
    assert [read.opt_outs for read in read_warc(file)] == [found, None]
    assert list(Verifier(root, full=True).findings()) == []
    assert subprocess.run([sys.executable, "-m", "warcio.cli", "check", file], check=False).returncode == 0
    rows = []
    for _ in range(2):
        with Catalog(root / "catalog.sqlite") as catalog:
            row = catalog.capture(stored.record_id)
        assert row is not None
        assert OptOuts.parse(row.opt_outs) == found
        rows.append(row)
        (root / "catalog.sqlite").unlink()
        shutil.rmtree(root / "collections/news/indexes")
        assert list(Rebuilder(root).findings()) == []
    assert rows[0] == rows[1]


def test_a_record_with_signals_makes_no_line_in_the_index(
    open_collection: Make, capture: Capture, tmp_path: Path
) -> None:
    with open_collection() as collection:
        collection.store(replace(capture, opt_outs=FULL))
    (index,) = (tmp_path / "data/collections/news/indexes").glob("*.cdxj")
    assert len(index.read_text().splitlines()) == 1
