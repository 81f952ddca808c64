"""`pressclip rules`, and how light the command line starts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cleaners import load_rules
from tests.support.rule_data import ADS, EVIDENCE, HOST, PROPOSED, write_rules
from tests.support.shell import environment, press

HEAVY = ("scrapy", "twisted", "trafilatura", "lxml", "sqlalchemy", "aiohttp", "bs4")
HELP = """
import sys
from scraper.cli import main
for args in ([], ["clean"], ["crawl"], ["status"], ["archive"], ["archive", "search"], ["rules"], ["demo"]):
    sys.argv = ["pressclip", *args, "--help"]
    try:
        main()
    except SystemExit as done:
        assert not done.code, done.code
sys.exit(",".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""
RULE = "[[rule]]\n" + "\n".join(
    [
        'id = "tin"',
        'why = "the parish\'s own joke"',
        "drop = ['p.tin']",
        "example = '<p class=\"tin\">Tin.</p>'",
        "keeps = '<p>Tin.</p>'",
    ]
)


def test_help_of_no_command_imports_what_is_slow_to_import(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HELP]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    imported = set(done.stderr.strip().split(","))
    assert "scraper" in imported
    assert imported.isdisjoint(HEAVY)
    assert done.stdout.count("Usage: pressclip") == 8


def test_the_packaged_rules_hold(tmp_path: Path) -> None:
    done = press("rules", "check", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{len(list(load_rules()))} rules, version {load_rules().version}: ")


def test_the_list_names_every_rule_and_why(tmp_path: Path) -> None:
    done = press("rules", "list", cwd=tmp_path)
    assert [line.split(maxsplit=1) for line in done.out.splitlines()] == [[rule.id, rule.why] for rule in load_rules()]


def test_own_rules_follow_the_packaged_ones(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(RULE)
    done = press("rules", "list", "own.toml", "--json", cwd=tmp_path)
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert {row["id"] for row in rows} == {rule.id for rule in load_rules()} | {"own/tin"}
    assert {frozenset(row) for row in rows} == {frozenset({"id", "why", "example", "keeps"})}


@pytest.mark.parametrize(
    ("old", "new"),
    [("'<p>Tin.</p>'", "'<p class=\"tin\">Tin.</p>'"), ("'<p class=\"tin\">Tin.</p>'", "'<p>Tin.</p>'")],
    ids=["takes what it must keep", "does not take its example"],
)
def test_a_rule_that_does_not_do_what_it_says_fails_the_check(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "own.toml").write_text(RULE.replace(old, new, 1))
    done = press("rules", "check", "own.toml", cwd=tmp_path)
    assert done.code == 1
    assert "own/tin" in done.line


def test_the_list_shows_what_a_data_roots_rules_rest_on_and_which_are_only_proposed(tmp_path: Path) -> None:
    write_rules(tmp_path / "data")
    write_rules(tmp_path / "data", PROPOSED.replace('"tin"', '"tin-box"'), state="proposed")
    done = press("rules", "list", "--data", "data", cwd=tmp_path)
    by_id = {line.split(maxsplit=1)[0]: line.split(maxsplit=1)[1] for line in done.out.splitlines()}
    joke = "the parish's own joke"
    assert by_id[f"sites/{HOST}/tin"] == f"{joke}  (accepted 2026-11-22, version 1, on 3 of 4 pages, 75%)"
    assert by_id[f"proposed/{HOST}/tin-box"] == f"{joke}  (proposed, not in force, on 3 of 4 pages, 75%)"
    assert by_id[f"proposed/{HOST}/ads"] == "what is sold  (proposed, not in force)"


@pytest.mark.parametrize("command", [["list"], ["check"], ["retire", f"sites/{HOST}/tin"]])
def test_a_data_root_that_is_named_and_not_there_is_an_error(tmp_path: Path, command: list[str]) -> None:
    done = press("rules", *command, "--data", "nowhere", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "nowhere: no such data root" in done.line
    assert not (tmp_path / "nowhere").exists()


def test_the_list_in_json_has_the_evidence(tmp_path: Path) -> None:
    write_rules(tmp_path / "pressclip-data")
    done = press("rules", "list", "--json", cwd=tmp_path)
    rows = {row["id"]: row for row in map(json.loads, done.out.splitlines())}
    row = rows[f"sites/{HOST}/tin"]
    assert (row["proposed"], row["version"], row["accepted"]) == (False, 1, "2026-11-22")
    keys = [line.partition(" ")[0] for line in EVIDENCE.splitlines() if " = " in line]
    assert sorted(row["evidence"]) == sorted(keys)
    assert (row["evidence"]["pages"], row["evidence"]["share"]) == (3, 0.75)
    assert "evidence" not in rows["lines/advertisement"]


def test_the_check_proves_what_is_proposed_too_and_counts_it_apart(tmp_path: Path) -> None:
    write_rules(tmp_path / "data")
    write_rules(tmp_path / "data", PROPOSED.replace('"tin"', '"tin-box"'), state="proposed")
    done = press("rules", "check", "--data", "data", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{len(list(load_rules())) + 1} rules, version ")
    assert " and 2 proposed: " in done.out
    write_rules(tmp_path / "data", ADS.replace("<p>Lamps", '<p class="sold">Lamps'), state="proposed")
    done = press("rules", "check", "--data", "data", cwd=tmp_path)
    assert done.code == 1
    assert f"proposed/{HOST}/ads: removes what it must keep" in done.line
