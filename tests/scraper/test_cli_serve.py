"""`pressclip serve` serves until Ctrl-C, and says in one line why it cannot."""

from __future__ import annotations

import builtins
import http.client
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scraper.cli.serve import serve
from tests.support.shell import press


def test_it_serves_on_loopback_until_it_is_interrupted(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "scraper", "serve", "--data", str(tmp_path), "--port", "0"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        # the socket listens before the address is printed
        connection = http.client.HTTPConnection(address.removeprefix("http://").rstrip("/"), timeout=20)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read() == "pressclip: serving until Ctrl-C\n"


def test_a_port_in_use_is_one_line_and_exits_with_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = press("serve", "--data", tmp_path, "--port", port, cwd=tmp_path)
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert f"127.0.0.1, port {port}: Address already in use; choose another --port" in done.err


def test_a_missing_data_root_is_one_line_and_exits_with_2(tmp_path: Path) -> None:
    done = press("serve", "--data", "gone", cwd=tmp_path)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "gone: no such data root" in done.err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "example.com", ""])
def test_an_address_at_which_no_browser_can_open_the_page_is_refused(tmp_path: Path, host: str) -> None:
    done = press("serve", "--data", tmp_path, "--host", host, cwd=tmp_path)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "Invalid value for '--host'" in done.err


def test_another_host_is_told_what_it_means_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = pytest.importorskip("scraper.web.server")
    asked: list[str] = []

    def listen(address: str, _: int) -> socket.socket:
        asked.append(address)
        return socket.create_server(("127.0.0.1", 0))

    monkeypatch.setattr(server, "listen", listen)
    monkeypatch.setattr(server, "run", lambda _, listening: listening.close())
    done = CliRunner().invoke(serve, ["--data", str(tmp_path), "--host", "192.0.2.7"], obj={})
    assert asked == ["192.0.2.7"]
    assert done.exit_code == 0
    assert "--host 192.0.2.7: everybody who reaches this address can read the whole data root" in done.stderr


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the built-in one
        if name.startswith("scraper.web"):
            raise ImportError("No module named 'starlette'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    done = CliRunner().invoke(serve, ["--data", str(tmp_path)], obj={})
    assert done.exit_code == 2
    assert "serve needs its extra: " in done.stderr
    assert "[web]" in done.stderr
