"""Tell the story of one URL: where it was found, how it was fetched and judged, what is stored, and what is next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from archive import CATALOG, ArchiveError, ArticleRow, CaptureRow, Catalog, OptOuts, read_capture, read_text
from scraper.frontier import FRONTIER, Frontier, Row
from scraper.outcomes import BLOCKED_ADDRESS, OUT_OF_SCOPE, ROBOTS
from scraper.printable import one_line
from scraper.report.history import count_words
from scraper.report.status import open_frontier
from scraper.urls import canonical, origin_of

_TIMES = ("published", "added_at", "closed_at", "due_at", "leased_at")
_VERDICTS = {ROBOTS: "robots", BLOCKED_ADDRESS: "guard", OUT_OF_SCOPE: "scope"}


@dataclass(frozen=True, slots=True)
class Story:
    """What frontier and archive know of a URL."""

    url: str
    chain: tuple[Row, ...] = ()
    """The sources above it, its own row, the redirects below it; empty where it is in no frontier."""
    row: Row | None = None
    fetches: tuple[dict[str, Any], ...] = ()
    """Its captures, newest first: when, status, where it led, and the place of the record in its WARC file."""
    robots: dict[str, Any] | None = None
    """The newest capture of its host's robots.txt."""
    texts: tuple[dict[str, Any], ...] = ()
    """The articles made from it, newest first; a text that a later fetch repeated is listed once."""
    host_next_at: float | None = None
    near: tuple[str, ...] = field(default=())
    """Known URLs that differ only a little, where the URL itself is unknown."""

    @property
    def known(self) -> bool:
        """Whether frontier or archive has the URL."""
        return bool(self.row or self.fetches)

    @property
    def verdicts(self) -> dict[str, str]:
        """What the site's scope, the address guard and robots.txt decided; `not asked` where an earlier one refused."""
        if self.row is None:
            return {}
        status, requested = self.row.status or "", bool(self.fetches or self.row.attempts)
        refused = _VERDICTS.get(status)
        verdicts = dict.fromkeys(("scope", "guard", "robots"), "allowed" if requested else "not asked yet")
        if refused:
            verdicts[refused] = f"refused: {self.row.reason}"
            if refused == "scope" and not self.fetches:
                verdicts |= {"guard": "not asked", "robots": "not asked"}
        return verdicts

    def as_dict(self) -> dict[str, Any]:
        """Return the story ready for JSON; times are ISO 8601."""
        row = self.row
        return {
            "url": self.url,
            "known": self.known,
            "found": [_plain(step) for step in self.chain],
            "verdicts": self.verdicts,
            "robots_txt": self.robots,
            "fetches": list(self.fetches),
            "texts": list(self.texts),
            "status": (row.status or row.state) if row else None,
            "reason": row.reason if row else None,
            "due_at": moment(row.due_at) if row else None,
            "host_next_at": moment(self.host_next_at),
            "near": list(self.near),
        }


def why(data: Path, url: str, where: str | None = None) -> Story:
    """Return the story of *url* in a data root, or in the shared frontier *where* and the data root's archive.

    Raises FrontierError where there is neither a crawl nor an archive.
    """
    with ExitStack() as stack:
        frontier, catalog = None, None
        if (data / CATALOG).is_file():
            catalog = stack.enter_context(Catalog(data / CATALOG))
        if where or (data / FRONTIER).is_file() or catalog is None:
            frontier = stack.enter_context(open_frontier(data, where))
        for form in dict.fromkeys((canonical(url) or url, url)):
            story = _story(data, form, frontier, catalog)
            if story.known:
                return story
        near = [form for form in dict.fromkeys(_near(url)) if _knows(form, frontier, catalog)]
        return Story(one_line(url), near=tuple(near))


