"""The options of a build travel to other processes with the rule files, and not to other versions."""

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


def sent(options: Options) -> Options:
    """Return the options as another process gets them: a copy is made by what they say of themselves."""
    return copy(options)


def test_another_process_loads_the_rules_by_itself(rules: Path) -> None:
    options = Options(rule_paths=(str(rules.parent),))
    assert options.rules is options.rules
    assert "rules" not in vars(sent(options))
    assert sent(options).rules.version == options.rules.version


def test_another_machine_has_the_rules_without_their_files(rules: Path) -> None:
    options = Options(rule_paths=(str(rules.parent),))
    version, received = options.rules.version, sent(options)
    rules.unlink()
    assert received.rules.version == version
    assert [rule.id for rule in received.rules.sites["gazette.example"].lines] == ["sites/gazette.example/buy"]
    assert sent(received).rules.version == version


def test_a_rule_that_is_accepted_under_the_build_waits_for_the_next(rules: Path) -> None:
    received = sent(Options(rule_paths=(str(rules.parent),)))
    rules.with_name("courier.example.toml").write_text(RULE, "utf-8")
    assert [*received.rules.sites] == ["gazette.example"]


@pytest.mark.parametrize("version", ["rules_version", "extractor_version"])
def test_another_machine_with_other_packages_stops_in_one_line(
    rules: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = sent(Options(rule_paths=(str(rules.parent),)))
    if version == "rules_version":
        monkeypatch.setattr("cleaners.rules.load.VERSION", "9.9.9")
    else:
        monkeypatch.setattr("archive.dataset.table.options.extractor_version", lambda: "another-9.9")
    with pytest.raises(ArchiveError, match=f"planned with another {version.replace('_', ' ')} .*here .*9.9") as error:
        _ = received.rules
    assert "\n" not in str(error.value)


def test_a_choice_about_cleaning_travels_with_the_options_and_is_told_by_the_version(rules: Path) -> None:
    options = Options(rule_paths=(str(rules.parent),), cleaning=CleanOptions(("captions",), favor="recall"))
    version = options.rules.version
    assert sent(options).rules.version == version
    assert options.of_rows()["rules_version"] == version
    assert options_of({"options": options.of_build()}).cleaning == options.cleaning
    assert version != Options(rule_paths=options.rule_paths).rules.version


def test_an_unknown_choice_of_a_strangers_dataset_is_one_line() -> None:
    with pytest.raises(ArchiveError, match="no family 'hats'"):
        options_of({"options": {"rules_version": "9.9.9-0123456789+keep.hats"}})
