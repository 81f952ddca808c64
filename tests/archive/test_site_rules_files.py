"""The rule files of a data root: what a person reads in git, and what no kill and no program may lose."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archive import ArchiveError
from archive.site_rules import (
    Snapshot,
    accept,
    files,
    host_name,
    hosts_with_rules,
    read_proposals,
    reject,
    retire,
    rule_file,
    write_proposed,
)
from archive.site_rules.files import table_of
from cleaners import Evidence, RuleError, clean_text, load_rules, prove
from cleaners.learn import Proposal

HOST = "tidewater.example"
DAY = "2026-11-22"
SIGN_UP = "Every tide in your pocket: the Tidewater briefing, each morning at six."
KEEPS = "Nobody on the quay could say why the ferry had sailed without its cook."
BY_HAND = """\
# The desk's own file.
inherit = true

# since the relaunch of May
[[rule]]
id = "tide-table"  # asked for by Ada
why = "the tide table below each story"
line = 'High water: .{1,40}'
example = "High water: 04:12"
keeps = "High water came at noon, and with it the ferry."


# the cook's column keeps its name
[[rule]]
id = "galley"
why = "name of the column"
line = 'From the galley'
example = "From the galley"
keeps = "From the galley came a smell of burnt onions that nobody would own."
"""


def proposal(id: str = "sign-up", pattern: str | tuple[str, ...] = r"Every tide in your pocket\b.*",
             example: str = SIGN_UP, probability: float = 0.98) -> Proposal:  # fmt: skip
    evidence = Evidence(
        pages=48,
        of=50,
        first_seen="2026-10-01",
        last_seen="2026-11-20",
        urls=("https://tidewater.example/a", "https://tidewater.example/b", "https://tidewater.example/c"),
        removes=(example,),
        characters=2736,
        position="tail",
        places=("body/main/div/p",),
        facts=("other text beside it on each page",),
        probability=probability,
    )
    verb = "line" if isinstance(pattern, str) else "drop"
    keeps = KEEPS if verb == "line" else f"<p>{KEEPS}</p>"
    return Proposal(id, verb, pattern, "asks the reader to subscribe", example, keeps, evidence)  # type: ignore[arg-type]


BOX = proposal("follow-box", ("div.follow-box",), '<div class="follow-box">Follow us</div>', 0.99)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    wanted = [BOX, replace(proposal(), max=400, cues=("sign up", "tidewater"))]
    write_proposed(tmp_path, HOST, wanted)
    assert read_proposals(tmp_path, "proposed", HOST) == tuple(wanted)
    assert hosts_with_rules(tmp_path, "proposed") == [HOST]


@pytest.mark.parametrize(
    "text",
    ["don't miss", "it's '''all''' here", "ends in a quote '", 'says "no" \\ "yes"', "a\nb\tc",
     "a\x1b[2J\u202eb\u00a0c", "\U000e0041 tag", "\x7f", "# no comment", "[[rule]]"],
)  # fmt: skip
def test_any_text_is_read_back_as_it_was_and_nothing_in_the_file_steers_a_terminal(tmp_path: Path, text: str) -> None:
    wanted = replace(proposal(pattern=text), why=text, example=text)
    write_proposed(tmp_path, HOST, [wanted])
    assert read_proposals(tmp_path, "proposed", HOST) == (wanted,)
    assert rule_file(tmp_path, "proposed", HOST).read_text("utf-8").replace("\n", "").isprintable()


def test_a_pattern_is_written_as_it_is_read(tmp_path: Path) -> None:
    path = write_proposed(tmp_path, HOST, [proposal()])
    assert path
    assert r"line = 'Every tide in your pocket\b.*'" in path.read_text("utf-8").splitlines()


def test_the_same_proposals_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    found = []
    for number, given in enumerate([[proposal(), BOX], [BOX, proposal()]]):
        path = write_proposed(tmp_path / str(number), HOST, given)
        assert path
        found.append(path.read_bytes())
    assert found[0] == found[1]


def test_nothing_proposed_leaves_no_file(tmp_path: Path) -> None:
    write_proposed(tmp_path, HOST, [proposal()])
    assert write_proposed(tmp_path, HOST, []) is None
    assert hosts_with_rules(tmp_path, "proposed") == []


def test_each_state_loads_and_proves_itself_and_only_what_was_accepted_is_in_force(tmp_path: Path) -> None:
    write_proposed(tmp_path, HOST, [proposal(), BOX, proposal("bell", "Ring the bell", "Ring the bell")])
    accept(tmp_path, HOST, ["sign-up"], DAY)
    reject(tmp_path, HOST, ["bell"], DAY)
    for state, id in (("proposed", "follow-box"), ("sites", "sign-up"), ("rejected", "bell")):
        rules = load_rules(tmp_path / "rules" / state)
        assert [rule.id for rule in rules if HOST in rule.id] == [f"{state}/{HOST}/{id}"]
        assert list(prove(rules)) == []
    text = f"{KEEPS}\n\n{SIGN_UP}\n\nRing the bell\n"
    cleaned = clean_text(text, url=f"https://www.{HOST}/a", rules=load_rules(tmp_path / "rules"))
    assert cleaned.text.split("\n\n") == [KEEPS, "Ring the bell\n"]


def test_an_accepted_rule_says_its_version_and_its_day(tmp_path: Path) -> None:
    write_proposed(tmp_path, HOST, [proposal()])
    assert accept(tmp_path, HOST, ["sign-up"], DAY) == [f"sites/{HOST}/sign-up"]
    (rule,) = load_rules(rule_file(tmp_path, "sites", HOST)).sites[HOST].lines
    assert (rule.version, rule.accepted, rule.evidence) == (1, DAY, proposal().evidence)
    assert hosts_with_rules(tmp_path, "proposed") == []


def test_another_pattern_under_the_same_id_raises_the_version_in_the_same_place(tmp_path: Path) -> None:
    write_proposed(tmp_path, HOST, [proposal(), BOX])
    accept(tmp_path, HOST, ["sign-up", "follow-box"], DAY)
    write_proposed(tmp_path, HOST, [proposal(pattern="Every (tide|wave) in your pocket.*")])
    accept(tmp_path, HOST, ["sign-up"], "2026-12-01")
    site = load_rules(rule_file(tmp_path, "sites", HOST)).sites[HOST]
    assert [(rule.version, rule.accepted) for rule in (*site.lines, *site.dom)] == [(2, "2026-12-01"), (1, DAY)]


def test_another_debris_with_the_same_first_words_takes_no_accepted_rules_place(tmp_path: Path) -> None:
    write_proposed(tmp_path, HOST, [proposal()])
    accept(tmp_path, HOST, ["sign-up"], DAY)
    write_proposed(tmp_path, HOST, [proposal(pattern="Every ferry sails", example="Every ferry sails")])
    assert accept(tmp_path, HOST, ["sign-up"], DAY) == [f"sites/{HOST}/sign-up-2"]
    assert [one.id for one in read_proposals(tmp_path, "sites", HOST)] == ["sign-up", "sign-up-2"]


def test_what_people_wrote_stays_as_they_wrote_it(tmp_path: Path) -> None:
    path = rule_file(tmp_path, "sites", HOST)
    path.parent.mkdir(parents=True)
    path.write_text(BY_HAND)
    write_proposed(tmp_path, HOST, [proposal()])
    accept(tmp_path, HOST, ["sign-up"], DAY)
    assert path.read_text().startswith(BY_HAND)
    retire(tmp_path, [f"sites/{HOST}/sign-up"], DAY)
    assert path.read_text() == BY_HAND
    retire(tmp_path, [f"sites/{HOST}/tide-table"], DAY)
    first, rest = BY_HAND.index("# since"), BY_HAND.index("# the cook")
    assert path.read_text() == BY_HAND[:first] + BY_HAND[rest:]
    rejected = rule_file(tmp_path, "rejected", HOST).read_text()
    assert "# since the relaunch of May\n" in rejected
    assert "# asked for by Ada\n" in rejected


def test_what_was_changed_by_hand_in_a_proposal_is_accepted_as_changed(tmp_path: Path) -> None:
    path = write_proposed(tmp_path, HOST, [proposal()])
    assert path
    changed = path.read_text().replace("line = ", '# not in the sports pages\nplace = "tail"\nline = ')
    path.write_text(changed)
    accept(tmp_path, HOST, ["sign-up"], DAY)
    accepted = rule_file(tmp_path, "sites", HOST)
    assert "# not in the sports pages\n" in accepted.read_text()
    assert load_rules(accepted).sites[HOST].lines[0].place == "tail"


def test_a_proposal_that_was_broken_by_hand_is_not_put_in_force(tmp_path: Path) -> None:
    path = write_proposed(tmp_path, HOST, [proposal()])
    assert path
    path.write_text(path.read_text().replace("line = 'Every", "line = '(Every"))
    with pytest.raises(RuleError, match="bad pattern"):
        accept(tmp_path, HOST, ["sign-up"], DAY)
    assert hosts_with_rules(tmp_path, "sites") == []


@pytest.mark.parametrize("judge", [accept, reject])
def test_what_was_judged_is_not_proposed_again(tmp_path: Path, judge: object) -> None:
    write_proposed(tmp_path, HOST, [proposal(), BOX])
    judge(tmp_path, HOST, ["sign-up"], DAY)  # type: ignore[operator]
    write_proposed(tmp_path, HOST, [proposal("another-id"), BOX])
    assert [one.id for one in read_proposals(tmp_path, "proposed", HOST)] == ["follow-box"]


def test_a_kill_between_the_two_files_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_proposed(tmp_path, HOST, [proposal(), BOX])
    written: list[Path] = []

    def killed(path: Path, data: bytes | None) -> None:
        if written:
            raise KeyboardInterrupt
        written.append(path)
        real(path, data)

    real = files.replace
    with monkeypatch.context() as patched:
        patched.setattr(files, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            accept(tmp_path, HOST, ["sign-up"], DAY)
    assert written == [rule_file(tmp_path, "sites", HOST)]
    before = written[0].read_bytes()
    # asked again, the answer is the same and the accepted file does not change
    assert accept(tmp_path, HOST, ["sign-up"], "2026-12-24") == [f"sites/{HOST}/sign-up"]
    assert written[0].read_bytes() == before
    assert [one.id for one in read_proposals(tmp_path, "proposed", HOST)] == ["follow-box"]


def test_a_snapshot_brings_all_files_back(tmp_path: Path) -> None:
    path = write_proposed(tmp_path, HOST, [proposal()])
    assert path
    before, then = path.read_bytes(), Snapshot.of(tmp_path, HOST)
    accept(tmp_path, HOST, ["sign-up"], DAY)
    then.restore()
    assert path.read_bytes() == before
    assert (hosts_with_rules(tmp_path, "sites"), hosts_with_rules(tmp_path, "proposed")) == ([], [HOST])


def test_retiring_one_rule_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    write_proposed(tmp_path, HOST, [proposal()])
    accept(tmp_path, HOST, ["sign-up"], DAY)
    with pytest.raises(ArchiveError, match=r"sites/tidewater\.example\.toml: there is no rule 'gone'"):
        retire(tmp_path, [f"sites/{HOST}/sign-up", f"sites/{HOST}/gone"], DAY)
    assert len(read_proposals(tmp_path, "sites", HOST)) == 1
    with pytest.raises(ArchiveError, match="not the id of a site's rule"):
        retire(tmp_path, ["sign-up"], DAY)


def test_a_rule_may_be_retired_twice_under_one_id(tmp_path: Path) -> None:
    for pattern in ("Every tide in your pocket.*", "Every tide .*"):
        write_proposed(tmp_path, HOST, [proposal(pattern=pattern)])
        accept(tmp_path, HOST, ["sign-up"], DAY)
        retire(tmp_path, [f"sites/{HOST}/sign-up"], DAY)
    rejected = rule_file(tmp_path, "rejected", HOST)
    assert [one.id for one in read_proposals(tmp_path, "rejected", HOST)] == ["sign-up", "sign-up-2"]
    assert rejected.read_text().count(f"# retired {DAY}\n[[rule]]") == 2
    assert len(load_rules(rejected).sites[HOST].lines) == 2
    assert hosts_with_rules(tmp_path, "sites") == []


@pytest.mark.parametrize(
    ("given", "name"),
    [("WWW.News.Example", "news.example"), ("bücher.example", "xn--bcher-kva.example"), ("127.0.0.1", "127.0.0.1"),
     ("[::1]", "::1"), ("a_b.example", "a_b.example"), ("127.0.0.1:8001", "127.0.0.1:8001"),
     ("www.News.example:8443", "news.example:8443"), ("[::1]:8080", "[::1]:8080")],
)  # fmt: skip
def test_a_host_is_named_as_addresses_name_it(given: str, name: str) -> None:
    assert host_name(given) == name


@pytest.mark.parametrize(
    "given",
    [
        "",
        "..",
        "../up",
        "a/b",
        "a\\b",
        "a..b",
        ".hidden",
        "a..",
        "a b",
        "a\0b",
        "C:",
        "a" * 254,
        "-x",
        "a:0",
        "a:b",
        "a:123456",
    ],
)
def test_what_is_no_host_becomes_no_path(given: str) -> None:
    with pytest.raises(ArchiveError, match="not a host"):
        host_name(given)


@pytest.mark.parametrize(
    ("text", "said"),
    [("rule = [{id = 'a', line = 'b'}]", "table of its own"), ("[[rule]\n", "not TOML"), (b"\xff", "not TOML"),
     ("[[rule]]\nid = 'a'\nline = 'b'\n[rule.evidence]\npages = 1\n", f"rule sites/{HOST}/a: "),
     (table_of(proposal()).text + "x = 1\n", "unknown key 'x'"),
     (table_of(proposal()).text.replace("position = ", "position = 1 # "), "'position' must")],
    ids=["inline", "broken", "no text", "half evidence", "unknown key", "number for a text"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named_in_one_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = rule_file(tmp_path, "sites", HOST)
    path.parent.mkdir(parents=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises((ArchiveError, RuleError), match=said) as error:
        read_proposals(tmp_path, "sites", HOST)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_a_file_that_cannot_be_written_leaves_nothing_half_written_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write_proposed(tmp_path, HOST, [proposal()])
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(ArchiveError, match="No space left"):
            accept(tmp_path, HOST, ["sign-up"], DAY)
    assert list((tmp_path / "rules" / "sites").iterdir()) == []
    assert hosts_with_rules(tmp_path, "proposed") == [HOST]


def test_a_key_in_quotes_is_the_same_key(tmp_path: Path) -> None:
    write_proposed(tmp_path, HOST, [proposal()])
    path = rule_file(tmp_path, "proposed", HOST)
    path.write_text(path.read_text().replace('why = "', '"version" = 7\nwhy = "'))
    accept(tmp_path, HOST, ["sign-up"], DAY)
    text = rule_file(tmp_path, "sites", HOST).read_text()
    assert text.count("version") == 1
    assert f'version = 1\naccepted = "{DAY}"\n\n[rule.evidence]\n' in text


@pytest.mark.parametrize("change", ["propose", "accept", "reject", "retire", "restore"])
def test_files_are_written_while_nobody_else_can_change_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    write_proposed(tmp_path, HOST, [proposal(), BOX])
    accept(tmp_path, HOST, ["follow-box"], DAY)
    then = Snapshot.of(tmp_path, HOST)
    changes: dict[str, Callable[[], object]] = {
        "propose": lambda: write_proposed(tmp_path, HOST, [proposal(pattern="Every tide.*")]),
        "accept": lambda: accept(tmp_path, HOST, ["sign-up"], DAY),
        "reject": lambda: reject(tmp_path, HOST, ["sign-up"], DAY),
        "retire": lambda: retire(tmp_path, [f"sites/{HOST}/follow-box"], DAY),
        "restore": then.restore,
    }
    locked: list[bool] = []

    def written(path: Path, data: bytes | None) -> None:
        fd = os.open(tmp_path / "rules", os.O_RDONLY)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            locked.append(False)
        except BlockingIOError:
            locked.append(True)
        finally:
            os.close(fd)

    monkeypatch.setattr(files, "replace", written)
    changes[change]()
    assert set(locked) == {True}


@pytest.mark.parametrize("judge", [accept, reject])
def test_a_kill_while_an_answer_is_taken_back_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judge: object
) -> None:
    def killed(path: Path, data: bytes | None) -> None:
        real(path, data)
        raise KeyboardInterrupt

    real = files.replace
    write_proposed(tmp_path, HOST, [proposal()])
    then = Snapshot.of(tmp_path, HOST)
    judge(tmp_path, HOST, ["sign-up"], DAY)  # type: ignore[operator]
    monkeypatch.setattr(files, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        then.restore()
    assert [one.id for one in read_proposals(tmp_path, "proposed", HOST)] == ["sign-up"]
