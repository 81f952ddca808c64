"""`pressclip rules`, and how light the command line starts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from shell import environment, press

from cleaners import load_rules

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
