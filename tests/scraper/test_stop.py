"""A signal ends a crawl with its state saved, and the same command goes on; a second one ends it at once."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from benchmarks.killing import Press, finish, wrong
from tests.support.shell import begin

pytestmark = pytest.mark.long

PAGES = 40
STOPPED_AT = 24  # of 56 requests, 8 for robots.txt and 8 for feeds
INTERRUPTED = 130


def run(root: Path) -> subprocess.Popen[bytes]:
    """Start the crawl, with processes that clean, in a group of its own, as a terminal or a service manager does."""
    command = ("crawl", "seeds.toml", "--data", "data", "--allow-private", "--delay", "0", "--no-tdmrep", "--jobs", "2")
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True}
    return begin(*command, cwd=root, **streams)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_of_a_crawl_saves_the_state_and_the_same_command_goes_on(
    tmp_path: Path, number: signal.Signals
) -> None:
    with Press(PAGES) as press:
        (tmp_path / "seeds.toml").write_text(press.seeds(), "utf-8")
        process = run(tmp_path)
        press.on_request = lambda count: os.killpg(process.pid, number) if count == STOPPED_AT else None
        said, errors = process.communicate()
        assert (process.returncode, errors) == (INTERRUPTED, b"")
        assert said.decode().splitlines()[-1] == "interrupted; run the same command to continue"
        assert sum(press.asked[url] for url in press.urls) < PAGES
        asked = press.asked.copy()
        assert finish(tmp_path) == 0
        assert {press.asked[url] for url in press.urls if asked[url]} == {1}
        found = wrong(press, tmp_path)
    assert found == dict.fromkeys(found, 0)


def test_a_second_signal_ends_a_crawl_that_waits_for_a_server_and_nothing_is_lost(tmp_path: Path) -> None:
    with Press(PAGES) as press:
        (tmp_path / "seeds.toml").write_text(press.seeds(), "utf-8")
        press.silent = press.urls[3]
        asked = threading.Event()
        press.on_request = lambda count: asked.set() if press.asked[press.silent] else None
        process = run(tmp_path)
        assert asked.wait(60)
        os.killpg(process.pid, signal.SIGINT)
        # the server holds the crawl; the second signal must not come before the first is taken
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        os.killpg(process.pid, signal.SIGINT)
        said, errors = process.communicate()
        assert (process.returncode, errors) == (INTERRUPTED, b"")
        assert b"run the same command to continue" in said
        press.silent = ""
        assert finish(tmp_path) == 0
        found = wrong(press, tmp_path)
    assert found == dict.fromkeys(found, 0)
