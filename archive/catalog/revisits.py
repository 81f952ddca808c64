"""Captures whose payload is stored already: the record that they refer to, and how to get the body from it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from archive.catalog.catalog import Catalog
from archive.catalog.rows import CaptureRow
from archive.files.errors import ArchiveError
from archive.files.layout import CATALOG, locate, raw_folder
from archive.warc.capture import Capture
from archive.warc.reader import Exchange, read_exchange
from archive.warc.records import IDENTICAL, NOT_MODIFIED, Original, target_uri

MIN_PAYLOAD = 1024
"""Bytes from which a payload is stored once. A revisit's lines about the earlier record take some 330 bytes: below a
kilobyte there is little to gain, and what repeats there are redirects and the digest of nothing."""

_ASKED = re.compile(rb"(?im)^If-None-Match:[ \t]*((?:W/)?\"[^\",\r\n]*\")[ \t]*\r?$")
_SAME_PAYLOAD = """payload_digest = ? AND revisit IS NULL AND truncated IS NULL AND collection = ?
    ORDER BY url <> ?, fetched, record_id"""
_UNMODIFIED = """url = ?1 AND collection = ?2 AND status = 200 AND truncated IS NULL
    AND (?3 = '' OR replace(coalesce(etag, ''), 'W/', '') = ?3) ORDER BY fetched DESC, record_id"""


def original_of(catalog: Catalog, root: Path, collection: str, capture: Capture, digest: str) -> Original | None:
    """Return the record that a capture can refer to; None where its own body has to be stored.

    The earlier payload may be of any URL of the collection: pywb finds it by WARC-Refers-To-Target-URI, -Date and
    digest where it is another's, and by the digest alone where it is the same URL's.
    """
    if capture.truncated is not None:
        return None  # half a body is no proof that the whole would be the same
    if capture.status == 304 and not capture.body:
        row, profile = _unmodified(catalog, collection, capture), NOT_MODIFIED
    elif len(capture.body) >= MIN_PAYLOAD:
        row, profile = _same_payload(catalog, collection, capture.url, digest), IDENTICAL
    else:
        return None
    if row is None or not _is_there(root, row):
        return None
    return Original(profile, row.record_id, row.url, row.fetched, row.payload_digest)


def with_body(root: Path, collection: str, exchange: Exchange) -> Capture:
    """Return a revisit's capture with the body of the record that it refers to.

    Raises ArchiveError where that record is not in the collection.
    """
    record, capture = exchange.record, exchange.capture
    with Catalog(root / CATALOG) as catalog:
        row = catalog.capture(record.refers_to) if record.refers_to else None
        if row is None:  # many writers name only the URL, the date and the digest
            uri = record.header("WARC-Refers-To-Target-URI") or record.uri
            row = _same_payload(catalog, collection, uri, record.header("WARC-Payload-Digest") or "")
    if row is None or row.revisit is not None:
        raise ArchiveError(
            f"{record.uri}: the record that revisit {record.record_id} refers to is not in the catalog: "
            "bring its WARC file in, or run `pressclip archive rebuild`"
        )
    path = locate(raw_folder(root, row.collection), row.file)
    earlier = read_exchange(path, row.offset).capture
    coding = earlier.codings if capture.status == 304 else None  # a 304 says nothing about the body it stands for
    return replace(capture, body=earlier.body, body_coding=coding)


def _same_payload(catalog: Catalog, collection: str, url: str, digest: str) -> CaptureRow | None:
    """Return the first record with this payload, of this URL where there is one."""
    return catalog.first_capture(_SAME_PAYLOAD, digest, collection, target_uri(url))


def _unmodified(catalog: Catalog, collection: str, capture: Capture) -> CaptureRow | None:
    """Return the record that a 304 confirms: the newest 200 of its URL. If the 304 or its request has an ETag, only a
    record with that ETag."""
    asked = _ASKED.search(capture.request_head)
    tag = capture.header("ETag") or (asked[1].decode("latin-1") if asked else "")
    etag = tag.replace("W/", "")  # a strong and a weak one match, RFC 9110 13.1.2
    row = catalog.first_capture(_UNMODIFIED, target_uri(capture.url), collection, etag)
    return catalog.capture(row.refers_to or "") if row and row.revisit else row


def _is_there(root: Path, row: CaptureRow) -> bool:
    try:
        return bool(locate(raw_folder(root, row.collection), row.file))
    except ArchiveError:
        return False  # a catalog outlives files that somebody took away; a new capture must not
