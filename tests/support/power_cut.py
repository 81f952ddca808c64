"""Records what a program writes, and plays it on a disk that forgets what no fsync put there.

What is written, synced, named and removed is recorded with strace, for all threads and child processes. A write counts
from the moment at which it ended. Not covered: writes through a mapped file, such as SQLite's `-shm`, which recovery
does not read; blocks of one file that reach the disk in another order; the old name of a folder that is renamed;
several programs at work at once.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

State = Literal["forgotten", "torn", "databases"]
"""What a cut leaves: what is synced; all, of the last write of each file half; or what is synced, and all of SQLite's
files, as when the disk took those first."""
STATES: tuple[State, ...] = ("forgotten", "torn", "databases")
CALLS = (
    "open,openat,creat,write,writev,pwrite64,pwritev,ftruncate,fallocate,sendfile,copy_file_range,fsync,fdatasync,"
    "rename,renameat,renameat2,link,linkat,symlink,unlink,unlinkat,mkdir,mkdirat,rmdir,lseek,execve"
)
PLAYED = {"open", "openat", "write", "pwrite64", "ftruncate", "fsync", "fdatasync", "rename", "renameat", "renameat2",
          "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "lseek"}  # fmt: skip
"""The calls that `Disk` knows; that a program uses another one shows in `Recording.plays_all`."""
_LINE = re.compile(r"(\d+) +(.*)", re.DOTALL)
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+)", re.DOTALL)
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)", re.DOTALL)
_UNFINISHED = " <unfinished ...>"
_TEXT = re.compile(r'"([^"]*)"')
"""With -xx, strace writes all texts as bytes in hexadecimal, so none has a quotation mark in it."""
_FD = re.compile(r"(-?\d+|AT_FDCWD)<([^>]*)>")


@dataclass(frozen=True, slots=True)
class Call:
    """A call that succeeded. `files` names the table of open files that it used."""

    files: int
    name: str
    fd: int
    fd_path: str
    """The path of the open file."""
    texts: tuple[bytes, ...]
    """What it names or writes."""
    bases: tuple[str, ...]
    """The folders from which relative names count."""
    arguments: str
    """All without the texts."""
    result: int

    @property
    def paths(self) -> list[str]:
        """The absolute paths that it names."""
        bases = self.bases if len(self.bases) == len(self.texts) else (self.bases or ("/",))[:1] * len(self.texts)
        names = zip(bases, self.texts, strict=True)
        return [os.path.normpath(Path(base, name.decode())) for base, name in names]


@dataclass
class Inode:
    """A file: its content now and on the disk, and where its last unsynced write began and ended."""

    now: bytearray = field(default_factory=bytearray)
    safe: bytes = b""
    last: tuple[int, int] = (0, 0)


@dataclass
class Handle:
    """An open file."""

    inode: Inode
    appends: bool
    place: int = 0


@dataclass
class Disk:
    """A file system that keeps what is synced apart from what is not; files and folders of `root` only."""

    root: Path
    names: dict[str, Inode] = field(default_factory=dict)
    safe_names: dict[str, Inode] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    safe_folders: set[str] = field(default_factory=set)
    open: dict[tuple[int, int], Handle] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """Lines on standard output."""

    def call(self, call: Call) -> bool:
        """Play a call, and tell whether a cut behind it can leave something else than one before it."""
        match call.name:
            case "open" | "openat":
                return self._open(call.paths[0], call)
            case "mkdir" | "mkdirat":
                self.folders.add(call.paths[0])
                return True
            case "rename" | "renameat" | "renameat2":
                return self._rename(*call.paths)
            case "unlink" | "unlinkat" | "rmdir":
                return self._remove(call.paths[0])
            case "write" if call.fd == 1 and (call.files, 1) not in self.open:
                if call.files == 0:
                    self.said += call.texts[0].decode().split("\n")[:-1]
                return False
            case "fsync" | "fdatasync" if call.fd_path in self.folders:
                return self._sync_names(call.fd_path)
        handle = self.open.get((call.files, call.fd))
        return handle is not None and self._on_file(handle, call)

    def _on_file(self, handle: Handle, call: Call) -> bool:
        inode = handle.inode
        last = call.arguments.rsplit(",", 1)[-1]
        match call.name:
            case "fsync" | "fdatasync":
                changed = inode.safe != inode.now
                inode.safe, inode.last = bytes(inode.now), (0, 0)
                return changed
            case "ftruncate":
                size = int(last)
                inode.now[size:] = bytes(max(0, size - len(inode.now)))
                return True
            case "lseek":
                handle.place = call.result
                return False
        at = int(last) if call.name == "pwrite64" else len(inode.now) if handle.appends else handle.place
        data = call.texts[0][: call.result]
        inode.now.extend(bytes(max(0, at - len(inode.now))))
        inode.now[at : at + len(data)] = data
        inode.last = (at, at + len(data))
        if call.name == "write":
            handle.place = at + len(data)
        return True

    def _open(self, path: str, call: Call) -> bool:
        self.open.pop((call.files, call.result), None)
        if not self._is_inside(path) or path in self.folders or "O_DIRECTORY" in call.arguments:
            return False
        changed = False
        if "O_CREAT" in call.arguments and path not in self.names:
            self.names[path] = Inode()
            changed = True
        if (inode := self.names.get(path)) is None:
            return False
        if "O_TRUNC" in call.arguments and inode.now:
            inode.now.clear()
            changed = True
        self.open[call.files, call.result] = Handle(inode, "O_APPEND" in call.arguments)
        return changed

    def _rename(self, old: str, new: str) -> bool:
        if old in self.folders:  # a folder with all that is in it; its new name counts as on the disk at once
            for names in (self.names, self.safe_names):
                for path in [path for path in names if path.startswith(old + "/")]:
                    names[new + path.removeprefix(old)] = names.pop(path)
            for folders in (self.folders, self.safe_folders):
                moved = {path for path in folders if path == old or path.startswith(old + "/")}
                folders -= moved
                folders |= {new + path.removeprefix(old) for path in moved}
            return True
        if old in self.names:
            self.names[new] = self.names.pop(old)
            return True
        return False

    def _remove(self, path: str) -> bool:
        self.folders.discard(path)
        return self.names.pop(path, None) is not None

    def _sync_names(self, folder: str) -> bool:
        before = (dict(self.safe_names), set(self.safe_folders))
        for path in [path for path in self.safe_names if _folder_of(path) == folder]:
            del self.safe_names[path]
        self.safe_names |= {path: inode for path, inode in self.names.items() if _folder_of(path) == folder}
        self.safe_folders -= {path for path in self.safe_folders if _folder_of(path) == folder}
        self.safe_folders |= {path for path in self.folders if _folder_of(path) == folder}
        return before != (self.safe_names, self.safe_folders)

    def _is_inside(self, path: str) -> bool:
        return path.startswith(f"{self.root}/")

    def after_a_cut(self, state: State) -> dict[str, bytes]:
        """Return the files that a cut leaves, by their path below the root."""
        left = {}
        if state != "torn":
            left = {path: inode.safe for path, inode in self.safe_names.items() if self._is_found(path)}
        for path, inode in self.names.items():
            if state == "databases" and ".sqlite" in path:
                left[path] = bytes(inode.now)
            elif state == "torn":
                begin, end = inode.last
                is_last = end == len(inode.now) and end > begin
                left[path] = bytes(inode.now[: (begin + end) // 2] if is_last else inode.now)
        return {os.path.relpath(path, self.root): left[path] for path in sorted(left) if not path.endswith("-shm")}

    def _is_found(self, path: str) -> bool:
        folder = _folder_of(path)
        while folder != str(self.root):
            if folder not in self.safe_folders:
                return False
            folder = _folder_of(folder)
        return True


@dataclass(frozen=True)
class Cut:
    """What is there after a cut."""

    files: dict[str, bytes]
    said: tuple[str, ...]
    """The lines that the program had written to standard output."""

    @property
    def digest(self) -> str:
        """A hash of all of it."""
        total = hashlib.sha256(repr(self.said).encode())
        for path, content in self.files.items():
            total.update(f"{path} {len(content)} ".encode() + hashlib.sha256(content).digest())
        return total.hexdigest()

    def write(self, folder: Path) -> None:
        """Write the files."""
        for path, content in self.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


@dataclass(frozen=True)
class Recording:
    """A program's calls, and the files that it found."""

    folder: Path
    before: dict[str, bytes]
    calls: list[Call]

    def disk(self) -> Disk:
        """Return the disk before the first call: all is synced."""
        disk = Disk(self.folder)
        for path, content in self.before.items():
            disk.names[f"{self.folder}/{path}"] = Inode(bytearray(content), content)
            for parent in Path(path).parents:
                disk.folders.add(os.path.normpath(self.folder / parent))
        disk.folders.add(str(self.folder))
        disk.safe_names, disk.safe_folders = dict(disk.names), set(disk.folders)
        return disk

    @property
    def plays_all(self) -> bool:
        """Whether the disk knows every call that touched a file of the folder."""
        return all(
            call.name in PLAYED or f"{self.folder}/" not in f"{call.fd_path} {call.paths}" for call in self.calls
        )

    def cuts(self, points: int, state: State) -> Iterator[Cut]:
        """Yield what a power cut leaves at so many points, evenly spread over the calls that change the disk."""
        disk = self.disk()
        changing = [place for place, call in enumerate(self.calls) if disk.call(call)]
        assert len(changing) >= points, f"only {len(changing)} calls change the disk"
        chosen = {changing[len(changing) * number // points] for number in range(points - 1)} | {len(self.calls) - 1}
        disk = self.disk()
        for place, call in enumerate(self.calls):
            disk.call(call)
            if place in chosen:
                yield Cut(disk.after_a_cut(state), tuple(disk.said))


def record(program: str, folder: Path, *arguments: str) -> Recording:
    """Run a Python program in a folder and record its calls."""
    if shutil.which("strace") is None:
        pytest.skip("no strace here")
    before = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    trace = folder.with_name(folder.name + ".calls")
    command = ["strace", "-f", "-y", "-xx", "-s", "10000000", "-e", f"trace={CALLS}", "-e", "signal=none"]
    environment = {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [*command, "-o", str(trace), sys.executable, "-c", program, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    if "ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr[-2000:]
    with trace.open() as lines:
        calls = [call for call in _calls(lines, folder) if call.name != "execve"]
    trace.unlink()
    return Recording(folder, before, calls)


def _calls(lines: Iterator[str], folder: Path) -> Iterator[Call]:
    """Yield the calls that succeeded. Threads share the program's open files; a process that executes has its own."""
    begun: dict[str, str] = {}
    tables: dict[str, int] = {}
    first = ""
    for line in lines:
        found = _LINE.match(line.rstrip("\n"))
        if found is None:
            continue
        process, text = found.groups()
        first = first or process
        if text.endswith(_UNFINISHED):
            begun[process] = text.removesuffix(_UNFINISHED)
            continue
        if resumed := _RESUMED.match(text):
            text = begun.pop(process) + resumed[1]
        if (call := _CALL.match(text)) is None or int(call[3]) < 0:
            continue
        if call[1] == "execve" and process != first:
            tables[process] = int(process)
        texts = tuple(bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(call[2]))
        arguments = _TEXT.sub('""', call[2])
        files = [(number, _unescaped(path)) for number, path in _FD.findall(arguments)]
        fd, path = files[0] if files and arguments.startswith(f"{files[0][0]}<") else ("-1", "")
        bases = tuple(path for _, path in files) or (str(folder),)
        number = int(fd) if fd.isdigit() else -1
        yield Call(tables.get(process, 0), call[1], number, path, texts, bases, arguments, int(call[3]))


def _unescaped(path: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), path)


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]
