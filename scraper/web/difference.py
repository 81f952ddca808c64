"""The page of the difference between two texts: of two captures of a page, or of one that was cleaned twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from archive import (
    CATALOG,
    ArchiveError,
    ArticleRow,
    CaptureRow,
    Catalog,
    ComparedLine,
    difference,
    near_changes,
    read_text,
)
from scraper.printable import one_line, printable
from scraper.web.parameters import parameters

MAX_TEXT = 500_000
"""Characters of a text that are compared; the longest of the development corpora has 200,000."""
MAX_LINES = 4_000
"""Lines that are shown."""
CONTEXT = 2
"""Lines that both texts have which are shown open before and behind a change."""
SIGNS = {"-": "removed", "+": "added", " ": "same"}


async def show(request: Request) -> Response:
    """Return the page of the difference between the texts that two record ids name."""
    asked = parameters(request, ("from", "to"))
    if len(asked) < 2:
        raise HTTPException(400, "Name two records: ?from=ID&to=ID, as the page of an article does.")
    values = await to_thread.run_sync(_difference, request.app.state.data, asked["from"], asked["to"])
    answer: Response = request.app.state.templates.TemplateResponse(request, "difference.html", values)
    return answer


def choices(
    captures: Sequence[CaptureRow], texts: Mapping[str, Sequence[ArticleRow]], shown: str
) -> tuple[list[tuple[str, str]], str]:
    """Return key and words of each text of a page, the newest first, and the key of the one before the one shown."""
    found: dict[str, str] = {}
    for capture in captures:
        for text in texts[capture.record_id]:
            several = f", cleaned {text.stored:%Y-%m-%d %H:%M:%S}" if len(texts[capture.record_id]) > 1 else ""
            found.setdefault(text.record_id, f"captured {capture.fetched:%Y-%m-%d %H:%M:%S}{several}")
    keys = list(found)
    at = keys.index(shown) + 1 if shown in found else 0
    return list(found.items()), keys[at] if at < len(keys) else keys[0] if keys else ""


def _difference(data: Path, first: str, second: str) -> dict[str, Any]:
    with Catalog(data / CATALOG) as catalog:
        rows = []
        for record_id in (first, second):
            if (row := catalog.article(record_id)) is None:
                raise HTTPException(404, f"{record_id}: no text in the archive has this key.")
            rows.append((row, catalog.capture(row.capture_id)))
    try:
        before, after = (read_text(data, row.collection, row.file, row.offset) for row, _ in rows)
    except ArchiveError as error:
        raise HTTPException(404, f"A text cannot be read: {error}") from None
    is_cut = max(len(before.text), len(after.text)) > MAX_TEXT
    found = difference(*(replace(text, text=text.text[:MAX_TEXT]) for text in (before, after)))
    return {
        "rows": rows,
        "runs": list(_runs(found.lines[:MAX_LINES])),
        "more": max(0, len(found.lines) - MAX_LINES),
        "is_cut": is_cut,
        "counts": [sum(line.sign == sign for line in found.lines) for sign in "-+"],
        "fields": [(one_line(name, 40), *map(_told, pair)) for name, pair in found.fields.items()],
        "rules": sorted((one_line(rule), change) for rule, change in found.rules.items()),
        "signs": SIGNS,
        "printable": printable,
    }


def _told(value: object) -> str:
    return one_line(", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else value, 500)


def _runs(lines: Sequence[ComparedLine]) -> Iterator[tuple[bool, list[ComparedLine]]]:
    """Yield lines in a row, and whether they stand at a change; the others are folded."""
    near = near_changes([line.sign for line in lines], CONTEXT)
    for is_near, places in groupby(range(len(lines)), near.__contains__):
        yield is_near, [lines[place] for place in places]


routes = [Route("/difference", show)]
