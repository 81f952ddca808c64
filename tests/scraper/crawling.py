"""Runs crawls in processes of their own: Twisted's reactor starts once in a process."""

from __future__ import annotations

import multiprocessing
import os
import re
import warnings
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.context import BaseContext
from typing import Any

# ruff: noqa: ANN401 - the options are CrawlOptions' fields
from cleaners import Article, RuleSet
from scraper.crawl import CrawlOptions, CrawlReport, Event, Fetched, fetch_urls, run_crawl
from scraper.seeds import Seed


def paragraphs(
    html: bytes, *, url: str | None = None, charset: str | None = None, rules: RuleSet | None = None
) -> Article:
    """Stand in for the cleaner: the text is what stands in <p>; a page with a form is a paywall."""
    if b"breaks the cleaner" in html:
        raise ZeroDivisionError("a bug")
    found = re.findall(r"<p>(.*?)</p>", html.decode(charset or "utf-8", "replace"))
    text = "\n\n".join(found)
    return Article(text=text, url=url, rules_version="test", access="paywall" if b"<form>" in html else "unknown")


def _prepared() -> BaseContext:
    """Return a context whose processes have imported Scrapy: that takes longer than a small crawl."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["crawling", "scraper.spiders.news", "scrapy.crawler"])
    return context


@dataclass(frozen=True)
class Later:
    """A clock that goes ahead."""

    by: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


def crawl(
    *seeds: Seed, env: Mapping[str, str] = {}, later: timedelta = timedelta(), **options: Any
) -> tuple[CrawlReport, list[Event]]:
    """Crawl in a new process, without delay and on loopback, and return the report and all endings.

    *later*: how far the crawl's clock goes ahead.
    """
    options = {"delay": 0, "allow_private": True, "clean": paragraphs} | options
    with ProcessPoolExecutor(1, mp_context=_prepared()) as pool:
        return pool.submit(_crawl, CrawlOptions(seeds=seeds, **options), dict(env), Later(later)).result()


def start(*seeds: Seed, **options: Any) -> multiprocessing.process.BaseProcess:
    """Start a crawl in a new process and return the process, to be interrupted or killed."""
    options = {"delay": 0, "allow_private": True, "clean": paragraphs} | options
    process = multiprocessing.get_context("spawn").Process(
        target=_crawl, args=(CrawlOptions(seeds=seeds, **options), {})
    )
    process.start()
    return process


def _crawl(options: CrawlOptions, env: dict[str, str], now: Later = Later()) -> tuple[CrawlReport, list[Event]]:
    warnings.simplefilter("error")
    os.environ.update(env)
    events: list[Event] = []
    return run_crawl(replace(options, on_event=events.append), now=now), events


def fetch(*urls: str, **options: Any) -> list[Fetched]:
    """Fetch single URLs in a new process, as `crawl` does."""
    options = {"delay": 0, "allow_private": True, "clean": paragraphs} | options
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(fetch_urls, urls, **options).result()
