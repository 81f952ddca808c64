"""Run a task over items in other processes. An item that crashes or hangs its process costs that item alone, and no
process outlives the run."""

from __future__ import annotations

import atexit
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future
    from multiprocessing.connection import Connection
    from queue import LifoQueue

# multiprocessing, queues and threads are imported where they are used: they cost 10 ms, and one page needs none

CHUNK_ITEMS = 8
CHUNK_BYTES = 4 * 2**20
"""The most items, or bytes of items, that a process is sent at a time: enough that sending costs little, few enough
that the first answers come at once and no process waits long for the last one."""
AHEAD = 3
"""Chunks read ahead for each process: they hold at most some 12 MB of items."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class LostError(RuntimeError):
    """An item has no answer because its process ended; the message says how it ended."""

    timed_out = False
    """Whether the process was ended because the item took too long."""


class PoolError(RuntimeError):
    """No item can be answered, because a process cannot be started or ends before it begins; the message says why."""


def cores() -> int:
    """Return how many cores this process may use: not all of the machine's in a container or under `taskset`."""
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def work_many(
    task: Callable[[Item], Answer],
    items: Iterable[Item],
    *,
    lost: Callable[[Item, LostError], Answer],
    jobs: int | None = None,
    size: Callable[[Item], int] = lambda item: 0,
    chunk: int = CHUNK_ITEMS,
    seconds: float | None = None,
) -> Iterator[Answer]:
    """Yield the task's answer to each item, in the order of the items: with one job in this process, else in a `Pool`.

    `task` must be a function that other processes can import, or a `partial` of one. `lost` answers for an item that
    ended its process. `jobs`: processes; None starts one for each core. `size` returns an item's bytes. `chunk`: the
    most items that a process is sent at a time. `seconds`: the most time for an item, unbounded in this process.
    """
    if jobs == 1:
        yield from map(task, items)
        return
    with Pool(task, jobs or cores(), seconds=seconds) as pool:
        yield from pool.map(items, lost=lost, size=size, chunk=chunk)


