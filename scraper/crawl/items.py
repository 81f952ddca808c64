"""What the spider hands to the pipelines."""

from __future__ import annotations

from dataclasses import dataclass

from archive import Stored
from cleaners import Article
from scraper.frontier import Row


@dataclass(slots=True)
class Page:
    """An HTML page that answered for a URL, on its way to becoming an article."""

    row: Row
    html: bytes
    """The body with its content coding undone."""
    charset: str | None
    """As declared in Content-Type."""
    stored: Stored | None
    article: Article | None = None
