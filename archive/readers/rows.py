"""Text corpora as others make them: what is the same for those who learn from them and for those who make datasets."""

from __future__ import annotations

FETCHED = ("fetched", "timestamp", "date", "crawl_date")
"""Columns with the time of the crawl: C4 calls it timestamp, FineWeb date."""
MAX_LINE = 64 << 20
"""Bytes of a line of JSON; a longer one is no text of anybody."""
