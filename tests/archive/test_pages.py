"""Whether a response is a page to clean has one answer, which every command that reads captures gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive import (
    Capture,
    Catalog,
    Choice,
    Collection,
    Payload,
    Refusal,
    import_warc,
    page_of,
    read_warc,
    reclean,
    refusal_of,
    refusals,
    source_info,
)
from archive.dataset.inputs import sources
from archive.dataset.table.options import Options
from cleaners import Page, clean_page, load_rules
from tests.archive.test_ingest import HTML, plain
from tests.support.shell import press

PAGES = {
    "declared": (b"200 OK", b"text/html", HTML),
    "xhtml": (b"200 OK", b"application/xhtml+xml; charset=utf-8", HTML),
    "non-authoritative": (b"203 Non-Authoritative Information", b"text/html", HTML),
    "plain-html": (b"200 OK", b"text/plain", HTML),
    "octets-html": (b"200 OK", b"application/octet-stream", HTML),
    "untyped-html": (b"200 OK", b"", HTML),
    "wrong-coding": (b"200 OK", b"text/html\r\nContent-Encoding: pressed", HTML),
}
REFUSED = {
    "missing": (b"404 Not Found", b"text/html", HTML, "status"),
    "part": (b"206 Partial Content", b"text/html", HTML, "status"),
    "picture": (b"200 OK", b"image/png", b"\x89PNG", "media type"),
    "feed": (b"200 OK", b"application/rss+xml", b"<rss></rss>", "media type"),
    "plain-text": (b"200 OK", b"text/plain", b"User-agent: *", "media type"),
    "plain-fragment": (b"200 OK", b"text/plain", b"<p>A note</p>", "media type"),
    "untyped-pdf": (b"200 OK", b"", b"%PDF-1.7", "media type"),
    "empty": (b"200 OK", b"text/html", b"", "empty"),
    "odd-coding": (b"200 OK", b"\r\nContent-Encoding: pressed", b"\x89\x00\x01\x02", "undecodable"),
    "odd-html": (b"200 OK", b"text/html\r\nContent-Encoding: pressed", b"\x89\x00\x01\x02", "undecodable"),
}


def response(name: str, status: bytes, kind: bytes, body: bytes, **fields: str) -> bytes:
    head = b"HTTP/1.1 " + status + (b"\r\nContent-Type: " + kind if kind[:1].isalpha() else kind)
    uri, record_id = f"https://a.example/{name}", f"<urn:x:{name}>"
    return plain("response", head + b"\r\n\r\n" + body, uri=uri, WARC_Record_ID=record_id, **fields)


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A WARC file with a response of each sort; the last one is a page, so that nothing before it ends the reading."""
    path = tmp_path / "foreign.warc"
    records = [response(name, *values[:3]) for name, values in REFUSED.items()]
    records.append(response("cut-off", b"200 OK", b"text/html", HTML.partition(b"</html")[0], WARC_Truncated="length"))
    records += [response(name, *values) for name, values in PAGES.items()]
    path.write_bytes(b"".join(records))
    return path


def test_a_capture_is_a_page_or_is_refused_with_a_reason(foreign: Path) -> None:
    answers = {capture.url.rpartition("/")[2]: page_of(capture) for capture in read_warc(foreign)}
    assert {name for name, answer in answers.items() if isinstance(answer, Page)} == PAGES.keys()
    reasons = {name: answer.reason for name, answer in answers.items() if isinstance(answer, Refusal)}
    assert reasons == {name: values[3] for name, values in REFUSED.items()} | {"cut-off": "truncated"}


def test_a_revisit_without_its_body_is_refused() -> None:
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"
    capture = Capture("https://a.example/", moment, 200, head, b"", b"", revisit="identical-payload-digest")
    assert refusal_of(capture) == Refusal("revisit", "the body is stored with an earlier capture")
    assert isinstance(page_of(replace(capture, body=HTML)), Page)


def test_a_payload_that_is_known_is_not_decoded_again() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: pressed"
    capture = Capture("https://a.example/", datetime(2026, 11, 21, tzinfo=UTC), 200, head, b"packed", b"")
    vague = replace(capture, response_head=head.replace(b"text/html", b"text/plain"))
    assert refusal_of(vague, payload=Payload(HTML)) is None
    page = page_of(capture, payload=Payload(HTML, ("wrong-coding",)))
    assert isinstance(page, Page)
    assert page.html == HTML
    assert clean_page(page).flags[-1] == "wrong-coding"
    assert isinstance(page_of(replace(capture, body=b"\0packed")), Refusal)


def test_all_commands_take_the_same_responses_for_pages(
    foreign: Path, tmp_path: Path, open_collection: Callable[..., Collection]
) -> None:
    def names(urls: object) -> list[str]:
        return sorted(str(url).rpartition("/")[2] for url in urls)  # type: ignore[attr-defined]

    pages = sorted(PAGES)
    with open_collection(info=source_info(foreign)) as collection:
        imported = import_warc(foreign, collection, on_problem=[].append)
    assert imported.texts == len(pages)
    assert imported.refused == {"status": 2, "media type": 5, "empty": 1, "undecodable": 1, "truncated": 1}
    with Catalog(tmp_path / "data" / "catalog.sqlite") as catalog:
        assert names(row["url"] for row in catalog.query("SELECT url FROM article")) == pages

    choice = Choice(everything=True)
    again = list(reclean(tmp_path / "data", "news", rules=load_rules(), software="pressclip/0.1.0", choice=choice))
    assert names(done.place.url for done in again if done.change) == pages
    assert len([done for done in again if done.refusal]) == 10

    options = Options()
    for given in (foreign, tmp_path / "data"):
        items = [item for shard in sources.shards([given], options) for item in sources.read(shard, options)]
        assert names(origin.url for origin, page in items if isinstance(page, Page)) == pages
        reasons = {page.reason.partition(":")[0] for _, page in items if not isinstance(page, Page)}
        assert reasons <= {"no_page", "failed", "no_article"}

    done = press("clean", str(foreign), "--format", "jsonl", cwd=tmp_path)
    assert done.out.count("\n") == len(pages)
    assert refusals({"media type": 5, "status": 2, "empty": 1, "truncated": 1}) in done.err
    assert "odd-html: unknown content coding 'pressed'" in done.err
