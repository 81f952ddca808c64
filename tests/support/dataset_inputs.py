"""Inputs of every kind for a dataset, small, and what a folder of one holds."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from archive import Capture, Collection

NOUNS = """
ferry harbour lighthouse council sheep meadow band shelter rain fog book parish door paint lists master boat quay lamp
road biscuit tin pole lorry winter school bridge market tower clock miller wind sail rope barrel letter stamp postman
bicycle hill orchard apple cider kettle window roof tile storm tide island chapel bell choir hymn lantern fishing net
herring gull cliff path signpost fence goat cheese wheel cart hay barn owl night moon frost
"""
WORDS = NOUNS.split()
DEBRIS = "Advertisement"
BAKER = "The baker said nothing on Monday."
"""In every text; too short to count as shared text."""


def text(number: int) -> str:
    """Return a text with a line of debris in it; no two numbers give texts that are alike."""
    chance = random.Random(number)
    lines = [f"The {' '.join(chance.choices(WORDS, k=14))} of report {number}." for _ in range(5)]
    return "\n".join([*lines[:2], DEBRIS, BAKER, *lines[2:]])


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
