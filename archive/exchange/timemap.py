"""Write a TimeMap: the list of a URL's captures over time, by RFC 7089 (Memento)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from archive.catalog.rows import CaptureRow

LINK_FORMAT = "application/link-format"
"""The media type of a TimeMap (RFC 6690)."""
NOT_MODIFIED = 304
_OF_A_URI = "%/:?#[]@!$&'()*+,;=~"
"""The characters of a URI (RFC 3986) beside letters, digits and `-._`; all others are escaped."""


@dataclass(frozen=True, slots=True)
class TimeMap:
    """The mementos of a URL, the oldest first, with their addresses."""

    original: str
    address: str
    """Where this TimeMap itself can be fetched."""
    mementos: tuple[tuple[str, CaptureRow], ...]

    @classmethod
    def of(cls, original: str, address: str, captures: Iterable[CaptureRow], place: Callable[[str], str]) -> TimeMap:
        """List the mementos among captures. *place* gives the address of a record."""
        found = sorted(filter(is_memento, captures), key=lambda row: (row.fetched, row.record_id))
        return cls(original, address, tuple((place(row.record_id), row) for row in found))

    def as_links(self) -> str:
        """Return the TimeMap as application/link-format, which has a line for each link."""
        times = [http_date(row.fetched) for _, row in self.mementos]
        period = f'; from="{times[0]}"; until="{times[-1]}"' if times else ""
        links = [
            f'<{escaped_uri(self.original)}>; rel="original"',
            f'<{escaped_uri(self.address)}>; rel="self"; type="{LINK_FORMAT}"{period}',
        ]
        for number, ((address, _), time) in enumerate(zip(self.mementos, times, strict=True)):
            rel = "first " * (number == 0) + "last " * (number == len(times) - 1) + "memento"
            links.append(f'<{escaped_uri(address)}>; rel="{rel}"; datetime="{time}"')
        return ",\n".join(links) + "\n"

    def as_dict(self) -> dict[str, Any]:
        """Return the TimeMap ready for JSON, with the place of each record in its WARC file; times are ISO 8601."""
        return {
            "original": self.original,
            "timemap": self.address,
            "mementos": [
                {
                    "memento": address,
                    "datetime": row.fetched.isoformat(),
                    "status": row.status,
                    "content_type": row.content_type,
                    "revisit": row.revisit,
                    "record_id": row.record_id,
                    "warc": f"collections/{row.collection}/archive/{row.file}",
                    "offset": row.offset,
                }
                for address, row in self.mementos
            ],
        }


def is_memento(row: CaptureRow) -> bool:
    """Tell whether a capture is a state of the page as its server sent it.

    A rendering was made by a browser, and a 304 has no representation: it says that an earlier one still stands.
    """
    return not row.is_rendering and row.status != NOT_MODIFIED


def escaped_uri(text: str) -> str:
    """Return a URL with all that may not stand in a link escaped.

    >>> escaped_uri('https://a.example/"x"> y?q=é%20z')
    'https://a.example/%22x%22%3E%20y?q=%C3%A9%20z'
    """
    return quote(text, safe=_OF_A_URI, errors="replace")


def http_date(moment: datetime) -> str:
    """Return a moment in UTC as HTTP writes it (RFC 1123).

    >>> from datetime import UTC
    >>> http_date(datetime(2026, 11, 21, 8, 5, tzinfo=UTC))
    'Sat, 21 Nov 2026 08:05:00 GMT'
    """
    return format_datetime(moment, usegmt=True)
