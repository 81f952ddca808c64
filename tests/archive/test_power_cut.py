"""A power cut at any moment: what was acknowledged is there, and nothing half-written looks whole.

A process stores captures and texts, cleans them again and rebuilds, under strace. Its writes, syncs and names,
SQLite's too, are played again up to a cut, once without all that no fsync has put on the disk, and once with it, the
last write only by half. Not covered: blocks that reach the disk in another order, several processes at work, and what
another program writes, as py-wacz does for `pack`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from archive import Catalog, Collection, Verifier, read_capture, read_text

pytestmark = pytest.mark.long

CUTS = 60
"""Moments of each kind; `CUTS` times two states take a minute."""

PROGRAM = """
import os, random, sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from archive import Capture, Collection, Limits, Rebuilder, reclean
from cleaners import Article, load_rules
from tests.support.shell import PAGE
def say(word): os.write(1, (word + "\\n").encode())
root, noise = Path("data"), random.Random(7)
limits = Limits(max_bytes=6000, sync_seconds=1000)
with Collection(root, software="s/1", rules_version="r", limits=limits) as collection:
    for number in range(8):
        body = PAGE.encode() + b"<!--" + noise.randbytes(500).hex().encode() + b"-->"
        head = b"HTTP/1.1 200 OK\\r\\nContent-Type: text/html"
        page = Capture(f"https://a.example/{number}", datetime.now(UTC), 200, head, body, b"GET / HTTP/1.1")
        stored = collection.store(page)
        text = collection.store_text(stored, Article(f"Lamp {number}", rules_version="r"))
        collection.sync()
        say(f"ack {stored.record_id}")
        say(f"ack {text.record_id}")
