"""Keep what people said of single lines, in `rules/judgements.jsonl`: this one is debris, that one is text."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from archive.files.errors import ArchiveError, cannot_read, cannot_write
from archive.files.lock import in_turn
from archive.files.utf8 import encodable
from archive.files.whole import sync, sync_folder
from archive.site_rules.files import FOLDER

Verdict = Literal["debris", "text", "withdrawn"]
JUDGEMENTS = Path(FOLDER, "judgements.jsonl")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person said of one line of a page."""

    url: str
    record: str
    """The key of the text in which the person saw it."""
    line: str
    verdict: Verdict
    """`withdrawn` takes back what was said of this line of this page before."""
    rule: str
    """The rule that had removed the line; empty for a line of the text."""
    when: str
    """The moment in UTC, ISO 8601."""


def read_judgements(root: Path) -> list[Judgement]:
    """Return what holds of each line of each page, in the order in which it was said; what was withdrawn is left out.

    A half last line, which a killed writer left, is ignored. Raises ArchiveError for another one that is none.
    """
    said: dict[tuple[str, str], Judgement] = {}
    for one in _read(root / JUDGEMENTS):
        known = said.pop((one.url, one.line), None)
        if one.verdict != "withdrawn":
            said[one.url, one.line] = known if known and known.verdict == one.verdict else one
    return list(said.values())


def add_judgement(root: Path, judgement: Judgement) -> None:
    """Add a judgement to the file, on the disk when this returns; one that says what holds already is not written.

    Raises ArchiveError where the file cannot be read or written.
    """
    path = root / JUDGEMENTS
    data = encodable(json.dumps(asdict(judgement), ensure_ascii=False)).encode() + b"\n"
    with in_turn(root / FOLDER):
        known = next((one for one in read_judgements(root) if _place(one) == _place(judgement)), None)
        if (known.verdict if known else "withdrawn") == judgement.verdict:
            return
        try:
            is_new = not path.exists()
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                end = _mended(fd)
                os.pwrite(fd, data, end)
                sync(fd)
            finally:
                os.close(fd)
            if is_new:
                sync_folder(path.parent)
        except OSError as error:
            raise cannot_write(path, error) from error


def _place(one: Judgement) -> tuple[str, str]:
    return one.url, encodable(one.line)


def _mended(fd: int) -> int:
    """Cut off a half last line, and return where the file ends then."""
    size = os.fstat(fd).st_size
    end = os.pread(fd, size, 0).rfind(b"\n") + 1
    if end < size:
        os.ftruncate(fd, end)
    return end


def _read(path: Path) -> Iterator[Judgement]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise cannot_read(path, error) from error
    whole, _, _ = data.rpartition(b"\n")
    for number, line in enumerate(whole.split(b"\n") if whole else (), 1):
        try:
            yield _judgement(json.loads(line))
        except (ValueError, TypeError, RecursionError):
            raise ArchiveError(f"{path}: line {number} is no judgement: correct or delete it") from None


def _judgement(said: dict[str, Any]) -> Judgement:
    one = Judgement(**said)
    if not all(isinstance(getattr(one, column.name), str) for column in fields(Judgement)):
        raise ValueError("not a text")
    if one.verdict not in get_args(Verdict):
        raise ValueError("no verdict")
    return one
