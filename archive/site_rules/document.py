"""A rule file as people and programs share it: its tables are added, taken out and replaced, all else stays as it
is."""

from __future__ import annotations

import os
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from archive.errors import ArchiveError, cannot_read, cannot_write
from archive.site_rules.tables import HEADER, RuleTable

NEW = ".new"
"""The end of a name while a file is written; no rule file is called so."""


@dataclass
class RuleFile:
    """A file of `[[rule]]` tables."""

    path: Path
    head: str
    """What stands before the first table."""
    tables: list[RuleTable] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path, head: str = "") -> RuleFile:
        """Return the file at *path*; where there is none, an empty one with *head*. Raises ArchiveError."""
        try:
            text = path.read_bytes().decode("utf-8")
            document = tomllib.loads(text)
        except FileNotFoundError:
            return cls(path, head)
        except OSError as error:
            raise cannot_read(path, error) from error
        except ValueError as error:
            raise ArchiveError(f"{path}: not TOML: {error}: mend it by hand") from None
        found, parts = _parted(text)
        tables = [RuleTable(part) for part in parts]
        try:
            understood = [table.data for table in tables] == document.get("rule", [])
        except ValueError:
            understood = False
        if not understood:
            raise ArchiveError(f"{path}: each rule must be a [[rule]] table of its own, on lines of its own")
        return cls(path, found, tables)

    def table(self, id: str) -> RuleTable | None:
        """Return the rule with this id."""
        return next((table for table in self.tables if table.id == id), None)

    def take(self, ids: list[str]) -> list[RuleTable]:
        """Take the rules with these ids out and return them, in the order of *ids*."""
        taken = [found for id in ids if (found := self.table(id))]
        self.tables = [table for table in self.tables if table.id not in ids]
        return taken

    def has(self, wanted: RuleTable) -> bool:
        """Tell whether a rule that does the same is there."""
        return any(table.pattern == wanted.pattern for table in self.tables)

    def free_id(self, id: str) -> str:
        """Return *id*, with a number where a rule has it already."""
        number, free = 1, id
        while self.table(free):
            number += 1
            free = f"{id}-{number}"
        return free

    def add(self, table: RuleTable) -> None:
        """Put a rule at the end, after an empty line."""
        if self.tables:
            self.tables[-1] = RuleTable(_spaced(self.tables[-1].text))
        else:
            self.head = _spaced(self.head)
        self.tables.append(table)

    def change(self, old: RuleTable, new: RuleTable) -> None:
        """Put a rule in the place of another, below the comments of that one."""
        space = old.text[len(old.text.rstrip()) :]
        self.tables[self.tables.index(old)] = RuleTable(new.under(old.comments).text.rstrip() + space)

    def write(self, head: str) -> None:
        """Put it in its place as a whole; remove it where nothing but *head* would stand in it."""
        if self.tables or self.head.strip() != head.strip():
            text = (self.head + "".join(table.text for table in self.tables)).rstrip() + "\n"
            try:
                tomllib.loads(text)
            except ValueError as error:
                said = f"a change would break it ({error}): nothing is written; write its tables in a plainer way"
                raise ArchiveError(f"{self.path}: {said}") from None
            replace(self.path, text.encode("utf-8"))
        else:
            replace(self.path, None)


def replace(path: Path, data: bytes | None) -> None:
    """Give a file new bytes, or remove it, so that whoever reads it meanwhile has the old or the new."""
    new = path.with_name(path.name + NEW)
    try:
        if data is None:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise cannot_write(path, error) from error


def _spaced(text: str) -> str:
    return text.rstrip() + "\n\n" if text.strip() else ""


def _parted(text: str) -> tuple[str, list[str]]:
    """Return what stands before the first table, and the tables, each with the comments directly above it.

    A comment on the file's first line is the file's own.
    """
    lines = [line + "\n" for line in text.split("\n")]
    starts: list[int] = []
    for number, line in enumerate(lines):
        if HEADER.match(line):
            first = number
            while first and lines[first - 1].lstrip().startswith("#"):
                first -= 1
            starts.append(first or number)
    parts = ["".join(lines[start:end]) for start, end in pairwise([*starts, len(lines)])]
    return "".join(lines[: starts[0]] if starts else lines), parts
