"""What `pressclip clean` makes of one source, ready to print. Made in the process that cleans it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scraper.cli.sources import Source, read_page

if TYPE_CHECKING:
    from cleaners import Article, RuleSet

FIRST_WORDS = 70
"""Characters of a removal that --explain shows."""


@dataclass(frozen=True, slots=True)
class Form:
    """How an article is printed."""

    name: str
    """The format, as `render` knows it."""
    explain: bool = False

    @property
    def is_data(self) -> bool:
        """Tell whether the format is for programs: then nothing but articles is printed."""
        return self.name in ("json", "jsonl")


@dataclass(frozen=True, slots=True)
class Result:
    """One source's article as it is printed, or why there is none."""

    name: str
    text: str = ""
    explanation: str = ""
    error: str = ""
    refused: bool = False


def clean_source(
    source: Source, *, form: Form, rules: RuleSet | None, url: str | None = None, text_mode: bool = False
) -> Result:
    """Read a source where it is not read yet, clean it and render it."""
    from cleaners import Page, clean_page

    source = read_page(source, text_mode=text_mode)
    if source.data is None:
        return Result(source.name, error=source.error)
    page = Page(source.data, source.url or url, source.charset)
    return result_of(source.name, clean_page(page, rules, text_mode), form)


def result_of(name: str, article: Article, form: Form) -> Result:
    """Return an article as it is printed; without text, it says why there is none as well."""
    from cleaners import render

    error = "" if article.text.strip() else _why_empty(article)
    wanted = form.is_data or article.text or form.explain
    text = render(article, form.name) if wanted else ""  # type: ignore[arg-type]
    return Result(name, text, "\n".join(explanation(article)) if form.explain else "", error)


def crashed(source: Source, *, form: Form, url: str | None = None) -> Result:
    """Return the result of a source that took its process down with it."""
    from cleaners import Article

    return result_of(source.name, Article("", url=source.url or url, flags=("empty", "failed:crash")), form)


def _why_empty(article: Article) -> str:
    flags = ", ".join(flag for flag in article.flags if flag != "empty")
    return f"no article found{f' ({flags})' if flags else ''}"


def explanation(article: Article) -> Iterator[str]:
    """Yield a line for each removal, in page order, and one that sums up.

    The lines: rule, stage, first words in quotes, place.
    """
    yield f"--- removed: {len(article.removals)}"
    width = max((len(removal.rule) for removal in article.removals), default=0)
    for removal in article.removals:
        words = " ".join(removal.text.split())
        shown = words if len(words) <= FIRST_WORDS else words[: FIRST_WORDS - 1] + "…"
        why = f"  ({removal.why})" if removal.why else ""
        yield f'- {removal.rule:{width}}  {removal.stage:7}  "{_printable(shown)}"  {removal.where}{why}'
    blocks = f"{len(article.blocks)} blocks, " if article.blocks else ""
    parts = [
        f"kept {blocks}{len(article.text):,} characters",
        article.encoding or "",
        f"access {article.access}",
        f"rules {article.rules_version}",
    ]
    yield "--- " + "; ".join(part for part in parts if part)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
