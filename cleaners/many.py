"""Many pages in several processes: in order, in bounded memory, and a bad page never stops the rest."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import NamedTuple, Self

from cleaners.article import Article
from cleaners.clean import clean
from cleaners.ruleset import RuleSet
from cleaners.textmode import clean_text

CHUNK_PAGES = 16
CHUNK_SIZE = 4 * 2**20
"""A process gets so many pages at a time, or so many bytes: enough that handing them over costs nothing to speak of
(2 % with 16 pages, 9 % with one), few enough that the first answers come at once."""
AHEAD = 3
"""Chunks read ahead for each process: bounds memory to some 12 MB of pages a process."""


class Page(NamedTuple):
    """A page to clean: the arguments of `clean`."""

    html: bytes | str
    url: str | None = None
    charset: str | None = None


def clean_many(
    pages: Iterable[Page], *, jobs: int | None = None, rules: RuleSet | None = None, text_mode: bool = False
) -> Iterator[Article]:
    """Yield the article of each page, in the order of the pages. Reads ahead of what is asked for, a little.

    `jobs`: processes, as many as there are cores where it is None; 1 cleans in this one. `text_mode`: the pages are
    ready-made texts, for `clean_text`. A page on which cleaning fails has an empty article with the flag
    `failed:<error>`; one that takes its process down with it, `failed:crash`.

    Processes are started anew, so a script that calls this guards its main part by `if __name__ == "__main__"`.

    >>> [article.text for article in clean_many([Page("<p>It rained on Monday.</p>")], jobs=1)]
    ['It rained on Monday.']
    """
    jobs = jobs or multiprocessing.cpu_count()
    if jobs == 1:
        for page in pages:
            yield _clean(page, rules, text_mode)
        return
    with _Workers(jobs, rules, text_mode) as workers:
        waiting: deque[tuple[list[Page], Future[list[Article]]]] = deque()
        for chunk in _chunks(pages):
            waiting.append((chunk, workers.submit(chunk)))
            if len(waiting) >= AHEAD * jobs:
                yield from workers.articles(*waiting.popleft())
        while waiting:
            yield from workers.articles(*waiting.popleft())


class _Workers:
    def __init__(self, jobs: int, rules: RuleSet | None, text_mode: bool) -> None:
        self.jobs, self.rules, self.text_mode = jobs, rules, text_mode
        self.pool = self.start()

    def start(self) -> ProcessPoolExecutor:
        # never fork: the caller may have threads
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.jobs, context, _prepare, (self.rules, self.text_mode))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.pool.shutdown(cancel_futures=True)

    def submit(self, chunk: list[Page]) -> Future[list[Article]]:
        try:
            return self.pool.submit(_clean_chunk, chunk)
        except BrokenProcessPool:
            self.pool = self.start()
            return self.pool.submit(_clean_chunk, chunk)

    def articles(self, chunk: list[Page], future: Future[list[Article]]) -> list[Article]:
        try:
            return future.result()
        except BrokenProcessPool:
            # one of the pages under way took its process down: one by one they show which
            return [self.alone(page) for page in chunk]

    def alone(self, page: Page) -> Article:
        try:
            return self.submit([page]).result()[0]
        except BrokenProcessPool:
            return Article("", url=page.url, flags=("empty", "failed:crash"))


_settings: tuple[RuleSet | None, bool] = (None, False)


def _prepare(rules: RuleSet | None, text_mode: bool) -> None:
    global _settings
    _settings = rules, text_mode


def _clean_chunk(chunk: list[Page]) -> list[Article]:
    return [_clean(page, *_settings) for page in chunk]


def _clean(page: Page, rules: RuleSet | None, text_mode: bool) -> Article:
    try:
        if text_mode:
            text = page.html if isinstance(page.html, str) else page.html.decode("utf-8", "replace")
            return clean_text(text, url=page.url, rules=rules)
        return clean(page.html, url=page.url, charset=page.charset, rules=rules)
    except Exception as error:
        return Article("", url=page.url, flags=("empty", f"failed:{type(error).__name__}"))


def _chunks(pages: Iterable[Page]) -> Iterator[list[Page]]:
    chunk: list[Page] = []
    size = 0
    for page in pages:
        chunk.append(page)
        size += len(page.html)
        if len(chunk) == CHUNK_PAGES or size >= CHUNK_SIZE:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
