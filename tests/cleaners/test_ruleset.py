"""Test rule files: a mistake raises an error of one line, and a site file applies to its host only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cleaners import RuleError, RuleSet, load_rules, prove
from cleaners.rules.model import LineRule

PROOF = "why = 'debris'\nexample = '<div class=\"x\">Buy</div>'\nkeeps = '<p>Text.</p>'\n"
DOM_RULE = f"[[rule]]\nid = 'box'\ndrop = ['.x']\n{PROOF}"
LINE_RULE = f"[[rule]]\nid = 'buy'\nline = 'Buy now'\n{PROOF}"

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, content: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
        return path

    return write


def ids(rules: RuleSet) -> set[str]:
    return {rule.id for rule in (*rules.dom, *rules.lines)}


BAD_RULES = {
    "unknown key": (DOM_RULE + "titl = 'x'\n", "titl"),
    "unknown key at the top": ("bodi = ['main']\n" + DOM_RULE, "bodi"),
    "key of another verb": (DOM_RULE + "place = 'tail'\n", "place"),
    "bad selector": (DOM_RULE.replace(".x", "div[", 1), "div["),
    "selector that takes minutes": (DOM_RULE.replace(".x", "p.x ~ p", 1), "bad selector 'p.x ~ p': on the left of ~"),
    "selector that is no text": (DOM_RULE.replace("['.x']", "[3]", 1), "drop"),
    "bad pattern": (LINE_RULE.replace("Buy now", "(Buy", 1), "pattern"),
    "fragment of nothing": (LINE_RULE.replace("line = 'Buy now'", "fragment = 'x*'"), "empty"),
    "unknown place": (LINE_RULE + "place = 'middle'\n", "middle"),
    "unknown shape": (LINE_RULE + "shape = 'round'\n", "round"),
    "missing example": (DOM_RULE.replace("example =", "# "), "example"),
    "missing keeps": (LINE_RULE.replace("keeps =", "# "), "keeps"),
    "empty why": (LINE_RULE.replace("'debris'", "''"), "why"),
    "wrong type": (LINE_RULE.replace("'Buy now'", "['Buy now']"), "line"),
    "number as text": (LINE_RULE + "max = '9'\n", "max"),
    "two verbs": (LINE_RULE + "drop = ['.x']\n", "exactly one"),
    "no verb": (f"[[rule]]\nid = 'none'\n{PROOF}", "exactly one"),
    "id with capitals": (DOM_RULE.replace("'box'", "'Big Box'"), "id"),
    "double id": (DOM_RULE + DOM_RULE, "twice"),
    "one table": (DOM_RULE.replace("[[rule]]", "[rule]"), "[[rule]]"),
    "not TOML": ("[[rule]\n", "TOML"),
}


@pytest.mark.parametrize("name", BAD_RULES)
def test_a_bad_rule_is_refused_in_one_line_that_says_where_and_what(name: str, write: Write) -> None:
    content, named = BAD_RULES[name]
    path = write("mine.toml", content)
    with pytest.raises(RuleError) as error:
        load_rules(path)
    message = str(error.value)
    assert "\n" not in message
    assert str(path) in message
    assert named in message


@pytest.mark.parametrize("name", ["unknown key", "bad selector", "missing example", "double id"])
def test_the_error_of_a_rule_names_the_rule(name: str, write: Write) -> None:
    with pytest.raises(RuleError, match=r"mine/box"):
        load_rules(write("mine.toml", BAD_RULES[name][0]))


def test_a_rule_without_an_id_is_named_by_its_number(write: Write) -> None:
    with pytest.raises(RuleError, match="rule number 2: 'id' is missing"):
        load_rules(write("mine.toml", DOM_RULE + DOM_RULE.replace("id = 'box'", "")))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"gone\.toml"):
        load_rules(tmp_path / "gone.toml")


def test_bytes_that_are_no_text_are_not_toml(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"id = '\xff'")
    with pytest.raises(RuleError, match=r"mine\.toml: not TOML"):
        load_rules(path)


def test_own_rules_come_after_the_packaged_ones(write: Write) -> None:
    packaged = load_rules()
    rules = load_rules(write("mine.toml", DOM_RULE + LINE_RULE))
    assert rules.dom[: len(packaged.dom)] == packaged.dom
    assert [rule.id for rule in rules.dom[len(packaged.dom) :]] == ["mine/box"]
    assert [rule.id for rule in rules.lines[len(packaged.lines) :]] == ["mine/buy"]


def test_a_folder_is_read_with_all_its_files(write: Write, tmp_path: Path) -> None:
    write("more/a.toml", DOM_RULE)
    write("more/sites/gazette.example.toml", LINE_RULE)
    assert {"a/box", "sites/gazette.example/buy"} <= {rule.id for rule in load_rules(tmp_path / "more")}


def test_options_of_a_line_rule_are_read(write: Write) -> None:
    options = "place = 'tail'\nmax = 30\nlangs = ['en', 'de']\nbeside = ['share']\nshape = 'label'\n"
    rule = load_rules(write("mine.toml", LINE_RULE + options)).lines[-1]
    assert isinstance(rule, LineRule)
    assert (rule.place, rule.max, rule.langs, rule.beside, rule.shape) == (
        "tail",
        30,
        frozenset({"en", "de"}),
        frozenset({"share"}),
        "label",
    )


@pytest.mark.parametrize(
    ("host", "applies"),
    [
        ("gazette.example", True),
        ("www.gazette.example", True),
        ("sport.news.gazette.example", True),
        ("GAZETTE.example", True),
        ("gazette.example:8080", True),
        ("mygazette.example", False),
        ("gazette.example.evil.example", False),
        ("example", False),
    ],
)
def test_a_site_file_holds_for_its_host_and_subdomains(host: str, applies: bool, write: Write) -> None:
    rules = load_rules(write("sites/gazette.example.toml", DOM_RULE))
    assert ("sites/gazette.example/box" in ids(rules.for_url(f"https://{host}/a"))) is applies


@pytest.mark.parametrize(
    ("url", "applies"),
    [
        ("http://127.0.0.1:8001/a", True),
        ("http://127.0.0.1:8002/a", False),
        ("http://127.0.0.1/a", False),
        ("http://user@127.0.0.1:8001/a", True),
        ("http://127.0.0.1:70000/a", False),
    ],
)
def test_a_site_file_with_a_port_holds_for_that_port_alone(url: str, applies: bool, write: Write) -> None:
    rules = load_rules(write("sites/127.0.0.1:8001.toml", DOM_RULE))
    assert ("sites/127.0.0.1:8001/box" in ids(rules.for_url(url))) is applies


def test_a_site_file_without_a_port_holds_for_all_ports(write: Write) -> None:
    rules = load_rules(write("sites/gazette.example.toml", DOM_RULE))
    assert "sites/gazette.example/box" in ids(rules.for_url("https://www.gazette.example:8443/a"))


@pytest.mark.parametrize("url", [None, "", "not a url", "/path", "https://other.example/", "file:///tmp/x"])
def test_pages_of_unknown_hosts_get_the_generic_rules(url: str | None, write: Write) -> None:
    rules = load_rules(write("sites/gazette.example.toml", "skip = ['dom/share-bar']\n" + DOM_RULE))
    active = rules.for_url(url)
    assert (active.dom, active.lines) == (load_rules().dom, load_rules().lines)


def test_a_site_file_switches_generic_rules_off(write: Write) -> None:
    rules = load_rules(write("sites/gazette.example.toml", "skip = ['dom/share-bar', 'lines/share']\n"))
    gone = ids(load_rules()) - ids(rules.for_url("https://gazette.example/"))
    assert gone == {"dom/share-bar", "lines/share"}


def test_the_most_specific_site_file_wins(write: Write, tmp_path: Path) -> None:
    write("sites/gazette.example.toml", DOM_RULE)
    write("sites/sport.gazette.example.toml", LINE_RULE)
    rules = load_rules(tmp_path / "sites")
    assert "sites/gazette.example/box" not in ids(rules.for_url("https://sport.gazette.example/"))
    assert "sites/sport.gazette.example/buy" in ids(rules.for_url("https://www.sport.gazette.example/"))
    assert "sites/gazette.example/box" in ids(rules.for_url("https://gazette.example/"))


def test_the_version_changes_when_a_rule_changes(write: Write) -> None:
    first = load_rules(write("a/mine.toml", DOM_RULE)).version
    second = load_rules(write("b/mine.toml", DOM_RULE.replace("debris", "other debris"))).version
    assert len({first, second, load_rules().version}) == 3


def test_the_version_changes_with_the_detector_of_encodings(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write("a/mine.toml", DOM_RULE)
    before = load_rules(file).version
    monkeypatch.setattr("cleaners.rules.load.detector", lambda: "chardet 0.1")
    assert load_rules(file).version != before


def test_the_version_does_not_change_with_the_path(write: Write) -> None:
    assert load_rules(write("a/mine.toml", DOM_RULE)).version == load_rules(write("b/mine.toml", DOM_RULE)).version


def test_rules_for_a_page_keep_the_version_of_the_whole(write: Write) -> None:
    rules = load_rules(write("sites/gazette.example.toml", DOM_RULE))
    assert rules.for_url("https://gazette.example/").version == rules.version


def test_the_version_changes_when_a_site_file_is_for_another_host(write: Write) -> None:
    first, second = write("a/sites/gazette.example.toml", DOM_RULE), write("b/sites/courier.example.toml", DOM_RULE)
    assert load_rules(first).version != load_rules(second).version


def test_a_double_id_in_a_site_file_is_refused(write: Write) -> None:
    with pytest.raises(RuleError, match="twice"):
        load_rules(write("sites/gazette.example.toml", DOM_RULE + DOM_RULE))


def test_files_for_one_host_are_put_together_where_their_ids_differ(write: Write) -> None:
    first = write("a/sites/gazette.example.toml", "skip = ['dom/share-bar']\n" + DOM_RULE)
    second = write("b/sites/gazette.example.toml", "skip = ['lines/share']\n" + LINE_RULE)
    rules = load_rules(first, second).for_url("https://gazette.example/")
    assert {"sites/gazette.example/box", "sites/gazette.example/buy"} <= ids(rules)
    assert not {"dom/share-bar", "lines/share"} & ids(rules)


def test_an_id_that_two_files_for_one_host_have_is_refused_with_both_files(write: Write) -> None:
    first = write("a/sites/gazette.example.toml", DOM_RULE)
    second = write("b/sites/gazette.example.toml", DOM_RULE.replace("debris", "other debris"))
    with pytest.raises(RuleError, match="twice") as error:
        load_rules(first, second)
    assert str(error.value).startswith(f"{first}, {second}: rule sites/gazette.example/box: ")


def test_a_file_that_is_there_twice_is_read_once(write: Write, tmp_path: Path) -> None:
    first = write("a/sites/gazette.example.toml", DOM_RULE)
    alone = load_rules(first).version
    write("b/sites/gazette.example.toml", DOM_RULE)
    assert load_rules(tmp_path, first).version == alone


def test_switching_off_a_rule_that_is_not_there_is_refused(write: Write) -> None:
    with pytest.raises(RuleError, match="dom/no-such"):
        load_rules(write("sites/gazette.example.toml", "skip = ['dom/no-such']\n"))


def test_standing_beside_a_rule_that_is_not_there_is_refused(write: Write) -> None:
    with pytest.raises(RuleError, match="no-such"):
        load_rules(write("mine.toml", LINE_RULE + "beside = ['no-such']\n"))


def test_a_rule_without_a_selector_is_refused(write: Write) -> None:
    with pytest.raises(RuleError, match="drop"):
        load_rules(write("mine.toml", DOM_RULE.replace("['.x']", "[]", 1)))


def test_a_truth_is_no_number(write: Write) -> None:
    with pytest.raises(RuleError, match="max"):
        load_rules(write("mine.toml", LINE_RULE + "max = true\n"))


def test_a_file_that_was_changed_is_read_again(write: Write) -> None:
    load_rules(write("mine.toml", DOM_RULE))
    assert "mine/buy" in ids(load_rules(write("mine.toml", LINE_RULE)))


def test_a_page_of_a_broken_address_gets_the_generic_rules(write: Write) -> None:
    rules = load_rules(write("sites/gazette.example.toml", DOM_RULE))
    assert rules.for_url("http://[").dom == load_rules().dom


def test_a_bad_packaged_pattern_is_told_by_the_proof() -> None:
    bad = LineRule("lines/bad", "debris", "Buy", "Text.", "(", whole=True)
    assert list(prove(RuleSet(lines=(bad,)))) == [
        "rule lines/bad: bad pattern: missing ), unterminated subpattern at position 0"
    ]


SITE_RULE = f"inherit = true\n{LINE_RULE}"


def test_a_site_file_that_inherits_stands_after_its_parent_hosts_rules(write: Write, tmp_path: Path) -> None:
    write("sites/gazette.example.toml", DOM_RULE + LINE_RULE)
    write("sites/news.gazette.example.toml", "inherit = true\nskip = ['dom/share-bar']\n")
    write("sites/sport.news.gazette.example.toml", SITE_RULE)
    rules = load_rules(tmp_path / "sites").for_url("https://sport.news.gazette.example/")
    assert [rule.id for rule in rules.lines[-2:]] == [
        "sites/gazette.example/buy",
        "sites/sport.news.gazette.example/buy",
    ]
    assert rules.dom[-1].id == "sites/gazette.example/box"
    assert "dom/share-bar" not in ids(rules)


@pytest.mark.parametrize("name", ["bücher.example", "Bücher.Example", "xn--bcher-kva.example"])
@pytest.mark.parametrize("host", ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "www.bücher.example."])
def test_a_site_file_holds_however_its_hosts_name_is_spelled(name: str, host: str, write: Write) -> None:
    rules = load_rules(write(f"sites/{name}.toml", DOM_RULE))
    assert f"sites/{name}/box" in ids(rules.for_url(f"https://{host}/a"))


def test_a_site_file_that_is_named_after_no_host_is_refused(write: Write) -> None:
    with pytest.raises(RuleError, match="not named after a host"):
        load_rules(write("sites/ü..example.toml", DOM_RULE))


def test_what_a_site_file_inherits_ends_at_a_host_that_does_not_inherit(write: Write, tmp_path: Path) -> None:
    write("sites/gazette.example.toml", DOM_RULE)
    write("sites/news.gazette.example.toml", DOM_RULE)
    write("sites/sport.news.gazette.example.toml", SITE_RULE)
    rules = load_rules(tmp_path / "sites").for_url("https://sport.news.gazette.example/")
    assert "sites/news.gazette.example/box" in ids(rules)
    assert "sites/gazette.example/box" not in ids(rules)


def test_a_host_inherits_only_where_each_of_its_files_says_so(write: Write, tmp_path: Path) -> None:
    write("a/sites/gazette.example.toml", DOM_RULE)
    write("a/sites/sport.gazette.example.toml", "skip = []\n")
    write("b/sites/sport.gazette.example.toml", SITE_RULE)
    rules = load_rules(tmp_path).for_url("https://sport.gazette.example/")
    assert "sites/sport.gazette.example/buy" in ids(rules)
    assert "sites/gazette.example/box" not in ids(rules)


def test_a_subdomains_file_switches_off_a_rule_that_it_inherits(write: Write, tmp_path: Path) -> None:
    write("sites/gazette.example.toml", DOM_RULE)
    write("sites/sport.gazette.example.toml", "inherit = true\nskip = ['sites/gazette.example/box']\n")
    rules = load_rules(tmp_path)
    assert "sites/gazette.example/box" not in ids(rules.for_url("https://sport.gazette.example/"))
    assert "sites/gazette.example/box" in ids(rules.for_url("https://gazette.example/"))


@pytest.mark.parametrize("folder", ["proposed", "rejected"])
def test_rules_that_nobody_accepted_are_read_only_where_their_own_folder_is_named(
    folder: str, write: Write, tmp_path: Path
) -> None:
    write("rules/sites/gazette.example.toml", DOM_RULE)
    write(f"rules/{folder}/gazette.example.toml", DOM_RULE)
    assert f"{folder}/gazette.example/box" not in {rule.id for rule in load_rules(tmp_path / "rules")}
    both = load_rules(tmp_path / "rules", tmp_path / "rules" / folder)
    applied = ids(both.for_url("https://gazette.example/"))
    assert {"sites/gazette.example/box", f"{folder}/gazette.example/box"} <= applied
    assert both.version != load_rules(tmp_path / "rules").version


EVIDENCE = """
[rule.evidence]
pages = 40
of = 50
share = 0.8
first_seen = "2026-10-01"
last_seen = "2026-11-20"
urls = ["https://gazette.example/1", "https://gazette.example/2", "https://gazette.example/3"]
removes = ["Buy now"]
characters = 280
position = "tail"
places = ["body/main/div/p"]
facts = ["the text beside it differs"]
probability = 1
"""
LEARNED = f"inherit = true\n{LINE_RULE}version = 2\naccepted = '2026-11-22'\n{EVIDENCE}"


def test_a_learned_rule_carries_its_evidence(write: Write) -> None:
    rule = load_rules(write("sites/gazette.example.toml", LEARNED)).sites["gazette.example"].lines[0]
    assert rule.evidence is not None
    assert (rule.version, rule.accepted) == (2, "2026-11-22")
    assert (rule.evidence.pages, rule.evidence.share, rule.evidence.probability) == (40, 0.8, 1)
    assert rule.evidence.removes == ("Buy now",)


def test_a_rule_that_nobody_learned_has_no_evidence(write: Write) -> None:
    rule = load_rules(write("mine.toml", DOM_RULE)).dom[-1]
    assert (rule.version, rule.accepted, rule.evidence) == (1, "", None)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("characters = 280\n", "", "'characters' is missing"),
        ("share = 0.8\n", "", "'share' is missing"),
        ("of = 50", "off = 50", "unknown key 'off'"),
        ("pages = 40", "pages = 40.5", "'pages' must be an integer"),
        ("pages = 40", "pages = true", "'pages' must be an integer"),
        ("probability = 1", "probability = 1.5", "'probability' must be from 0 to 1"),
        ('["Buy now"]', "[7]", "'removes' must be a list of strings"),
        ("version = 2", "version = 0", "'version' must be 1 or more"),
        ("version = 2", "version = true", "'version' must be an integer"),
        ("'2026-11-22'", "'20261122'", "'accepted' must be a day"),
        ("'2026-11-22'", "''", "'accepted' must be a day"),
        ("'2026-11-22'", "'yesterday'", "'accepted' must be a day"),
    ],
)
def test_what_a_learned_rule_says_of_itself_is_checked(old: str, new: str, named: str, write: Write) -> None:
    path = write("sites/gazette.example.toml", LEARNED.replace(old, new, 1))
    with pytest.raises(RuleError) as error:
        load_rules(path)
    assert str(error.value).startswith(f"{path}: rule sites/gazette.example/buy: ")
    assert named in str(error.value)


@pytest.mark.parametrize(
    ("name", "text"), [("sites/gazette.example.toml", "inherit = 1\n"), ("mine.toml", "inherit = true\n")]
)
def test_only_a_site_file_inherits_and_says_so_as_a_truth(name: str, text: str, write: Write) -> None:
    path = write(name, text)
    with pytest.raises(RuleError, match="inherit") as error:
        load_rules(path)
    assert str(path) in str(error.value)
