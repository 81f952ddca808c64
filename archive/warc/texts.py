"""Cleaned texts as WARC records: a conversion record with the text, a metadata record with the other fields as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from archive.files.errors import ArchiveError
from archive.files.layout import locate, text_folder
from archive.warc.reader import record_date
from archive.warc.records import record
from archive.warc.scan import Damage, Record, scan
from cleaners import Article

LEFT_OUT = frozenset({"text", "blocks"})
"""Fields of an article that are not in the JSON: the text is the conversion record, blocks can be made again."""


@dataclass(frozen=True, slots=True)
class TextRecord:
    """One cleaned text as it is stored."""

    record_id: str
    """The conversion record's id."""
    capture_id: str
    """The id of the response record it was made from."""
    url: str
    stored: datetime
    text: str
    metadata: Mapping[str, Any]
    """The Article's fields without `text` and `blocks`, and `text_sha256`, `software`."""
    offset: int
    length: int
    """Bytes of both records in the file."""


def text_records(
    article: Article,
    *,
    url: str,
    capture_id: str,
    ids: tuple[str, str],
    warcinfo_id: str,
    date: datetime,
    software: str,
) -> bytes:
    """Return the conversion and the metadata record of an article; `ids` are their record ids."""
    text = article.text.encode("utf-8", "replace")
    document = metadata(article, software)
    common = (("WARC-Target-URI", url), ("WARC-Warcinfo-ID", f"<{warcinfo_id}>"))
    conversion = record(
        "conversion", ids[0], date, text,
        content_type="text/plain; charset=utf-8", fields=[*common, ("WARC-Refers-To", f"<{capture_id}>")],
    )  # fmt: skip
    block = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    described = record(
        "metadata", ids[1], date, block,
        content_type="application/json", fields=[*common, ("WARC-Refers-To", f"<{ids[0]}>")],
    )  # fmt: skip
    return conversion + described


def metadata(article: Article, software: str) -> dict[str, Any]:
    """Return what the metadata record says about an article."""
    fields = {name: value for name, value in article.as_dict().items() if name not in LEFT_OUT}
    return fields | {"text_sha256": text_sha256(article.text), "software": software}


def text_sha256(text: str) -> str:
    """Return the sha256 of a text in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def read_texts(path: Path, *, offset: int = 0, items: Iterable[Record | Damage] | None = None) -> Iterator[TextRecord]:
    """Yield the texts of a .wet.gz file from `offset` on. A text without its metadata record is passed over.

    `items`: the results of `scan`, if they are known.
    """
    conversion: Record | None = None
    for item in scan(path, offset) if items is None else items:
        if not isinstance(item, Record):
            continue
        if item.kind == "conversion":
            conversion = item
        elif item.kind == "metadata" and conversion and item.refers_to == conversion.record_id:
            if text := _text_record(conversion, item):
                yield text
            conversion = None


def read_text(root: Path, collection: str, file: str, offset: int) -> TextRecord:
    """Return the text at an offset. Raises ArchiveError where none begins there."""
    path = locate(text_folder(root, collection), file)
    text = next(read_texts(path, offset=offset), None)
    if text is None or text.offset != offset:
        raise ArchiveError(f"{path}: no text record at offset {offset}: run `pressclip archive verify`")
    return text


def _text_record(conversion: Record, described: Record) -> TextRecord | None:
    stored = record_date(conversion)
    if conversion.block is None or described.block is None or stored is None:
        return None
    try:
        document = json.loads(described.block)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    return TextRecord(
        record_id=conversion.record_id,
        capture_id=conversion.refers_to,
        url=conversion.uri,
        stored=stored,
        text=conversion.block.decode("utf-8", "replace"),
        metadata=document,
        offset=conversion.offset,
        length=described.offset + described.length - conversion.offset,
    )