class Pool(Generic[Item, Answer]):
    """Processes for one task, each started when it is first needed, and again after it ended.

    `task` must be a function that other processes can import, or a `partial` of one. What it raises is raised here.
    `seconds` bounds the time for an item: the system's alarm ends a process that takes longer, even where its
    interpreter hangs or this process has ended.
    """

    def __init__(self, task: Callable[[Item], Answer], jobs: int, *, seconds: float | None = None) -> None:
        from queue import LifoQueue

        self._lock = threading.Lock()
        self._closed = False
        self._workers = [_Worker(task, seconds) for _ in range(jobs)]
        # last in, first out: under a light load one process does all the work and the others are never started
        self._free: LifoQueue[_Worker] = LifoQueue()
        for worker in self._workers:
            self._free.put(worker)
        atexit.register(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def answer(self, item: Item) -> Answer:
        """Return the task's answer to an item. Raises LostError. At most as many threads as there are jobs are served
        at once."""
        answer: Answer | LostError = self._ask([item])[0]
        if isinstance(answer, LostError):
            raise answer
        return answer

    def map(
        self,
        items: Iterable[Item],
        *,
        lost: Callable[[Item, LostError], Answer],
        size: Callable[[Item], int] = lambda item: 0,
        chunk: int = CHUNK_ITEMS,
    ) -> Iterator[Answer]:
        """Yield the task's answer to each item, in order, reading a few chunks ahead. For the arguments see
        `work_many`."""
        from concurrent.futures import ThreadPoolExecutor

        threads = ThreadPoolExecutor(len(self._workers), thread_name_prefix="pool")
        waiting: deque[tuple[list[Item], Future[list[Any]]]] = deque()

        def first() -> Iterator[Answer]:
            for item, answer in zip(waiting[0][0], waiting[0][1].result(), strict=True):
                yield lost(item, answer) if isinstance(answer, LostError) else answer
            waiting.popleft()

        try:
            for batch in _chunks(items, size, chunk):
                waiting.append((batch, threads.submit(self._ask_all, batch)))
                if len(waiting) >= AHEAD * len(self._workers):
                    yield from first()
            while waiting:
                yield from first()
        finally:
            if waiting:
                # the caller stopped early, or the task raised: nobody waits for the items in work
                threads.shutdown(wait=False, cancel_futures=True)
                self.close()
            threads.shutdown()

    def close(self) -> None:
        """End all processes at once, whatever they are doing; a second call does nothing."""
        with self._lock:
            self._closed = True
            for worker in self._workers:
                worker.kill()
        atexit.unregister(self.close)

    def _ask_all(self, items: list[Item]) -> list[Any]:
        """Return an answer or a LostError for each item. An item whose process ended is tried once more by itself,
        since something else may have ended the process."""
        answers: list[Any] = []
        again = False
        while len(answers) < len(items):
            rest = items[len(answers) :]
            for reply in self._ask(rest[:1] if again else rest):
                if isinstance(reply, LostError) and not (again or reply.timed_out):
                    again = True
                else:
                    answers.append(reply)
                    again = False
        return answers

    def _ask(self, items: list[Item]) -> list[Any]:
        """Return the answers of one process, up to a LostError for the item that ended it."""
        worker = self._free.get()
        try:
            with self._lock:
                if self._closed:
                    raise LostError("the processes have been ended")
                worker.start()
            return worker.ask(items)
        finally:
            self._free.put(worker)


class _Worker:
    """One process at the other end of a pipe, or none yet."""

    def __init__(self, task: Callable[[Any], Any], seconds: float | None) -> None:
        self._task = task
        self._seconds = seconds
        self._process: Any = None
        self._began = False
        self._pipe: Any = None

    def start(self) -> None:
        """Start the process unless it lives: one may have ended while it was idle."""
        if self._process is not None and self._process.is_alive():
            return
        import multiprocessing

        # never fork: the caller has threads
        context = multiprocessing.get_context("spawn")
        # sent as bytes, so that `_serve` tells what fails to import there
        task = pickle.dumps(self._task)
        try:
            self._pipe, theirs = context.Pipe()
        except OSError as error:
            raise PoolError(f"no process can be started: {error.strerror or error}; try fewer with --jobs") from error
        self._process = context.Process(target=_serve, args=(theirs, task, self._seconds), name="pressclip-pool")
        self._began = False
        try:
            # terminals and service managers signal all processes of a run, but only the parent ends these
            with _blocked(signal.SIGINT, signal.SIGTERM):
                self._process.start()
        except OSError as error:
            self._process = None
            raise PoolError(f"no process can be started: {error.strerror or error}; try fewer with --jobs") from error
        finally:
            theirs.close()

    def ask(self, items: list[Any]) -> list[Any]:
        """Return the answers, up to a LostError for the item that ended the process. Raises what the task raised."""
        answers: list[Any] = []
        raised = None
        try:
            self._pipe.send(items)
            if not self._began:
                if (failure := self._pipe.recv()) is not None:
                    raise PoolError(f"a process cannot begin: {failure}")
                self._began = True
            while len(answers) < len(items) and raised is None:
                raised, answer = self._pipe.recv()
                answers.append(answer)
        except (EOFError, OSError):
            self._process.join()
            if not self._began and (code := self._process.exitcode) != -signal.SIGKILL:
                raise PoolError(f"a process ended with {_named(code)} before it began") from None
            answers.append(self._ending())
        except BaseException:
            # answers still to come would be mistaken for those to the next items
            self.kill()
            raise
        if raised is not None:
            raise raised
        return answers

    def kill(self) -> None:
        # a process that could not be started has no id
        if self._process is not None and self._process.pid is not None:
            self._process.kill()
            self._process.join()

    def _ending(self) -> LostError:
        code = self._process.exitcode
        if code == -signal.SIGALRM:
            error = LostError(f"it took longer than {self._seconds:g} seconds")
            error.timed_out = True
            return error
        return LostError(f"its process ended with {_named(code)}")


def _named(code: int | None) -> str:
    """Return how a process ended in words: None if `close` came first."""
    return signal.Signals(-code).name if code and code < 0 else str(code)


@contextmanager
def _blocked(*signals: signal.Signals) -> Iterator[None]:
    """Block signals for the processes that are started in this context; for this process they only wait."""
    from multiprocessing import resource_tracker

    # if it started with the first process, it would unblock the signals
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection, pickled: bytes, seconds: float | None) -> None:
    """Send None, or why the task cannot be loaded; then answer chunk after chunk until the pipe's other end is
    closed."""
    import logging

    # libraries would log about pages on the user's terminal
    logging.disable()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # the system's handling, not Python's, ends this process even where a loop in C never lets Python run
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        task = pickle.loads(pickled)  # noqa: S301 - pickled by the parent
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")
        return
    pipe.send(None)
    with suppress(EOFError, OSError):
        while True:
            for item in pipe.recv():
                if not _answer(pipe, task, item, seconds or 0):
                    break


def _answer(pipe: Connection, task: Callable[[Any], Any], item: Any, seconds: float) -> bool:  # noqa: ANN401 - any item
    """Send (None, answer), or (error, None) if the task raises; return whether there is an answer."""
    reply: tuple[Exception | None, Any]
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        reply = None, task(item)
    except Exception as error:
        reply = _sendable(error), None
    signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        pipe.send(reply)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        reply = RuntimeError(f"the answer cannot be sent to another process: {error}"), None
        pipe.send(reply)
    return reply[0] is None


def _sendable(error: Exception) -> Exception:
    """Return an error, or a RuntimeError with its words if its class cannot be sent to another process."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - pickled just now
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _end_with_parent() -> None:
    """End this process when its parent has ended: a killed parent cannot do it."""
    import multiprocessing

    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _chunks(items: Iterable[Item], size: Callable[[Item], int], most: int) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    total = 0
    for item in items:
        chunk.append(item)
        total += size(item)
        if len(chunk) == most or total >= CHUNK_BYTES:
            yield chunk
            chunk, total = [], 0
    if chunk:
        yield chunk
