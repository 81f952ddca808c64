"""The options of a build travel to other processes without the rules, and not to other rules."""

from __future__ import annotations

from copy import copy
from pathlib import Path

import pytest

from archive import ArchiveError
from archive.dataset import Options, options_of
from cleaners import CleanOptions

RULE = """[[rule]]
id = "buy"
line = 'Buy now'
why = "an offer"
example = "Buy now"
keeps = "Buy nothing now."
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "sites" / "gazette.example.toml"
    path.parent.mkdir()
    path.write_text(RULE, "utf-8")
    return path


def test_another_process_loads_the_rules_by_itself(rules: Path) -> None:
    options = Options(rule_paths=(str(rules.parent),))
    assert options.rules is options.rules
    # a copy is made as for another process, by what the options say of themselves
    assert "rules" not in vars(copy(options))
    assert copy(options).rules.version == options.rules.version


def test_another_process_stops_where_a_rule_was_accepted_under_the_build(rules: Path) -> None:
    sent = copy(Options(rule_paths=(str(rules.parent),)))
    rules.with_name("courier.example.toml").write_text(RULE, "utf-8")
    with pytest.raises(ArchiveError, match="changed since the build began") as error:
        _ = sent.rules
    assert str(rules.parent) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_choice_about_cleaning_travels_with_the_options_and_is_told_by_the_version(rules: Path) -> None:
    options = Options(rule_paths=(str(rules.parent),), cleaning=CleanOptions(("captions",), favor="recall"))
    version = options.rules.version
    assert copy(options).rules.version == version
    assert options.of_rows()["rules_version"] == version
    assert options_of({"options": options.of_build()}).cleaning == options.cleaning
    assert version != Options(rule_paths=options.rule_paths).rules.version


def test_an_unknown_choice_of_a_strangers_dataset_is_one_line() -> None:
    with pytest.raises(ArchiveError, match="no family 'hats'"):
        options_of({"options": {"rules_version": "9.9.9-0123456789+keep.hats"}})
