"""Define what a reader may choose about cleaning: families of rules whose pieces stay, and how much the block model
keeps."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

Favor = Literal["", "precision", "recall"]
"""What the block model is to favour where it cannot have both."""
ALL = "all"
"""Stands for every family."""
ONLY_RULES = "only-rules"
DIGEST = 10
"""Hex digits of the hash in a version, as many as that of the rules has."""
_LABEL = re.compile(rf"-[0-9a-f]{{{DIGEST}}}\+(.+)$")
"""The options in a version."""


@dataclass(frozen=True, slots=True)
class Family:
    """Rules that remove one thing that some readers want."""

    name: str
    what: str
    near: bool
    """Whether only pieces of the article itself come back, not those of the teasers beside it."""
    rules: frozenset[str]


@cache
def families() -> dict[str, Family]:
    """Return the families by name, in the order of their file."""
    return {
        name: Family(name, table["what"], table["near"], frozenset(table["rules"]))
        for name, table in _document()["family"].items()
    }


@cache
def debris() -> frozenset[str]:
    """Return the packaged rules that are in no family: nobody wants what they remove."""
    return frozenset(_document()["debris"])


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "families.toml").read_text("utf-8"))


def read_keep(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of families in the order of their file, each once; `all` stands for all of them. Raises ValueError
    for an unknown name.

    >>> read_keep(["headline", "captions"])
    ('captions', 'headline')
    """
    known, wanted = families(), set(names)
    if unknown := sorted(wanted - {*known, ALL}):
        raise ValueError(f"there is no family '{unknown[0]}' of rules to keep; there are {', '.join(known)}, and {ALL}")
    return tuple(name for name in known if ALL in wanted or name in wanted)


@dataclass(frozen=True)
class CleanOptions:
    """How a page is cleaned where not as usual. The options are part of the `rules_version` of each article.

    >>> CleanOptions(keep=("captions", "headline")).label
    'keep.captions.headline'
    """

    keep: tuple[str, ...] = ()
    """Families of rules whose pieces stay in the text, at their places; `all` means each family. Nothing else changes:
    the text is the usual one with these pieces. Raises ValueError for an unknown family."""
    only_rules: bool = False
    """Whether only the rules that `pressclip rules list` shows remove something: neither the block model nor
    trafilatura is asked, and menus and lists of links stay. Such an article has no confidence."""
    favor: Favor = ""
    """`precision`: only blocks that the model is surer of stay; `recall`: also those that it is less sure of. The text
    is a part of the usual one, or the usual one is a part of it. What it costs: docs/quality.md."""

    def __post_init__(self) -> None:
        if self.favor not in get_args(Favor):
            raise ValueError(f"favor '{self.favor}' is not one of {', '.join(filter(None, get_args(Favor)))}")
        if self.favor and self.only_rules:
            raise ValueError(
                f"only_rules and favor '{self.favor}' exclude each other: the second is for the block model"
            )
        object.__setattr__(self, "keep", read_keep(self.keep))

    @classmethod
    def of_version(cls, version: str) -> CleanOptions:
        """Return the options that a version of rules names. Raises ValueError for some that are unknown here.

        >>> CleanOptions.of_version("0.1.0-5a51ca0ed1+keep.captions+recall")
        CleanOptions(keep=('captions',), only_rules=False, favor='recall')
        """
        found = _LABEL.search(version)
        keep: tuple[str, ...] = ()
        only_rules, favor = False, ""
        for part in found[1].split("+") if found else ():
            name, _, names = part.partition(".")
            if name == "keep":
                keep = tuple(names.split("."))
            elif part == ONLY_RULES:
                only_rules = True
            else:
                favor = part
        return cls(keep, only_rules, favor)  # type: ignore[arg-type]

    @property
    def label(self) -> str:
        """The options as a version says them; empty for the usual ones."""
        keep = ("keep", *(self.keep if len(self.keep) < len(families()) else (ALL,))) if self.keep else ()
        return "+".join(filter(None, (".".join(keep), ONLY_RULES * self.only_rules, self.favor)))

    @property
    def kept_rules(self) -> frozenset[str]:
        """The ids of the rules whose pieces stay."""
        return frozenset[str]().union(*(families()[name].rules for name in self.keep))

    def version_of(self, version: str) -> str:
        """Return the version of rules with these options: that of the rules itself for the usual ones.

        The hash differs too, since a long version is cut in the names of files.
        """
        if not self.label:
            return version
        package, _, digest = version.rpartition("-")
        both = hashlib.sha256(f"{digest} {self.label}".encode()).hexdigest()[:DIGEST]
        return f"{package}-{both}+{self.label}"


USUAL = CleanOptions()
