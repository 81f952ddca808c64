"""Define the options of a crawl, and the events that it reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from archive import SigningKey
from cleaners import Article, RuleSet, clean
from scraper.errors import bug_line, is_ours
from scraper.fetch.signing import agent_origin
from scraper.frontier import LEASE, Kind
from scraper.outcomes import MAX_SOURCES
from scraper.seeds import Seed, load_seeds

MAX_CONTACT = 200


class CrawlError(RuntimeError):
    """A crawl cannot start or go on; the message is one line with the cause, the place and what to do."""


def stopping(error: BaseException) -> Exception:
    """Return the error with which a run ends: one of ours as it is, an unexpected one as CrawlError."""
    if isinstance(error, Exception) and is_ours(error):
        return error
    bug = CrawlError(f"the run stopped at a bug: {bug_line(error)}; what is fetched is kept. Please report it")
    bug.__cause__ = error
    return bug


class Cleaner(Protocol):
    """A function that turns a page into an article: `cleaners.clean`, or a stand-in."""

    def __call__(
        self, html: bytes, *, url: str | None = None, charset: str | None = None, rules: RuleSet | None = None
    ) -> Article:
        """Return the article of *html*."""


@dataclass(frozen=True, slots=True)
class Event:
    """A URL's final status, reported when everything that belongs to it is on disk."""

    url: str
    kind: Kind
    site: str
    status: str
    reason: str = ""
    article: Article | None = None
    record_id: str | None = None
    """The id of the response record; None where no response came or nothing is archived."""
    ms: int | None = None
    """Milliseconds from the request to the last byte of the response; None where no response came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOptions:
    """The options of a crawl."""

    seeds: Sequence[Seed]
    data: Path | None = None
    """The data root; None stores nothing: no archive, and the frontier in memory."""
    collection: str = "news"
    max_pages: int | None = None
    """Most article pages that are requested in this run."""
    max_sources: int = MAX_SOURCES
    """Most sources of each site that are requested in this run; those of the seed itself always are."""
    max_time: float | None = None
    """Seconds after which nothing more is requested and the run ends; None: it ends when nothing is left."""
    delay: float = 2.0
    """Least seconds between two requests to a host; robots.txt may ask for more."""
    contact: str | None = None
    """Where a site's owner can reach us; it is part of the user agent."""
    allow_private: bool = False
    rules: RuleSet | None = None
    """None: the packaged rules and those accepted in `data`."""
    clean: Cleaner = clean
    jobs: int = 0
    """Number of processes that clean; 0: a thread. With processes a script needs `if __name__ == "__main__":`."""
    refetch: bool = False
    """Fetch the seeds' single pages as if for the first time; captures and texts are stored, but not their state."""
    due: bool = False
    """Read only the sources that are due."""
    seed_list: str = ""
    """What the seeds are called where a missing run of theirs is told; empty: by their names."""
    updates: Sequence[timedelta] | None = None
    """How long after an article was found it is requested again; replaces the seeds' own where it is not None."""
    on_event: Callable[[Event], None] | None = None
    frontier: str | None = field(default=None, repr=False)
    """PostgreSQL URL of a frontier that several crawlers share, each with its own data root; None: in `data`."""
    lease: float = LEASE
    """Seconds of silence after which a crawler that shares a frontier loses its hosts."""
    timeout: float = 30.0
    """Longest time for one request in seconds, from connecting to the last byte."""
    tdmrep: bool = True
    """Request /.well-known/tdmrep.json of each origin once a day, to record which rights it reserves."""
    browser: bool = False
    """Render article pages in a browser where needed, on sites whose seed does not say."""
    sign_key: SigningKey | None = None
    """The key that signs each request (Web Bot Auth); None: none is signed."""
    sign_agent: str | None = None
    """The https origin of the site that serves the key directory, without which nobody can check a signature."""
    log_level: str = "ERROR"

    def __post_init__(self) -> None:
        if self.contact and not (
            self.contact.isascii() and self.contact.isprintable() and len(self.contact) <= MAX_CONTACT
        ):
            raise CrawlError(f"contact: give an address or URL of at most {MAX_CONTACT} plain ASCII characters")
        if self.due and not self.contact:
            raise CrawlError("--due: a scheduled crawl needs a contact: give --contact, or set PRESSCLIP_CONTACT")
        if self.max_sources < 1:
            raise CrawlError(f"max_sources: {self.max_sources} is less than 1")
        if self.max_time is not None and not 0 < self.max_time < float("inf"):
            raise CrawlError(f"max_time: {self.max_time} is not a number of seconds above 0")
        if not 0 <= self.delay <= 3600:
            raise CrawlError(f"delay: {self.delay} is not between 0 and 3600 seconds")
        if (self.sign_key is None) != (self.sign_agent is None):
            given, missing = ("--sign-agent", "--sign-key") if self.sign_key is None else ("--sign-key", "--sign-agent")
            raise CrawlError(f"{given}: needs {missing} too: one has the key, the other says where its directory is")
        if self.sign_agent is not None:
            try:
                agent_origin(self.sign_agent)
            except ValueError as error:
                raise CrawlError(f"--sign-agent: {error}") from None

    def settings(self) -> dict[str, Any]:
        """Return the Scrapy settings that depend on the options."""
        agent = f"pressclip/{version('pressclip')}"
        return {
            "USER_AGENT": f"{agent} (+{self.contact})" if self.contact else agent,
            "DOWNLOAD_DELAY": self.delay,
            "AUTOTHROTTLE_ENABLED": self.delay > 0,
            "AUTOTHROTTLE_START_DELAY": self.delay,
            "DOWNLOAD_TIMEOUT": self.timeout,
        }


_READERS: dict[str, Callable[[str], Any]] = dict.fromkeys(("collection", "contact", "frontier", "sign_agent"), str)
_READERS |= {"delay": float, "max_time": float} | dict.fromkeys(
    ("max_pages", "max_sources", "allow_private", "due", "jobs", "browser"), int
)
_READERS["sign_key"] = lambda path: SigningKey.read(Path(path))


def options_from(texts: dict[str, str]) -> CrawlOptions:
    """Return the options given as texts on Scrapy's command line, with `-a`. Raises ValueError for an unknown one."""
    # scrapyd adds arguments of its own that begin with `_`
    texts = {name: text for name, text in texts.items() if text and not name.startswith("_")}
    seed_list = texts.pop("seeds", "")
    seeds = load_seeds(*seed_list.split(","))
    data = Path(texts.pop("data", "pressclip-data"))
    if unknown := texts.keys() - _READERS:
        raise ValueError(f"unknown arguments: {', '.join(name for name in texts if name in unknown)}")
    read = {name: _READERS[name](text) for name, text in texts.items()}
    return CrawlOptions(seeds=seeds, seed_list=seed_list, data=data, **read)
