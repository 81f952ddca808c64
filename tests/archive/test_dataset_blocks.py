"""The column `blocks` holds what the article's JSON says of its structure, and the text is made of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")

import pyarrow as pa
import pyarrow.parquet as pq

from archive import ArchiveError
from archive.dataset import Options, build, diff, rebuild, write_recipe
from archive.dataset.provenance.proofs import prove
from archive.dataset.table.blocks import without_nulls
from archive.dataset.table.files import GROUP, GROUP_CHARACTERS, form_writer, grouped
from archive.dataset.table.schema import BLOCK, BLOCKS, NAMES, SCHEMA, schema_with
from archive.dataset.table.view import view_of
from cleaners import Article, Page, clean_page, read_blocks, render
from cleaners.structure import plain
from tests.support.dataset_inputs import write_corpus, write_pages
from tests.support.schema import SCHEMA as ARTICLE
from tests.support.schema import check_article
from tests.test_pages import PAGES

WITH_BLOCKS = Options(columns=("+blocks",))
HAS_TABLE = "len(list_filter(blocks, lambda b: b.kind = 'table')) > 0"

SENTENCE = "The tide tables of the harbour are printed twice a year, says the harbour master, who keeps the old ones. "
RICH = f"""<!doctype html><html lang="en"><head><title>Tides</title></head><body><article><h2>How tides are told</h2>
<p>{SENTENCE * 3} Read <a href="https://a.example/tides">about <b>tides</b></a>.</p>
<table><tr><th>Day</th><th>High</th></tr><tr><td>Monday</td><td>5:40</td></tr></table>
<p>{SENTENCE * 2} The height is <math alttext="h^2"><mi>h</mi></math> in the end.</p>
<pre><code class="language-python">print(1)</code></pre><p>{SENTENCE * 2}</p></article></body></html>"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden pages, and one with a bit of all, as the files of a folder."""
    folder = tmp_path_factory.mktemp("golden") / "pages"
    folder.mkdir()
    for page in sorted(PAGES.iterdir()):
        shutil.copy(page / "source.html", folder / f"{page.name}.html")
    (folder / "rich.html").write_text(RICH, "utf-8")
    return folder


@pytest.fixture(scope="module")
def built(pages: Path) -> Path:
    build([pages], pages.parent / "out", WITH_BLOCKS)
    return pages.parent / "out"


def rows_of(folder: Path, part: str = "data") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / part).to_pylist()
    return rows


def all_rows(folder: Path) -> list[dict[str, Any]]:
    return [row for part in ("data", "dropped") for row in rows_of(folder, part)]


def article_of(row: dict[str, Any], pages: Path) -> Article:
    file = pages.parent / row["source_file"]
    return clean_page(Page(file.read_bytes(), f"file:{row['source_file']}"))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for part in ("data", "dropped") for path in (folder / part).iterdir()}


def fields(kind: pa.DataType) -> list[str]:
    return [field.name for field in kind]


def test_the_column_has_the_fields_of_the_json_schema() -> None:
    kinds = {"block": BLOCK, "cell": BLOCK.field("cells").type.value_type, "span": BLOCK.field("spans").type.value_type}
    for name, kind in kinds.items():
        assert fields(kind) == list(ARTICLE["$defs"][name]["properties"]), name
    assert kinds["cell"].field("spans").type == BLOCK.field("spans").type


def test_the_text_of_every_golden_page_is_made_of_its_blocks(built: Path) -> None:
    rows = [row for row in all_rows(built) if row["text"]]
    assert len(rows) > 30
    for row in rows:
        assert plain(read_blocks(row[BLOCKS])) == row["text"], row["url"]


def test_the_column_holds_the_blocks_of_the_articles_json(built: Path, pages: Path) -> None:
    rows = rows_of(built)
    for row in rows:
        article = article_of(row, pages)
        assert without_nulls(row[BLOCKS]) == article.as_dict()[BLOCKS]
        assert read_blocks(row[BLOCKS]) == article.blocks
    kinds = {block["kind"] for row in rows for block in row[BLOCKS]}
    assert kinds >= {"paragraph", "heading", "list item", "quote", "table", "code", "term", "definition"}
    assert {cell["is_header"] for row in rows for block in row[BLOCKS] for cell in block["cells"] or ()} == {True, None}
    assert {span["kind"] for row in rows for block in row[BLOCKS] for span in block["spans"] or ()} >= {
        "link",
        "strong",
    }


