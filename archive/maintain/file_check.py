"""Check one sealed file: each record, its row in the catalog and its line in the index."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

from archive.catalog.catalog import Catalog
from archive.catalog.cdxj import index_lines, index_path
from archive.catalog.rows import ArticleRow, CaptureRow, Unread, rows_of, stored_value
from archive.catalog.sealed import is_text
from archive.files.errors import ArchiveError
from archive.maintain.findings import Finding
from archive.rights.optouts import ONLY_HERE
from archive.warc.reader import head_and_body
from archive.warc.records import packed
from archive.warc.scan import MAX_BLOCK, Damage, Record, record_date, scan
from archive.warc.streams import MAX_HEAD

RECOVER = "restore the file from a copy, or run `pressclip archive recover`"
REBUILD = "run `pressclip archive rebuild`"
LEFT_OUT = "no command can read this record, and `pressclip archive rebuild` leaves it out"
MAX_NOTED = 1000
"""The most findings held in memory at a time: a ruined file must not fill it."""
INDEXED = frozenset({"response", "revisit", "resource", "metadata"})
"""The kinds of records that cdxj-indexer writes a line for, but for metadata of the type application/warc-fields."""


class Inventory:
    """Checks one file. Afterwards `records` is how many it holds, and `damages` what is damaged."""

    def __init__(self, path: Path, where: str, collection: str, catalog: Catalog | None) -> None:
        self.records = 0
        self.damages: list[Damage] = []
        self._path, self._where, self._collection, self._catalog = path, where, collection, catalog
        self._of_file = f"FROM {'article' if is_text(path) else 'capture'} WHERE collection = ? AND file = ?"
        self._noted: list[Finding] = []
        self._unread = Unread(path.name)
        self._lines: dict[int, bytes] | None = None

    def findings(self, *, changed: bool, full: bool) -> Iterator[Finding]:
        """Yield what is wrong with the file. `changed`: its hash differs from when it was sealed; `full`: index it."""
        any_found = False
        try:
            for finding in chain(self._index(), self._against_catalog(), self._at_the_end(full)):
                any_found = True
                yield finding
        except ArchiveError as error:
            any_found = True
            yield self._finding(0, None, str(error).removeprefix(f"{self._path}: "))
        if changed and not any_found:
            offset, url = self._odd_member()
            yield self._finding(offset, url, f"bytes changed that no record's content depends on: {RECOVER}")

    def _finding(self, offset: int | None, url: str | None, problem: str) -> Finding:
        return Finding(self._where, offset, url or None, problem)

    def _noted_so_far(self) -> list[Finding]:
        noted, self._noted = self._noted, []
        return noted

    def _checked(self) -> Iterator[Record]:
        """Yield the records, and note what is wrong with each."""
        for item in scan(self._path):
            if isinstance(item, Damage):
                self.damages.append(item)
                self._note(item.offset, self._url_near(item), f"{item.length} bytes damaged: {item.reason}: {RECOVER}")
                continue
            self.records += 1
            for problem in problems(item):
                self._note(item.offset, item.uri, f"{problem}: {RECOVER}")
            if not item.length:
                self._note(item.offset, item.uri, f"shares its gzip member with other records: {RECOVER}")
            self._check_line(item)
            yield item

    def _note(self, offset: int, url: str | None, problem: str) -> None:
        if len(self._noted) < MAX_NOTED:
            self._noted.append(self._finding(offset, url, problem))

    def _url_near(self, damage: Damage) -> str | None:
        """Return the URL of the catalog's row for a damaged record: its own header cannot be read."""
        if self._catalog is None:
            return None
        query = f"SELECT url {self._of_file} AND offset < ? ORDER BY offset DESC LIMIT 1"
        place = (self._collection, self._path.name, damage.offset + damage.length)
        return next((str(row["url"]) for row in self._catalog.query(query, *place)), None)

    def _odd_member(self) -> tuple[int | None, str | None]:
        """Return offset and URL of the only gzip member that differs from its content compressed again."""
        # No checksum covers a member's header and the bits behind its data; all other bytes follow from the content. If
        # another zlib wrote the file, many members differ, and none can be named.
        odd: list[tuple[int, str]] = []
        with self._path.open("rb") as file:
            for item in scan(self._path):
                if isinstance(item, Record) and item.block is not None and item.length <= MAX_BLOCK:
                    file.seek(item.offset)
                    member = file.read(item.length)
                    content = zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(member, MAX_BLOCK + MAX_HEAD)
                    if packed(content) != member:
                        odd.append((item.offset, item.uri))
                    if len(odd) > 1:
                        break
        return odd[0] if len(odd) == 1 else (None, None)

    def _against_catalog(self) -> Iterator[Finding]:
        """Compare the catalog's rows with those of the records, both in file order."""
        rows = self._rows()
        row = next(rows, None)
        records = self._unread.passing(self._checked())
        for wanted, _ in rows_of(self._path, self._collection, self._path.name, items=records):
            self._unread.has_row(wanted)
            yield from self._noted_so_far()
            while row and row["offset"] < wanted.offset:
                yield from self._no_record(row)
                row = next(rows, None)
            if row and row["offset"] == wanted.offset:
                if columns := _differing(wanted, row):
                    problem = f"the catalog says something else about {', '.join(columns)}: {REBUILD}"
                    yield self._finding(wanted.offset, wanted.url, problem)
                row = next(rows, None)
            elif self._catalog:
                yield self._finding(wanted.offset, wanted.url, f"the catalog has no row for this record: {REBUILD}")
        yield from self._noted_so_far()
        while row:
            yield from self._no_record(row)
            row = next(rows, None)
        for offset, url, reason in self._unread.reasons()[:MAX_NOTED]:
            yield self._finding(offset, url, f"{reason}: {LEFT_OUT}")

    def _no_record(self, row: sqlite3.Row) -> Iterator[Finding]:
        if any(damage.offset == row["offset"] for damage in self.damages):
            return  # reported already, with this URL
        if row["offset"] in self._unread:
            return  # the record is whole, and named at the end of the file
        problem = f"the catalog has a row, but the file no whole record here: {RECOVER}; then {REBUILD}"
        yield self._finding(row["offset"], row["url"], problem)

    def _rows(self) -> Iterator[sqlite3.Row]:
        if self._catalog:
            query = f"SELECT * {self._of_file} ORDER BY offset"
            yield from self._catalog.query(query, self._collection, self._path.name)

    def _index(self) -> Iterator[Finding]:
        """Read the index of the file, and keep a hash of each line."""
        if is_text(self._path):
            return
        path = index_path(self._path)
        if not path.is_file():
            yield self._finding(None, None, f"has no index {path.name}: {REBUILD}")
            return
        self._lines = {}
        last = b""
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if (entry := _entry(line, self._path.name)) is None or line < last:
                    yield self._finding(None, None, f"line {number} of its index is damaged: {REBUILD}")
                else:
                    self._lines[entry[0]] = entry[1]
                last = line

    def _check_line(self, record: Record) -> None:
        if self._lines is None or record.kind not in INDEXED or not record.uri:
            return
        if record.kind in ("metadata", "resource") and record.header("Content-Type") == "application/warc-fields":
            return
        line = self._lines.pop(record.offset, None)
        date, digest = record_date(record), record.header("WARC-Payload-Digest")
        stamp = f"{date:%Y%m%d%H%M%S}" if date else ""
        if line is None:
            self._note(record.offset, record.uri, f"its index has no line for this record: {REBUILD}")
        elif digest and line != _hash(stamp, record.uri, str(record.length), digest):
            self._note(record.offset, record.uri, f"its index says something else about this record: {REBUILD}")

    def _at_the_end(self, full: bool) -> Iterator[Finding]:
        for offset in sorted(self._lines or ())[:MAX_NOTED]:
            if any(damage.offset <= offset < damage.offset + damage.length for damage in self.damages):
                continue
            yield self._finding(offset, None, f"its index has a line, but the file no whole record here: {REBUILD}")
        if full and self._lines is not None:
            lines = sorted(index_lines(self._path, damaged=bool(self.damages)))
            if "".join(lines).encode() != index_path(self._path).read_bytes():
                yield self._finding(None, None, f"its index is not what cdxj-indexer makes of it now: {REBUILD}")


