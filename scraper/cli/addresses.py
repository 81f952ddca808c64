"""Tell what a user named: an address on the web, with or without its scheme, or a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_URL = re.compile(r"https?://", re.I)
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\s/\\@:?#\[\]]+)(:\d{1,5})?(?:[/?#]\S*)?", re.I)
_RESERVED = re.compile(r"(?:.*\.)?(?:localhost|example|test|invalid|local|internal|lan)\.?", re.I)
"""Names that no registry has: those for examples and tests, and those of networks at home and at work."""

PERMITTING = "--allow-private permits addresses that are not public"
"""What `clean` and `crawl` say where an address is refused."""


@dataclass(frozen=True, slots=True)
class Address:
    """A URL that a user named."""

    url: str
    fallback: str | None = None
    """The same without TLS, where the user gave no scheme."""

    @property
    def is_site(self) -> bool:
        """Whether it is that of a site, not of a page of it."""
        from scraper.urls import canonical

        parts = urlsplit(canonical(self.url) or self.url)
        return parts.path in ("", "/") and not parts.query


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except PermissionError:
        return True  # its folder is there, and may not be entered
    except OSError:
        return False
    return True


def address_of(source: str) -> Address | None:
    """Return the address that a source is; None for `-` and for a file or folder, there or not.

    What exists is a file, whatever its name; only a scheme says otherwise. Without a scheme, an address begins with an
    IP address, a port, or a name that can be a host's: with a suffix under which names are registered, or a reserved
    one.
    """
    if _URL.match(source):
        return Address(source)
    if source == "-" or (match := _HOST.fullmatch(source)) is None or _is_there(Path(source)):
        return None
    return read_address(source) if match[2] or _can_be_host(match[1]) else None


def read_address(text: str) -> Address | None:
    """Return the address that a text is where no file is meant: any host will do; None where it cannot be fetched."""
    from scraper.urls import canonical, is_fetchable

    if "@" in text:
        return None
    has_scheme = "://" in text
    url = text if has_scheme else f"https://{text}"
    home = canonical(url) if is_fetchable(url) else None
    return Address(home, None if has_scheme else canonical(f"http://{text}")) if home else None


def _can_be_host(name: str) -> bool:
    from scraper.urls import has_public_suffix, is_ip

    return _RESERVED.fullmatch(name) is not None or is_ip(name.strip("[]")) or has_public_suffix(name)
