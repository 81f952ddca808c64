"""Many pages in several processes: in order, in bounded memory, and a bad page never stops the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

from cleaners.article import Article, Page
from cleaners.clean import clean
from cleaners.rules.model import RuleSet
from cleaners.text_mode import clean_text

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def clean_many(pages: Iterable[Page], *, jobs: int | None = None, rules: RuleSet | None = None) -> Iterator[Article]:
    """Yield the article of each page, in the order of the pages. Reads ahead of what is asked for, a little.

    `jobs`: processes, as many as there are cores where it is None; 1 cleans in this one. A page on which cleaning fails
    has an empty article with the flag `failed:<error>`; one that takes its process down with it, `failed:crash`.

    Processes are started anew, so a script that calls this guards its main part by `if __name__ == "__main__"`.

    >>> [article.text for article in clean_many([Page("It rained.\\nAdvertisement", is_text=True)], jobs=1)]
    ['It rained.']
    """
    task = partial(clean_page, rules=rules)
    yield from work_many(task, pages, crashed=_crashed, jobs=jobs, size=_size)


def work_many(
    task: Callable[[Item], Answer],
    items: Iterable[Item],
    *,
    crashed: Callable[[Item], Answer],
    jobs: int | None = None,
    size: Callable[[Item], int] = lambda item: 0,
) -> Iterator[Answer]:
    """Yield what `task` makes of each item, in order: for work that reads its pages and writes its articles itself, so
    that neither goes from one process to another.

    `task` must be a function that other processes can import, or a `partial` of one; it raises nothing. `crashed`
    answers for an item that takes its process down with it. `size`: an item's bytes, where they are many.
    """
    if jobs == 1:
        yield from map(task, items)
        return
    # only here: its imports cost 5 ms, and one page needs none of them
    from cleaners.processes import in_order

    yield from in_order(task, items, crashed=crashed, jobs=jobs, size=size)


def clean_page(page: Page, rules: RuleSet | None = None) -> Article:
    """Clean one page or text as `clean_many` does: whatever happens, there is an article."""
    try:
        if page.is_text:
            text = page.html if isinstance(page.html, str) else page.html.decode("utf-8", "replace")
            return clean_text(text, url=page.url, rules=rules)
        return clean(page.html, url=page.url, charset=page.charset, rules=rules)
    except Exception as error:
        return Article("", url=page.url, flags=("empty", f"failed:{type(error).__name__}"))


def _crashed(page: Page) -> Article:
    return Article("", url=page.url, flags=("empty", "failed:crash"))


def _size(page: Page) -> int:
    return len(page.html)
