"""The pages of proposed rules have the state of `pressclip rules review`, and accept only what they have shown."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from archive.site_rules import Review, read_proposals, rule_file, waiting, write_proposed
from cleaners import load_in_force
from cleaners.learn import Proposal
from scraper.web import review
from scraper.web.server import create_app
from tests.scraper.test_cli_rules_review import (
    BRIEFING,
    DEBRIS,
    HOST,
    OTHER,
    QUAY,
    RING,
    STATES,
    STORY,
    Terminal,
    data,
    ids,
    proposal,
)
from tests.scraper.test_web_effects import ended
from tests.support.shell import press

__all__ = ["data"]

ADDRESS = "127.0.0.1:8470"
SENT = {"Origin": f"http://{ADDRESS}"}
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=f()>\x1b[2J"


@pytest.fixture
def client(data: Path) -> TestClient:
    return tab(data)


def tab(data: Path, token: str = "t") -> TestClient:  # noqa: S107
    return TestClient(create_app(data, hosts=(ADDRESS,), token=token), base_url=f"http://{ADDRESS}")


def fields(page: str, action: str = "/review") -> dict[str, str]:
    """Return the hidden fields of a page's form."""
    form = re.search(rf'<form method="post" action="{action}">(.*?)</form>', page, re.S)
    assert form, page
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form[1])
    return {name: unescape(value) for name, value in found}


def send(client: TestClient, page: str, decision: str) -> str:
    """Press a button of the page, and return the next one."""
    answer = client.post("/review", headers=SENT, data=fields(page) | {"decision": decision})
    assert answer.status_code == 200
    assert [one.status_code for one in answer.history] == [303]
    return answer.text


def undo(client: TestClient, page: str) -> str:
    return client.post("/review/undo", headers=SENT, data=fields(page, "/review/undo")).text


def shown(page: str) -> str:
    """Return the host and id of the proposal that a page shows."""
    found = re.search(r'<h2 id="rule" dir="auto">([^<]*)</h2>', page)
    return unescape(found[1]) if found else ""


def states(data: Path) -> list[list[str]]:
    return [ids(data, state) for state in STATES]


def listed(data: Path) -> list[str]:
    """Return what the terminal lists as proposed."""
    done = press("rules", "review", "--data", data, "--list", cwd=data.parent)
    return [line.split()[5].removeprefix("proposed/") for line in done.out.splitlines()]


def test_the_hosts_are_listed_with_their_counts(data: Path, client: TestClient) -> None:
    Review(data).answer(HOST, BRIEFING, "accepted", "2026-11-29")
    page = client.get("/review").text
    assert "2 proposed." in page
    assert re.findall(r'href="/review\?host=([^"]*)">[^<]*</a> <span class="soft">([^<]*)<', page) == [
        (OTHER, "1 proposed, 0 in force, 0 rejected"),
        (HOST, "1 proposed, 1 in force, 0 rejected"),
    ]
    assert '<a href="/review" aria-keyshortcuts="v" aria-current="page">' in client.get("/review").text


def test_a_proposal_is_shown_with_evidence_and_its_line_among_its_neighbours(client: TestClient) -> None:
    page = unescape(client.get(f"/review?host={HOST}").text)
    for said in ("probability of 0.98", "48 of 50 (96%), 2026-10-01 to 2026-11-20", "at the end of the text; body/main",
                 "in a box of its own (+2.5)", "2,736 characters", "Every tide in your pocket.*",
                 "an offer below each story", f'<dt>keeps</dt><dd dir="auto">{STORY[0]}'):  # fmt: skip
        assert said in page
    assert page.count(f'<span class="mark">removed</span> <del>{DEBRIS}</del>') == 3
    assert page.count("(also taken by <code>ring-the-bell</code>)") == 3
    assert page.index(STORY[4]) < page.index(f"</span> <del>{DEBRIS}") < page.index("(here the text ends)")


def test_the_most_certain_of_a_host_comes_first_and_answers_are_the_terminals(data: Path, client: TestClient) -> None:
    page = client.get("/review?all=yes").text
    order = [f"{host}/{one.id}" for host, one in waiting(data)]
    for number, decision in enumerate(("accept", "later", "reject")):
        assert shown(page) == order[number]
        page = send(client, page, decision)
    assert states(data) == [["every-tide"], ["quay"], ["ring-the-bell"]]
    assert listed(data) == [f"{HOST}/every-tide"]
    assert "1 proposed, 1 of them left for later" in page
    assert shown(page) == ""
    page = client.post("/review/again", headers=SENT, data=fields(page, "/review/again")).text
    assert shown(page) == f"{HOST}/every-tide"


