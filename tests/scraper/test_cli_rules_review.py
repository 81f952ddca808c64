"""`pressclip rules review` and `retire`: one key an answer, saved at once, in a terminal as a person has it."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import termios
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import Capture, Collection
from archive.site_rules import State, hosts_with_rules, read_proposals, rule_file, write_proposed
from cleaners import Article, Evidence, load_rules
from cleaners.learn import Proposal
from tests.support.shell import Done, begin, press

pytestmark = pytest.mark.slow

HOST, OTHER = "tidewater.example", "skerry.example"
COLUMNS, ROWS, SECONDS = 80, 40, 30
DEBRIS = "Every tide in your pocket: the Tidewater briefing, each morning at six."
BELL = "Ring the bell at the harbour office."
STORY = [f"Paragraph {number} tells what the ferry did that day." for number in range(6)]
PROMPT = "? help: "
STATES: tuple[State, ...] = ("proposed", "sites", "rejected")
URLS = tuple(f"https://www.{HOST}/{number}" for number in range(3))


def proposal(id: str, pattern: str, example: str, probability: float, urls: Sequence[str] = URLS) -> Proposal:
    evidence = Evidence(
        pages=48, of=50, first_seen="2026-10-01", last_seen="2026-11-20", urls=tuple(urls), removes=(example,),
        characters=2736, position="tail", places=("body/main/div/p",),
        facts=("in a box of its own (+2.5)",), probability=probability,
    )  # fmt: skip
    return Proposal(id, "line", pattern, "an offer below each story", example, STORY[0], evidence)


BRIEFING = proposal("every-tide", "Every tide in your pocket.*", DEBRIS, 0.98)
RING = replace(proposal("ring-the-bell", "Ring the bell", "Ring the bell", 0.8), verb="fragment")
QUAY = proposal("quay", "Come to the quay", "Come to the quay", 0.91, [f"https://{OTHER}/a"])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    now = datetime(2026, 11, 21, 16, tzinfo=UTC)
    with Collection(root, "news", software="pressclip/0", rules_version="0+a", now=lambda: now) as collection:
        for url in URLS:
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"
            stored = collection.store(Capture(url, now, 200, head, f"<p>{url}</p>".encode(), b"GET / HTTP/1.1"))
            lines = [*STORY[:4], f"\x1b]0;evil\x07 {BELL}", STORY[4], DEBRIS]
            collection.store_text(stored, Article(text="\n\n".join(lines), url=url, rules_version="0+a"))
    write_proposed(root, HOST, [RING, BRIEFING])
    write_proposed(root, OTHER, [QUAY])
    return root


class Terminal:
    """A terminal with a person at it, who reads each question before a key is pressed."""

    def __init__(self, cwd: Path) -> None:
        self.cwd = cwd
        self.seen = ""

    def run(self, keys: Sequence[str | Callable[[], None]]) -> Done:
        """Press *keys*, each at a question of its own, or do what is to be done there; then the terminal hangs up."""
        near, far = pty.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), far)
        with begin("rules", "review", "--data", "data", cwd=self.cwd, **streams) as process:
            os.close(far)
            waiting, pressed = list(keys), 0
            while self._read(near):
                if self.seen.count(PROMPT) <= pressed:
                    continue
                while waiting and callable(waiting[0]):
                    waiting.pop(0)()
                if not waiting:
                    break
                # what is typed before the terminal gives single keys is thrown away
                while process.poll() is None and termios.tcgetattr(near)[3] & termios.ICANON:
                    os.sched_yield()
                os.write(near, waiting.pop(0).encode())
                pressed += 1
            os.close(near)
            code = process.wait(SECONDS)
        assert "Traceback" not in self.seen
        return Done(code, self.text, "")

    @property
    def text(self) -> str:
        """What stood on the terminal, without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.seen).replace("\r\n", "\n")

    def _read(self, near: int) -> bool:
        ready, _, _ = select.select([near], [], [], SECONDS)
        assert ready, f"nothing more came after: {self.seen}"
        try:
            found = os.read(near, 65536)
        except OSError:
            return False
        self.seen += found.decode()
        return bool(found)


@pytest.fixture
def terminal(data: Path) -> Terminal:
    return Terminal(data.parent)


def ids(data: Path, state: State) -> list[str]:
    return [one.id for host in hosts_with_rules(data, state) for one in read_proposals(data, state, host)]


