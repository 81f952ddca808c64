"""A crawl that cannot write any more says so in one line, keeps what it has, and the same command goes on."""

from __future__ import annotations

import random
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from archive import Catalog
from tests.support.loopback import Site, answer
from tests.support.shell import KEPT, begin, fetching, press

pytestmark = pytest.mark.slow

PAGES = 8
LARGE = 400_000
FULL = 3 * LARGE
"""Bytes past which the system lets no file grow: within the third page's record."""


def texts(data: Path, urls: list[str]) -> list[int]:
    """Return how many texts the catalog has of each URL."""
    with Catalog(data / "catalog.sqlite") as catalog:
        return [sum(len(catalog.articles(found.record_id)) for found in catalog.captures(url)) for url in urls]


def limited() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, FULL))


def test_a_full_disk_is_one_line_and_what_was_fetched_stays(site: Site, tmp_path: Path) -> None:
    urls = [f"{site.base}/{number}" for number in range(PAGES)]
    for number in range(PAGES):
        # does not compress, so that a few pages fill a file
        noise = random.Random(number).randbytes(LARGE).replace(b"-", b"")
        text = f"<h1>Lamp {number}</h1><p>{number}. {KEPT[0]}</p><p>{KEPT[1]}</p>"
        site.routes[f"/{number}"] = answer(f"<html><body><article>{text}</article><!--".encode() + noise + b"-->")
    (tmp_path / "urls.txt").write_text("\n".join(urls), "utf-8")
    command = fetching("crawl", "urls.txt", "--data", "data")
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = begin(*command, cwd=tmp_path, preexec_fn=limited, **streams)
    out, error = process.communicate()
    assert (process.returncode, out) == (2, b"")
    (line,) = error.decode().splitlines()
    assert line.startswith("pressclip: data/")
    assert "No space left on device): free space" in line
    kept = texts(tmp_path / "data", urls)
    assert sum(kept) < PAGES
    assert press(*command, cwd=tmp_path).code == 0
    assert texts(tmp_path / "data", urls) == [1] * PAGES
    assert {site.asked.count(f"/{number}") for number in range(PAGES) if kept[number]} <= {1}
    assert press("archive", "verify", "--data", "data", cwd=tmp_path).code == 0
