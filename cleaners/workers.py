"""Processes that answer single items as they come: an item that crashes or hangs one costs that item, no other."""

from __future__ import annotations

import atexit
import logging
import multiprocessing
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import LifoQueue
from typing import Any, Generic, TypeVar

from cleaners.processes import deaf_children

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class LostError(RuntimeError):
    """An item has no answer, because its process ended over it; the message says how."""


class Workers(Generic[Item, Answer]):
    """Processes for one task, each started when it is first needed and again after it was lost.

    `task` is sent to each process once; it must be a function that other processes can import, or a `partial` of one;
    it raises nothing. `seconds` bounds an item: a process that takes longer is ended by its own alarm, which the system
    keeps whatever holds the interpreter, and whether or not this process still lives.
    """

    def __init__(self, task: Callable[[Item], Answer], jobs: int, *, seconds: float) -> None:
        self._task = task
        self._seconds = seconds
        self._lock = threading.Lock()
        self._closed = False
        self._all = [_Worker() for _ in range(jobs)]
        # last in, first out: where the load is light, one process does it all and the others are never started
        self._free: LifoQueue[_Worker] = LifoQueue()
        for worker in self._all:
            self._free.put(worker)
        atexit.register(self.close)

    def answer(self, item: Item) -> Answer:
        """Return what the task makes of *item*; raises LostError. Call it from as many threads as there are jobs."""
        worker = self._free.get()
        try:
            with self._lock:
                if self._closed:
                    raise LostError("the processes have been ended")
                worker.start(self._task, self._seconds)
            answer: Answer = worker.ask(item)
        finally:
            self._free.put(worker)
        return answer

    def close(self) -> None:
        """End all processes at once, whatever they are at; a second call does nothing."""
        with self._lock:
            self._closed = True
            for worker in self._all:
                worker.kill()
        atexit.unregister(self.close)


class _Worker:
    """One process at the other end of a pipe, or none yet."""

    def __init__(self) -> None:
        self._process: Any = None
        self._pipe: Any = None
        self._seconds = 0.0

    def start(self, task: Callable[[Any], Any], seconds: float) -> None:
        """Have a living process: one that ended while nothing was asked of it is replaced."""
        if self._process is not None and self._process.is_alive():
            return
        # never fork: the caller has threads
        context = multiprocessing.get_context("spawn")
        self._seconds = seconds
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, task, seconds), name="pressclip-worker")
        # a service manager, like a terminal, signals all processes of the run: only their parent ends them
        with deaf_children(signal.SIGINT, signal.SIGTERM):
            self._process.start()
        theirs.close()

    def ask(self, item: Any) -> Any:  # noqa: ANN401 - of the generic class above
        try:
            self._pipe.send(item)
            return self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            raise LostError(self._ending()) from None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()

    def _ending(self) -> str:
        code = self._process.exitcode
        if code == -signal.SIGALRM:
            return f"it took longer than {self._seconds:g} seconds"
        # None where `close` was there first
        return f"its process ended with {signal.Signals(-code).name if code and code < 0 else code}"


def _serve(pipe: Connection, task: Callable[[Any], Any], seconds: float) -> None:
    """Answer until the other end is closed, or gone with its process."""
    # what libraries say about a page would stand on the user's terminal
    logging.disable()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # not handled in Python: the system ends this process also where a loop in C never lets Python run
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with suppress(EOFError, OSError):
        while True:
            item = pipe.recv()
            signal.setitimer(signal.ITIMER_REAL, seconds)
            answer = task(item)
            signal.setitimer(signal.ITIMER_REAL, 0)
            pipe.send(answer)
