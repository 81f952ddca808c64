"""What somebody accepted for a data root is in force in every command that cleans for it."""

from __future__ import annotations

import json
import pickle
from functools import partial
from pathlib import Path

import pytest

from archive.site_rules import accepted_rules_of, rule_file
from cleaners import load_in_force, load_rules, rule_folders
from scraper.crawl.options import options_from
from scraper.crawl.session import open_session
from tests.support.rule_data import ACCEPTED, HOST, PROPOSED, has_tin, write_rules, write_warc
from tests.support.shell import PAGE, press

pytestmark = pytest.mark.slow

URL = f"https://{HOST}/lamp"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_rules(tmp_path / "data")
    return tmp_path / "data"


def test_a_data_root_without_rules_has_the_packaged_ones_which_no_process_is_sent(tmp_path: Path) -> None:
    (tmp_path / "data" / "rules" / "sites").mkdir(parents=True)
    rules = load_in_force(tmp_path / "data")
    assert rules is load_rules() is load_in_force(None)
    assert pickle.loads(pickle.dumps(rules)) is rules  # noqa: S301 - our own
    assert len(pickle.dumps(rules)) < 200


def test_accepted_rules_are_in_force_proposed_and_rejected_ones_are_not(data: Path) -> None:
    write_rules(data, PROPOSED.replace('"tin"', '"tin-box"'), state="proposed")
    write_rules(data, PROPOSED.replace('"tin"', '"tin-can"'), state="rejected")
    rules = load_in_force(data)
    assert {rule.id for rule in rules} - {rule.id for rule in load_rules()} == {f"sites/{HOST}/tin"}
    copy = pickle.loads(pickle.dumps(rules))  # noqa: S301 - our own
    assert copy is not rules
    assert (list(copy), copy.version) == (list(rules), rules.version)


@pytest.mark.parametrize("command", [("rules", "list"), ("rules", "learn"), ("clean", "page.html")], ids=" ".join)
def test_accepted_rules_that_cannot_be_looked_at_are_not_passed_over(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE, "utf-8")
    (tmp_path / "data" / "rules").mkdir(parents=True)
    (tmp_path / "data" / "rules" / "sites").write_text("")
    done = press(*command, "--data", "data", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "data/rules/sites: cannot be read (Not a directory)" in done.line


def test_given_rules_follow_the_accepted_ones_and_one_that_is_both_counts_once(data: Path, tmp_path: Path) -> None:
    own = write_rules(tmp_path, ACCEPTED.replace('"tin"', '"own"'))
    rules = load_in_force(data, [own, data / "rules" / "sites"])
    assert [rule.id for rule in rules.sites[HOST].lines] == [f"sites/{HOST}/tin", f"sites/{HOST}/own"]


def test_every_command_finds_rules_where_the_archive_keeps_them(data: Path) -> None:
    accepted = rule_file(data, "sites", HOST).parent
    assert rule_folders(data) == (accepted,) == accepted_rules_of([data / "collections"]) == accepted_rules_of([], data)
    assert rule_folders(data, "proposed") == rule_folders(data / "elsewhere") == ()
    write_rules(data, PROPOSED, state="proposed")
    assert rule_folders(data, "proposed") == (rule_file(data, "proposed", HOST).parent,)


def test_clean_takes_the_rules_of_its_data_root_also_with_several_processes(data: Path, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE, "utf-8")
    clean = partial(press, "clean", "page.html", cwd=tmp_path)
    assert has_tin(clean("--url", URL).out)
    assert not has_tin(clean("--url", URL, "--data", data).out)
    assert has_tin(clean("--url", "https://courier.example/", "--data", data).out)
    data.rename(tmp_path / "pressclip-data")
    assert not has_tin(clean("--url", URL, "--jobs", "2").out)


def test_import_and_clean_again_take_the_rules_of_their_data_root(data: Path, tmp_path: Path) -> None:
    write_warc(tmp_path / "foreign.warc", HOST)
    press("archive", "import", "foreign.warc", "--data", "data", "--jobs", "2", cwd=tmp_path)
    again = partial(press, "archive", "reclean", "--dry-run", "--data", "data", "--json", cwd=tmp_path)
    said = json.loads(again().out)
    assert (said["skipped"], said["rules_version"]) == (2, load_in_force(data).version)
    (data / "rules" / "sites" / f"{HOST}.toml").unlink()
    said = json.loads(again("--jobs", "2").out)
    assert said["articles"]["changed"] == 2
    assert said["rules"][f"sites/{HOST}/tin"]["fewer"] == 2


def test_a_crawl_by_scrapys_own_command_line_takes_the_rules_of_its_data_root(data: Path) -> None:
    session = open_session(options_from({"seeds": f"https://{HOST}/", "data": str(data)}))
    try:
        assert session.rules.version == load_rules(data / "rules" / "sites").version
    finally:
        session.finish()
        session.frontier.dispose()


@pytest.mark.parametrize(
    "command",
    [
        ("clean", "page.html"),
        ("crawl", "https://post.example/lamp"),
        ("archive", "import", "foreign.warc"),
        ("archive", "reclean"),
        ("dataset", "build", "corpus.jsonl", "--out", "out"),
        ("rules", "list"),
        ("rules", "check"),
    ],
    ids=" ".join,
)
def test_a_broken_accepted_rule_is_one_line_and_nothing_is_done(
    command: tuple[str, ...], data: Path, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text(PAGE, "utf-8")
    (tmp_path / "corpus.jsonl").write_text('{"text": "It rained."}\n', "utf-8")
    write_warc(tmp_path / "foreign.warc", HOST)
    write_rules(data, ACCEPTED.replace("The parish", "(The parish", 1))
    done = press(*command, "--data", "data", cwd=tmp_path)
    assert done.code == 2
    assert f"data/rules/sites/{HOST}.toml: rule sites/{HOST}/tin: bad pattern" in done.line
    assert sorted(path.name for path in data.iterdir()) == ["rules"]
    assert not (tmp_path / "out").exists()
