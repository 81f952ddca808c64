"""What a build is asked for: the part that decides its rows, and the part that decides its files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from importlib.metadata import version
from typing import Any, Literal

from archive.dataset.table.schema import SCHEMA_VERSION
from archive.files.errors import ArchiveError
from cleaners import RuleSet, load_rules

Form = Literal["parquet", "jsonl", "jsonl.gz", "jsonl.zst"]
FORMS: tuple[Form, ...] = ("parquet", "jsonl", "jsonl.gz", "jsonl.zst")
ROWS_A_FILE = 100_000
"""At 2 to 4 KB of text a row, files of 150 to 300 MB: what hubs and readers take in one go."""
_SENT = "sent_rules_version"


@dataclass(frozen=True)
class Options:
    """How a dataset is built; equal options over equal inputs give equal bytes."""

    rule_paths: tuple[str, ...] = ()
    """Rule files after the packaged ones."""
    text_column: str = "text"
    """Of text corpora."""
    where: str = ""
    """A condition in duckdb's SQL; rows for which it does not hold are dropped as `filtered`."""
    form: Form = "parquet"
    columns: tuple[str, ...] = ()
    """Which columns data/ has, in this order; empty: all. `("like-fineweb",)` is a view under other names."""
    splits: tuple[tuple[str, float], ...] = (("train", 1.0),)
    rows_a_file: int = ROWS_A_FILE
    keep_work: bool = False
    jobs: int = 1
    """Processes; no part of what is built."""

    @cached_property
    def rules(self) -> RuleSet:
        """The rules in force. Raises ArchiveError in a process where they are not those of the one that sent it."""
        rules = load_rules(*self.rule_paths)
        if (sent := self.__dict__.get(_SENT, rules.version)) != rules.version:
            raise ArchiveError(
                f"{', '.join(self.rule_paths) or 'the packaged rules'}: have changed since the build began "
                f"({sent}, now {rules.version}): give the same command again"
            )
        return rules

    def __getstate__(self) -> dict[str, Any]:
        """Leave the rules behind, but for their version: each process loads its own, once."""
        return asdict(self) | {_SENT: self.rules.version}

    def of_rows(self) -> dict[str, Any]:
        """Return what decides the rows of stage 1, versions included."""
        return {
            "schema_version": SCHEMA_VERSION,
            "extractor_version": extractor_version(),
            "rules_version": self.rules.version,
            "text_column": self.text_column,
        }

    def of_build(self) -> dict[str, Any]:
        """Return what decides the dataset's bytes."""
        wanted = ("where", "form", "columns", "splits", "rows_a_file")
        found: dict[str, Any] = json.loads(json.dumps({name: getattr(self, name) for name in wanted}))
        return self.of_rows() | found


@cache
def extractor_version() -> str:
    """Return the versions of what reads a page: ours, and of the two libraries that decide what it has to go by."""
    names = ("pressclip", "trafilatura", "lxml")
    return " ".join(f"{name}-{version(name)}" for name in names)


def fingerprint(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    """Return the sha256 of a value's JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
