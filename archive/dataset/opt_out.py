"""The column `opt_out`: what a site said, when the page was fetched, about its use for AI, data mining and indexes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from archive.warc.optouts import OptOuts


def opt_out_of(said: OptOuts | None, seen_at: datetime | None) -> list[dict[str, Any]] | None:
    """Return a line for each thing said; empty where nothing was, None where nobody looked.

    >>> opt_out_of(OptOuts(robots=("GPTBot",), header=("noai",)), None)
    [{'signal': 'robots', 'value': 'GPTBot', 'seen_at': None}, {'signal': 'x-robots-tag', 'value': 'noai', \
'seen_at': None}]
    """
    if said is None:
        return None
    return [{"signal": signal, "value": value, "seen_at": seen_at} for signal, value in _signals(said)]


def _signals(said: OptOuts) -> Iterator[tuple[str, str]]:
    """Yield a value at a time, so that a query asks for an agent or a word without taking a list apart."""
    for signal, values in (
        ("robots", said.robots or ()),  # agents that robots.txt kept from the page
        ("x-robots-tag", said.header),
        ("meta-robots", said.meta),
        ("tdm-reservation", said.tdm),  # with its place: `header: 1`; a 0 is an explicit yes
        ("tdm-policy", filter(None, [said.tdm_policy])),
    ):
        # what a site writes may hold half a surrogate pair, which Parquet cannot
        yield from ((signal, value.encode("utf-8", "replace").decode()) for value in values)
