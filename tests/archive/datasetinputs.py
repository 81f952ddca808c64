"""Inputs of every kind for a dataset, small, and what a folder of one holds."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from archive import Capture, Collection

SENTENCES = (
    "The ferry to Skerry sailed at noon on Monday with nobody but the baker on board.",
    "Nobody in the parish could say who had painted the lighthouse door yellow over night.",
    "The council will count the sheep on the south meadow again, because two lists disagree.",
    "A brass band played for the opening of the bus shelter until the rain drove it inside.",
    "The harbour master keeps a book of every fog since 1931, and will not lend it.",
)
DEBRIS = "Advertisement"


def text(number: int) -> str:
    """Return a text with a line of debris in it; no two numbers give the same one."""
    turned = SENTENCES[number % 5 :] + SENTENCES[: number % 5]
    first = f"Report {number} of the year says that boat {number * 7} came in late, as boat {number * 11} had before."
    return "\n".join([first, *turned[:2], DEBRIS, *turned[2:]])


def page(number: int) -> bytes:
    """Return the HTML of such a text."""
    paragraphs = "".join(f"<p>{line}</p>" for line in text(number).split("\n"))
    head = f'<meta charset="utf-8"><title>Report {number}</title>'
    return f"<!doctype html><html><head>{head}</head><body><article>{paragraphs}</article></body></html>".encode()


def write_corpus(path: Path, numbers: range, **more: str) -> Path:
    """Write texts as JSON lines, gzipped where the name says so."""
    rows = [{"text": text(number), "url": f"https://a.example/{number}"} for number in numbers]
    rows += [{"text": value, "url": f"https://b.example/{name}"} for name, value in more.items()]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def write_pages(folder: Path, numbers: range) -> Path:
    """Write pages as files of a folder."""
    folder.mkdir(parents=True)
    for number in numbers:
        (folder / f"{number}.html").write_bytes(page(number))
    return folder


def write_warc(collection: Callable[..., Collection], capture: Capture, numbers: range) -> Path:
    """Write pages as a collection's WARC file."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"
    with collection() as writer:
        for number in numbers:
            url = f"https://gazette.example/{number}"
            stored = writer.store(replace(capture, url=url, response_head=head, body=page(number)))
    return writer.root / "collections" / writer.name / "archive" / stored.file


def contents(folder: Path) -> dict[str, str]:
    """Return the hash of each file in a dataset's folder, but for what is left of the work."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "work" not in path.relative_to(folder).parts
    }