def test_json_lines_hold_the_json_of_the_schema(built: Path, pages: Path, tmp_path: Path) -> None:
    build([pages], tmp_path / "out", Options(columns=("+blocks",), form="jsonl"))
    (file,) = (tmp_path / "out" / "data").iterdir()
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [row[BLOCKS] for row in rows] == [without_nulls(row[BLOCKS]) for row in rows_of(built)]
    for row in rows:
        check_article(json.dumps(Article("").as_dict() | {BLOCKS: row[BLOCKS]}))
    assert diff(built, tmp_path / "out").metadata == {}


def test_markdown_is_written_from_a_row(built: Path, pages: Path) -> None:
    (row,) = (row for row in rows_of(built) if row["source_file"].endswith("/tables-and-definitions.html"))
    found = Article(row["text"], read_blocks(row[BLOCKS]), title=row["title"])
    assert render(found, "markdown", links=True) == render(article_of(row, pages), "markdown", links=True)


def test_a_dataset_has_no_blocks_unless_they_are_asked_for(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages", range(3))
    build([tmp_path / "pages"], tmp_path / "out", Options(keep_work=True))
    for part in ("data", "dropped", "work/rows", "work/failed"):
        assert BLOCKS not in pq.read_schema(next((tmp_path / "out" / part).iterdir())).names, part


def test_ready_made_texts_have_none(tmp_path: Path) -> None:
    build([write_corpus(tmp_path / "corpus.jsonl", range(3))], tmp_path / "out", WITH_BLOCKS)
    assert [row[BLOCKS] for row in rows_of(tmp_path / "out")] == [None] * 3


def test_a_condition_may_look_at_blocks_that_no_file_holds(pages: Path, built: Path, tmp_path: Path) -> None:
    build([pages], tmp_path / "out", Options(where=HAS_TABLE))
    kept = rows_of(tmp_path / "out")
    assert BLOCKS not in kept[0]
    tables = {row["id"] for row in rows_of(built) if any(block["kind"] == "table" for block in row[BLOCKS])}
    assert {row["id"] for row in kept} == tables
    assert len(tables) >= 2
    assert any(row[BLOCKS] for row in rows_of(tmp_path / "out", "dropped") if row["reason"] == "filtered")


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        (HAS_TABLE, ["rich.html"]),
        ("list_contains([b.kind FOR b IN blocks], 'code')", ["rich.html"]),
        ("list_contains([b.language FOR b IN blocks], 'python')", ["rich.html"]),
        ("blocks[1].level = 2", ["rich.html"]),
        ("len([b FOR b IN blocks IF len([s FOR s IN b.spans IF s.kind = 'math']) > 0]) = 1", ["rich.html"]),
        ("len(list_filter(blocks, lambda b: b.table = 1 AND len(b.cells) > 2)) > 0", []),
        ("list_sum([len(b.text) FOR b IN blocks IF b.kind <> 'code']) > 0.9 * n_chars", ["1.html", "rich.html"]),
    ],
)  # fmt: skip
def test_a_condition_reaches_into_blocks(where: str, kept: list[str], tmp_path: Path) -> None:
    write_pages(tmp_path / "pages", range(1, 2))
    (tmp_path / "pages" / "rich.html").write_text(RICH, "utf-8")
    build([tmp_path / "pages"], tmp_path / "out", Options(where=where))
    assert sorted(row["source_file"].removeprefix("pages/") for row in rows_of(tmp_path / "out")) == kept


