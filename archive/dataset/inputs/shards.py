"""Define a shard, the piece of the inputs that one process turns into rows, and the origin of each of its pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.readers.files import Kind
from archive.rights.optouts import OptOuts
from cleaners import Page


@dataclass(frozen=True, slots=True)
class Shard:
    """A WARC file, some files of a folder, or some rows of a text corpus."""

    number: int
    """Its place in the order of the build; work/rows/NNNNN.parquet is named after it."""
    kind: Kind
    name: str
    """The name that rows give: a file's name, or a folder's name and the path below it."""
    path: str
    """A file, or the folder that `files` are in."""
    size: int
    """The bytes of the whole file, or of the files."""
    sha256: str
    """The hash of the whole file, or of the names and hashes of the files."""
    files: tuple[str, ...] = ()
    """Of `pages` and `texts`: paths below `path`."""
    first: int = 0
    """Of corpora: the number of the first row."""
    rows: int = 0
    """Of corpora: the number of rows."""
    at: int = 0
    """Of JSON lines: the position of the first row, in uncompressed bytes."""
    offsets: tuple[int, ...] | None = None
    """Of WARC files: the captures that count as articles; None: every page."""
    opt_outs: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Of WARC files of a data root: what the catalog knows of opt-outs that the file does not, in JSON, each with the
    offsets of the captures that it is about."""

    @property
    def stem(self) -> str:
        """The name of its files in work/, without the ending."""
        return f"{self.number:05}"

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Shard:
        """Return the shard whose fields were stored as JSON."""
        offsets = fields["offsets"]
        opt_outs = tuple((stated, tuple(places)) for stated, places in fields.get("opt_outs", ()))
        lists = {"files": tuple(fields["files"]), "offsets": None if offsets is None else tuple(offsets)}
        return cls(**fields | lists | {"opt_outs": opt_outs})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a page is from, and what its source says about it: the columns of a row that no cleaning decides."""

    file: str
    row: int = 0
    """Of a WARC file: the offset. Of a text corpus: the number of the row."""
    url: str | None = None
    fetched: datetime | None = None
    published: str | None = None
    title: str | None = None
    is_warc: bool = False
    warc_length: int | None = None
    warc_digest: str | None = None
    warc_record_id: str | None = None
    opt_outs: OptOuts | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """Why there is no page to clean at an origin."""

    reason: str
    """The reason in dropped/: one of the words in docs/datasets.md, with the details of a failure behind a colon."""

    @classmethod
    def failed(cls, problem: str) -> Missing:
        """Return the reason for something that cannot be read."""
        return cls(f"failed: {problem}")


Input = tuple[Origin, Page | Missing]
"""An origin with its page, or with the reason why there is none."""
