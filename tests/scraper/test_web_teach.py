"""The pages of marks: what a person says of a line is kept, followed where it is safe, undone, and taken from forms."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from archive import CATALOG, Catalog, Collection, read_text
from archive.site_rules import JUDGEMENTS, hosts_with_rules, read_judgements, read_proposals
from cleaners import Removal, load_in_force, load_rules
from scraper.report.marking import key_of
from scraper.web.effects import Jobs
from scraper.web.server import create_app
from tests.support.invented_paper import BEGIN, HOST, LETTER, fill, page, prose, tree

ADDRESS = "127.0.0.1:8470"
TOKEN = "t"
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=f()> and a long tail of words"
SHARE = next(rule.example for rule in load_rules().lines if rule.id == "lines/share")
NOTE = "The Skerry Post pays a fee for each picture of the harbour that its readers send before Friday."
"""A line in the midst of each text, which the cleaner keeps."""
COUNT = 6


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Pages with the letter's line; the first one's text and removals have the words of a stranger as well."""
    folder = tmp_path / "data"
    texts = [prose(number) for number in range(COUNT)]
    pages = [page(number, lines=[*lines[:2], NOTE, *lines[2:]]) for number, lines in enumerate(texts)]
    capture, article = pages[0]
    more = (Removal("lines/share", "lines", SHARE, ""), Removal("block/model", "blocks", f"gone {EVIL}", ""))
    pages[0] = capture, replace(article, text=f"{article.text}\n\n{EVIL}", removals=(*article.removals, *more))
    fill(Collection(folder, software="pressclip/0", rules_version="0", now=lambda: BEGIN), pages)
    return folder


def serve(data: Path, token: str = TOKEN) -> TestClient:
    app = create_app(data, hosts=(ADDRESS,), token=token)
    app.state.jobs = Jobs(1)
    headers = {"Origin": f"http://{ADDRESS}"}
    return TestClient(app, base_url=f"http://{ADDRESS}", headers=headers, follow_redirects=False)


@pytest.fixture
def client(data: Path) -> TestClient:
    return serve(data)


@pytest.fixture
def record(data: Path) -> str:
    with Catalog(data / CATALOG) as catalog:
        (capture,) = catalog.captures(page(0)[0].url)
        return catalog.articles(capture.record_id)[0].record_id


def send(client: TestClient, path: str, **fields: str) -> Any:  # noqa: ANN401 - the test client's
    answer = client.post(path, data={"token": TOKEN, **fields})
    for thread in threading.enumerate():
        if thread.name.startswith("job-"):
            thread.join(60)
    return answer


def mark(client: TestClient, record: str, line: str, verdict: str) -> Any:  # noqa: ANN401 - the test client's
    return send(client, "/mark", record=record, line=key_of(line), verdict=verdict)


def teach(client: TestClient, record: str, line: str, answer: str) -> str:
    """Answer on the page of a line, and return the page that follows."""
    sent = send(client, "/teach", record=record, line=key_of(line), answer=answer)
    assert sent.status_code == 303, sent.text
    return unescape(client.get(sent.headers["Location"]).text)


def test_a_marked_line_is_kept_its_rule_proposed_and_its_effect_shown(
    client: TestClient, data: Path, record: str
) -> None:
    sent = mark(client, record, LETTER, "debris")
    assert (sent.status_code, urlsplit(sent.headers["Location"]).path) == (303, "/teach")
    shown = unescape(client.get(sent.headers["Location"]).text)
    (proposal,) = read_proposals(data, "proposed", HOST)
    for told in (LETTER, proposal.keeps, proposal.why, f"{COUNT} of {COUNT} pages", *proposal.evidence.facts):
        assert told in shown
    assert f"Done: {COUNT} pages looked at" in shown
    assert "Nothing is written" in shown
    assert [(one.line, one.verdict) for one in read_judgements(data)] == [(LETTER, "debris")]
    assert hosts_with_rules(data, "sites") == []


