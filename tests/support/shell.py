"""Runs the command line as a user does: in a process of its own, with its streams and its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def press(*args: str | Path, cwd: Path, stdin: str | bytes = b"") -> Done:
    """Run `pressclip` with *args* in *cwd*, to its end; no traceback may come."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run([*COMMAND, *args], cwd=cwd, input=data, capture_output=True, check=False, env=environment())
    found = Done(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in found.err, found.err
    return found


def begin(*args: str | Path, cwd: Path, **streams: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - Popen's own
    """Start `pressclip` and return the process."""
    return subprocess.Popen([*COMMAND, *args], cwd=cwd, env=environment(), **streams)


def environment() -> dict[str, str]:
    """Return the environment without what would change the command's ways."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PRESSCLIP_")}


def fetching(*args: str | Path) -> Sequence[str | Path]:
    """Return *args* with what a fetch from loopback needs."""
    return [*args, "--allow-private", "--delay", "0"]
