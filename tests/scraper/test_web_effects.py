"""Jobs of the local page: what proposed rules would change, and cleaning again, one at a time beside the server."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from archive import ArchiveError, Catalog, SearchFilter, lock
from archive.site_rules import PageEffect, proposed_effects, rule_file
from cleaners import RuleSet, load_in_force
from scraper.web import effects
from scraper.web.effects import KEPT_JOBS, KEPT_PROBLEMS, Jobs
from scraper.web.server import create_app
from tests.support.rule_data import HOST, PROPOSED, write_rules, write_warc
from tests.support.shell import KEPT, press

ADDRESS = "127.0.0.1:8470"
SENT = {"Origin": f"http://{ADDRESS}"}
TIN, AD = len(KEPT[1]), len("Advertisement")
RULES = load_in_force(None)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two pages each of two hosts; rules are proposed for the first."""
    write_warc(tmp_path / "foreign.warc", HOST, "courier.example")
    press("archive", "import", "foreign.warc", "--data", "data", cwd=tmp_path)
    write_rules(tmp_path / "data", PROPOSED, state="proposed")
    return tmp_path / "data"


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    app = create_app(tmp_path / "data", hosts=(ADDRESS,), token="t")  # noqa: S106
    app.state.jobs = Jobs(1)
    return TestClient(app, base_url=f"http://{ADDRESS}", follow_redirects=False)


def jobs_of(client: TestClient) -> Jobs:
    jobs: Jobs = client.app.state.jobs  # type: ignore[attr-defined]
    return jobs


def rule_sets(data: Path) -> dict[str, RuleSet]:
    return {"rules": load_in_force(data), "proposed": load_in_force(data, [rule_file(data, "proposed", HOST)])}


def start(client: TestClient, *collections: str, wait: bool = True) -> str:
    """Start a job on *collections*, without rules of its own."""
    id = jobs_of(client).start(Path("data"), collections, hosts=[HOST], rules=RULES, proposed=RULES)
    if wait:
        ended(id)
    return id


def ended(id: str) -> None:
    """Wait until a job has ended."""
    for thread in threading.enumerate():
        if thread.name == f"job-{id}":
            thread.join(60)


@pytest.mark.parametrize("processes", [1, 2])
def test_the_effect_is_that_of_the_command(data: Path, client: TestClient, processes: int) -> None:
    said = press("archive", "reclean", "--dry-run", "--proposed", "--data", "data", cwd=data.parent).out
    jobs = client.app.state.jobs = Jobs(processes)  # type: ignore[attr-defined]
    id = jobs.start(data, ["news"], hosts=[HOST], **rule_sets(data))
    ended(id)
    shown = jobs.find(id).shown()
    assert (shown["state"], shown["pages"], shown["failed"], shown["problems"]) == ("finished", 4, 0, [])
    ((lines, rules),) = shown["found"]
    assert f"{2 * (TIN + AD):,} characters removed: {2 * TIN:,} from the text" in lines[0]
    assert [rule for rule, _ in rules] == [f"proposed/{HOST}/tin", f"proposed/{HOST}/ads"]
    for line in [*lines, *(f"{rule}  {words}" for rule, words in rules)]:
        assert line in said
    page = client.get(f"/job?id={id}").text
    assert "Done: 4 pages looked at. Nothing is written." in page
    assert "hx-trigger" not in page


def test_cleaning_a_host_again_writes_its_changed_texts_alone(data: Path, client: TestClient) -> None:
    write_rules(data, PROPOSED)
    ended(id := jobs_of(client).start_cleaning(data, ["news"], HOST))
    page = client.get(f"/job?id={id}").text
    assert "news: 2 changed" in page
    assert "2 texts written" in page
    with Catalog(data / "catalog.sqlite") as catalog:
        rows = [row.article for row in catalog.listed("", 9, SearchFilter())]
    by_host = {host: [row.text_length for row in rows if host in row.url] for host in (HOST, "courier.example")}
    assert max(by_host[HOST]) + TIN < min(by_host["courier.example"]) + 5
    ended(id := jobs_of(client).start_cleaning(data, ["news"], HOST))
    assert "0 texts written" in client.get(f"/job?id={id}").text


def test_a_rebuild_that_holds_the_data_root_is_told_in_one_line(data: Path, client: TestClient) -> None:
    held = os.open(data, os.O_RDONLY)
    assert lock(held)
    ended(id := jobs_of(client).start_cleaning(data, ["news"], HOST))
    os.close(held)
    job = jobs_of(client).find(id)
    assert (job.state, "its catalog is being rebuilt" in job.why) == ("failed", True)
    assert "its catalog is being rebuilt" in client.get(f"/job?id={id}").text


