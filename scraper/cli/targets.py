"""Where `pressclip clean` writes: standard output, one file, or a folder with a file for each source."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol, Self

import click

from scraper.cli.sources import holds_files
from scraper.cli.terminal.output import print_text
from scraper.cli.terminal.outputs import check_folder, check_place

if TYPE_CHECKING:
    from scraper.cli.sources import Origin

ENDINGS = {"text": ".txt", "markdown": ".md", "json": ".json", "jsonl": ".jsonl", "xml": ".xml"}
"""The end of a file's name by format."""
OLD = Literal["refuse", "skip", "replace"]
"""What is done where a file exists already."""
MAX_NAME = 200
"""Bytes of a file's name: file systems take 255, and the endings come to the name while it is written."""
DIGITS = 16
"""Hexadecimal digits of a digest in a name: of a billion names, two are the same with a probability of 3 percent."""

_OF_NAME = {errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EILSEQ, errno.EINVAL}
"""Errors that only this file's name has; after any other, such as a full disk, the next file would fail too."""
_READABLE = re.compile(r"[^A-Za-z0-9.-]+")


class Target(Protocol):
    """A place for the articles."""

    skipped: int
    """How many sources were not cleaned because their file exists."""
    is_one_a_page: bool
    """Whether each text stands alone, so that it needs no heading."""

    def refusal(self, origin: Origin) -> str | None:
        """Tell, before a page is cleaned, whether it is to be: None if so, "" to pass over it, else what is wrong."""

    def put(self, origin: Origin, text: str) -> str:
        """Write an article; return what is wrong, if its name cannot be used. Raises ArchiveError on other trouble."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class StandardOutput:
    """Standard output."""

    skipped = 0
    is_one_a_page = False

    def __init__(self, form: str) -> None:
        """Print articles in a format."""
        self._is_json = form in ("json", "jsonl")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def refusal(self, origin: Origin) -> str | None:
        """Refuse nothing."""
        return None

    def put(self, origin: Origin, text: str) -> str:
        """Print an article."""
        print_text(text, newline=False, exact=True, is_json=self._is_json)
        return ""


class _Files:
    """Files that are written whole, one at a time."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._path: Path | None = None
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.__exit__(*exc)  # type: ignore[arg-type]

    def _append(self, path: Path, text: str) -> None:
        """Write to a file, after the file before it is put in its place."""
        from archive import whole_file

        if path != self._path or self._file is None:
            self._path = None
            self._stack.close()
            with ExitStack() as stack:
                self._file = stack.enter_context(stack.enter_context(whole_file(path)).open("xb"))
                self._stack = stack.pop_all()
            self._path = path
        self._file.write(text.encode("utf-8", "backslashreplace"))


class OneFile(_Files):
    """One file with what standard output would have. It is written if there is an article."""

    skipped = 0
    is_one_a_page = False

    def __init__(self, path: Path) -> None:
        """Write to a path, replacing what is there."""
        super().__init__()
        self._out = path

    def refusal(self, origin: Origin) -> str | None:
        """Refuse nothing."""
        return None

    def put(self, origin: Origin, text: str) -> str:
        """Append an article."""
        self._append(self._out, text)
        return ""


