"""Files, manifest, catalog and indexes are held against each other, both ways."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from archive import ArchiveError, Capture, Collection
from archive.catalog import manifest
from archive.catalog.catalog import Catalog
from archive.catalog.cdxj import index_lines
from archive.catalog.sealed import register
from archive.maintain.findings import Finding
from archive.maintain.verify import Verifier
from archive.warc.records import record
from cleaners import Article

Make = Callable[..., Collection]

COUNT = 5


@pytest.fixture
def root(
    tmp_path: Path, open_collection: Make, capture: Capture, article: Article, pass_seconds: Callable[[float], None]
) -> Path:
    """A collection of two runs, each with five captures and their texts."""
    for run in range(2):
        with open_collection() as collection:
            for number in range(COUNT):
                stored = collection.store(replace(capture, url=f"https://gazette.example/{run}/{number}"))
                collection.store_text(stored, article)
        pass_seconds(60)  # two writers of one moment and one token would choose one name
    return tmp_path / "data"


def check(root: Path, *, full: bool = False) -> list[Finding]:
    return list(Verifier(root, full=full).findings())


def one(root: Path, *, full: bool = False) -> Finding:
    (finding,) = check(root, full=full)
    return finding


def files(root: Path, folder: str) -> list[Path]:
    return sorted((root / "collections" / "news" / folder).iterdir())


def change(root: Path, statement: str) -> None:
    with closing(sqlite3.connect(root / "catalog.sqlite")) as catalog, catalog:
        catalog.execute(statement)


@pytest.mark.parametrize("full", [False, True])
def test_a_whole_archive_has_no_findings(root: Path, full: bool) -> None:
    verifier = Verifier(root, full=full)
    assert list(verifier.findings()) == []
    assert (verifier.files, verifier.records) == (4, 2 * (1 + 2 * COUNT) * 2)


def test_sha256sum_agrees_with_the_manifest(root: Path) -> None:
    folder = root / "collections" / "news"
    done = subprocess.run(
        ["sha256sum", "-c", "--strict", "manifest-sha256.txt"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.count(": OK") == 4


def test_a_file_that_is_gone_is_named(root: Path) -> None:
    files(root, "archive")[0].unlink()
    found = check(root)
    assert "is in the manifest, but gone" in found[0].problem
    assert "is the index of no file here" in found[1].problem
    files(root, "text")[0].unlink()
    (root / "collections" / "news" / "manifest-sha256.txt").write_text("")
    gone = sorted(str(finding) for finding in check(root) if "is in the catalog (5 rows), but gone" in finding.problem)
    assert [line.split("/")[2] for line in gone] == ["archive", "text"]


def test_a_file_that_nobody_entered_is_named(root: Path) -> None:
    path = files(root, "archive")[0]
    path.with_name("news-1.warc.gz").write_bytes(path.read_bytes())
    path.with_name("notes.txt").write_text("x")
    problems = {finding.file.rsplit("/")[-1]: finding.problem for finding in reversed(check(root))}
    assert set(problems) == {"news-1.warc.gz", "notes.txt"}
    assert problems["notes.txt"] == "is no file of this archive: move it away"
    assert problems["news-1.warc.gz"].startswith("is not in the manifest: ")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text.replace(text[:64], "0" * 64), "its sha256 is not the manifest's"),
        (lambda text: text[:70] + text[71:], "is not in the manifest"),
        (lambda text: "x" + text, "line 1 is damaged"),
        (lambda text: text.split("\n", 1)[1], "is not in the manifest"),
        (lambda text: text[:-10], "is not in the manifest"),
    ],
)
def test_a_damaged_manifest_is_found(root: Path, damage: Callable[[str], str], said: str) -> None:
    path = root / "collections" / "news" / "manifest-sha256.txt"
    path.write_text(damage(path.read_text()))
    assert any(said in finding.problem for finding in check(root))


def test_a_row_without_a_record_is_named(root: Path) -> None:
    change(
        root,
        "INSERT INTO capture SELECT * FROM (SELECT 'urn:x:1' AS record_id, url || '/copy' AS url, fetched, status,"
        " content_type, payload_digest, etag, last_modified, truncated, revisit, refers_to, opt_outs, collection, file,"
        " offset + 1, length"
        " FROM capture ORDER BY url LIMIT 1)",
    )
    found = one(root)
    assert found.url == "https://gazette.example/0/0/copy"
    assert found.offset is not None
    assert "the catalog has a row, but the file no whole record here" in found.problem


@pytest.mark.parametrize("table", ["capture", "article"])
def test_a_record_without_a_row_is_named(root: Path, table: str) -> None:
    change(root, f"DELETE FROM {table} WHERE url LIKE '%/1/3'")
    found = one(root)
    assert found.url == "https://gazette.example/1/3"
    assert "the catalog has no row for this record" in found.problem


def test_a_row_that_says_something_else_is_named(root: Path) -> None:
    change(root, "UPDATE capture SET status = 404, etag = NULL WHERE url LIKE '%/1/3'")
    assert one(root).problem.startswith("the catalog says something else about status, etag: ")


def test_a_file_that_the_catalog_does_not_know_is_named(root: Path) -> None:
    change(root, f"DELETE FROM file WHERE name = '{files(root, 'text')[0].name}'")
    assert one(root).problem.startswith("the catalog does not know this file")


def test_a_catalog_that_is_gone_or_rubbish_is_one_finding(root: Path) -> None:
    (root / "catalog.sqlite").unlink()
    assert one(root).file == "catalog.sqlite"
    (root / "catalog.sqlite").write_bytes(b"rubbish" * 1000)
    assert "run `pressclip archive rebuild`" in one(root).problem


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda lines: lines[1:], "its index has no line for this record"),
        (lambda lines: [lines[0].replace('"length": "', '"length": "1'), *lines[1:]], "says something else"),
        (lambda lines: [lines[0][:40], *lines[1:]], "line 1 of its index is damaged"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "line 2 of its index is damaged"),
        (lambda lines: [*lines, lines[-1].replace('"offset": "', '"offset": "9')], "its index has a line, but"),
    ],
)
def test_an_index_that_does_not_fit_is_found(root: Path, damage: Callable[[list[str]], list[str]], said: str) -> None:
    path = files(root, "indexes")[0]
    path.write_text("".join(damage(path.read_text().splitlines(keepends=True))))
    assert any(said in finding.problem for finding in check(root))


def test_an_indexer_that_cannot_be_imported_is_no_damage_of_a_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cdxj_indexer.main", None)
    with pytest.raises(ImportError):
        index_lines(files(root, "archive")[0])


def test_an_index_that_is_gone_is_one_finding(root: Path) -> None:
    files(root, "indexes")[0].unlink()
    assert "has no index" in one(root).problem


def test_only_a_full_check_sees_a_wrong_media_type_in_an_index(root: Path) -> None:
    path = files(root, "indexes")[0]
    path.write_text(path.read_text().replace('"text/html"', '"text/plain"'))
    assert check(root) == []
    assert "is not what cdxj-indexer makes of it" in one(root, full=True).problem


@pytest.mark.parametrize("header", ["WARC-Block-Digest", "WARC-Payload-Digest"])
def test_a_digest_that_does_not_fit_is_found(root: Path, header: str, capture: Capture) -> None:
    block = b"HTTP/1.1 200 OK\r\n\r\nbody"
    wrong = "sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    fields = [("WARC-Target-URI", "https://a.example/"), (header, wrong)]
    data = record(
        "response", "urn:uuid:1", capture.fetched, block, content_type="application/http", fields=fields
    )  # fmt: skip
    path = files(root, "archive")[0]
    path.with_name("news-2.warc.gz").write_bytes(data)
    found = [finding for finding in check(root) if finding.offset == 0 and header in finding.problem]
    assert [finding.url for finding in found] == ["https://a.example/"]


def test_a_file_being_written_is_passed_over_and_a_left_one_is_not(
    root: Path, open_collection: Make, capture: Capture
) -> None:
    with open_collection() as collection:
        collection.store(capture)
        assert check(root) == []
    path = files(root, "archive")[-1]
    path.rename(path.with_name(path.name + ".open"))
    assert any("a killed process left it" in finding.problem for finding in check(root))


def test_a_file_that_its_writer_is_registering_is_passed_over(
    root: Path, open_collection: Make, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[Finding]] = []

    def registering(path: Path, collection: str, catalog: Catalog, **named: bool) -> None:
        seen.append(check(root, full=True))
        register(path, collection, catalog, **named)

    monkeypatch.setattr("archive.collection.register", registering)
    with open_collection() as collection:
        collection.store(capture)
    assert seen == [[]]
    assert check(root, full=True) == []


def test_a_file_that_was_registered_after_the_manifest_was_read_is_checked(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [({}, []), manifest.read(root / "collections/news")]
    monkeypatch.setattr("archive.catalog.manifest.read", lambda folder: answers.pop(0) if answers[1:] else answers[0])
    verifier = Verifier(root)
    assert list(verifier.findings()) == []
    assert verifier.files == len(files(root, "archive")) + len(files(root, "text"))


def test_a_process_killed_while_sealing_costs_nothing(root: Path, open_collection: Make) -> None:
    change(root, "DELETE FROM file")
    (root / "collections" / "news" / "manifest-sha256.txt").unlink()
    files(root, "indexes")[0].unlink()
    with open_collection():
        pass
    assert check(root) == []


def test_a_lost_manifest_does_not_hide_what_happened_since(root: Path, open_collection: Make) -> None:
    path = files(root, "archive")[0]
    path.write_bytes(path.read_bytes() + b"x")
    (root / "collections" / "news" / "manifest-sha256.txt").unlink()
    with open_collection():
        pass
    assert any("its sha256 is not the manifest's" in finding.problem for finding in check(root))


def test_no_collection_is_said(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no collection there: crawl first"):
        check(tmp_path)


def test_no_url_breaks_a_line() -> None:
    assert "\n" not in str(Finding("a", 1, "https://a.example/\r\n\x1b[31m", "x"))
