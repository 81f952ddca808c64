"""Processes that answer single items: whatever one of them does to its process, the others have their answers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cleaners import workers
from cleaners.workers import LostError, Workers

SECONDS = 0.5
BAIT = "a" * 60
PARENT = """
import os, threading
from cleaners.workers import Workers

def answer(item):
    print(item, flush=True)
    threading.Event().wait(item)

if __name__ == "__main__":
    workers = Workers(answer, 1, seconds=600)
    workers.answer(0)
    threading.Timer(0, workers.answer, [0.1]).start()
    os.kill(os.getpid(), 9)
"""


def bad_task(item: str) -> int:
    if item == "crash":
        os._exit(7)
    if item == "pid":
        return os.getpid()
    # on the bait this never ends, and never lets another thread of its process run
    return len(re.findall(r"(a+)+b", item))


@pytest.fixture
def two() -> Iterator[Workers[str, int]]:
    running = Workers(bad_task, 2, seconds=SECONDS)
    yield running
    running.close()


def test_an_item_that_crashes_its_process_is_lost_and_says_how(two: Workers[str, int]) -> None:
    with pytest.raises(LostError, match="its process ended with 7"):
        two.answer("crash")
    assert two.answer("ab") == 1


def test_an_item_that_takes_too_long_is_lost_even_in_a_loop_that_python_cannot_leave(two: Workers[str, int]) -> None:
    with pytest.raises(LostError, match=r"longer than 0\.5 seconds"):
        two.answer(BAIT)
    assert two.answer("ab ab") == 2


def test_a_process_that_was_killed_while_it_had_nothing_to_do_costs_no_item(two: Workers[str, int]) -> None:
    process = two.answer("pid")
    os.kill(process, signal.SIGKILL)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    assert two.answer("pid") != process


def test_several_threads_have_their_own_answers(two: Workers[str, int]) -> None:
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(two.answer, ["ab" * n for n in range(20)])) == list(range(20))


def test_closing_ends_a_process_whatever_it_is_at() -> None:
    running = Workers(bad_task, 1, seconds=600)
    with ThreadPoolExecutor(1) as threads:
        process = running.answer("pid")
        waiting = threads.submit(running.answer, BAIT)
        running.close()
        with pytest.raises(LostError):
            waiting.result()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    with pytest.raises(LostError, match="have been ended"):
        running.answer("ab")


def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT, "utf-8")
    environment = os.environ | {"PYTHONPATH": str(Path(workers.__file__).parents[1])}
    # the process writes to the same pipe, which ends with it
    done = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, env=environment, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.startswith(b"0\n")
