"""Build and recognise renderings: the document that a browser made of a page, as a conversion of its response."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from archive.warc.capture import HTML, Capture
from archive.warc.reader import made_head
from archive.warc.records import FIELDS_TYPE, ExchangeRecords, fields_block, record, target_uri
from archive.warc.scan import Record

KIND = "conversion"
MEDIA_TYPE = "text/html; charset=utf-8"


def rendering(original: Capture, document: str, rendered: datetime) -> Capture:
    """Return the capture of a document that a browser made of the page in `original`.

    `rendered`: when the document was read from the browser. It has the site's opt-outs of the original, and those in
    its own meta elements.
    """
    made = Capture(
        url=original.url,
        fetched=rendered,
        status=200,
        response_head=made_head(KIND, MEDIA_TYPE.encode()),
        body=document.encode("utf-8", "replace"),
        request_head=b"",
    )
    return replace(made, opt_outs=original.opt_outs and original.opt_outs.joined(made.stated()))


def rendering_records(
    capture: Capture, record_id: str, *, refers_to: str, warcinfo_id: str, software: str
) -> ExchangeRecords:
    """Return the conversion record of a rendering, behind a metadata record with the opt-outs and the browser.

    `refers_to`: the id of the response's record; `software`: name and version of the browser.
    """
    uri = target_uri(capture.url)
    common = (("WARC-Target-URI", uri), ("WARC-Warcinfo-ID", f"<{warcinfo_id}>"))
    described = [("software", software), *(capture.opt_outs.fields() if capture.opt_outs else ())]
    metadata = record(
        "metadata", uuid5(NAMESPACE_URL, f"{record_id}#metadata").urn, capture.fetched, fields_block(described),
        content_type=FIELDS_TYPE, fields=[*common, ("WARC-Concurrent-To", f"<{record_id}>")],
    )  # fmt: skip
    # without a payload digest, as every conversion: fastwarc takes the block of a record with one for an HTTP message
    conversion = record(
        KIND, record_id, capture.fetched, capture.body,
        content_type=MEDIA_TYPE, fields=[*common, ("WARC-Refers-To", f"<{refers_to}>")],
    )  # fmt: skip
    return ExchangeRecords(metadata + conversion, len(metadata), len(conversion), uri, "")


def is_rendering(record: Record) -> bool:
    """Tell whether a record is a page that was made of another record's page, and not a text of a WET file."""
    media_type = (record.header("Content-Type") or "").partition(";")[0].strip().lower()
    return record.kind == KIND and bool(record.refers_to) and media_type in HTML