def test_a_person_sees_evidence_and_the_line_among_its_neighbours(terminal: Terminal) -> None:
    done = terminal.run(["l", "l", "q"])
    seen = " ".join(done.out.split())
    for said in ("debris: 0.98", "48 of 50 (96%), 2026-10-01 to 2026-11-20", "at the end of the text; body/main/div/p",
                 "in a box of its own (+2.5)", "2,736 characters", "line Every tide in your pocket.*"):  # fmt: skip
        assert said in seen
    lines = [line.strip() for line in done.out.splitlines()]
    place = lines.index(f"- {DEBRIS}")
    assert lines[place - 1 : place] + lines[place + 1 : place + 3] == [STORY[4], "[every-tide]", "(here the text ends)"]
    # the neighbour that another rule would take says so
    assert re.fullmatch(rf"· \[ring-the-bell\] +\]0;evil +{re.escape(BELL)}", lines[place - 2])
    assert [seen.count(url) for url in URLS] == [2, 2, 2]


def test_the_most_certain_of_a_host_comes_first(terminal: Terminal) -> None:
    done = terminal.run(["l", "l", "l"])
    shown = re.findall(r"^(\S+)  \d of 3  debris", done.out, re.M)
    assert shown == [f"{OTHER}/quay", f"{HOST}/every-tide", f"{HOST}/ring-the-bell"]


def test_nothing_of_a_page_steers_the_terminal_and_no_line_is_longer_than_it(terminal: Terminal) -> None:
    done = terminal.run(["l", "l", "l"])
    assert set(re.findall(r"\x1b[^m]*m?", terminal.seen)) <= set(re.findall(r"\x1b\[[0-9;]*m", terminal.seen))
    assert "\x07" not in terminal.seen
    assert max(map(len, done.out.splitlines()[:-4])) <= COLUMNS


def test_a_fragment_is_marked_within_its_line(terminal: Terminal) -> None:
    terminal.run(["l", "l", "q"])
    assert re.search(r"\x1b\[1;31mRing the bell\x1b\[0m", terminal.seen)


@pytest.mark.parametrize(
    ("keys", "accepted", "rejected"),
    [
        ("aaa", {"quay", "every-tide", "ring-the-bell"}, set()),
        ("rl ", set(), {"quay"}),
        ("\rA\r", {"every-tide"}, set()),
        ("?xlaq", {"every-tide"}, set()),
        ("arr", {"quay"}, {"every-tide", "ring-the-bell"}),
        ("uq", set(), set()),
        ("auru\x04", set(), set()),
        ("aauurq", set(), {"quay"}),
        ("lurq", set(), {"quay"}),
    ],
    ids=["accept", "later", "Enter and capitals", "help and a wrong key", "reject", "nothing to undo",
         "undo, and the end of the input", "undo twice", "undo later"],
)  # fmt: skip
def test_each_key_does_what_it_says(
    terminal: Terminal, data: Path, keys: str, accepted: set[str], rejected: set[str]
) -> None:
    done = terminal.run(list(keys))
    left = {"quay", "every-tide", "ring-the-bell"} - accepted - rejected
    assert done.code == 0
    assert f"{len(accepted)} accepted, {len(rejected)} rejected, {len(left)} left" in done.out
    assert [set(ids(data, state)) for state in STATES] == [left, accepted, rejected]
    assert ("pressclip archive reclean --dry-run --data data" in done.out) == bool(accepted)


def test_keys_that_come_at_once_are_answers_one_by_one(terminal: Terminal, data: Path) -> None:
    terminal.run(["arq"])
    assert [ids(data, state) for state in STATES] == [["ring-the-bell"], ["quay"], ["every-tide"]]


def test_an_arrow_key_is_no_answer(terminal: Terminal, data: Path) -> None:
    terminal.run(["\x1b[A", "q"])
    assert len(ids(data, "proposed")) == 3


@pytest.mark.parametrize(("end", "code"), [("\x03", 130), ("", None)], ids=["an interrupt", "a terminal that hangs up"])
def test_whatever_ends_a_review_every_answer_is_kept(
    terminal: Terminal, data: Path, end: str, code: int | None
) -> None:
    done = terminal.run(["a", end] if end else ["a"])
    assert code in (done.code, None)
    assert [ids(data, state) for state in STATES] == [["every-tide", "ring-the-bell"], ["quay"], []]


def test_an_undo_does_not_take_back_what_somebody_else_has_written_since(terminal: Terminal, data: Path) -> None:
    def written_meanwhile() -> None:
        write_proposed(data, OTHER, [replace(QUAY, id="new", pattern="Newly seen", example="Newly seen")])

    done = terminal.run(["a", written_meanwhile, "u", "q"])
    assert "not undone" in done.out
    assert (ids(data, "sites"), read_proposals(data, "proposed", OTHER)[0].id) == (["quay"], "new")


def test_without_a_terminal_one_line_says_what_to_give(data: Path) -> None:
    done = press("rules", "review", "--data", "data", cwd=data.parent, stdin="aaa")
    assert done.code == 2
    assert "--accept-above P" in done.line
    assert ids(data, "sites") == []


