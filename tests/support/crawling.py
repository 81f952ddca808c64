"""Runs crawls in processes of their own: Twisted's reactor starts once in a process."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import re
import signal
import socket
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

# ruff: noqa: ANN401 - the options are CrawlOptions' fields
from cleaners import Article, RuleSet
from scraper.crawl import CrawlOptions, CrawlReport, Event, Fetched, fetch_urls, run_crawl
from scraper.fetch import guard
from scraper.frontier import Frontier
from scraper.seeds import Seed


@dataclass(frozen=True, slots=True)
class World:
    """What a crawl in a process of its own meets in place of the real world."""

    public: tuple[str, ...] = ()
    """Addresses that count as global."""
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What names resolve to."""
    checked: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What they resolve to only while the guard looks."""
    broken: str = ""
    """A function that raises an error, as `package.module:Class.method`."""
    error: type[Exception] = AttributeError

    def enter(self) -> None:
        """Put it in place."""
        is_global, resolve = guard.is_global, socket.getaddrinfo

        def resolved(host: Any, *rest: Any, **more: Any) -> Any:
            found = self.names.get(host)
            return resolve(host, *rest, **more) if found is None else [
                answer for address in found for answer in resolve(address, *rest, **more)
            ]  # fmt: skip

        guard.is_global = lambda address: address in self.public or is_global(address)
        from twisted.internet import _resolver

        from scraper.fetch import guard as addresses

        # bound when the module is imported, as the default of the last argument
        made: Any = _resolver.GAIResolver.__init__
        made.__defaults__ = (*made.__defaults__[:-1], resolved)

        addresses_of = addresses.addresses_of

        async def looked_at(host: str) -> list[str]:
            return list(self.checked.get(host) or await addresses_of(host))

        addresses.addresses_of = looked_at
        if self.broken:
            module, _, name = self.broken.partition(":")
            owner, _, attribute = name.rpartition(".")
            whole = importlib.import_module(module)

            def broken(*args: Any, **options: Any) -> Any:
                breaks(error=self.error)

            setattr(getattr(whole, owner) if owner else whole, attribute, broken)


def paragraphs(
    html: bytes, *, url: str | None = None, charset: str | None = None, rules: RuleSet | None = None
) -> Article:
    """Stand in for the cleaner: the text is what stands in <p>; a page with a form is a paywall."""
    if b"breaks the cleaner" in html:
        raise ZeroDivisionError("a bug")
    found = re.findall(r"<p>(.*?)</p>", html.decode(charset or "utf-8", "replace"))
    text = "\n\n".join(found)
    return Article(text=text, url=url, rules_version="test", access="paywall" if b"<form>" in html else "unknown")


@dataclass(frozen=True)
class Deadly:
    """Stands in for the cleaner: ends its process, as `kill -9` does, once the frontier knows that pages are stored."""

    frontier: str | Path
    urls: tuple[str, ...]

    def __call__(
        self, html: bytes, *, url: str | None = None, charset: str | None = None, rules: RuleSet | None = None
    ) -> Article:
        """Clean nothing."""
        with Frontier(self.frontier, reading=True) as frontier:
            known = [frontier.get(url) for url in self.urls]
            while not all(row and row.stored_by for row in known):
                known = [frontier.get(url) for url in self.urls]
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("killed")


def breaks(*args: Any, error: type[Exception] = AttributeError, **options: Any) -> Any:
    """Stand in for a function that a bug has reached."""
    raise error("module 'os' has no attribute 'fdatasync'")


def _prepared() -> BaseContext:
    """Return a context whose processes have imported Scrapy: that takes longer than a small crawl."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.crawling", "scraper.spiders.news", "scrapy.crawler"])
    return context


@dataclass(frozen=True)
class Later:
    """A clock that goes ahead."""

    by: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


LOOPBACK: dict[str, Any] = {"delay": 0, "allow_private": True, "clean": paragraphs, "tdmrep": False}
"""The options of a crawl of a site on loopback: tests count what it is asked for, so no tdmrep.json is."""


def crawl(
    *seeds: Seed,
    env: Mapping[str, str] = {},
    later: timedelta = timedelta(),
    world: World | None = None,
    **options: Any,
) -> tuple[CrawlReport, list[Event]]:
    """Crawl in a new process, without delay and on loopback, and return the report and all endings.

    *later*: how far the crawl's clock goes ahead. With allow_private=False the guard stands as it does for users, in
    the *world* that is given.
    """
    options = LOOPBACK | options
    with ProcessPoolExecutor(1, mp_context=_prepared()) as pool:
        asked = CrawlOptions(seeds=seeds, **options)
        return pool.submit(_crawl, asked, dict(env), Later(later), world or World()).result()


def start(*seeds: Seed, **options: Any) -> multiprocessing.process.BaseProcess:
    """Start a crawl in a new process and return the process, to be interrupted or killed."""
    options = LOOPBACK | options
    process = multiprocessing.get_context("spawn").Process(
        target=_crawl, args=(CrawlOptions(seeds=seeds, **options), {})
    )
    process.start()
    return process


def _crawl(
    options: CrawlOptions, env: dict[str, str], now: Later = Later(), world: World | None = None
) -> tuple[CrawlReport, list[Event]]:
    warnings.simplefilter("error")
    os.environ.update(env)
    if world:
        world.enter()
    events: list[Event] = []
    return run_crawl(replace(options, on_event=events.append), now=now), events


def fetch(*urls: str, **options: Any) -> list[Fetched]:
    """Fetch single URLs in a new process, as `crawl` does."""
    options = {"delay": 0, "allow_private": True, "clean": paragraphs} | options
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(fetch_urls, urls, **options).result()
