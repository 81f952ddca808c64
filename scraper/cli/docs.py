"""`pressclip docs`: print a page of the documentation, or a seed list, of this very version."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import click

from scraper.cli.terminal.output import print_text
from scraper.printable import one_line

PACKAGED = Path(__file__).parents[1] / "documentation"
"""Where a wheel has what a checkout has at its root; `pyproject.toml` puts it there."""
FOLDERS = {"docs": (".md", ".html"), "seeds": (".md", ".toml")}
"""The folders with pages, and the endings of these."""
MAX_HEADING = 70
"""The most characters of a heading in the list: all headings of pages, and the beginning of a seed list's comment."""


@click.command()
@click.argument("page", required=False)
def docs(page: str | None) -> None:
    """Print PAGE of the documentation as Markdown, or list all pages.

    PAGE is a name as pages and messages write it: docs/recipes/javascript.md, or archive for docs/archive.md. The seed
    lists are there as well.
    """
    found = pages()
    if page is None:
        print_text("\n".join(_list(found)))
        return
    print_text(_find(page, found).read_text("utf-8"), newline=False, exact=True)


def pages() -> dict[str, Path]:
    """Return the file of each page by its name, which is its path in a checkout."""
    base = PACKAGED if PACKAGED.is_dir() else PACKAGED.parents[1]
    return {
        path.relative_to(base).as_posix(): path
        for folder, endings in FOLDERS.items()
        for path in sorted((base / folder).rglob("*"))
        if path.suffix in endings
    }


def _find(page: str, found: dict[str, Path]) -> Path:
    """Return the file of the page with this name, which may leave out `docs/`, the ending, or README.md."""
    names = [
        name for start in ("", "docs/") for end in ("", ".md", "/README.md") if (name := start + page + end) in found
    ]
    if names:
        return found[names[0]]
    short = {name.rpartition("/")[2].partition(".")[0]: name for name in found}
    similar = get_close_matches(page, [*short, *found], n=1)
    hint = f"did you mean {short.get(similar[0], similar[0])}? " if similar else ""
    raise click.UsageError(f"there is no page {page!r}: {hint}`pressclip docs` lists all.")


def _list(found: dict[str, Path]) -> Iterator[str]:
    """Yield a line for each page: its name, and its first heading or comment."""
    width = max(map(len, found), default=0)
    for name, path in found.items():
        with path.open(encoding="utf-8") as lines:
            first = lines.readline().strip()
        yield f"{name:{width}}  {one_line(first.lstrip('# '), MAX_HEADING)}" if first.startswith("#") else name