class Folder(_Files):
    """A folder with a file for each source, named as the source.

    Each page of a WARC file or corpus has a file too, in a folder named as the source; in JSON lines, all are in one.
    """

    is_one_a_page = True

    def __init__(self, root: Path, sources: Sequence[str], form: str, old: OLD) -> None:
        """Write below *root*. *sources*: the paths that were given; names begin at the folder they have in common."""
        super().__init__()
        self.skipped = 0
        self._root, self._form, self._old = root, form, old
        folders = [path if holds_files(path) else path.parent for path in map(_absolute, sources)]
        self._base = os.path.commonpath(folders) if folders else ""
        self._inside: dict[Path, bool] = {}
        self._verdicts: dict[Path, tuple[Origin, str | None]] = {}
        self._finished: set[Path] = set()

    def path_of(self, origin: Origin) -> Path:
        """Return the file for a page."""
        ending = ENDINGS[self._form]
        if origin.is_url:
            name = _READABLE.sub("_", origin.source.partition("://")[2])[:100].strip("_.")
            return self._root / f"{name}-{_digest(origin.source)}{ending}"
        if origin.source == "-":
            return self._root / f"-{ending}"
        parts = [_short(part) for part in _absolute(origin.source).relative_to(self._base).parts]
        if origin.place and self._form != "jsonl":
            parts.append(origin.place)
        return self._root.joinpath(*parts[:-1], parts[-1] + ending)

    def refusal(self, origin: Origin) -> str | None:
        """Tell whether the page's file may be written. Pages that come into one file get one answer."""
        path = self.path_of(origin)
        if path not in self._verdicts:
            self._verdicts[path] = origin, self._refusal(path)
            if self._verdicts[path][1] == "":
                self.skipped += 1
            return self._verdicts[path][1]
        first, verdict = self._verdicts[path]
        if first.source != origin.source:
            return f"not written: {path} is that of {first.source}"
        return "" if first.place == origin.place else verdict

    def put(self, origin: Origin, text: str) -> str:
        """Write or append an article."""
        from archive import ArchiveError

        path = self.path_of(origin)
        if path in self._finished:
            return f"not written: {path} was finished before; name {origin.source} once"
        if self._path and self._path != path:
            self._finished.add(self._path)
        try:
            self._append(path, text)
        except ArchiveError as error:
            if not isinstance(error.__cause__, OSError) or error.__cause__.errno not in _OF_NAME:
                raise
            return str(error)
        return ""

    def _refusal(self, path: Path) -> str | None:
        if not self._is_inside(path.parent):
            return f"not written: {path.parent} leads out of {self._root}"
        if not os.path.lexists(path) or self._old == "replace":
            return None
        return "" if self._old == "skip" else f"{path} exists: --skip-existing keeps it, --force writes it anew"

    def _is_inside(self, folder: Path) -> bool:
        """Tell whether a folder is below the root after all links are followed."""
        if folder not in self._inside:
            self._inside[folder] = folder.resolve().is_relative_to(self._root.resolve())
        return self._inside[folder]


def _is_same(out: Path, source: Path) -> bool:
    try:
        return out.samefile(source)
    except OSError:
        return False


def target_of(out: Path | None, sources: Sequence[str], form: str, old: OLD, *, is_folder: bool) -> Target | None:
    """Return where to write; None if all is there already. *sources*: those that are files or folders.

    *is_folder*: whether the user wrote the path as that of a folder. Raises click.UsageError where nothing can be
    written.
    """
    if out is None:
        return StandardOutput(form)
    if is_folder or out.is_dir() or not (out.suffix or out.exists()):
        if out.exists() and not out.is_dir():
            raise click.UsageError(f"--output {out}: is a file, not a folder.")
        check_folder(out, "--output")
        return Folder(out, sources, form, old)
    if not out.exists():
        check_place(out, "--output")
        return OneFile(out)
    if any(_is_same(out, Path(source)) for source in sources):
        raise click.UsageError(f"--output {out}: is also a source; give another name.")
    if old == "refuse":
        raise click.UsageError(f"--output {out}: exists; give another name, --skip-existing or --force.")
    if old == "skip":
        return None
    check_place(out, "--output")
    return OneFile(out)


def _absolute(path: str) -> Path:
    """Return a path without `..`, from the root; links are not followed, so that two names of a file stay two."""
    return Path(os.path.normpath(Path(path).absolute()))


def _short(name: str) -> str:
    """Return a name that a file system takes, with endings: of a long one the beginning, and its digest."""
    return name if len(os.fsencode(name)) <= MAX_NAME else f"{name[: MAX_NAME // 4]}-{_digest(name)}"


def _digest(name: str) -> str:
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:DIGITS]
