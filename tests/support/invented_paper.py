"""An archive of one invented paper whose template leaves a line on every page: what the tests of learning share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive import Capture, Collection
from cleaners import Article, Removal

HOST = "skerrypost.example"
LETTER = "Get the harbour letter with your tea every morning, free of charge."
BEGIN = datetime(2026, 11, 1, 6, tzinfo=UTC)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8"
_WHO = ("The ferry", "A lamp", "The parish", "Her uncle", "The miller", "A gull", "The baker", "Old Ina", "The council")
_DID = ("waited for", "sold", "painted", "forgot", "measured", "hid", "carried home", "argued about", "paid for")
_WHAT = ("the quay", "nine barrels", "a biscuit tin", "the rope", "two doors", "the bell", "a ladder", "the last map")
_WHEN = ("before the rain came in from the west", "while the whole street looked on", "for the third year in a row")


def prose(number: int, lines: int = 5) -> list[str]:
    """Return the lines of an article, each of which no other article has."""
    made = []
    for n in range(lines):
        k = number * lines + n
        who, did = _WHO[k % 9], _DID[k // 9 % 9]
        made.append(
            f"{who} {did} {_WHAT[k // 81 % 8]} {_WHEN[k % 3]}, and {_WHO[k // 9 % 9].lower()} {_DID[k % 7]} it."
        )
    return made


def page(number: int, *, host: str = HOST, day: int = 0, lines: Iterable[str] = ()) -> tuple[Capture, Article]:
    """Return a page as it came, with the letter's box behind the article, and as it was cleaned."""
    kept = [*(lines or prose(number))]
    title = f"{_WHAT[number % 8].capitalize()}, {_WHO[number // 8 % 9].lower()} and {number} more"
    body = "".join(f"<p>{line}</p>" for line in kept)
    html = (
        f'<!doctype html><html lang="en"><title>{title}</title><nav><a href="/">Home</a></nav><main><article>'
        f'<h1>{title}</h1><div class="story">{body}</div><aside class="letter-box"><p>{LETTER}</p></aside>'
        "</article></main></html>"
    )
    url = f"https://www.{host}/news/{number}"
    capture = Capture(url, BEGIN + timedelta(days=day, minutes=number), 200, HEAD, html.encode(), b"GET / HTTP/1.1")
    removals = (
        Removal("dom/navigation", "dom", "Home", "/html/body/nav"),
        Removal(f"sites/{host}/tin", "lines", "Tin of the week", "/html/body/main/article/div[2]/p[1]"),
    )
    return capture, Article("\n\n".join([*kept, LETTER]), url=url, title=title, removals=removals)


def fill(collection: Collection, pages: Iterable[tuple[Capture, Article]]) -> None:
    """Store pages with their texts."""
    with collection:
        for capture, article in pages:
            collection.store_text(collection.store(capture), article)


def without_letter(article: Article) -> Article:
    """Return an article as rules that take the letter would leave it."""
    return replace(article, text=article.text.removesuffix(LETTER).rstrip())


def tree(folder: Path) -> dict[str, bytes]:
    """Return a folder's files, without statistics."""
    found = (path for path in folder.rglob("*") if path.is_file() and ".sqlite" not in path.name)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


Open = Callable[..., Collection]
Pass = Callable[[float], None]
Add = Callable[..., None]