def test_what_is_certain_enough_is_accepted_without_questions(data: Path) -> None:
    done = press("rules", "review", "--data", "data", "--accept-above", "0.91", cwd=data.parent)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == f"0.91  48 of 50 pages  sites/{OTHER}/quay  Come to the quay"
    assert lines[1].startswith(f"0.98  48 of 50 pages  sites/{HOST}/every-tide  Every tide in")
    assert lines[2] == "2 accepted, 1 left"
    assert [ids(data, state) for state in STATES] == [["ring-the-bell"], ["quay", "every-tide"], []]
    accepted = load_rules(data / "rules" / "sites")
    assert {rule.accepted for site in accepted.sites.values() for rule in site.lines} == {f"{datetime.now(UTC):%F}"}


def test_one_host_alone_may_be_judged(data: Path) -> None:
    press("rules", "review", "--data", "data", "--accept-above", "0", "--host", f"www.{OTHER}", cwd=data.parent)
    assert (ids(data, "sites"), hosts_with_rules(data, "proposed")) == (["quay"], [HOST])


def test_nothing_proposed_is_no_failure_and_a_host_without_proposals_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    done = press("rules", "review", "--data", "data", "--accept-above", "1", cwd=tmp_path)
    assert (done.code, "pressclip rules learn" in done.line) == (0, True)
    done = press("rules", "review", "--data", "data", "--list", "--host", HOST, cwd=tmp_path)
    assert (done.code, f"nothing is proposed for {HOST}" in done.line) == (3, True)
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--data", "gone", "--list"], "gone: no such data root"),
        (["--data", "data", "--accept-above", "1.5"], "1.5"),
        (["--data", "data", "--accept-above", "nan"], "nan is no number"),
        (["--data", "data", "--accept-above", "1", "--list"], "exclude each other"),
        (["--data", "data", "--list", "--host", "../up"], "not a host"),
    ],
    ids=["no root", "no probability", "no number", "two wishes", "no host"],
)
def test_wrong_use_is_one_line(data: Path, args: list[str], said: str) -> None:
    done = press("rules", "review", *args, cwd=data.parent)
    assert (done.code, said in done.line) == (2, True)
    assert len(ids(data, "proposed")) == 3


def test_a_proposal_that_was_broken_by_hand_is_named_before_the_first_question(data: Path) -> None:
    path = rule_file(data, "proposed", HOST)
    path.write_text(path.read_text().replace("line = 'Every", "line = '(Every"))
    done = press("rules", "review", "--data", "data", "--accept-above", "0", cwd=data.parent)
    assert (done.code, f"{HOST}.toml" in done.line, "bad pattern" in done.line) == (2, True, True)
    assert ids(data, "sites") == []


def test_the_list_is_one_object_a_proposal_as_json(data: Path) -> None:
    done = press("rules", "review", "--data", "data", "--json", cwd=data.parent)
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["id"] for row in rows] == [
        f"proposed/{OTHER}/quay", f"proposed/{HOST}/every-tide", f"proposed/{HOST}/ring-the-bell"]  # fmt: skip
    assert rows[0]["evidence"]["share"] == 0.96
    assert rows[0].keys() == {"id", "verb", "pattern", "why", "example", "keeps", "evidence", "max", "cues"}


def test_a_data_root_without_texts_is_reviewed_without_them(tmp_path: Path) -> None:
    write_proposed(tmp_path / "data", HOST, [BRIEFING])
    done = Terminal(tmp_path).run(["a"])
    assert done.out.count("(its text is not stored)") == 3
    assert "reclean" not in done.out
    assert ids(tmp_path / "data", "sites") == ["every-tide"]


def test_a_retired_rule_is_out_of_force_and_not_proposed_again(data: Path) -> None:
    press("rules", "review", "--data", "data", "--accept-above", "0", cwd=data.parent)
    full = f"sites/{HOST}/every-tide"
    done = press("rules", "retire", full, full, "--data", "data", cwd=data.parent)
    assert (done.code, done.out.splitlines()[0], done.out.count("retired")) == (0, f"retired {full}", 1)
    write_proposed(data, HOST, [BRIEFING])
    assert [ids(data, state) for state in STATES] == [[], ["quay", "ring-the-bell"], ["every-tide"]]


@pytest.mark.parametrize("wrong", ["sites/a/", f"sites/{HOST}/", "/", "sites/", "tin"])
def test_half_an_id_retires_nothing(data: Path, wrong: str) -> None:
    done = press("rules", "retire", wrong, "--data", "data", cwd=data.parent)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "sites/HOST/ID" in done.err


def test_a_rule_that_is_not_in_force_cannot_be_retired(data: Path) -> None:
    done = press("rules", "retire", f"sites/{HOST}/gone", "--data", "data", cwd=data.parent)
    assert (done.code, "there is no rule 'gone'" in done.line) == (2, True)
