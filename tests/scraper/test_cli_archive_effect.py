"""`pressclip archive reclean --dry-run --proposed`: what proposed rules would take, before anybody accepts them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.support.rule_data import ADS, HOST, PROPOSED, write_rules, write_warc
from tests.support.shell import KEPT, Done, press

Look = Callable[..., Done]
TIN, AD = len(KEPT[1]), len("Advertisement")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two pages each of three hosts; rules are proposed for the first, whose sport pages they hold for as well."""
    write_warc(tmp_path / "foreign.warc", HOST, f"sport.{HOST}", "courier.example")
    press("archive", "import", "foreign.warc", "--data", "data", cwd=tmp_path)
    write_rules(tmp_path / "data", PROPOSED, state="proposed")
    return tmp_path / "data"


@pytest.fixture
def look(tmp_path: Path) -> Look:
    return partial(press, "archive", "reclean", "--dry-run", "--proposed", "--data", "data", cwd=tmp_path)


def test_what_was_kept_as_text_is_told_from_what_other_rules_take_anyway(data: Path, look: Look) -> None:
    done = look("--json")
    assert (done.code, done.err) == (0, "")
    said = json.loads(done.out)
    assert (said["skipped"], said["failed"], [*said["hosts"]]) == (2, 0, [HOST])
    found = said["hosts"][HOST]
    assert (found["pages"], found["changed"]) == (4, 4)
    assert (found["removed"], found["from_text"], found["taken_anyway"]) == (4 * (TIN + AD), 4 * TIN, 4 * AD)
    assert found["besides"] == 0
    assert found["rules"] == {
        f"proposed/{HOST}/tin": {"pages": 4, "characters": 4 * TIN, "from_text": 4 * TIN},
        f"proposed/{HOST}/ads": {"pages": 4, "characters": 4 * AD, "from_text": 0},
    }


def test_the_table_says_it_by_host_and_by_rule_and_nothing_is_written(data: Path, look: Look) -> None:
    before = {path: path.read_bytes() for path in sorted(data.rglob("*.gz"))}
    lines = look("--jobs", "2").out.splitlines()
    assert lines[0].startswith("news: proposed rules of 1 host; 2 pages of other hosts skipped; rules ")
    assert lines[1].startswith(f"{HOST}: 4 of 4 pages change; {4 * (TIN + AD):,} characters removed: {4 * TIN:,} from")
    assert lines[2] == (f"  proposed/{HOST}/tin  4 pages, {4 * TIN:,} characters: {4 * TIN:,} from the text, 0 anyway")
    assert lines[-1].endswith("pressclip rules review --data data")
    assert {path: path.read_bytes() for path in sorted(data.rglob("*.gz"))} == before


def test_one_hosts_proposals_are_looked_at_by_themselves(data: Path, look: Look) -> None:
    write_rules(data, ADS, state="proposed", host="courier.example")
    said = json.loads(look("--host", "www.Courier.example", "--json").out)
    assert [*said["hosts"]] == ["courier.example"]
    assert (said["skipped"], said["hosts"]["courier.example"]["from_text"]) == (4, 0)
    assert "--host other.example: there are no proposed rules for it" in look("--host", "other.example").line


def test_accepted_rules_are_no_part_of_the_difference(data: Path, look: Look) -> None:
    write_rules(data, PROPOSED)
    found = json.loads(look("--json").out)["hosts"][HOST]
    assert (found["changed"], found["from_text"]) == (0, 0)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--proposed",), "accept rules with `pressclip rules review --data data`"),
        (("--host", "../x"), "not a host"),
        (("--dry-run", "--proposed"), "no proposed rules: run `pressclip rules learn --data data`"),
    ],
    ids=["without a dry run", "no host", "nothing proposed"],
)
def test_what_cannot_be_looked_at_is_a_usage_error_in_one_line(
    args: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    done = press("archive", "reclean", *args, "--data", "data", cwd=tmp_path)
    assert done.code == 2
    assert said in done.line
