"""`pressclip clean URL` and `pressclip crawl` against sites on loopback: what is asked for, and how refusals end."""

from __future__ import annotations

import json
import signal
import socket
from collections import Counter
from pathlib import Path

import pytest

from tests.support.loopback import Site, answer
from tests.support.shell import PAGE, TEXT, begin, fetching, press

pytestmark = pytest.mark.slow

ROBOTS = answer("User-agent: *\nDisallow: /private/\n", kind="text/plain")


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_url_is_fetched_cleaned_and_kept_nowhere(site: Site, tmp_path: Path) -> None:
    site.routes = {"/robots.txt": ROBOTS, "/lamp": answer(PAGE)}
    done = press(*fetching("clean", site.base + "/lamp"), cwd=tmp_path)
    assert (done.code, done.out, done.err) == (0, TEXT, "")
    assert site.asked == ["/robots.txt", "/lamp"]
    assert not list(tmp_path.iterdir())


def test_a_url_is_archived_where_that_is_asked_for(site: Site, tmp_path: Path) -> None:
    site.routes = {"/lamp": answer(PAGE)}
    done = press(*fetching("clean", site.base + "/lamp", "--archive", "clips", "--data", "data"), cwd=tmp_path)
    assert (done.code, done.out) == (0, TEXT)
    shown = press("archive", "show", site.base + "/lamp", "--data", "data", "--json", cwd=tmp_path)
    (capture,) = json.loads(shown.out)
    assert capture["warc"].startswith("collections/clips/archive/clips-")
    assert (tmp_path / "data" / capture["warc"]).is_file()


def test_urls_come_from_standard_input_and_nothing_there_opens_a_file(site: Site, tmp_path: Path) -> None:
    (tmp_path / "own.html").write_text(PAGE, "utf-8")
    site.routes = {"/1": answer(PAGE), "/2": answer(PAGE.replace("Friday", "Sunday"))}
    lines = f"# two pages\n{site.base}/2\n\nown.html\n{site.base}/1\n{site.base}/gone\n"
    done = press(*fetching("clean", "-", "--urls", "--format", "jsonl"), cwd=tmp_path, stdin=lines)
    assert [json.loads(line)["url"] for line in done.out.splitlines()] == [site.base + "/2", site.base + "/1"]
    assert done.code == 1
    assert [line.split(": ")[1:3] for line in done.err.splitlines()] == [
        ["own.html", "not an http or https URL"],
        [site.base + "/gone", "http_404"],
    ]


def test_a_host_that_does_not_listen_is_one_line_and_exit_code_3(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{closed_port()}/"
    done = press(*fetching("clean", url), cwd=tmp_path)
    assert done.code == 3
    assert done.line.startswith(f"pressclip: {url}: connection_refused: ")


def test_a_name_that_does_not_resolve_is_one_line_and_exit_code_3(tmp_path: Path) -> None:
    done = press("clean", "http://nowhere.invalid/", cwd=tmp_path)
    assert done.code == 3
    assert done.line.startswith("pressclip: http://nowhere.invalid/: dns_error: ")


def test_a_private_address_is_refused_without_a_request(site: Site, tmp_path: Path) -> None:
    done = press("clean", site.base + "/lamp", cwd=tmp_path)
    assert done.code == 4
    assert "blocked_address" in done.line
    assert site.asked == []


def test_a_page_that_robots_txt_disallows_is_refused_without_a_request(site: Site, tmp_path: Path) -> None:
    site.routes = {"/robots.txt": ROBOTS, "/private/lamp": answer(PAGE)}
    done = press(*fetching("clean", site.base + "/private/lamp"), cwd=tmp_path)
    assert done.code == 4
    assert "disallowed by robots.txt" in done.line
    assert site.asked == ["/robots.txt"]


def test_a_crawl_that_is_refused_or_unreachable_says_so_by_its_exit_code(site: Site, tmp_path: Path) -> None:
    site.routes = {"/robots.txt": ROBOTS}
    closed = f"http://127.0.0.1:{closed_port()}/a"
    assert press(*fetching("crawl", site.base + "/private/", "--data", "a"), cwd=tmp_path).code == 4
    done = press(*fetching("crawl", closed, "--data", "b"), cwd=tmp_path)
    assert (done.code, done.err) == (3, "")
    assert f"connection_refused {closed}" in " ".join(done.out.split())


def test_an_interrupted_crawl_exits_with_130_and_the_same_command_goes_on(site: Site, tmp_path: Path) -> None:
    paths = [f"/{n}" for n in range(20)]
    site.routes = {path: answer(PAGE.replace("Friday", f"Friday {path[1:]}")) for path in paths}
    (tmp_path / "list.txt").write_text("".join(f"{site.base}{path}\n" for path in paths))
    command = fetching("crawl", "list.txt", "--data", "data", "--json")
    with (tmp_path / "report").open("wb") as out, (tmp_path / "errors").open("wb") as err:
        process = begin(*command, cwd=tmp_path, stdout=out, stderr=err)
        site.on_request = lambda path: process.send_signal(signal.SIGINT) if path == "/3" else None
        assert process.wait() == 130
    assert (tmp_path / "errors").read_bytes() == b""
    first = json.loads((tmp_path / "report").read_bytes())
    (state,) = json.loads(press("status", "--data", "data", "--json", cwd=tmp_path).out)
    assert first["interrupted"]
    assert (state["articles"], state["waiting"]) == (first["sites"][0]["articles"], 20 - state["articles"])
    assert state["waiting"] > 0
    second = press(*command, cwd=tmp_path)
    assert (second.code, json.loads(second.out)["sites"][0]["articles"]) == (0, state["waiting"])
    assert Counter(site.asked).keys() == {"/robots.txt", *paths}


def test_an_interrupted_clean_prints_what_it_has_and_exits_with_130(site: Site, tmp_path: Path) -> None:
    site.routes = {f"/{n}": answer(PAGE) for n in range(20)}
    urls = [f"{site.base}/{n}" for n in range(20)]
    with (tmp_path / "out").open("wb") as out, (tmp_path / "errors").open("wb") as err:
        process = begin(*fetching("clean", *urls, "--format", "jsonl"), cwd=tmp_path, stdout=out, stderr=err)
        site.on_request = lambda path: process.send_signal(signal.SIGINT) if path == "/3" else None
        assert process.wait() == 130
    assert (tmp_path / "errors").read_bytes() == b"pressclip: interrupted\n"
    printed = [json.loads(line)["url"] for line in (tmp_path / "out").read_text("utf-8").splitlines()]
    assert printed == urls[: len(printed)]
    assert 0 < len(printed) < 20
