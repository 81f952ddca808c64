"""Runs the command line as a user does, with its streams and its exit code.

`press` stays in the process of the tests, where all libraries are loaded already, unless the command fetches: Twisted's
reactor starts once in a process. `begin` starts a process, to be interrupted, killed or watched.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

from scraper.cli import main

FETCHING = ("crawl", "demo", "discover")
"""The commands that always start the reactor; `clean` does for a URL."""
COMMAND = [sys.executable, "-m", "scraper"]

KEPT = (
    "The last lamp on the Skerry road was lit again on Friday, nineteen years after a lorry had taken it away.",
    "The parish had kept the money in a biscuit tin, because nobody could agree on the colour of the pole.",
)
PAGE = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Last lamp is lit again | Skerry Post</title>
<meta property="og:site_name" content="Skerry Post"><meta name="author" content="Ina Holm"></head>
<body><nav><a href="/">Home</a> <a href="/roads">Roads</a></nav>
<article><h1>Last lamp is lit again</h1>
<p>{KEPT[0]}</p>
<p>Advertisement</p>
<p>{KEPT[1]}</p>
</article></body></html>
"""
TEXT = "\n\n".join(KEPT) + "\n"


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line of an error; nothing may stand on standard output."""
        assert self.out == ""
        (line,) = self.err.splitlines()
        assert line.startswith("pressclip: ")
        return line


def press(*args: str | Path, cwd: Path, stdin: str | bytes = b"", apart: bool | None = None) -> Done:
    """Run `pressclip` with *args* in *cwd*, to its end; no traceback may come.

    *apart*: whether in a process of its own; where that is not said, what fetches is.
    """
    data = stdin.encode() if isinstance(stdin, str) else stdin
    line = [str(arg) for arg in args]
    if _fetches(line) if apart is None else apart:
        ended = subprocess.run([*COMMAND, *line], cwd=cwd, input=data, capture_output=True, env=environment())
        done = Done(ended.returncode, ended.stdout.decode(), ended.stderr.decode())
    else:
        done = _press_here(line, cwd, data)
    assert "Traceback" not in done.err, done.err
    return done


def _fetches(line: list[str]) -> bool:
    command = line[0] if line else ""
    named = any(arg.startswith(("http:", "https:")) or arg == "--urls" for arg in line)
    return command in FETCHING or (command == "clean" and named)


def _press_here(line: list[str], cwd: Path, data: bytes) -> Done:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(data)
        given.seek(0)
        # as Python opens its streams for a pipe: each has a descriptor, and none is a terminal
        streams = {"stdin": TextIOWrapper(given, "utf-8"), "stdout": TextIOWrapper(out, "utf-8")}
        streams["stderr"] = TextIOWrapper(err, "utf-8", errors="backslashreplace")
        with contextlib.chdir(cwd), _replaced(sys, argv=["pressclip", *line], **streams), _own_environment():
            try:
                main()
            except SystemExit as end:
                code = end.code
        for stream in streams.values():
            stream.detach()
        assert isinstance(code, int)
        return Done(code, *(_content(file) for file in (out, err)))


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


@contextlib.contextmanager
def _replaced(where: object, **values: object) -> Iterator[None]:
    before = {name: getattr(where, name) for name in values}
    for name, value in values.items():
        setattr(where, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(where, name, value)


@contextlib.contextmanager
def _own_environment() -> Iterator[None]:
    before = dict(os.environ)
    for name in before.keys() - environment().keys():
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def begin(*args: str | Path, cwd: Path, **streams: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - Popen's own
    """Start `pressclip` and return the process."""
    return subprocess.Popen([*COMMAND, *args], cwd=cwd, env=environment(), **streams)


def environment() -> dict[str, str]:
    """Return the environment without what would change the command's ways."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PRESSCLIP_")}


def fetching(*args: str | Path) -> Sequence[str | Path]:
    """Return *args* with what a fetch from loopback needs; requests are counted, so a crawl asks for no tdmrep.json."""
    return [*args, "--allow-private", "--delay", "0", *(["--no-tdmrep"] if args[:1] == ("crawl",) else [])]
