"""A shard: the piece of the inputs that one process turns into rows at a time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from archive.warc.optouts import OptOuts

Kind = Literal["warc", "pages", "texts", "jsonl", "parquet"]


@dataclass(frozen=True, slots=True)
class Shard:
    """One WARC file, some files of a folder, or some rows of a text corpus."""

    number: int
    """Its place in the order of the build; work/rows/NNNNN.parquet is named by it."""
    kind: Kind
    name: str
    """As rows name it: a file's name, or a folder's name and the way from there."""
    path: str
    """Where it is: a file, or the folder that `files` are in."""
    size: int
    """Bytes of the whole file, or of the files."""
    sha256: str
    """Of the whole file, or of the files' names and hashes."""
    files: tuple[str, ...] = ()
    """Of `pages` and `texts`: ways from `path`."""
    first: int = 0
    """Of corpora: the first row."""
    rows: int = 0
    """Of corpora: how many."""
    at: int = 0
    """Of JSON lines: where the first row begins, in unpacked bytes."""
    offsets: tuple[int, ...] | None = None
    """Of WARC files: the captures that count as articles; None: every page."""

    @property
    def stem(self) -> str:
        """The name of its files in work/."""
        return f"{self.number:05}"

    def as_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return asdict(self)

    @classmethod
    def of(cls, said: dict[str, Any]) -> Shard:
        """Read what `as_dict` gave, from JSON."""
        offsets = said["offsets"]
        return cls(**said | {"files": tuple(said["files"]), "offsets": None if offsets is None else tuple(offsets)})


@dataclass(frozen=True, slots=True)
class Item:
    """Something to clean and where it comes from, or why it cannot be cleaned (`problem`)."""

    source_file: str
    source_row: int
    """Of a WARC file: the offset. Of files: 0."""
    data: bytes | str = b""
    """A page's bytes, or a text."""
    is_text: bool = False
    problem: str = ""
    reason: str = "failed"
    """Under which name a problem is listed in dropped/."""
    url: str | None = None
    charset: str | None = None
    fetched: datetime | None = None
    published: str | None = None
    title: str | None = None
    warc_file: str | None = None
    warc_offset: int | None = None
    warc_length: int | None = None
    warc_digest: str | None = None
    warc_record_id: str | None = None
    opt_outs: OptOuts | None = None
