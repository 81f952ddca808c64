"""`dataset summary --eu`: its figures are those of the rows, and what nobody told is marked."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("matplotlib")

from archive.dataset import TO_COMPLETE
from archive.dataset.card import statistics
from archive.dataset.provenance import manifest
from scraper.cli.main import main
from tests.support.dataset_files import make


def row(number: int, host: str | None, text: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - columns
    size = {"n_words": len(text.split()), "n_chars": len(text), "n_bytes": len(text.encode())}
    return {"id": str(number), "host": host, "text": text, "language": "en", **size, **more}


def summary(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["pressclip", "dataset", "summary", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401 - a function
    def run(*words: str | Path) -> str:
        assert summary(monkeypatch, *words) == 0
        return capsys.readouterr().out

    return run


def many(number: int) -> list[dict[str, Any]]:
    """Return a row for each of so many domains; the first has the most text."""
    return [row(n, f"www.mill{n:04}.com", "x" * (number - n)) for n in range(number)]


@pytest.mark.parametrize("form", ["parquet", "jsonl.zst"])
def test_hosts_of_one_domain_count_together_and_the_most_text_comes_first(
    form: str,
    tmp_path: Path,
    read: Any,  # noqa: ANN401 - a function
) -> None:
    rows = [
        row(1, "www.mill.co.uk", "The mill stood."),
        row(2, "news.mill.co.uk", "A wheel turned in the snow, and nobody saw it."),
        row(3, "lock.com", "The lock – 12 feet – was shut at four o\u2019clock."),
        row(4, None, "No place.", url="https://Lamp.example.org/a"),
        row(5, None, "No place at all.", url=None),
    ]
    folder = make(tmp_path / "ds", form=form, train=rows)
    found = json.loads(read(folder, "--eu", "--json"))
    assert (found["domains"], found["listed"]) == (3, [["mill.co.uk", 2, 61]])
    assert found["totals"]["rows"] == 5
    assert found["totals"]["bytes"] == sum(one["n_bytes"] for one in rows)
    assert found["languages"] == [["en", 5, sum(one["n_words"] for one in rows)]]


@pytest.mark.parametrize(
    ("domains", "words", "listed"),
    [(30, (), 3), (31, (), 4), (1, (), 1), (30, ("--small",), 2), (41, ("--small",), 3)],
)
def test_a_tenth_of_the_domains_is_listed_and_a_twentieth_for_small_providers(
    domains: int,
    words: tuple[str, ...],
    listed: int,
    tmp_path: Path,
    read: Any,  # noqa: ANN401 - a function
) -> None:
    folder = make(tmp_path / "ds", train=many(domains))
    found = json.loads(read(folder, "--eu", "--json", *words))
    assert found["domains"] == domains
    assert [name for name, *_ in found["listed"]] == [f"mill{n:04}.com" for n in range(listed)]


def test_a_small_provider_lists_no_more_than_the_most(tmp_path: Path) -> None:
    folder = make(tmp_path / "ds", train=many(200))
    with statistics.queries(folder) as ask:
        count, listed = ask.domains(str, 5, 7)
    assert (count, len(listed)) == (200, 7)


def test_domains_are_counted_over_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "BATCH", 3)
    folder = make(tmp_path / "ds", train=many(20))
    with statistics.queries(folder) as ask:
        assert ask.domains(lambda host: host[-5:-4], 100, None)[0] == 10


def test_the_markdown_tells_crawler_period_signals_and_condition(
    tmp_path: Path,
    read: Any,  # noqa: ANN401 - a function
) -> None:
    days = [datetime(2026, 5, day, tzinfo=UTC) for day in (9, 2)]
    signal = {"signal": "robots-meta", "value": "noai <b>", "seen_at": days[0]}
    rows = [
        row(n, "mill.com", "x", fetched=day, warc_file="a", opt_out=[signal], ai_train="refused")
        for n, day in enumerate(days)
    ]
    folder = make(tmp_path / "ds", train=rows, dropped=[row(9, "mill.com", "x", reason="exact_duplicate")])
    told = read(folder, "--eu")
    assert "Period of collection: 2026-05-02 to 2026-05-09" in told
    assert "2 texts are of HTTP responses" in told
    assert "| robots-meta | noai &lt;b&gt; | 2 | 2026-05-09 | 2026-05-09 |" in told
    assert "| ai_train | refused | 2 |" in told
    assert "| exact_duplicate | 1 |" in told
    assert "obeys robots.txt under the name pressclip" in told
    assert "2 seconds apart" in told
    assert "No row was left out of the dataset because of one." in told
    assert told == read(folder, "--eu")
    for asked in ("1.1 Provider", "3.2 Removal of illegal content"):
        assert TO_COMPLETE in told.partition(f"### {asked}")[2][:100]


def test_a_file_says_how_much_is_to_be_completed(
    tmp_path: Path,
    read: Any,  # noqa: ANN401 - a function
) -> None:
    folder, out = make(tmp_path / "ds", train=many(2)), tmp_path / "summary.md"
    told = read(folder, "--eu", "--out", out)
    assert out.read_text("utf-8").startswith("# Public summary of training content")
    assert f"{out.read_text('utf-8').count(TO_COMPLETE)} places are to be completed" in told
    assert list(manifest.check(folder)) == []


def test_a_dataset_without_rows_lists_nothing(
    tmp_path: Path,
    read: Any,  # noqa: ANN401 - a function
) -> None:
    folder = make(tmp_path / "ds", train=[])
    found = json.loads(read(folder, "--eu", "--json"))
    assert (found["totals"]["rows"], found["domains"], found["listed"]) == (0, 0, [])
    assert "0 texts" in read(folder, "--eu")


@pytest.mark.parametrize(
    ("words", "problem"),
    [((), "give --eu"), (("--eu",), "no complete dataset"), (("--eu", "--json", "--out", "s.md"), "--out is for")],
)
def test_what_cannot_be_done_is_one_line(
    words: tuple[str, ...],
    problem: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert summary(monkeypatch, tmp_path, *words) == 2
    told = capsys.readouterr()
    assert problem in told.err
    assert told.err.count("\n") == 1
    assert not told.out
