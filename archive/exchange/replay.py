"""Replay a data root with pywb: write the missing indexes, and run pywb as a process."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import closing
from pathlib import Path
from typing import IO

from archive.catalog.cdxj import index_path, write_index
from archive.files.errors import ArchiveError
from archive.files.layout import RAW_SUFFIX, stored_files

HOST = "127.0.0.1"
"""Replayed pages run archived scripts, so nobody else on the network may reach them."""
START_SECONDS = 60.0
"""The longest wait for pywb's first answer; measured on two shared cores: 1.9 s."""
END_SECONDS = 5.0
KEPT_LINES = 20
"""The last lines of pywb's output that are kept for an error message."""

PROGRAM = "PRESSCLIP_WAYBACK"
"""The environment variable with the path of pywb's program, if that is neither on the PATH nor beside this Python."""


class Replay:
    """Runs pywb on a data root; for use with `with`: pywb answers when entered, and has ended when left.

    Raises ArchiveError where pywb is missing, nothing is there to replay, the port is taken or pywb does not start.
    """

    host = HOST

    def __init__(self, root: Path, port: int = 0) -> None:
        """Prepare to serve `root`; port 0 is any free one."""
        self.root = root
        self._program = wayback()
        self.collections = sorted({path.parent.parent.name for path in stored_files(root, f"*{RAW_SUFFIX}")})
        if not self.collections:
            raise ArchiveError(f"{root}: no sealed WARC file to replay: crawl or import first")
        self.port = _free(port)
        self._output: deque[str] = deque(maxlen=KEPT_LINES)
        self._server: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Replay:
        write_missing_indexes(self.root)
        command = [self._program, "--bind", HOST, "--port", str(self.port)]
        self._server = subprocess.Popen(
            [*command, "--directory", str(self.root.resolve())], cwd=self.root, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
        )  # fmt: skip
        try:
            assert self._server.stderr is not None
            self._reader = threading.Thread(target=_follow, args=(self._server.stderr, self._output), daemon=True)
            self._reader.start()
            self._wait_for_answer(self._server)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._end()

    def wait(self) -> None:
        """Wait until pywb ends by itself, and raise ArchiveError then."""
        if self._server:
            self._server.wait()
            raise self._ended()

    def _wait_for_answer(self, server: subprocess.Popen[str]) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if server.poll() is not None:
                raise self._ended()
            with closing(socket.socket()) as client:
                if client.connect_ex((HOST, self.port)) == 0:
                    return
            time.sleep(0.05)
        raise ArchiveError(f"pywb did not answer on port {self.port} within {START_SECONDS:.0f} s: try again")

    def _ended(self) -> ArchiveError:
        last = next((line for line in reversed(self._output) if line.strip()), "no message").strip()
        return ArchiveError(f"pywb ended ({last}): try another --port, or install pywb again")

    def _end(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        server.terminate()
        try:
            server.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        if self._reader:
            self._reader.join(END_SECONDS)


def wayback() -> str:
    """Return the path of pywb's program. It needs its own environment: its brotlipy would replace Scrapy's brotli."""
    beside = Path(sys.executable).with_name("wayback")
    program = os.environ.get(PROGRAM) or shutil.which("wayback") or (str(beside) if beside.is_file() else "")
    if not program:
        raise ArchiveError(
            f"replay needs pywb: python3 -m venv pywb && pywb/bin/pip install pywb, then set {PROGRAM}=pywb/bin/wayback"
        )
    return str(Path(program).absolute())


def write_missing_indexes(root: Path) -> list[Path]:
    """Write a CDXJ file for each sealed WARC file whose index is missing or older; return those written."""
    written = []
    for warc in stored_files(root, f"*{RAW_SUFFIX}"):
        index = index_path(warc)
        if not index.is_file() or index.stat().st_mtime_ns < warc.stat().st_mtime_ns:
            written.append(write_index(warc))
    return written


def _free(port: int) -> int:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ArchiveError(f"port {port}: {error.strerror}: give another --port, 0 for any free one") from error
        return int(probe.getsockname()[1])


def _follow(lines: IO[str], output: deque[str]) -> None:
    with lines:
        output.extend(lines)
