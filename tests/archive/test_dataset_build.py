"""A build drops nothing silently, goes on where it was, refuses what has changed, and fails where too much fails."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard

from archive import ArchiveError, Capture, Collection
from archive.dataset import rows as shard
from archive.dataset import write as outputs
from archive.dataset.build import build, plan_build
from archive.dataset.inputs import sources
from archive.dataset.table.options import Options
from archive.dataset.table.schema import DROPPED_SCHEMA, NAMES, SCHEMA
from cleaners import Article, clean
from tests.support.dataset_inputs import page

pytestmark = pytest.mark.slow

HTML_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"
NOUNS = ("ferry", "lamp", "bakery", "bridge", "quarry", "orchard", "tram", "chapel", "market", "weir", "kiln")


def text(number: int) -> str:
    """Return a text that has nothing in common with another number's."""
    noun = NOUNS[number % len(NOUNS)]
    return " ".join(
        f"The {noun} of parish {number}-{k} has door {number * 31 + k} and nobody owns it." for k in range(8)
    )


def corpus(path: Path, texts: list[Any]) -> Path:
    path.write_text("".join(json.dumps({"text": one}) + "\n" for one in texts))
    return path


def rows(out: Path, part: str = "data") -> list[dict[str, Any]]:
    found = sorted((out / part).glob("*.parquet"))
    return [row for path in found for row in pq.read_table(path).to_pylist()]


def hashes(out: Path) -> dict[str, str]:
    files = (path for path in sorted(out.rglob("*")) if path.is_file() and "work" not in path.relative_to(out).parts)
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return corpus(tmp_path / "corpus.jsonl", [*map(text, range(9)), "Advertisement", 7, text(3)])


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "ROWS_A_SHARD", 5)


def failing(*args: Any, **options: Any) -> str:  # noqa: ANN401 - those of build
    with pytest.raises(ArchiveError) as caught:
        build(*args, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_row_of_the_input_is_kept_or_dropped_with_a_reason(source: Path, tmp_path: Path) -> None:
    built = build([source], tmp_path / "out", Options())
    assert built.splits == {"train": 9}
    assert built.dropped == {"exact_duplicate": 1, "failed": 1, "no_text": 1}
    kept, dropped = rows(tmp_path / "out"), rows(tmp_path / "out", "dropped")
    assert sorted(row["source_row"] for row in kept + dropped) == list(range(12))
    assert [row["reason"] for row in dropped] == ["exact_duplicate", "no_text", "failed: no text in 'text'"]
    assert [row["id"] for row in kept] == sorted(row["id"] for row in kept)


def test_the_files_have_the_schema_with_its_version(source: Path, tmp_path: Path) -> None:
    build([source], tmp_path / "out", Options())
    for part, schema in (("data", SCHEMA), ("dropped", DROPPED_SCHEMA)):
        (path,) = (tmp_path / "out" / part).iterdir()
        found = pq.read_schema(path)
        assert found.equals(schema)
        assert found.metadata[b"pressclip.schema_version"] == b"3"


def test_a_split_without_rows_has_no_file(tmp_path: Path) -> None:
    source = corpus(tmp_path / "corpus.jsonl", [text(1)])
    built = build([source], tmp_path / "out", Options(splits=(("train", 0.5), ("test", 0.5))))
    assert sorted(built.splits.values()) == [0, 1]
    assert len(list((tmp_path / "out" / "data").iterdir())) == 1


@pytest.mark.long
def test_a_single_shard_whose_pages_go_to_several_processes_gives_the_same_bytes(source: Path, tmp_path: Path) -> None:
    build([source], tmp_path / "one", Options())
    build([source], tmp_path / "two", Options(jobs=2))
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")


def test_files_have_so_many_rows_and_say_how_many_they_are(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "GROUP", 3)
    build([source], tmp_path / "out", Options(rows_a_file=4))
    found = {path.name: pq.read_metadata(path) for path in sorted((tmp_path / "out" / "data").iterdir())}
    assert list(found) == [f"train-{number:05}-of-00003.parquet" for number in range(3)]
    groups = [[f.row_group(n).num_rows for n in range(f.num_row_groups)] for f in found.values()]
    assert groups == [[3, 1], [3, 1], [1]]


@pytest.mark.parametrize("form", ["jsonl.gz", "jsonl.zst"])
def test_json_lines_hold_what_parquet_holds_and_are_the_same_each_time(form: Any, source: Path, tmp_path: Path) -> None:  # noqa: ANN401
    for name in ("a", "b"):
        build([source], tmp_path / name, Options(form=form))
    build([source], tmp_path / "parquet", Options())
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b")
    data = (tmp_path / "a" / "data" / f"train-00000-of-00001.{form}").read_bytes()
    unpack = gzip.decompress if form == "jsonl.gz" else zstandard.ZstdDecompressor().decompressobj().decompress
    found = [json.loads(line) for line in unpack(data).splitlines()]
    assert [(row["id"], row["text"], tuple(row)) for row in found] == [
        (row["id"], row["text"], NAMES) for row in rows(tmp_path / "parquet")
    ]


def test_columns_like_finewebs_have_its_names(source: Path, tmp_path: Path) -> None:
    build([source], tmp_path / "out", Options(columns=("like-fineweb",)))
    row = rows(tmp_path / "out")[0]
    assert list(row) == ["text", "id", "url", "date", "file_path", "language", "language_score", "n_words"]
    assert row["file_path"] == "corpus.jsonl"
    assert set(rows(tmp_path / "out", "dropped")[0]) == {*NAMES, "reason"}


def test_what_the_filter_drops_is_there_with_its_reason_and_makes_nothing_a_duplicate(tmp_path: Path) -> None:
    source = corpus(tmp_path / "corpus.jsonl", [text(1), text(2), text(2)])
    built = build([source], tmp_path / "out", Options(where="source_row <> 1"))
    assert (built.splits, built.dropped) == ({"train": 2}, {"filtered": 1})
    assert rows(tmp_path / "out", "dropped")[0]["text"] == text(2)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("n_wrods > 3", "n_wrods"),
        ("n_words >", "syntax error"),
        ("split = 'train'", "split is decided after the filter"),
        ("title", "neither true nor false"),
        ("n_words > 3); DROP TABLE row; --", "--where"),
    ],
)
def test_a_bad_condition_is_refused_before_anything_is_written(
    where: str, message: str, source: Path, tmp_path: Path
) -> None:
    assert message in failing([source], tmp_path / "out", Options(where=where))
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("several")
def test_a_build_that_was_stopped_makes_only_what_is_missing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build([source], tmp_path / "whole", Options())
    out, options = tmp_path / "out", Options()
    frozen, _ = plan_build([source], out, options)
    shard.build_shard(frozen[1], out, options)
    made = (out / "work" / "rows" / "00001.parquet").stat().st_mtime_ns
    # what a kill leaves of a shard has no name that anybody reads
    (out / "work" / "rows" / "00000.parquet.half").write_bytes(b"PAR1")
    kept = Options(keep_work=True)
    build([source], out, kept)
    assert (out / "work" / "rows" / "00001.parquet").stat().st_mtime_ns == made
    assert hashes(out) == hashes(tmp_path / "whole")


