"""The pages of one article: its text with what was removed, its captures, the stored record, and the inert page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from archive import (
    CATALOG,
    LINK_FORMAT,
    ArchiveError,
    CaptureRow,
    Catalog,
    Refusal,
    TimeMap,
    escaped_uri,
    http_date,
    is_memento,
    page_of,
    read_capture,
    read_record,
    read_text,
)
from cleaners import decode, load_in_force
from scraper.printable import one_line, printable
from scraper.report.history import count_words
from scraper.report.marking import said_of
from scraper.report.mementos import captures_of, map_address, time_map
from scraper.report.places import PageWords, placed, read_removals
from scraper.report.wording import shares_text
from scraper.urls import MAX_RAW_URL
from scraper.web.difference import choices
from scraper.web.parameters import parameters
from scraper.web.snapshot import MAX_PAGE, inert

MAX_RECORD = 200_000
"""Bytes of a record that are shown."""
MAX_CAPTURES = 200
NOT_LISTED = frozenset({"removals", "title", "url", "sources", "blocks", "text"})
"""Fields of the metadata that the page shows elsewhere."""
STAGES = {
    "dom": "elements of the page",
    "blocks": "paragraphs",
    "lines": "lines, or parts of them",
}
SNAPSHOT = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
}
"""What an archived page may do, although nothing is left in it that could: show its own style."""


async def show(request: Request) -> Response:
    """Return the page of an article."""
    values = await to_thread.run_sync(_article, request.app.state.data, _record_id(request, "marks"))
    values["marks"] = "marks" in request.query_params
    answer: Response = request.app.state.templates.TemplateResponse(request, "article.html", values)
    return answer


async def record(request: Request) -> Response:
    """Return the stored record of a capture as plain text."""
    text = await to_thread.run_sync(_record, request.app.state.data, _record_id(request))
    return PlainTextResponse(text)


async def memento(request: Request) -> Response:
    """Return a capture as a memento (RFC 7089): its page, inert, or its stored record where it is no page."""
    capture, html, problem = await to_thread.run_sync(_memento, request.app.state.data, _record_id(request))
    original, listed = escaped_uri(capture.url), escaped_uri(map_address("", capture.url))
    headers = {
        "Memento-Datetime": http_date(capture.fetched),
        "Link": f'<{original}>; rel="original", <{listed}>; rel="timemap"; type="{LINK_FORMAT}"',
    }
    if problem:
        text = await to_thread.run_sync(_record, request.app.state.data, capture.record_id)
        return PlainTextResponse(text, headers=headers)
    return HTMLResponse(html, headers=headers | SNAPSHOT)


async def timemap(request: Request) -> Response:
    """Return the TimeMap of a URL; to a browser as plain text, since it would save what it does not know as a file."""
    url = parameters(request, ("url",), MAX_RAW_URL).get("url", "")
    if not url:
        raise HTTPException(400, "Name a URL: ?url=URL.")
    found = await to_thread.run_sync(_time_map, request.app.state.data, url, f"http://{request.headers['host']}")
    is_browser = "text/html" in request.headers.get("accept", "")
    media_type = "text/plain" if is_browser else LINK_FORMAT
    return Response(found.as_links(), media_type=media_type, headers={"Vary": "Accept"})


async def page(request: Request) -> Response:
    """Return the page of a capture, inert, for a frame in a sandbox."""
    text = await to_thread.run_sync(_page, request.app.state.data, _record_id(request))
    return HTMLResponse(text, headers=SNAPSHOT)


def _record_id(request: Request, *others: str) -> str:
    asked = parameters(request, ("record", *others))
    if "record" not in asked:
        raise HTTPException(400, "Name a record: ?record=ID, as the list of articles does.")
    return asked["record"]


def _article(data: Path, record_id: str) -> dict[str, Any]:
    with Catalog(data / CATALOG) as catalog:
        row = catalog.article(record_id)
        if row is None:
            raise HTTPException(404, f"{record_id}: no article in the archive has this key.")
        capture = catalog.capture(row.capture_id)
        captures = catalog.captures(row.url)
        texts = catalog.texts(captures[:MAX_CAPTURES])
        of_capture = catalog.articles(row.capture_id)
        try:
            stored = read_text(data, row.collection, row.file, row.offset)
        except ArchiveError as error:
            raise HTTPException(404, f"The text cannot be read: {error}") from None
        removals = list(read_removals(stored.metadata.get("removals"), load_in_force(data).reasons()))
        rules = {one.rule for one in removals}
        shares = catalog.shares(row.url, rules)
    compared, before = choices(captures[:MAX_CAPTURES], texts, row.record_id)
    html, problem = _html(data, capture)
    paragraphs = [part for part in printable(stored.text).split("\n\n") if part.strip()]
    pieces, unplaced = placed(paragraphs, removals, PageWords(html))
    groups = [(stage, told, [one for one in unplaced if one.stage == stage]) for stage, told in STAGES.items()]
    groups.append(("", "other", [one for one in unplaced if one.stage not in STAGES]))
    return {
        "row": row,
        "said": said_of(data, row.url),
        "title": one_line(row.title or row.url),
        "words": count_words(stored.text),
        "pieces": pieces,
        "removals": removals,
        "groups": [group for group in groups if group[2]],
        "unplaced": len(unplaced),
        "fields": list(_fields(stored.metadata)),
        "capture": capture,
        "captures": captures[:MAX_CAPTURES],
        "more_captures": max(0, len(captures) - MAX_CAPTURES),
        "newest": {record_id: found[0] if found else None for record_id, found in texts.items()},
        "texts": of_capture,
        "shares": shares_text(shares, rules) if shares else {},
        "timemap": map_address("", row.url),
        "compared": compared,
        "before": before,
        "problem": problem,
    }


def _fields(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the name, value and source of each field that says something."""
    sources = metadata.get("sources")
    known = sources if isinstance(sources, dict) else {}
    for name, value in metadata.items():
        if name not in NOT_LISTED and value not in (None, "", [], {}):
            told = ", ".join(map(str, value)) if isinstance(value, list) else value
            yield one_line(name, 40), one_line(told, 500), one_line(known.get(name, ""), 40)


