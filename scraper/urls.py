"""Compute what a URL tells: its canonical form, its origin and site, and whether it looks like an article."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from functools import lru_cache
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

import ada_url
from courlan import extract_domain, is_navigation_page, is_not_crawlable, normalize_url

from cleaners import host_of

MAX_URL = 2083
"""Longest URL that is fetched, as in Scrapy's own URLLENGTH_LIMIT: longer ones are traps or data."""

MAX_RAW_URL = 8 * MAX_URL
"""Longest URL that is looked at: a fragment and tracking parameters may be removed from it. The time for one of 10 MB
is half a minute."""

_SCHEMES = frozenset({"http", "https"})
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")

# courlan removes these as tracking parameters, but some sites put an article's number there: numbers stay
_NUMBERED = frozenset({"cid", "eid", "uid", "aid"})

_KNOWN = tomllib.loads((Path(__file__).parent / "addresses.toml").read_text("utf-8"))
_SESSION_NAMES = "|".join(re.escape(name).replace(r"\*", r"[^=]*") for name in _KNOWN["session_names"])
_SESSION = re.compile(
    rf"(?:{_SESSION_NAMES})(?:=.*)?|(?:{'|'.join(map(re.escape, _KNOWN['token_names']))})"
    rf"=(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{{{_KNOWN['token_characters']},}}",
    re.I | re.S,
)
_PUBLISHERS = frozenset(_KNOWN["publishers"])

_DATE_IN_PATH = re.compile(r"/(?:19|20)\d\d[/-]?(?:0?[1-9]|1[0-2])(?:[/-]|\d\d)")
_LONG_NUMBER = re.compile(r"(?:^|[^\d])\d{5,}(?:[^\d]|$)")
_MEDIA = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|ico|css|js|json|xml|rss|atom|pdf|zip|gz|mp[34]|m3u8|webm|ogg|docx?|xlsx?)$", re.I
)
_HUB = re.compile(
    r"/(?:tags?|topics?|category|categories|authors?|search|page|login|register|about|contact|archive|video|gallery)(?:/|$)",
    re.I,
)
SLUG_WORDS = 4
"""Least words of a last path segment that reads like a headline ("council-votes-on-bridge"); hubs have one to three."""
HEADLINE_WORDS = 5
"""Least words of a link text that reads like a headline; menu entries have one to four."""


def canonical(url: str, base: str | None = None, *, keep_session: bool = False) -> str | None:
    """Return the form of *url* that is used as key and for the request, None where it cannot be fetched.

    Resolve a relative URL against *base* and write it as a browser does (https://url.spec.whatwg.org): scheme and host
    small, no default port, no dot segments. Remove fragment, credentials, the dot behind the host, tracking parameters
    and session ids; write escapes with capitals. Everything else stays, since it may matter to the server.
    *keep_session*: session ids stay too.

    >>> canonical("/News/a?utm_source=feed&id=7#top", "https://Example.com:443/")
    'https://example.com/News/a?id=7'
    >>> canonical("https://example.com/a;jsessionid=0F3?PHPSESSID=q9c2&id=7")
    'https://example.com/a?id=7'
    >>> canonical("HTTPS://Example.com.:443/x/../caf%c3%a9")
    'https://example.com/caf%C3%A9'
    >>> canonical("mailto:desk@example.com") is None
    True
    """
    if len(url) > MAX_RAW_URL:
        return None
    try:
        parts = urlsplit(ada_url.join_url(base, url) if base else ada_url.normalize_url(url))
        host, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES or not host:
        return None
    netloc = f"[{host}]" if ":" in host else host
    if port is not None:
        netloc += f":{port}"
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _says_nothing(pair, keep_session))
    path, query = _ESCAPE.sub(_in_capitals, parts.path), _ESCAPE.sub(_in_capitals, query)
    if ";" in path and not keep_session:
        path, *parameters = path.split(";")
        path = ";".join([path, *(each for each in parameters if "/" in each or not _SESSION.fullmatch(each))])
    canonical_url = urlunsplit((parts.scheme, netloc, path or "/", query, ""))
    return canonical_url if len(canonical_url) <= MAX_URL else None


