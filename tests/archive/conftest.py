"""A fixed clock and fixed ids, so that two runs write the same bytes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Capture, Collection
from cleaners import Article, Block, Removal
from tests.support.invented_paper import Add, Open, Pass, fill

START = datetime(2026, 11, 21, 16, 0, 0, 123456, UTC)


class Clock:
    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def pass_seconds(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pass_seconds(clock: Clock) -> Callable[[float], None]:
    return clock.pass_seconds


@pytest.fixture
def open_collection(tmp_path: Path, clock: Clock) -> Callable[..., Collection]:
    """Make collections in one data root, each writer with ids of its own."""
    writers = itertools.count(1)

    def make(name: str = "news", **options: object) -> Collection:
        writer, numbers = next(writers), itertools.count(1)
        return Collection(
            tmp_path / "data",
            name,
            software="pressclip/0.1.0",
            rules_version="0.1.0+abc",
            now=clock,
            new_id=lambda: f"00000000-0000-0000-{writer:04}-{next(numbers):012}",
            **options,  # type: ignore[arg-type]
        )

    return make


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data root of `open_collection`."""
    return tmp_path / "data"


@pytest.fixture
def add(open_collection: Open, pass_seconds: Pass) -> Add:
    """Store pages with their texts, a minute later than the last ones."""

    def run(pages: Iterable[tuple[Capture, Article]], name: str = "news") -> None:
        pass_seconds(60)
        fill(open_collection(name), pages)

    return run


@pytest.fixture
def capture() -> Capture:
    return Capture(
        url="https://gazette.example/news/harbour?page=1",
        fetched=START,
        status=200,
        response_head=(
            b"HTTP/1.1 200 All Fine\r\nX-weird-CASE: caf\xe9\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nno colon here\r\n"
            b'Content-Type: text/html; charset=ISO-8859-1\r\nTransfer-Encoding: chunked\r\nETag: "v1"'
        ),
        body=b"<!doctype html><title>Harbour</title><p>The ferry sailed at caf\xe9 time.</p>",
        request_head=b"GET /news/harbour?page=1 HTTP/1.1\r\nHost: gazette.example\r\nCookie: session=secret",
        ip="192.0.2.7",
        tls="TLSv1.3",
        cipher="TLS_AES_128_GCM_SHA256",
    )


@pytest.fixture
def article() -> Article:
    return Article(
        text="The ferry sailed at noon.\n\nNobody waved from the quay.",
        blocks=(Block("paragraph", "The ferry sailed at noon."), Block("paragraph", "Nobody waved from the quay.")),
        url="https://gazette.example/news/harbour?page=1",
        title="Harbour",
        authors=("Ada Quill",),
        date=START,
        site="Gazette",
        removals=(Removal("dom/share-bar", "dom", "Share this", "/html/body/div[2]"),),
        rules_version="0.1.0+abc",
    )


@pytest.fixture
def pages(capture: Capture) -> Callable[[int], list[Capture]]:
    """Make captures whose bodies do not compress, a kilobyte each."""

    def make(count: int) -> list[Capture]:
        noise = [bytes((number * 7 + place * place) % 251 for place in range(1000)) for number in range(count)]
        return [replace(capture, url=f"https://gazette.example/{n}", body=noise[n]) for n in range(count)]

    return make