def test_accepting_puts_the_rule_in_force_and_undo_takes_it_back(client: TestClient, data: Path, record: str) -> None:
    mark(client, record, NOTE, "debris")
    before = tree(data / "rules")
    assert "In force" in teach(client, record, NOTE, "accept")
    assert hosts_with_rules(data, "sites") == [HOST]
    assert f"{COUNT} texts written" in teach(client, record, NOTE, "clean")
    assert NOTE not in newest(data)
    assert "Accept" in teach(client, record, NOTE, "undo")
    assert tree(data / "rules") == before
    teach(client, record, NOTE, "clean")
    assert NOTE in newest(data)


def newest(data: Path) -> str:
    """Return the newest text of the first page."""
    with Catalog(data / CATALOG) as catalog:
        row = catalog.article(catalog.captures(page(0)[0].url)[0].record_id)
    assert row
    return read_text(data, row.collection, row.file, row.offset).text


def test_a_mark_that_is_taken_back_while_its_rule_is_in_force_leaves_the_rule_to_undo(
    client: TestClient, data: Path, record: str
) -> None:
    mark(client, record, NOTE, "debris")
    teach(client, record, NOTE, "accept")
    shown = unescape(client.get(mark(client, record, NOTE, "withdrawn").headers["Location"]).text)
    assert "It is not marked" in shown
    assert "In force" in shown
    assert read_judgements(data) == []
    assert hosts_with_rules(data, "sites") == [HOST]
    teach(client, record, NOTE, "undo")
    assert hosts_with_rules(data, "sites") == []


def test_declining_keeps_the_judgement_alone(client: TestClient, data: Path, record: str) -> None:
    mark(client, record, LETTER, "debris")
    assert "you declined it" in teach(client, record, LETTER, "no")
    assert hosts_with_rules(data, "proposed") == hosts_with_rules(data, "rejected") == []
    assert len(read_judgements(data)) == 1


def test_a_mark_survives_another_start_is_shown_at_its_line_and_can_be_taken_back(data: Path, record: str) -> None:
    mark(serve(data), record, LETTER, "debris")
    client = serve(data)
    article = client.get(f"/article?record={record}").text
    assert article.count("marked as debris") == 1
    assert "has not looked yet" in client.get(f"/teach?record={record}&line={key_of(LETTER)}&job=1").text
    assert send(client, "/teach", record=record, line=key_of(LETTER), answer="accept").status_code == 409
    mark(client, record, LETTER, "debris")
    mark(client, record, LETTER, "withdrawn")
    assert read_judgements(data) == []
    assert hosts_with_rules(data, "proposed") == []
    assert "marked as" not in client.get(f"/article?record={record}&marks=1").text


def test_a_line_of_this_page_alone_stays_a_judgement(client: TestClient, data: Path, record: str) -> None:
    sent = mark(client, record, prose(0)[1], "debris")
    shown = client.get(sent.headers["Location"]).text
    assert "No rule follows" in shown
    assert "Accept" not in shown
    assert "job" not in parse_qs(urlsplit(sent.headers["Location"]).query)
    assert [one.verdict for one in read_judgements(data)] == ["debris"]


def test_a_removed_line_marked_as_text_switches_its_packaged_rule_off_for_the_host(
    client: TestClient, data: Path, record: str
) -> None:
    shown = unescape(client.get(mark(client, record, SHARE, "text").headers["Location"]).text)
    assert f"Proposed: switch off for {HOST}" in shown
    assert f"Done: {COUNT} pages looked at" in shown
    assert "Switched off" in teach(client, record, SHARE, "accept")
    assert "lines/share" not in {rule.id for rule in load_in_force(data).for_url(page(0)[0].url)}
    teach(client, record, SHARE, "undo")
    assert "lines/share" in {rule.id for rule in load_in_force(data).for_url(page(0)[0].url)}


