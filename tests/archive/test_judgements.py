"""What people said of lines is kept whole: once, in order, taken back where they say so, whatever killed the writer."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from archive import CATALOG, ArchiveError, Catalog
from archive.site_rules import JUDGEMENTS, Judgement, add_judgement, read_judgements
from benchmarks.judgements import scored, table
from cleaners import load_rules
from tests.support.invented_paper import HOST, Add, page, prose

SAID = Judgement("https://post.example/1", "urn:uuid:1", "Ring us.", "debris", "", "2026-11-29T21:00:00+00:00")
OTHER = replace(SAID, line="Nine boats came <b>loose</b>.\u2028“Ahoj”", verdict="text", rule="lines/share")


def test_judgements_are_read_back_in_their_order(tmp_path: Path) -> None:
    assert read_judgements(tmp_path) == []
    add_judgement(tmp_path, SAID)
    add_judgement(tmp_path, OTHER)
    assert read_judgements(tmp_path) == [SAID, OTHER]
    assert len((tmp_path / JUDGEMENTS).read_text("utf-8").split("\n")) == 3


def test_the_same_mark_twice_is_one(tmp_path: Path) -> None:
    for when in ("2026-11-29T21:00:00+00:00", "2026-11-29T22:00:00+00:00"):
        add_judgement(tmp_path, replace(SAID, when=when, record="urn:uuid:2"))
    assert [one.when for one in read_judgements(tmp_path)] == ["2026-11-29T21:00:00+00:00"]


def test_the_last_word_on_a_line_holds_and_can_be_taken_back(tmp_path: Path) -> None:
    add_judgement(tmp_path, SAID)
    add_judgement(tmp_path, replace(SAID, verdict="text"))
    assert [one.verdict for one in read_judgements(tmp_path)] == ["text"]
    add_judgement(tmp_path, replace(SAID, verdict="withdrawn"))
    add_judgement(tmp_path, replace(SAID, verdict="withdrawn"))
    assert read_judgements(tmp_path) == []
    add_judgement(tmp_path, SAID)
    assert read_judgements(tmp_path) == [SAID]
    assert (tmp_path / JUDGEMENTS).read_bytes().count(b"\n") == 4


@pytest.mark.parametrize("cut", [1, 7, 100])
def test_a_half_last_line_is_ignored_and_mended_by_the_next_writer(tmp_path: Path, cut: int) -> None:
    add_judgement(tmp_path, SAID)
    whole = (tmp_path / JUDGEMENTS).read_bytes()
    (tmp_path / JUDGEMENTS).write_bytes(whole + json.dumps(asdict(OTHER)).encode()[:-cut])
    assert read_judgements(tmp_path) == [SAID]
    add_judgement(tmp_path, OTHER)
    assert read_judgements(tmp_path) == [SAID, OTHER]
    assert (tmp_path / JUDGEMENTS).read_bytes().startswith(whole)


@pytest.mark.parametrize(
    "line", ["{}", "[]", "null", "\x00", '{"url": 1}', json.dumps({**asdict(SAID), "verdict": "?"})]
)
def test_another_line_that_is_none_is_told_and_nothing_is_written(tmp_path: Path, line: str) -> None:
    add_judgement(tmp_path, SAID)
    before = line + "\n" + (tmp_path / JUDGEMENTS).read_text("utf-8")
    (tmp_path / JUDGEMENTS).write_text(before, "utf-8")
    with pytest.raises(ArchiveError, match="line 1 is no judgement"):
        add_judgement(tmp_path, OTHER)
    assert (tmp_path / JUDGEMENTS).read_text("utf-8") == before


def test_half_of_a_surrogate_pair_does_not_stop_the_writer(tmp_path: Path) -> None:
    odd = replace(SAID, line="boats \ud83d")
    add_judgement(tmp_path, odd)
    add_judgement(tmp_path, odd)
    assert [one.line for one in read_judgements(tmp_path)] == ["boats ?"]


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    code = """if True:
        import sys
        from dataclasses import replace
        from pathlib import Path
        from archive.site_rules import add_judgement
        from tests.archive.test_judgements import SAID
        for number in range(20):
            add_judgement(Path(sys.argv[1]), replace(SAID, line=f"{sys.argv[2]} {number}"))"""
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in ("one", "two")]
    assert [writer.wait() for writer in writers] == [0, 0]
    lines = [one.line for one in read_judgements(tmp_path)]
    assert sorted(lines) == sorted(f"{name} {number}" for name in ("one", "two") for number in range(20))


def test_the_benchmark_scores_the_cleaner_by_verdict_and_by_host(add: Add, data: Path) -> None:
    add(page(number) for number in range(2))
    with Catalog(data / CATALOG) as catalog:
        rows = [catalog.articles(row.record_id)[0] for n in range(2) for row in catalog.captures(page(n)[0].url)]
    said = [
        Judgement(rows[0].url, rows[0].record_id, prose(0)[0], "debris", "", "2026-11-29"),
        Judgement(rows[0].url, rows[0].record_id, prose(0)[1], "text", "", "2026-11-29"),
        Judgement(rows[1].url, rows[1].record_id, "Home", "debris", "", "2026-11-29"),
        Judgement("https://gone.example/", "urn:uuid:gone", "Home", "debris", "", "2026-11-29"),
    ]
    told = [*table(scored(data, said, load_rules()))]
    assert [" ".join(line.split()) for line in told[:4]] == [
        "debris 1 of 2 right (50%), 1 not readable",
        "text 1 of 1 right (100%)",
        f"www.{HOST} 2 of 3 right (67%)",
        "gone.example 0 of 0 right, 1 not readable",
    ]
    assert told[4:] == [f"still kept: {prose(0)[0][:80]!r}  {rows[0].url}"]
