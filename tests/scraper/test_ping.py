"""`crawl --ping`: one GET with the ending of a run, nothing else, past the address guard; that it fails is a line."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scraper.crawl.run import locked
from scraper.fetch import ping as pinging
from scraper.fetch.ping import ping, ping_address
from tests.scraper.test_lock import options
from tests.support.loopback import Site, answer, page
from tests.support.shell import fetching, press


def told(url: str, *, failed: bool = False, allow_private: bool = True) -> str:
    return ping(ping_address(url), failed=failed, allow_private=allow_private)


@pytest.mark.parametrize(
    ("path", "failed", "asked"),
    [
        ("/id", False, "/id"),
        ("/id", True, "/id/fail"),
        ("/id/", True, "/id/fail"),
        ("", False, "/"),
        ("", True, "/fail"),
        ("/id?a=1", True, "/id/fail?a=1"),
    ],
)
def test_the_ending_stands_behind_the_path(site: Site, path: str, failed: bool, asked: str) -> None:
    site.routes[asked] = answer("OK")
    assert told(site.base + path, failed=failed) == ""
    assert site.asked == [asked]


def test_nothing_but_the_ending_is_sent(site: Site) -> None:
    site.routes["/id"] = answer("OK")
    told(site.base + "/id")
    names = {line.partition(b":")[0].lower() for line in site.heads[0].splitlines()[1:]}
    assert names == {b"host", b"user-agent", b"connection", b"accept-encoding"}


def test_a_private_address_is_not_asked_unless_that_is_allowed(site: Site) -> None:
    assert told(site.base, allow_private=False) == "127.0.0.1 is not a public address"
    port = site.port
    assert told(f"http://localhost:{port}/", allow_private=False).endswith("is not a public address")
    assert site.asked == []


def test_a_name_with_one_private_address_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
    assert told("http://hc.example/id", allow_private=False) == "10.0.0.1 is not a public address"


@pytest.mark.parametrize(
    ("status", "more"), [("404 Not Found", ""), ("500 Oh", ""), ("302 Found", "Location: http://127.0.0.1/elsewhere")]
)
def test_another_answer_is_named_and_no_redirect_is_followed(site: Site, status: str, more: str) -> None:
    site.routes["/id"] = answer("", status, *filter(None, [more]))
    assert told(site.base + "/id") == f"HTTP {status[:3]}"
    assert site.asked == ["/id"]


def test_who_does_not_answer_in_time_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinging, "PING_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert told(f"http://127.0.0.1:{silent.getsockname()[1]}/") in ("no answer in 0 s", "timed out")


def test_a_certificate_of_nobody_known_is_refused(certificate: tuple[ssl.SSLContext, Path]) -> None:
    with Site(certificate[0]) as site:
        assert "CERTIFICATE_VERIFY_FAILED" in told(site.base + "/id")
        assert site.asked == []


@pytest.mark.parametrize(
    "url", ["", "hc.example", "ftp://hc.example/", "http://", "http://me:secret@hc.example/", "http://hc.example/#a",
            "http://hc.example/a b", "http://hc.example/\r\nX: y", "http://hc.example:99999/", "http://[::1"]
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="give an http or https URL without a login"):
        ping_address(url)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("prepare", "code", "asked"),
    [
        (lambda site: site.routes.update({"/story": page("<p>The lamp is lit again.</p>")}), 0, ["/id"]),
        (lambda site: None, 3, ["/id/fail"]),
    ],
    ids=["well", "all-failed"],
)
def test_a_run_pings_how_it_ended(
    site: Site, tmp_path: Path, prepare: Callable[[Site], Any], code: int, asked: list[str]
) -> None:
    prepare(site)
    site.routes |= {"/id": answer("OK"), "/id/fail": answer("OK")}
    done = press(*fetching("crawl", site.base + "/story", "--ping", site.base + "/id"), cwd=tmp_path)
    assert (done.code, done.err) == (code, "")
    assert [path for path in site.asked if path.startswith("/id")] == asked


@pytest.mark.slow
def test_a_ping_that_fails_is_a_line_without_the_path_and_changes_no_exit_code(site: Site, tmp_path: Path) -> None:
    site.routes["/story"] = page("<p>The lamp is lit again.</p>")
    done = press(*fetching("crawl", site.base + "/story", "--ping", site.base + "/secret-id"), cwd=tmp_path)
    assert (done.code, done.err) == (0, "pressclip: --ping: 127.0.0.1 was not reached: HTTP 404\n")


@pytest.mark.slow
def test_an_error_of_the_run_is_pinged_and_a_run_that_leaves_the_work_to_another_pings_nothing(
    site: Site, tmp_path: Path
) -> None:
    site.routes |= {"/id": answer("OK"), "/id/fail": answer("OK")}
    command = fetching("crawl", site.base + "/story", "--ping", site.base + "/id")
    (tmp_path / "pressclip-data").mkdir()
    with locked(options(tmp_path / "pressclip-data")):
        assert press(*command, cwd=tmp_path).code == 1
    assert site.asked == []
    assert press(*command, "--rules", "none.toml", cwd=tmp_path).code == 2
    assert site.asked == ["/id/fail"]


@pytest.mark.slow
def test_a_wrong_address_ends_the_command_before_anything_is_fetched(site: Site, tmp_path: Path) -> None:
    done = press(*fetching("crawl", site.base + "/story", "--ping", "hc.example"), cwd=tmp_path)
    assert done.code == 2
    assert "--ping" in done.line
    assert site.asked == []