def test_answers_are_undone_one_by_one_as_in_the_terminal(data: Path, client: TestClient) -> None:
    before = states(data)
    page = client.get("/review?all=yes").text
    for decision in ("accept", "later", "reject"):
        page = send(client, page, decision)
    for expected in (f"{HOST}/ring-the-bell", f"{HOST}/every-tide", f"{OTHER}/quay"):
        page = undo(client, page)
        assert "The last answer is undone." in page
        assert shown(page) == expected
    assert states(data) == before
    again = client.post("/review/undo", headers=SENT, data={"token": "t", "all": "yes"}).text
    assert "Not undone: there is no answer" in again


def test_an_answer_on_one_host_is_undone_from_the_page_of_another(data: Path, client: TestClient) -> None:
    send(client, client.get(f"/review?host={OTHER}").text, "reject")
    page = undo(client, client.get(f"/review?host={HOST}").text)
    assert shown(page) == f"{OTHER}/quay"
    assert states(data)[2] == []


def test_what_the_terminal_has_accepted_meanwhile_is_gone_from_the_page(data: Path, client: TestClient) -> None:
    page = client.get(f"/review?host={HOST}").text
    Terminal(data.parent).run(["l", "a", "q"])
    before = states(data)
    page = send(client, page, "reject")
    assert "Not saved: somebody else has judged or changed this proposal" in page
    assert shown(page) == f"{HOST}/ring-the-bell"
    assert states(data) == before
    assert before[1] == ["every-tide"]


def test_what_the_page_has_accepted_meanwhile_is_told_in_the_terminal_which_goes_on(
    data: Path, client: TestClient
) -> None:
    def accepted() -> None:
        send(client, client.get("/review?all=yes").text, "accept")

    done = Terminal(data.parent).run([accepted, "r", "r", "q"])
    assert f"not rejected: {OTHER}/quay: somebody else has judged or changed it in the meantime" in " ".join(
        done.out.split()
    )
    assert "0 accepted, 1 rejected, 1 left" in done.out
    assert states(data) == [["ring-the-bell"], ["quay"], ["every-tide"]]


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_a_proposal_that_has_changed_since_it_was_shown_is_not_judged(
    data: Path, client: TestClient, decision: str
) -> None:
    page = client.get(f"/review?host={OTHER}").text
    write_proposed(data, OTHER, [replace(QUAY, pattern="Come to .*")])
    page = send(client, page, decision)
    assert "Not saved" in page
    assert "Come to .*" in page
    assert [len(of) for of in states(data)] == [3, 0, 0]


def test_an_undo_does_not_take_back_what_somebody_else_has_written_since(data: Path, client: TestClient) -> None:
    page = send(client, client.get(f"/review?host={OTHER}").text, "accept")
    write_proposed(data, OTHER, [replace(QUAY, id="new", pattern="Newly seen", example="Newly seen")])
    page = undo(client, page)
    assert "Not undone: there is no answer, or somebody else has changed the files" in page
    assert (ids(data, "sites"), shown(page)) == (["quay"], f"{OTHER}/new")


def test_of_many_tabs_of_two_servers_at_once_one_saves_its_answer(data: Path, client: TestClient) -> None:
    page = client.get(f"/review?host={OTHER}").text
    told: list[str] = []
    begin = threading.Barrier(8)

    def press_button(number: int) -> None:
        own = client if number < 4 else tab(data)
        begin.wait(60)
        told.append(send(own, page, ("accept", "reject")[number % 2]))

    threads = [threading.Thread(target=press_button, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted("Not saved" in one for one in told) == [False, *[True] * 7]
    assert len(ids(data, "sites")) + len(ids(data, "rejected")) == 1


def test_an_answer_and_a_writer_in_another_process_take_turns(data: Path) -> None:
    # the other one writes between the look at the files and the answer: what was shown is not there any more
    one, other = Review(data), Review(data)
    one.answer(OTHER, QUAY, "accepted", "2026-11-29")
    with pytest.raises(review.ChangedError):
        other.answer(OTHER, QUAY, "rejected", "2026-11-29")
    assert (ids(data, "sites"), ids(data, "rejected"), other.answers) == (["quay"], [], [])


def test_what_a_host_would_change_is_measured_and_its_pages_are_cleaned_again(data: Path, client: TestClient) -> None:
    page = client.get(f"/review?host={HOST}").text
    assert f"pressclip archive reclean --collection news --host {HOST} --data {data}" in page
    answer = client.post("/review/effect", headers=SENT, data=fields(page, "/review/effect"))
    assert str(answer.url).endswith("/job?id=1")
    ended("1")
    page = client.get("/job?id=1").text
    assert f"{HOST}: 0 of 3 pages change" in page
    assert f'href="/review?host={HOST}"' in page
    client.post("/review/clean", headers=SENT, data={"token": "t", "host": HOST})
    ended("2")
    assert "Done: 3 pages" in client.get("/job?id=2").text


def test_what_cannot_be_measured_is_said(data: Path, tmp_path: Path) -> None:
    client = tab(data)
    for host in ("gone.example", "a.example/../../b"):
        answer = client.post("/review/effect", headers=SENT, data={"token": "t", "host": host})
        assert answer.status_code == (404 if host == "gone.example" else 400)
    write_proposed(tmp_path / "empty", HOST, [BRIEFING])
    client = tab(tmp_path / "empty")
    assert "its text is not stored" in client.get(f"/review?host={HOST}").text
    for path in ("/review/effect", "/review/clean"):
        assert client.post(path, headers=SENT, data={"token": "t", "host": HOST}).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "host=../proposed/x",
        "host=..%2f..%2fetc%2fpasswd",
        "host=%00",
        "host=a/b",
        "host=<b>",
        "id=x",
        f"host={'a' * 300}",
    ],
)
def test_what_can_be_no_host_is_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"/review?{query}")
    assert answer.status_code == 400
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"of": "../../etc"}, 400), ({"host": "../x"}, 400), ({"decision": "erase"}, 400), ({"decision": ""}, 400),
        ({"of": ""}, 400), ({"more": "x"}, 400), ({"token": "x"}, 403),
        ({"id": "../sites/x"}, 200), ({"digest": "0" * 32}, 200), ({"digest": ""}, 200),
    ],
)  # fmt: skip
def test_a_form_that_this_page_did_not_make_changes_nothing(
    data: Path, client: TestClient, change: dict[str, str], status: int
) -> None:
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    form = fields(client.get(f"/review?host={HOST}").text) | {"decision": "accept"} | change
    answer = client.post("/review", headers=SENT, data=form)
    assert answer.status_code == status
    assert ("Not saved" in answer.text) == (status == 200)
    assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == before


