"""Work in several processes: in order, in bounded memory, and nothing is left running, however the run ends."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any, Generic, Self, TypeVar

CHUNK_ITEMS = 8
CHUNK_SIZE = 4 * 2**20
"""A process gets so many items at a time, or so many bytes: enough that handing them over costs little, few
enough that the first answers come at once and that no process waits long for the last one."""
AHEAD = 3
"""Chunks read ahead for each process: bounds memory to some 12 MB of items a process."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def in_order(
    task: Callable[[Item], Answer],
    items: Iterable[Item],
    *,
    crashed: Callable[[Item], Answer],
    jobs: int | None = None,
    size: Callable[[Item], int] = lambda item: 0,
) -> Iterator[Answer]:
    """Yield what `task` makes of each item, in the order of the items. Reads ahead of what is asked for, a little.

    `task` is sent to each process once; an item, of `size` bytes, with its chunk. `crashed` answers for an item that
    takes its process down with it. `jobs`: processes, as many as there are cores where it is None.
    """
    jobs = jobs or multiprocessing.cpu_count()
    with _Workers(jobs, task, crashed) as workers:
        waiting: deque[tuple[list[Item], Future[list[Answer]]]] = deque()
        for chunk in _chunks(items, size):
            waiting.append((chunk, workers.submit(chunk)))
            if len(waiting) >= AHEAD * jobs:
                yield from workers.answers(*waiting.popleft())
        while waiting:
            yield from workers.answers(*waiting.popleft())


class _Workers(Generic[Item, Answer]):
    def __init__(self, jobs: int, task: Callable[[Item], Answer], crashed: Callable[[Item], Answer]) -> None:
        self.jobs, self.task, self.crashed = jobs, task, crashed
        self.pool = self.start()

    def start(self) -> ProcessPoolExecutor:
        # never fork: the caller may have threads
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.jobs, context, _prepare, (self.task,))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.pool.shutdown(cancel_futures=True)

    def submit(self, chunk: list[Item]) -> Future[list[Answer]]:
        with deaf_children(signal.SIGINT):
            try:
                return self.pool.submit(_answers, chunk)
            except BrokenProcessPool:
                self.pool = self.start()
                return self.pool.submit(_answers, chunk)

    def answers(self, chunk: list[Item], future: Future[list[Answer]]) -> list[Answer]:
        try:
            return future.result()
        except BrokenProcessPool:
            # one of the items under way took its process down: one by one they show which
            return [self.alone(item) for item in chunk]

    def alone(self, item: Item) -> Answer:
        try:
            return self.submit([item]).result()[0]
        except BrokenProcessPool:
            return self.crashed(item)


@contextmanager
def deaf_children(*signals: signal.Signals) -> Iterator[None]:
    """Block signals for the processes that are started in this context: only their parent ends them.

    A signal that comes meanwhile is not lost to the parent, it waits. Where there are no signal masks, the processes
    ignore the signals as soon as they run.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # it would let the signal through again when it starts together with the first process
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_task: Callable[[Any], Any] | None = None


def _prepare(task: Callable[[Any], Any]) -> None:
    global _task
    _task = task
    # what libraries say about a page would stand on the user's terminal
    logging.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    """End with the parent: one that is killed tells its processes nothing."""
    if parent := multiprocessing.parent_process():
        parent.join()
        signal.raise_signal(signal.SIGTERM)


def _answers(chunk: list[Any]) -> list[Any]:
    assert _task is not None
    return [_task(item) for item in chunk]


def _chunks(items: Iterable[Item], size: Callable[[Item], int]) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    total = 0
    for item in items:
        chunk.append(item)
        total += size(item)
        if len(chunk) == CHUNK_ITEMS or total >= CHUNK_SIZE:
            yield chunk
            chunk, total = [], 0
    if chunk:
        yield chunk