say("sealed")
for done in reclean(root, "news", rules=load_rules(), software="s/1"): pass
say("texts 16")
assert list(Rebuilder(root).findings()) == []
say("rebuilt")
"""
CALLS = (
    "openat,close,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir,rmdir,lseek"
)
_CALL = re.compile(r"(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass
class File:
    now: bytearray = field(default_factory=bytearray)
    safe: bytes = b""
    last: tuple[int, int] = (0, 0)
    """Where the last write began and ended."""


@dataclass
class Disk:
    """A file system that keeps what is synced apart from what is not."""

    root: Path
    names: dict[str, File] = field(default_factory=dict)
    safe_names: dict[str, File] = field(default_factory=dict)
    open: dict[int, tuple[str, File | None, bool]] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)

    def call(self, name: str, arguments: str, result: int) -> None:
        if result < 0:
            return
        texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(arguments)]
        fd = int(number[0]) if (number := re.match(r"\d+", arguments)) else -1
        if name == "openat":
            self._open(self._path(texts[0]), arguments, result)
        elif name == "mkdir":
            self.folders.add(self._path(texts[0]))
        elif name == "close":
            self.open.pop(fd, None)
        elif name == "write" and fd == 1:
            self.said += texts[0].decode().split("\n")[:-1]
        elif name in ("rename", "renameat", "renameat2"):
            old, new = map(self._path, texts)
            if old in self.names:
                self.names[new] = self.names.pop(old)
        elif name in ("unlink", "unlinkat"):
            self.names.pop(self._path(texts[0]), None)
        elif fd in self.open:
            self._on_file(name, fd, texts, arguments)

    def _on_file(self, name: str, fd: int, texts: list[bytes], arguments: str) -> None:
        path, file, appends = self.open[fd]
        if file is None:  # a folder
            if name in ("fsync", "fdatasync"):
                inside = {key for key in (*self.names, *self.safe_names) if str(Path(key).parent) == path}
                for key in inside:
                    self.safe_names.pop(key, None)
                    if key in self.names:
                        self.safe_names[key] = self.names[key]
            return
        if name in ("fsync", "fdatasync"):
            file.safe, file.last = bytes(file.now), (0, 0)
        elif name == "ftruncate":
            size = int(arguments.rsplit(",", 1)[1])
            file.now[size:] = bytes(max(0, size - len(file.now)))
        elif name == "lseek":
            self.places[fd] = int(arguments.split(",")[1]) if "SEEK_SET" in arguments else len(file.now)
        else:
            at = (
                int(arguments.rsplit(",", 1)[1])
                if name == "pwrite64"
                else len(file.now)
                if appends
                else self.places[fd]
            )
            file.now.extend(bytes(max(0, at - len(file.now))))
            file.now[at : at + len(texts[0])] = texts[0]
            file.last = (at, at + len(texts[0]))
            if name == "write":
                self.places[fd] = at + len(texts[0])

    def _open(self, path: str, arguments: str, fd: int) -> None:
        self.places[fd] = 0
        if not path.startswith(str(self.root)):
            return
        if "O_DIRECTORY" in arguments or path in self.folders:
            self.open[fd] = (path, None, False)
            return
        if "O_CREAT" in arguments and path not in self.names:
            self.names[path] = File()
        if path in self.names:
            if "O_TRUNC" in arguments:
                self.names[path].now.clear()
            self.open[fd] = (path, self.names[path], "O_APPEND" in arguments)

    def _path(self, name: bytes) -> str:
        return os.path.normpath(self.root / name.decode())

    def after_a_cut(self, torn: bool) -> Iterator[tuple[str, bytes]]:
        """Yield the files after a cut: what is synced, or (torn) all, of the last write of each file only half."""
        for path, file in (self.names if torn else self.safe_names).items():
            if path.endswith("-shm"):
                continue
            if not torn:
                yield path, file.safe
                continue
            begin, end = file.last
            is_last = end == len(file.now) and end > begin
            yield path, bytes(file.now[: (begin + end) // 2] if is_last else file.now)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, str, int]]]:
    """Run the program once; return its folder and its calls."""
    if shutil.which("strace") is None:
        pytest.skip("no strace here")
    folder = tmp_path_factory.mktemp("recorded").resolve()
    command = ["strace", "-xx", "-s", "10000000", "-e", f"trace={CALLS}", "-o", str(folder / "calls")]
    environment = {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [*command, sys.executable, "-c", PROGRAM], cwd=folder, env=environment, capture_output=True, text=True
    )
    if "ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr[-2000:]
    calls = [match.groups() for line in (folder / "calls").read_text().splitlines() if (match := _CALL.match(line))]
    (folder / "calls").unlink()
    return folder, [(name, arguments, int(result)) for name, arguments, result in calls]


def test_what_is_played_again_is_what_the_process_left(recorded: tuple[Path, list[tuple[str, str, int]]]) -> None:
    folder, calls = recorded
    disk = Disk(folder)
    for call in calls:
        disk.call(*call)
    left = {str(path) for path in (folder / "data").rglob("*") if path.is_file()}
    assert {path for path in disk.names if path.startswith(str(folder / "data"))} == left
    for path in left:
        assert bytes(disk.names[path].now) == Path(path).read_bytes(), path
    assert disk.said[-1] == "rebuilt"


@pytest.mark.parametrize("torn", [False, True], ids=["forgotten", "torn"])
def test_nothing_acknowledged_is_lost_and_nothing_half_written_looks_whole(
    recorded: tuple[Path, list[tuple[str, str, int]]], tmp_path: Path, torn: bool
) -> None:
    folder, calls = recorded
    disk, begun = Disk(folder), next(place for place, call in enumerate(calls) if "\\x64\\x61\\x74\\x61" in call[1])
    cuts = {begun + (len(calls) - begun) * number // CUTS for number in range(CUTS)} | {len(calls)}
    for place, call in enumerate([*calls, ("end", "", -1)]):
        if place in cuts:
            root = tmp_path / str(place)
            for path, content in disk.after_a_cut(torn):
                target = root / Path(path).relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            check(root, disk.said)
            shutil.rmtree(root, ignore_errors=True)
        disk.call(*call)


def check(root: Path, said: list[str]) -> None:
    """Start again after the cut, and look for all that was acknowledged."""
    with Collection(root / "data", software="s/1", rules_version="r"):
        pass
    with Catalog(root / "data/catalog.sqlite") as catalog:
        for line in said:
            word, _, value = line.partition(" ")
            if word == "ack":
                capture, article = catalog.capture(value), catalog.article(value)
                assert capture or article, (root, value)
                if capture:
                    assert read_capture(root / "data", "news", capture.file, capture.offset).status == 200
            if word == "texts":
                assert next(catalog.query("SELECT count(*) FROM article"))[0] == int(value)
        for row in catalog.query("SELECT file, offset FROM article"):
            assert read_text(root / "data", "news", row["file"], row["offset"]).text
    assert list(Verifier(root / "data", full=True).findings()) == []