def _in_capitals(escape: re.Match[str]) -> str:
    return escape[0].upper()


def is_fetchable(url: str) -> bool:
    """Tell whether *url* is an absolute http or https URL of acceptable length without spaces or control characters."""
    return not _CONTROL.search(url) and len(url) <= MAX_URL and canonical(url) is not None


def origin_of(url: str) -> str:
    """Return scheme and authority of *url*.

    >>> origin_of("http://example.com:81/a?b")
    'http://example.com:81'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def site_of(url: str) -> str:
    """Return the name of *url*'s site for `cleaners.belongs_to`: its registered domain, or host:port where it has none.

    What is registered below a host that publishes for others is a site too (the public suffix list's private part, and
    `addresses.toml`).

    >>> site_of("https://news.example.co.uk/a"), site_of("http://127.0.0.1:8080/a")
    ('example.co.uk', '127.0.0.1:8080')
    >>> site_of("https://harbour.github.io/a"), site_of("https://harbour.substack.com/p/a")
    ('harbour.github.io', 'harbour.substack.com')
    """
    host = host_of(url)
    domain = _registered(host) if host else None
    return domain or (urlsplit(url).netloc.rpartition("@")[2].lower() if host else "")


def is_ip(host: str) -> bool:
    """Tell whether *host* is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def has_public_suffix(host: str) -> bool:
    """Tell whether *host* lies below a suffix under which names are registered.

    >>> has_public_suffix("example.co.uk"), has_public_suffix("page.html"), has_public_suffix("localhost")
    (True, False, False)
    """
    return _registered(host.lower().rstrip(".")) is not None


def looks_like_article(url: str, text: str = "") -> bool:
    """Guess from *url*, and from its link *text* where there is one, whether it is an article rather than a hub.

    >>> looks_like_article("https://example.com/2026/11/21/bridge"), looks_like_article("https://example.com/tag/bridge")
    (True, False)
    """
    path = urlsplit(url).path
    if path in ("", "/") or is_media(url) or _HUB.search(path):
        return False
    if is_navigation_page(url) or is_not_crawlable(url):
        return False
    slug = path.rstrip("/").rpartition("/")[2]
    if _DATE_IN_PATH.search(path) or _LONG_NUMBER.search(slug) or len(re.findall(r"[^\W_]+", slug)) >= SLUG_WORDS:
        return True
    named = "-" in slug or "_" in slug or "." in slug
    return named and len(text.split()) >= HEADLINE_WORDS


def is_media(url: str) -> bool:
    """Tell whether the path of *url* ends like that of a picture, sound, document or feed.

    >>> is_media("https://example.com/a.mp3?x=1"), is_media("https://example.com/a.html")
    (True, False)
    """
    return bool(_MEDIA.search(urlsplit(url).path))


@lru_cache(maxsize=4096)
def _registered(host: str) -> str | None:
    """Return the registered domain of *host*; None where there is none, as for an IP address."""
    if is_ip(host):
        return None
    domain = extract_domain(f"https://{host}/")
    below = host.removesuffix(f".{domain}").rpartition(".")[2] if domain in _PUBLISHERS and host != domain else ""
    return f"{below}.{domain}" if below and below != "www" else domain


def _says_nothing(pair: str, keep_session: bool) -> bool:
    """Tell whether a query parameter does not say which page it is: it tracks the visitor, or is his session's id."""
    name, _, value = pair.partition("=")
    if name.lower() in _NUMBERED and value.isdigit():
        return False
    return _is_tracking_name(name) or (not keep_session and _SESSION.fullmatch(pair) is not None)


@lru_cache(maxsize=4096)
def _is_tracking_name(name: str) -> bool:
    return "?" not in normalize_url(SplitResult("https", "example.com", "/", f"{name}=1", ""))