def _differing(wanted: CaptureRow | ArticleRow, row: sqlite3.Row) -> list[str]:
    return [
        field.name
        for field in fields(wanted)
        if stored_value(getattr(wanted, field.name)) != row[field.name]
        # read again since, out of this and other records
        and not (field.name == "opt_outs" and ONLY_HERE in (row["opt_outs"] or ""))
    ]


def _entry(line: bytes, name: str) -> tuple[int, bytes] | None:
    """Return the offset of the record of an index line, and a hash of the line's other fields."""
    try:
        _, stamp, text = line.decode("utf-8").split(" ", 2)
        fields: dict[str, Any] = json.loads(text)
        if fields["filename"] != name or not line.endswith(b"\n"):
            return None
        return int(fields["offset"]), _hash(stamp, fields["url"], fields["length"], fields.get("digest"))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _hash(*values: str | None) -> bytes:
    return hashlib.blake2b("\n".join(map(str, values)).encode("utf-8", "replace"), digest_size=12).digest()


KINDS = frozenset({"warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation"})
ONCE = ("WARC-Type", "WARC-Record-ID", "WARC-Date", "Content-Length")
"""Headers that a record has exactly once (WARC 1.1, section 5)."""
ALGORITHMS = {"sha1": 20, "sha256": 32, "md5": 16, "sha512": 64}
"""Digest algorithms that archives use, and their sizes in bytes."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding[ \t]*:.*chunked")


def problems(record: Record) -> Iterator[str]:
    """Yield what is wrong with a record: its headers, and its digests."""
    yield from _grammar(record)
    if record.block is None:
        return
    block = record.header("WARC-Block-Digest")
    if block is not None and (wrong := _differs(block, record.block)):
        yield f"WARC-Block-Digest {wrong}"
    payload = record.header("WARC-Payload-Digest")
    if payload is not None and record.kind != "revisit":  # a revisit has the digest of a body in another record
        verdicts = [_differs(payload, body) for body in _payloads(record)]
        if all(verdicts):
            yield f"WARC-Payload-Digest {verdicts[0]}"


def _grammar(record: Record) -> Iterator[str]:
    for name in ONCE:
        count = sum(header.lower() == name.lower() for header, _ in record.headers)
        if count != 1:
            yield f"{name} occurs {count} times, not once"
    if record.kind and record.kind not in KINDS:
        yield f"unknown WARC-Type {record.kind[:40]!r}"
    if record.header("WARC-Date") is not None and record_date(record) is None:
        yield "WARC-Date is no date"
    if record.header("WARC-Record-ID") is not None and not _URI.fullmatch(record.record_id):
        yield "WARC-Record-ID is no URI in angle brackets"
    if record.kind in ("response", "request", "revisit", "conversion", "resource") and not record.uri:
        yield "WARC-Target-URI is missing"
    for name, value in record.headers:
        if _CONTROL.search(name + value):
            yield f"header {name[:40]!r} holds control characters"


def _payloads(record: Record) -> Iterator[bytes]:
    """Yield the bytes that the payload digest may cover: of a chunked body, archives digest either form."""
    block = record.block or b""
    if not (record.header("Content-Type") or "").lower().startswith("application/http"):
        yield block
        return
    head, body = head_and_body(block)
    yield body
    if _CHUNKED.search(head):
        from warcio.bufferedreaders import ChunkedDataReader  # type: ignore[import-untyped]

        with suppress(Exception):  # a body that only claims to be chunked may raise anything
            yield ChunkedDataReader(BytesIO(body)).read()


def _differs(declared: str, data: bytes) -> str | None:
    """Return what is wrong with a declared digest of the data; None where it is right."""
    name, _, value = declared.partition(":")
    name = name.strip().lower().replace("sha-", "sha")
    if name not in ALGORITHMS:
        return f"{declared[:80]!r} is of no known kind"
    digest = hashlib.new(name, data, usedforsecurity=False).digest()
    value = value.strip()
    base32, in_base64 = (code(digest).decode().rstrip("=") for code in (base64.b32encode, base64.b64encode))
    if value.lower() == digest.hex() or value.upper().rstrip("=") == base32 or value.rstrip("=") == in_base64:
        return None
    return f"{value[:80]} does not fit the bytes"
