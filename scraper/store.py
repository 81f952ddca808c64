"""The collection that a crawl writes into, opened with what its warcinfo records say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from archive import Collection


def open_collection(
    data: Path | None, name: str, agent: str, rules_version: str, now: Callable[[], datetime]
) -> Collection | None:
    """Return the collection *name* of a data root, entered, None without one; *agent*: the crawl's user agent.

    Raises ArchiveError.
    """
    if data is None:
        return None
    software = f"pressclip/{version('pressclip')} scrapy/{version('scrapy')}"
    info = {"robots": "obey", "http-header-user-agent": agent}
    collection = Collection(data, name, software=software, rules_version=rules_version, info=info, now=now)
    return collection.__enter__()
