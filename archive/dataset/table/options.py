"""Define the options of a build, and which of them determine its rows and its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from importlib.metadata import version
from typing import Annotated, Any, Literal

from msgspec import Meta

from archive.dataset.table.condition import columns_of_condition
from archive.dataset.table.schema import BLOCKS, SCHEMA_VERSION
from archive.dataset.table.view import view_of
from archive.files.errors import ArchiveError
from cleaners import CleanOptions, RuleFile, RuleSet, load_in_force, read_rule_files

Form = Literal["parquet", "jsonl", "jsonl.gz", "jsonl.zst"]
SplitName = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}\Z")]
"""A split's name is part of the names of its files."""
ROWS_A_FILE = 100_000
"""At 2 to 4 KB of text per row, this gives files of 150 to 300 MB, a size that hubs and readers handle well."""
OF_FILES = ("text_column", "where", "form", "columns", "splits", "rows_a_file")
"""The options that a manifest, a recipe and a plan give, beside the versions."""
_SENT = "sent_versions"
"""The pickled form carries the versions that made it under this name."""


@dataclass(frozen=True)
class Options:
    """How to build a dataset. Equal options and equal inputs give equal bytes."""

    rule_paths: tuple[str, ...] = ()
    """Rule files read after the packaged ones."""
    cleaning: CleanOptions | None = None
    """How pages are cleaned where not as usual; part of the rules' version, by which a manifest tells it."""
    text_column: str = "text"
    """The column of a text corpus that holds the text."""
    where: str = ""
    """A condition in duckdb's SQL. Rows that do not meet it are dropped as `filtered`."""
    form: Form = "parquet"
    columns: tuple[str, ...] = ()
    """The columns of data/, in this order; or what is added to all (`+blocks`), left out (`-removed`). Empty means all
    but `blocks`; `("like-fineweb",)` means FineWeb's columns and names."""
    splits: tuple[tuple[str, float], ...] = (("train", 1.0),)
    rows_a_file: int = ROWS_A_FILE
    keep_work: bool = False
    jobs: int = 1
    """The number of processes. It does not change what is built."""

    @cached_property
    def rule_files(self) -> tuple[RuleFile, ...]:
        """Read the files of `rule_paths`, once. They are part of the pickled form: other machines do not see them, and
        they may change while the dataset is built."""
        return read_rule_files(*self.rule_paths)

    @cached_property
    def rules(self) -> RuleSet:
        """Load the rules. Raises ArchiveError where this process reads pages in another way than the one that sent it
        these options."""
        rules = load_in_force(None, self.rule_files, self.cleaning)
        here = _versions(rules)
        for name, sent in self.__dict__.get(_SENT, here).items():
            if here[name] != sent:
                raise ArchiveError(
                    f"planned with another {name.replace('_', ' ')} ({sent}, here {here[name]}): "
                    "install the same version of pressclip and of its packages on every machine"
                )
        return rules

    @cached_property
    def has_blocks(self) -> bool:
        """Whether rows get the column `blocks`: it is among the columns, or the condition looks at it."""
        return has_blocks(self.columns, self.where)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the rule files and the versions instead of the rules: each process loads its own, once."""
        sent = {"cleaning": self.cleaning, "rule_files": self.rule_files, _SENT: _versions(self.rules)}
        return asdict(self) | sent

    def of_rows(self) -> dict[str, Any]:
        """Return the options and versions that determine the rows of stage 1."""
        return _versions(self.rules) | {"text_column": self.text_column}

    def of_build(self) -> dict[str, Any]:
        """Return the options and versions that determine the dataset's bytes, as JSON has them."""
        of_files: dict[str, Any] = json.loads(json.dumps({name: getattr(self, name) for name in OF_FILES}))
        return self.of_rows() | of_files


def _versions(rules: RuleSet) -> dict[str, Any]:
    """Return the versions that determine what is read from a page."""
    return {
        "schema_version": SCHEMA_VERSION,
        "extractor_version": extractor_version(),
        "rules_version": rules.version,
    }


def has_blocks(columns: Sequence[str], where: str) -> bool:
    """Tell whether the rows of a build with these options have the column `blocks`."""
    return BLOCKS in view_of(tuple(columns)) or BLOCKS in columns_of_condition(where)


def cleaning_of(rules_version: str) -> CleanOptions:
    """Return the options that a version of rules names. Raises ArchiveError for some that are unknown here."""
    try:
        return CleanOptions.of_version(rules_version)
    except ValueError as error:
        raise ArchiveError(f"rules version {rules_version}: {error}: a newer pressclip may have made it") from None


@cache
def extractor_version() -> str:
    """Return the versions of pressclip and of the two libraries that decide how a page is read."""
    names = ("pressclip", "trafilatura", "lxml")
    return " ".join(f"{name}-{version(name)}" for name in names)


def json_sha256(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the sha256 of a value's JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