def test_undo_changes_nothing_where_somebody_else_did_in_the_meantime(
    client: TestClient, data: Path, record: str
) -> None:
    mark(client, record, LETTER, "debris")
    teach(client, record, LETTER, "accept")
    file = data / "rules" / "sites" / f"{HOST}.toml"
    file.write_text(f"# mine\n{file.read_text('utf-8')}", "utf-8")
    assert send(client, "/teach", record=record, line=key_of(LETTER), answer="undo").status_code == 409
    assert file.read_text("utf-8").startswith("# mine\n")


def test_an_article_shows_the_forms_only_where_lines_are_marked_and_something_can_be_changed(
    client: TestClient, data: Path, record: str
) -> None:
    assert 'action="/mark"' not in client.get(f"/article?record={record}").text
    marking = client.get(f"/article?record={record}&marks=1").text
    offered = re.findall(r'name="verdict" value="(\w+)"', marking)
    assert (offered.count("debris"), offered.count("text")) == (len(prose(0)) + 3, 4)
    mark(client, record, LETTER, "debris")
    reading = serve(data, "")
    for path in (f"/article?record={record}&marks=1", f"/teach?record={record}&line={key_of(LETTER)}"):
        shown = reading.get(path).text
        assert "<button name" not in shown
        assert "marked" in shown
    assert mark(reading, record, LETTER, "debris").status_code == 405


def test_a_strangers_words_stay_words(client: TestClient, data: Path, record: str) -> None:
    for line, verdict in ((EVIL, "debris"), (f"gone {EVIL}", "text")):
        shown = client.get(mark(client, record, line, verdict).headers["Location"]).text
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert unescape(shown).count(line) == 1
    shown = client.get(f"/article?record={record}&marks=1").text
    assert "<script>alert" not in shown
    assert "<img" not in shown
    assert [one.line for one in read_judgements(data)] == [EVIL, f"gone {EVIL}"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"record": "../../etc/passwd"}, 404),
        ({"record": ""}, 404),
        ({"record": "urn:uuid:none"}, 404),
        ({"line": ""}, 400),
        ({"line": "../" * 10}, 400),
        ({"line": key_of("a line of another page")}, 400),
        ({"line": key_of("")}, 400),
        ({"line": LETTER}, 400),
        ({"verdict": ""}, 400),
        ({"verdict": "text"}, 400),
        ({"verdict": "Debris"}, 400),
        ({"host": "../../other"}, 400),
    ],
)
def test_what_is_no_line_of_the_text_is_refused_and_nothing_is_kept(
    client: TestClient, data: Path, record: str, change: dict[str, str], status: int
) -> None:
    fields = {"record": record, "line": key_of(LETTER), "verdict": "debris"} | change
    assert send(client, "/mark", **fields).status_code == status
    assert not (data / JUDGEMENTS).exists()
    assert not (data / "rules" / "proposed").exists()
    asked = {name: value for name, value in fields.items() if name != "verdict"}
    if "verdict" not in change:
        assert client.get("/teach", params=asked).status_code == status


@pytest.mark.parametrize("answer", ["", "accept", "drop", "undo"])
def test_an_answer_to_nothing_is_refused(client: TestClient, data: Path, record: str, answer: str) -> None:
    assert send(client, "/teach", record=record, line=key_of(LETTER), answer=answer).status_code in (400, 409)
    assert not (data / "rules").exists()


def test_a_second_mark_while_a_job_works_is_kept(client: TestClient, data: Path, record: str) -> None:
    jobs: Jobs = client.app.state.jobs  # type: ignore[attr-defined]
    id = jobs.start(data, [], hosts=[HOST], rules=load_rules(), proposed=load_rules())
    jobs.find(id).state = "running"
    sent = mark(client, record, LETTER, "debris")
    assert sent.headers["Location"] == f"/teach?record={record.replace(':', '%3A')}&line={key_of(LETTER)}".replace(
        "<", "%3C"
    ).replace(">", "%3E")
    assert len(read_judgements(data)) == 1