def moment(seconds: float | None) -> str | None:
    """Return a time from the frontier in ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else None


def _story(data: Path, url: str, frontier: Frontier | None, catalog: Catalog | None) -> Story:
    chain = tuple(frontier.story(url)) if frontier else ()
    row = next((step for step in chain if step.url == url), None)
    captures = catalog.captures(url) if catalog else []
    robots = catalog.captures(f"{origin_of(url)}/robots.txt")[:1] if catalog else []
    next_at = frontier.held(row.host)[0] if frontier and row else None
    return Story(
        url,
        chain,
        row,
        tuple(_fetch(data, capture) for capture in captures),
        _fetch(data, robots[0]) if robots else None,
        tuple(_texts(data, captures, catalog)) if catalog else (),
        next_at,
    )


def _fetch(data: Path, row: CaptureRow) -> dict[str, Any]:
    entry = {
        "fetched": row.fetched.isoformat(timespec="seconds"),
        "http_status": row.status,
        **{name: getattr(row, name) for name in ("content_type", "revisit", "truncated", "etag", "last_modified")},
        "warc": f"collections/{row.collection}/archive/{row.file}",
        "offset": row.offset,
        "record_id": row.record_id,
        "rendering_of": row.refers_to if row.is_rendering else None,
        "location": None,
        "opt_outs": _opt_outs(row),
    }
    if 300 <= row.status < 400 and row.status != 304:
        try:
            entry["location"] = read_capture(data, row.collection, row.file, row.offset).header("Location")
        except ArchiveError as error:
            entry["problem"] = str(error)
    return entry


def _opt_outs(row: CaptureRow) -> dict[str, Any] | None:
    """Return what is said about the use of a page, and what that means; None where nobody looked."""
    opt_outs = OptOuts.parse(row.opt_outs)
    if opt_outs is None:
        return None
    uses = opt_outs.uses()
    return {
        "uses": dict(uses.answers()),
        "contradictory": list(uses.contradictory),
        "signals": [signal._asdict() for signal in opt_outs.signals()],
    }


def _texts(data: Path, captures: list[CaptureRow], catalog: Catalog) -> Iterator[dict[str, Any]]:
    """Yield each stored text once, newest first."""
    yielded: set[str] = set()
    for capture in captures:
        articles = catalog.articles(capture.record_id)
        if not articles and capture.refers_to:
            articles = catalog.articles(capture.refers_to)
        for article in articles:
            if article.record_id not in yielded:
                yielded.add(article.record_id)
                yield _text(data, article)


def _text(data: Path, article: ArticleRow) -> dict[str, Any]:
    entry = {
        "stored": article.stored.isoformat(timespec="seconds"),
        "title": article.title,
        "date": article.date,
        "access": article.access,
        "kind": article.kind,
        "record_id": article.record_id,
        "confidence": article.confidence,
        "file": f"collections/{article.collection}/text/{article.file}",
        "offset": article.offset,
        "rules_version": article.rules_version,
    }
    try:
        text = read_text(data, article.collection, article.file, article.offset)
    except ArchiveError as error:
        return entry | {"problem": str(error)}
    removals = text.metadata.get("removals") or []
    rules = Counter(str(removal.get("rule")) for removal in removals if isinstance(removal, dict))
    flags = text.metadata.get("flags") or []
    return entry | {"words": count_words(text.text), "evidence": flags, "rules": dict(rules.most_common())}


def _knows(url: str, frontier: Frontier | None, catalog: Catalog | None) -> bool:
    return bool((frontier and frontier.get(url)) or (catalog and catalog.captures(url)))


def _near(url: str) -> Iterator[str]:
    """Yield similar URLs: with the other scheme, with and without a final slash, `www.` or query."""
    parts = urlsplit(canonical(url) or canonical(f"https://{url}") or "")
    if not parts.netloc:
        return
    schemes, host = (parts.scheme, "https", "http"), parts.netloc
    hosts = (host, host.removeprefix("www."), f"www.{host}")
    paths = (parts.path, parts.path.rstrip("/") or "/", parts.path.rstrip("/") + "/")
    forms = (urlunsplit((*form, "")) for form in product(schemes, hosts, paths, (parts.query, "")))
    yield from (form for form in forms if form != url)


def _plain(row: Row) -> dict[str, Any]:
    return {**asdict(row), **{name: moment(getattr(row, name)) for name in _TIMES}}
