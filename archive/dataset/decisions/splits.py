"""Splits by story: rows that are near duplicates of each other or share text are always in the same one."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from archive.files.errors import ArchiveError

_DRAWN = 13
"""Hexadecimal digits of a story's hash that are drawn by: 52 bits, what a double holds exactly."""


def assign(db: duckdb.DuckDBPyConnection, splits: Sequence[tuple[str, float]]) -> None:
    """Write the table `split`: each row's split, by the hash of its story's id alone (`story` is there).

    `splits`: names with their shares of the stories, which add up to 1.
    """
    db.execute("CREATE TABLE bound (split VARCHAR, until DOUBLE)")
    db.executemany("INSERT INTO bound VALUES (?, ?)", bounds_of(splits))
    db.execute(f"""
        CREATE TABLE split AS SELECT n, arg_min(split, until) AS split FROM (
            SELECT n, ('0x' || sha256(story_id)[:{_DRAWN}])::BIGINT / 16.0::DOUBLE ** {_DRAWN} AS drawn FROM story)
        JOIN bound ON drawn < until GROUP BY n;
        DROP TABLE bound;
    """)


def bounds_of(splits: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return where each split's part of the numbers from 0 to 1 ends. Raises ArchiveError for shares that are none.

    >>> bounds_of([("train", 0.75), ("test", 0.25)])
    [('train', 0.75), ('test', 1.0)]
    """
    total = sum(share for _, share in splits)
    if not splits or abs(total - 1) > 1e-9 or any(share <= 0 for _, share in splits):
        said = ", ".join(f"{name}={share:g}" for name, share in splits) or "none"
        raise ArchiveError(
            f"splits: the shares ({said}) must be above 0 and add up to 1: for example train=0.9, test=0.1"
        )
    ends = [sum(share for _, share in splits[: k + 1]) for k in range(len(splits))]
    return [(name, end) for (name, _), end in zip(splits, [*ends[:-1], 1.0], strict=True)]
