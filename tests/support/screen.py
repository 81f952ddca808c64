"""Runs a command on a terminal, and tells what is on the screen in the end."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

from tests.support.shell import environment

COLUMNS, ROWS = 400, 600
"""So large that no line is wrapped and none leaves the screen."""
AT_ONCE = (
    "import scraper.cli.terminal.display as d; d.QUIET_SECONDS = 0.0; d.REDRAW_SECONDS = 0.001; "
    "from scraper.cli import main; main()"
)
"""The command line, drawing progress from its first moment on: it comes and goes all the time."""
ESCAPE = b"\x1b"


def show_on_terminal(*args: str | Path, cwd: Path, at_once: bool) -> bytes:
    """Run `pressclip` with both of its outputs on one terminal, and return all that it writes there."""
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    with subprocess.Popen(_line(args, at_once), cwd=cwd, env=_environment(), stdin=subprocess.DEVNULL, stdout=end,
                          stderr=end):  # fmt: skip
        os.close(end)
        return read_all(terminal)


def read_all(terminal: int) -> bytes:
    """Read from a terminal until the other side has gone."""
    written = b""
    while True:
        try:
            written += os.read(terminal, 65536)
        except OSError:  # how Linux says that the other side has gone
            os.close(terminal)
            return written


def show_in_pipe(*args: str | Path, cwd: Path) -> bytes:
    """Run `pressclip` with both of its outputs in one pipe, and return all that it writes there."""
    return subprocess.run(
        _line(args, False), cwd=cwd, env=_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ).stdout  # fmt: skip


def lines_on_screen(written: bytes) -> list[str]:
    """Return the lines of a screen on which this was written, without those that are empty at its end."""
    import pyte  # in the extra dev; here, so that the other tests need it not

    screen = pyte.Screen(COLUMNS, ROWS)
    pyte.ByteStream(screen).feed(written.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    return "\n".join(line.rstrip() for line in screen.display).rstrip().split("\n")


def _line(args: tuple[str | Path, ...], at_once: bool) -> list[str | Path]:
    return [sys.executable, *(["-c", AT_ONCE] if at_once else ["-m", "scraper"]), *args]


def _environment() -> dict[str, str]:
    return environment() | {"TERM": "xterm-256color"}