def test_an_input_that_changed_meanwhile_is_refused_by_name(source: Path, tmp_path: Path) -> None:
    plan_build([source], tmp_path / "out", Options())
    corpus(source, [text(1)])
    assert "corpus.jsonl has changed" in failing([source], tmp_path / "out", Options())
    other = corpus(tmp_path / "other.jsonl", [text(2)])
    assert "other.jsonl is new" in failing([other], tmp_path / "out", Options())
    assert build([other], tmp_path / "out", Options(), over="force").splits == {"train": 1}


def test_other_options_over_a_build_are_refused(source: Path, tmp_path: Path) -> None:
    plan_build([source], tmp_path / "out", Options())
    assert "begun with different where" in failing([source], tmp_path / "out", Options(where="n_words > 3"))


def test_a_folder_that_is_no_dataset_is_left_alone(source: Path, tmp_path: Path) -> None:
    for over in ("refuse", "update", "force"):
        assert "holds other files (corpus.jsonl)" in failing([source], tmp_path, Options(), over=over)
    assert source.exists()


@pytest.mark.parametrize("name", ["data", "work", "README.md", "manifest.json"])
def test_a_folder_with_names_like_a_datasets_is_left_alone_too(name: str, source: Path, tmp_path: Path) -> None:
    mine = tmp_path / "out" / name / "notes.txt" if "." not in name else tmp_path / "out" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("{}")
    assert f"holds other files ({name})" in failing([source], tmp_path / "out", Options(), over="force")
    assert mine.exists()


def test_a_build_killed_within_its_first_write_is_begun_again(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "work").mkdir(parents=True)
    (tmp_path / "out" / "work" / "shards.json.half").write_text("{")
    assert build([source], tmp_path / "out", Options()).splits == {"train": 9}


def test_a_finished_dataset_is_not_written_over(source: Path, tmp_path: Path) -> None:
    build([source], tmp_path / "out", Options())
    before = hashes(tmp_path / "out")
    other = corpus(tmp_path / "other.jsonl", [text(2)])
    assert "holds a finished dataset" in failing([other], tmp_path / "out", Options())
    assert hashes(tmp_path / "out") == before


@pytest.mark.usefixtures("several")
def test_an_update_takes_over_what_is_the_same_and_equals_a_build_from_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, options = tmp_path / "out", Options(keep_work=True)
    build([source], out, options)
    # sorts before the first one: every shard gets another number
    more = corpus(tmp_path / "a.jsonl", [text(40), text(3)])
    built = build([source, more], out, options, over="update")
    build([source, more], tmp_path / "anew", Options())
    assert (built.reused, built.shards) == (3, 4)
    assert hashes(out) == hashes(tmp_path / "anew")
    assert build([source, more], out, Options(where="n_words > 5"), over="update").reused == 4


