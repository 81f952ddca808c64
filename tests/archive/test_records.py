"""Records as bytes: as warcio writes them, one gzip member each, whichever library packs them."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from io import BytesIO

import deflate
import pytest
from warcio.recordloader import ArcWarcRecord  # type: ignore[import-untyped]
from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]

from archive.warc import records

BLOCK = b"HTTP/1.1 200 OK\r\n\r\n" + b"The harbour was closed. " * 100
DATE = datetime(2026, 11, 30, 6, tzinfo=UTC)
TYPE = "application/http; msgtype=response"


def unpacked(member: bytes) -> bytes:
    """Return what a gzip member holds; fail unless it is one member and nothing else."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    content = unpacker.decompress(member)
    assert (unpacker.eof, unpacker.unused_data) == (True, b"")
    return content


@pytest.mark.parametrize("kind", ["response", "revisit", "request", "metadata", "conversion"])
def test_a_record_is_what_warcio_writes(kind: str) -> None:
    payload_digest = records.digest(b"body")
    fields = [("WARC-Target-URI", "https://gazette.example/a"), ("WARC-Truncated", None), ("WARC-Protocol", "a\r\nb")]
    written = records.record(
        kind, "urn:uuid:1", DATE, BLOCK, content_type=TYPE, payload_digest=payload_digest, fields=fields
    )
    head = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", "<urn:uuid:1>"),
        ("WARC-Date", "2026-11-30T06:00:00Z"),
        ("WARC-Target-URI", "https://gazette.example/a"),
        ("WARC-Protocol", "a b"),
        ("WARC-Block-Digest", records.digest(BLOCK)),
        ("WARC-Payload-Digest", payload_digest),
    ]
    out = BytesIO()
    # of a revisit, warcio writes no block, and of others it would add a digest of the whole block as the payload's
    writer = WARCWriter(out, gzip=False, warc_version=records.VERSION)
    writer.NO_PAYLOAD_DIGEST_TYPES = ("response",)
    named = StatusAndHeaders("", head, protocol=records.VERSION)
    writer.write_record(ArcWarcRecord("warc", "response", named, BytesIO(BLOCK), None, TYPE, len(BLOCK)))
    assert unpacked(written) == out.getvalue()


@pytest.mark.parametrize("packer", [deflate, None], ids=["libdeflate", "zlib"])
def test_each_packer_writes_one_gzip_member(packer: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "deflate", packer)
    assert unpacked(records.packed(BLOCK)) == BLOCK