def _html(data: Path, capture: CaptureRow | None) -> tuple[str, str]:
    """Return the text of a capture's HTML, and why it cannot be shown; one of them is empty."""
    if capture is None:
        return "", "the page is not in the archive"
    try:
        found = page_of(read_capture(data, capture.collection, capture.file, capture.offset))
    except ArchiveError as error:
        return "", str(error)
    if isinstance(found, Refusal):
        return "", str(found)
    if found.is_text:
        return "", "no page is stored, only its text"
    if len(found.html) > MAX_PAGE:
        return "", f"the page is longer than {MAX_PAGE >> 20} MB"
    return decode(found.html, found.charset).text, ""


def _capture(data: Path, record_id: str) -> CaptureRow:
    with Catalog(data / CATALOG) as catalog:
        capture = catalog.capture(record_id)
    if capture is None:
        raise HTTPException(404, f"{record_id}: no capture in the archive has this key.")
    return capture


def _record(data: Path, record_id: str) -> str:
    capture = _capture(data, record_id)
    try:
        stored = read_record(data, capture.collection, capture.file, capture.offset)
    except ArchiveError as error:
        raise HTTPException(404, f"The record cannot be read: {error}") from None
    block = stored.block or b""
    head = "".join(f"{name}: {value}\n" for name, value in stored.headers)
    left = "" if len(block) <= MAX_RECORD else f"\n\n[{len(block) - MAX_RECORD:,} bytes more]"
    shown = block[:MAX_RECORD].decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return printable(f"{head[:MAX_RECORD]}\n{shown}{left}\n")


def _memento(data: Path, record_id: str) -> tuple[CaptureRow, str, str]:
    """Return a capture and its page, inert, or why that cannot be shown; one of the last two is empty."""
    capture = _capture(data, record_id)
    if not is_memento(capture):
        raise HTTPException(404, f"{record_id}: not a page as its server sent it.")
    html, problem = _html(data, capture)
    return capture, "" if problem else inert(html, capture.url), problem


def _time_map(data: Path, url: str, base: str) -> TimeMap:
    with Catalog(data / CATALOG) as catalog:
        found = time_map(base, *captures_of(catalog, url))
    if not found.mementos:
        raise HTTPException(404, f"{url}: no capture in the archive has this URL.")
    return found


def _page(data: Path, record_id: str) -> str:
    capture = _capture(data, record_id)
    html, problem = _html(data, capture)
    if problem:
        raise HTTPException(404, f"The page cannot be shown: {problem}")
    return inert(html, capture.url)


routes = [
    Route("/article", show),
    Route("/record", record),
    Route("/page", page),
    Route("/memento", memento),
    Route("/timemap", timemap),
]