def test_an_update_after_other_rules_cleans_everything_again(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build([source], out, Options(keep_work=True))
    rule = tmp_path / "own.toml"
    rule.write_text('[[rule]]\nid = "lamp"\nline = "Lamp"\nwhy = "w"\nexample = "Lamp"\nkeeps = "A lamp."\n')
    assert build([source], out, Options(rule_paths=(str(rule),)), over="update").reused == 0


def test_a_shard_in_which_too_much_fails_fails_the_build_by_name(tmp_path: Path) -> None:
    source = corpus(tmp_path / "corpus.jsonl", [*range(shard.MIN_FAILED), text(1)])
    message = failing([source], tmp_path / "out", Options())
    assert "corpus.jsonl: 10 of 11 items failed (the first: failed: no text in 'text')" in message
    assert not (tmp_path / "out" / "manifest.json").exists()
    assert not list((tmp_path / "out" / "work" / "rows").glob("*.parquet"))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_package_that_cannot_be_imported_fails_the_build(
    jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.html").write_text(f"<article><p>{text(1)}</p><p>{text(2)}</p></article>")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "trafilatura.py").write_text("raise ImportError('lxml.html.clean is gone')")
    monkeypatch.syspath_prepend(str(broken))
    for name in ("trafilatura", "trafilatura.settings"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    message = failing([tmp_path / "pages"], tmp_path / "out", Options(jobs=jobs))
    assert "cleaning cannot start: lxml.html.clean is gone: install pressclip again" in message


def test_the_same_record_in_two_files_is_refused(
    tmp_path: Path, capture: Capture, open_collection: Callable[..., Collection]
) -> None:
    page = f"<article><p>{text(1)}</p><p>{text(2)}</p></article>"
    with open_collection() as collection:
        collection.store(replace(capture, body=page.encode()))
    (path,) = tmp_path.glob("data/collections/news/archive/*.warc.gz")
    paths = [tmp_path / name for name in ("a.warc.gz", "b.warc.gz")]
    for copy in paths:
        copy.write_bytes(path.read_bytes())
    message = failing(paths, tmp_path / "out", Options())
    assert "a.warc.gz and b.warc.gz: contain the same record" in message


def test_a_truncated_capture_is_no_row_and_the_reason_is_told(
    open_collection: Callable[..., Collection], capture: Capture, article: Article, tmp_path: Path
) -> None:
    with open_collection() as collection:
        for number, truncated in enumerate((None, "length", "disconnect")):
            body = page(number) if truncated is None else page(number)[:-40]
            cut = replace(capture, url=f"https://gazette.example/{number}", body=body, truncated=truncated)
            # the catalog calls all three articles
            collection.store_text(stored := collection.store(replace(cut, response_head=HTML_HEAD)), article)
    warc = tmp_path / "data" / "collections" / "news" / "archive" / stored.file
    for source in (tmp_path / "data", warc):
        built = build([source], out := tmp_path / f"of {source.name}", Options())
        assert (built.splits, built.dropped) == ({"train": 1}, {"no_page": 2})
        assert [row["url"] for row in rows(out)] == ["https://gazette.example/0"]
        reasons = {row["url"]: row["reason"] for row in rows(out, "dropped")}
        assert reasons == {
            "https://gazette.example/1": "no_page: the body is cut off (length)",
            "https://gazette.example/2": "no_page: the body is cut off (disconnect)",
        }


def test_what_the_crawl_takes_for_a_page_is_a_row(
    open_collection: Callable[..., Collection], capture: Capture, article: Article, tmp_path: Path
) -> None:
    heads = [HTML_HEAD.replace(*change) for change in ((b"200", b"203"), (b"html", b"plain"), (b"200", b"404"))]
    with open_collection() as collection:
        for number, head in enumerate(heads):
            status = int(head.split()[1])
            answered = replace(capture, url=f"https://a.example/{number}", status=status, response_head=head)
            collection.store_text(collection.store(replace(answered, body=page(number))), article)
    built = build([tmp_path / "data"], tmp_path / "out", Options())
    assert (built.splits, built.dropped) == ({"train": 2}, {"no_page": 1})
    assert [row["reason"] for row in rows(tmp_path / "out", "dropped")] == ["no_page: status 404"]


def test_a_page_has_a_kind_and_a_confidence_to_filter_by_and_a_ready_made_text_has_none(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    for number in range(2):
        (folder / f"{number}.html").write_bytes(page(number))
    build([folder], tmp_path / "all", Options())
    articles = {
        row["source_file"]: clean((folder / Path(row["source_file"]).name).read_bytes())
        for row in rows(tmp_path / "all")
    }
    found = {row["source_file"]: (row["kind"], row["confidence"]) for row in rows(tmp_path / "all")}
    assert found == {name: (article.kind, article.confidence) for name, article in articles.items()}
    least = min(article.confidence or 0 for article in articles.values())
    for where, kept in ((f"confidence >= {least}", 2), (f"confidence < {least}", 0), ("kind IS NULL", 0)):
        assert build([folder], tmp_path / where, Options(where=where)).splits == {"train": kept}
    build([corpus(tmp_path / "texts.jsonl", [text(1)])], tmp_path / "texts", Options())
    assert [(row["kind"], row["confidence"]) for row in rows(tmp_path / "texts")] == [(None, None)]
