"""One changed byte anywhere, and an end that is missing, are found; all other records are saved."""

from __future__ import annotations

import gzip
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive import Capture, Collection
from archive.maintain.findings import Finding
from archive.maintain.recover import salvage
from archive.maintain.verify import Verifier
from archive.warc.scan import Record, scan
from cleaners import Article

pytestmark = pytest.mark.slow

Make = Callable[..., Collection]

RECORDS = 100
PLACES = 100


class Sample:
    """A sealed file of 100 records: a warcinfo record and 99 responses, each with a body that does not compress."""

    def __init__(self, root: Path, folder: str) -> None:
        self.root = root
        (self.path,) = (root / "collections" / "news" / folder).iterdir()
        self.data = self.path.read_bytes()
        self.records = [item for item in scan(self.path) if isinstance(item, Record)]

    def findings(self) -> list[Finding]:
        return list(Verifier(self.root).findings())

    def record_at(self, place: int) -> Record:
        return next(record for record in reversed(self.records) if record.offset <= place)

    def salvaged(self) -> int:
        found = salvage(self.path)
        if found is None:
            return RECORDS
        assert found.copy is not None
        gzip.decompress(found.copy.read_bytes())
        kept = {item.record_id for item in scan(found.copy) if isinstance(item, Record)}
        assert len(kept) == found.records
        return len(kept & {record.record_id for record in self.records})


@pytest.fixture
def sample(tmp_path: Path, open_collection: Make, pages: Callable[[int], list[Capture]]) -> Sample:
    noise = random.Random(5)
    with open_collection() as collection:
        for page in pages(RECORDS - 1):
            collection.store(replace(page, body=noise.randbytes(600), request_head=b""))
    made = Sample(tmp_path / "data", "archive")
    assert len(made.records) == RECORDS
    assert made.findings() == []
    return made


def flips(size: int, seed: int) -> Iterator[tuple[int, int]]:
    chance = random.Random(seed)
    for _ in range(PLACES):
        yield chance.randrange(size), 1 << chance.randrange(8)


@pytest.mark.long
def test_a_flipped_bit_is_found_and_costs_one_record(sample: Sample) -> None:
    named = 0
    for place, bit in flips(len(sample.data), 1):
        changed = bytearray(sample.data)
        changed[place] ^= bit
        sample.path.write_bytes(changed)
        findings = sample.findings()
        assert findings, place
        assert all(sample.path.name in finding.file for finding in findings)
        record = sample.record_at(place)
        named += any((found.offset, found.url or "") == (record.offset, record.uri) for found in findings)
        assert sample.path.read_bytes() == changed
        assert sample.salvaged() >= RECORDS - 1, place
    assert named == PLACES


def test_a_missing_end_is_found_and_costs_what_is_missing(sample: Sample) -> None:
    for place, _ in flips(len(sample.data), 3):
        sample.path.write_bytes(sample.data[:place])
        found = sample.findings()
        assert any("sha256" in finding.problem for finding in found), place
        later = [record.uri for record in sample.records if record.offset + record.length > place and record.uri]
        assert {finding.url for finding in found if finding.url} >= set(later)
        whole = sum(record.offset + record.length <= place for record in sample.records)
        if whole:
            assert sample.salvaged() in (whole, RECORDS)


def test_a_last_record_that_is_cut_is_found_without_catalog_and_manifest(sample: Sample) -> None:
    for name in ("catalog.sqlite", "collections/news/manifest-sha256.txt"):
        (sample.root / name).unlink()
    shutil.rmtree(sample.root / "collections" / "news" / "indexes")
    sample.path.write_bytes(sample.data[:-5])
    last = sample.records[-1]
    assert any(found.offset == last.offset and "cut off" in found.problem for found in sample.findings())


def test_damaged_texts_are_found(tmp_path: Path, open_collection: Make, capture: Capture) -> None:
    with open_collection() as collection:
        for number in range(20):
            stored = collection.store(replace(capture, url=f"https://a.example/{number}"))
            collection.store_text(stored, Article(text=f"The ferry sailed at {number}."))
    sample = Sample(tmp_path / "data", "text")
    for place, bit in flips(len(sample.data), 4):
        changed = bytearray(sample.data)
        changed[place] ^= bit
        sample.path.write_bytes(changed)
        record = sample.record_at(place)
        assert any((found.offset, found.url or "") == (record.offset, record.uri) for found in sample.findings())