def test_an_update_builds_the_shards_anew_for_blocks(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages", range(3))
    build([tmp_path / "pages"], tmp_path / "out", Options(keep_work=True))
    again = build([tmp_path / "pages"], tmp_path / "out", Options(columns=("+blocks",), keep_work=True), over="update")
    assert again.reused == 0
    assert all(row[BLOCKS] for row in rows_of(tmp_path / "out"))
    few = Options(columns=("text", "blocks"), keep_work=True)
    assert build([tmp_path / "pages"], tmp_path / "out", few, over="update").reused == again.shards


def test_a_recipe_builds_blocks_again(built: Path, pages: Path, tmp_path: Path) -> None:
    write_recipe(built, tmp_path / "recipe.jsonl.gz")
    assert rebuild(tmp_path / "recipe.jsonl.gz", [pages], tmp_path / "again").is_proved
    assert files_of(tmp_path / "again") == files_of(built)


def test_a_row_with_the_blocks_of_another_page_is_found(built: Path, pages: Path, tmp_path: Path) -> None:
    assert list(prove(built, [pages], WITH_BLOCKS)) == []
    shutil.copytree(built, tmp_path / "out")
    (path,) = (tmp_path / "out" / "data").iterdir()
    rows = pq.read_table(path).to_pylist()
    rows[0][BLOCKS][0]["kind"] = "verse"
    pq.write_table(pa.Table.from_pylist(rows, schema_with(blocks=True)), path)
    (finding,) = prove(tmp_path / "out", [pages], WITH_BLOCKS)
    assert "cleaning the file gives other blocks" in str(finding)


def test_the_card_names_the_column(built: Path) -> None:
    assert "blocks" in (built / "README.md").read_text("utf-8")
    described = json.loads((built / "croissant.json").read_text("utf-8"))
    (field,) = (field for field in described["recordSet"][0]["field"] if field["name"] == BLOCKS)
    below = {part["name"]: part for part in field["subField"]}
    lists = [part.name for part in BLOCK if pa.types.is_list(part.type)]
    assert [*below, *lists] == sorted(fields(BLOCK), key=lambda name: name in lists)
    assert below["kind"]["source"]["extract"] == {"column": BLOCKS}
    assert below["kind"]["source"]["transform"] == {"jsonPath": "$['kind']"}
    assert "spans, cells" in field["description"]


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ((), NAMES),
        (("url", "blocks", "text"), ("url", "blocks", "text")),
        (("+blocks",), (*NAMES, BLOCKS)),
        (("-removed", "-signals"), tuple(name for name in NAMES if name not in ("removed", "signals"))),
        (("+blocks", "-text"), (*(name for name in NAMES if name != "text"), BLOCKS)),
        (("+url", "-blocks"), NAMES),
    ],
)
def test_columns_are_named_or_added_and_left_out(columns: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert tuple(view_of(columns)) == names


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (("txet",), "no column 'txet'"),
        (("-txet",), "no column 'txet'"),
        (("+like-fineweb",), "no column 'like-fineweb'"),
        (("url", "+blocks"), "'url' has no sign"),
        (tuple(f"-{name}" for name in NAMES), "leaves no column"),
        (("+",), "no column ''"),
    ],
)
def test_columns_that_make_no_sense_are_one_line(columns: tuple[str, ...], problem: str) -> None:
    with pytest.raises(ArchiveError, match=problem) as error:
        view_of(columns)
    assert "\n" not in str(error.value)


def test_rows_of_long_texts_are_written_before_there_are_many() -> None:
    rows = [{"text": "x" * (GROUP_CHARACTERS // 4)}, {"text": None}] * 10
    assert [len(group) for group in grouped(rows)] == [7, 8, 5]
    assert [len(group) for group in grouped([{"text": "x"}] * (GROUP + 1))] == [GROUP, 1]
    assert list(grouped([])) == []


def test_no_other_column_loses_its_nulls_in_json_lines(tmp_path: Path) -> None:
    row = dict.fromkeys(NAMES) | {"id": "a", "removed": [{"rule": "r", "start": None}]}
    with form_writer(tmp_path / "a.jsonl", SCHEMA, "jsonl") as write:
        write(pa.Table.from_pylist([row], SCHEMA))
    back = json.loads((tmp_path / "a.jsonl").read_text("utf-8"))
    assert tuple(back) == NAMES
    assert back["removed"][0]["start"] is None