def test_without_a_token_there_is_no_form_and_nothing_is_changed(data: Path) -> None:
    client = tab(data, token="")
    for path in ("/review", f"/review?host={HOST}", "/review?all=yes"):
        page = client.get(path)
        assert page.status_code == 200
        assert 'method="post"' not in page.text
    assert client.post("/review", headers=SENT, data={"token": ""}).status_code == 405


def test_the_words_of_a_stranger_stay_words_within_bounds(data: Path, client: TestClient) -> None:
    evil = proposal("evil", re.escape(EVIL), EVIL, 0.99, urls=[f"https://{OTHER}/{EVIL}"])
    evidence = replace(evil.evidence, places=(EVIL,), facts=(EVIL,), removes=(EVIL * 50,) * 9, position=EVIL)
    write_proposed(data, OTHER, [replace(evil, why=EVIL, keeps=EVIL * 100, evidence=evidence)])
    page = client.get(f"/review?host={OTHER}").text
    own = re.sub(r'<script src="/static/[a-z.]+\.js" defer></script>', "", page)
    assert "<script" not in own
    assert "<img" not in own
    assert "\x1b" not in own
    assert "and 6 more like these" in page
    assert len(page) < 20_000
    assert "Accepted" in send(client, page, "accept")


def test_a_file_that_was_broken_by_hand_is_named_and_the_other_hosts_go_on(data: Path, client: TestClient) -> None:
    path = rule_file(data, "proposed", HOST)
    path.write_text(path.read_text().replace("line = 'Every", "line = 'Ev(ery"))
    quiet = TestClient(client.app, base_url=f"http://{ADDRESS}", raise_server_exceptions=False)
    answer = quiet.get(f"/review?host={HOST}")
    assert (answer.status_code, f"{HOST}.toml" in answer.text, "Traceback" in answer.text) == (500, True, False)
    assert shown(quiet.get(f"/review?host={OTHER}").text) == f"{OTHER}/quay"
    assert quiet.get("/review").status_code == 200


def test_a_root_without_rules_says_so(tmp_path: Path) -> None:
    client = tab(tmp_path)
    assert "No site has rules of its own." in client.get("/review").text
    for path in ("/review?all=yes", f"/review?host={HOST}"):
        assert "Nothing is proposed" in client.get(path).text
    assert list(tmp_path.iterdir()) == []


def test_so_many_hosts_are_listed_and_so_many_answers_undone(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "MAX_HOSTS", 1)
    monkeypatch.setattr(review, "MAX_UNDO", 1)
    client = tab(data)
    assert "1 more hosts are not listed here." in client.get("/review").text
    page = client.get("/review?all=yes").text
    page = send(client, send(client, page, "accept"), "accept")
    assert '"/review/undo"' in page
    page = undo(client, page)
    assert '"/review/undo"' not in page
    assert states(data) == [["every-tide", "ring-the-bell"], ["quay"], []]


def test_an_accepted_rule_is_in_force_at_once(data: Path, client: TestClient) -> None:
    before = load_in_force(data).version
    send(client, client.get(f"/review?host={HOST}").text, "accept")
    assert load_in_force(data).version != before
    accepted: Sequence[Proposal] = read_proposals(data, "sites", HOST)
    assert [one.pattern for one in accepted] == [BRIEFING.pattern]
    assert [one.pattern for one in read_proposals(data, "proposed", HOST)] == [RING.pattern]