class Gate:
    """Pages that come when they are let through."""

    def __init__(self) -> None:
        self.begun, self.open = threading.Event(), threading.Event()
        self.closed = False

    def __call__(self, *args: object, **named: object) -> Iterator[PageEffect]:
        try:
            yield PageEffect("https://post.example/1", HOST)
            self.begun.set()
            assert self.open.wait(60)
            yield PageEffect("https://post.example/2", HOST)
            yield PageEffect("https://post.example/3", HOST)
        finally:
            self.closed = True


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    monkeypatch.setattr(effects, "proposed_effects", gate)
    yield gate
    gate.open.set()


def test_one_job_works_at_a_time_and_its_page_comes_again_each_second(client: TestClient, gate: Gate) -> None:
    id = start(client, "news", wait=False)
    assert gate.begun.wait(60)
    page = client.get(f"/job?id={id}").text
    assert "At work: 1 pages looked at." in page
    assert f'hx-get="/job?id={id}" hx-trigger="every 1s"' in page
    assert f'<a href="/job?id={id}">' in page
    with pytest.raises(effects.HTTPException) as refused:
        start(client, "news")
    assert (refused.value.status_code, refused.value.headers) == (303, {"Location": f"/job?id={id}&busy=yes"})
    assert "at work already" in client.get(f"/job?id={id}&busy=yes").text
    gate.open.set()
    ended(id)
    assert "Done: 3 pages" in client.get(f"/job?id={id}").text
    assert start(client, "news") != id


def test_a_job_is_cancelled_between_two_pages(client: TestClient, gate: Gate) -> None:
    id = start(client, "news", wait=False)
    assert gate.begun.wait(60)
    assert (
        client.post("/job/cancel", headers=SENT, data={"token": "t", "id": id}).headers["Location"] == f"/job?id={id}"
    )
    gate.open.set()
    ended(id)
    assert "Cancelled: 2 pages looked at" in client.get(f"/job?id={id}").text
    assert gate.closed


def test_who_stops_early_leaves_no_query_behind(data: Path) -> None:
    pages = proposed_effects(data, "news", hosts=[HOST], **rule_sets(data))
    assert next(pages).host in (HOST, "")
    pages.close()  # a query that outlives its catalog is a warning, which fails the test
    gc.collect()


def test_the_servers_end_stops_a_job(client: TestClient, gate: Gate) -> None:
    id = start(client, "news", wait=False)
    gate.open.set()
    jobs_of(client).close()
    ended(id)
    assert jobs_of(client).find(id).state in ("cancelled", "finished")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ArchiveError("no <b> catalog"), "no &lt;b&gt; catalog"),
        (ValueError("secret"), "A bug: the terminal says more."),
    ],
    ids=["ours", "a bug"],
)
def test_what_ends_a_job_is_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def failing(*args: object, **named: object) -> Iterator[PageEffect]:
        raise error
        yield

    monkeypatch.setattr(effects, "proposed_effects", failing)
    page = client.get(f"/job?id={start(client, 'news')}").text
    assert told in page
    assert "Failed: 0 pages" in page


def test_problems_are_words_of_which_the_first_are_shown(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    page = PageEffect("https://post.example/<b>", HOST, problem="cannot be read: <script>")
    monkeypatch.setattr(effects, "proposed_effects", lambda *args, **named: (page for _ in range(KEPT_PROBLEMS + 1)))
    shown = client.get(f"/job?id={start(client, 'news')}").text
    assert f"{KEPT_PROBLEMS + 1} of them cannot be cleaned" in shown
    assert shown.count("&lt;script&gt;") == KEPT_PROBLEMS
    assert "<script>" not in shown
    assert "/<b>" not in shown


def test_old_jobs_are_forgotten_and_no_other_number_is_a_job(client: TestClient) -> None:
    ids = [start(client) for _ in range(KEPT_JOBS + 1)]
    assert [client.get(f"/job?id={id}").status_code for id in (ids[0], ids[1], "", "../1")] == [404, 200, 404, 404]
    assert client.post("/job/cancel", headers=SENT, data={"token": "t", "id": "../1"}).status_code == 404
    assert client.get("/job?id=2&x=1").status_code == 400


def test_without_the_token_no_job_is_cancelled(client: TestClient, gate: Gate) -> None:
    id = start(client, "news", wait=False)
    assert client.post("/job/cancel", headers=SENT, data={"id": id}).status_code == 403
    assert not jobs_of(client).find(id).stop.is_set()
