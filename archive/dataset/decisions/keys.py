"""What stage 1 writes beside each row: the keys by which stage 2 finds equal and similar texts without reading them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.decisions.minhash import bands_of
from archive.dataset.decisions.winnowing import fingerprints_of
from archive.dataset.decisions.words import normalised, words_of

KEYS = pa.schema(
    [
        ("id", pa.string()),
        ("text_sha256", pa.string()),  # of the normalised text; null where there is none
        ("bands", pa.list_(pa.uint64())),
        ("fingerprints", pa.list_(pa.uint64())),
        ("published", pa.timestamp("us", "UTC")),
        ("fetched", pa.timestamp("us", "UTC")),
        ("n_chars", pa.int32()),
        ("address", pa.string()),
    ]
)

_SAME_PAGE = re.compile(r"^https?://(www\.)?|/+$", re.IGNORECASE)


def address_of(url: str | None) -> str | None:
    """Return what the addresses of one page have in common.

    >>> address_of("http://www.gazette.example/storm/#comments")
    'gazette.example/storm'
    """
    return _SAME_PAGE.sub("", url.partition("#")[0]) or None if url else None


def keys_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's keys, in the columns of KEYS; a row without text has no hash, no band and no fingerprint."""
    text = normalised(row["text"] or "")
    words = words_of(row["text"] or "")
    return {
        "id": row["id"],
        "text_sha256": hashlib.sha256(text.encode()).hexdigest() if text else None,
        "bands": bands_of(words),
        "fingerprints": fingerprints_of(words),
        "published": row.get("published"),
        "fetched": row.get("fetched"),
        "n_chars": len(row["text"] or ""),
        "address": address_of(row.get("url")),
    }
