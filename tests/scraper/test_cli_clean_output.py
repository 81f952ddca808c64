"""`pressclip clean --output`: where each article is written, and what never is."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from archive import ArchiveError
from scraper.cli.sources import Origin
from scraper.cli.targets import MAX_NAME, Folder, OneFile
from scraper.seeds import Seed
from tests.support.crawling import crawl
from tests.support.loopback import Site, answer
from tests.support.shell import PAGE, TEXT, begin, fetching, press

# trafilatura, when first imported, asks urllib3 for what is not installed here
pytestmark = pytest.mark.filterwarnings("ignore:SOCKS support")


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    (tmp_path / "pages" / "deep").mkdir(parents=True)
    for name in ("lamp.html", "lamp.htm", "deep/lamp.html"):
        (tmp_path / "pages" / name).write_text(PAGE, "utf-8")
    return tmp_path / "pages"


def files_of(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def sources_of(text: str) -> list[str]:
    return [json.loads(line)["source"] for line in text.splitlines()]


@pytest.fixture
def warc(site: Site, tmp_path: Path) -> Path:
    site.routes = {"/lamp": answer(PAGE), "/post": answer(PAGE.replace("Friday", "Sunday"))}
    report, _ = crawl(Seed("Post", urls=(site.base + "/lamp", site.base + "/post")), data=tmp_path / "data")
    (name,) = (name for name in report.files if name.endswith(".warc.gz"))
    shutil.copy(tmp_path / "data/collections/news/archive" / name, tmp_path / "crawl.warc.gz")
    return tmp_path / "crawl.warc.gz"


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_each_line_names_its_file(pages: Path, form: str) -> None:
    done = press("clean", "pages", "--format", form, cwd=pages.parent)
    assert sources_of(done.out) == ["pages/deep/lamp.html", "pages/lamp.htm", "pages/lamp.html"]


def test_the_line_of_a_corpus_names_file_and_row(tmp_path: Path) -> None:
    rows = [json.dumps({"html": PAGE}), "{", json.dumps({"html": PAGE, "url": "https://skerry.example/lamp"})]
    (tmp_path / "pages.jsonl").write_text("\n".join(rows), "utf-8")
    done = press("clean", "pages.jsonl", "--format", "jsonl", cwd=tmp_path)
    assert sources_of(done.out) == ["pages.jsonl:1", "pages.jsonl:3"]


def test_the_line_of_a_warc_record_names_file_and_offset(site: Site, warc: Path, tmp_path: Path) -> None:
    done = press("clean", "crawl.warc.gz", "--format", "jsonl", cwd=tmp_path)
    shown = [
        json.loads(press("archive", "show", site.base + path, "--json", "--data", "data", cwd=tmp_path).out)
        for path in ("/lamp", "/post")
    ]
    offsets = {capture["url"]: capture["offset"] for (capture,) in shown}
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert {row["url"]: row["source"] for row in rows} == {
        url: f"crawl.warc.gz:{offset}" for url, offset in offsets.items()
    }


def test_a_file_has_what_is_printed_without_it_and_nothing_is_printed(pages: Path) -> None:
    printed = press("clean", "pages", "--explain", cwd=pages.parent)
    done = press("clean", "pages", "--explain", "--output", "new/all.txt", cwd=pages.parent)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert (pages.parent / "new/all.txt").read_text("utf-8") == printed.out
    assert files_of(pages.parent / "new") == ["all.txt"]


@pytest.mark.parametrize(
    ("form", "ending"), [("text", "txt"), ("markdown", "md"), ("json", "json"), ("jsonl", "jsonl"), ("xml", "xml")]
)
def test_a_folder_has_a_file_for_each_source_with_its_name(pages: Path, form: str, ending: str) -> None:
    done = press("clean", "pages", "--format", form, "--output", "texts", "--jobs", "2", cwd=pages.parent)
    assert (done.code, done.out, done.err) == (0, "", "")
    names = ["deep/lamp.html", "lamp.htm", "lamp.html"]
    assert files_of(pages.parent / "texts") == [f"{name}.{ending}" for name in names]
    alone = press("clean", "pages/lamp.html", "--format", form, cwd=pages.parent).out
    assert (pages.parent / "texts" / f"lamp.html.{ending}").read_text("utf-8") == alone


def test_each_record_and_row_has_a_file_of_its_own_but_in_json_lines(warc: Path, tmp_path: Path) -> None:
    (tmp_path / "pages.jsonl").write_text("\n".join([json.dumps({"html": PAGE})] * 2), "utf-8")
    sources = ("crawl.warc.gz", "pages.jsonl")
    assert press("clean", *sources, "--output", "texts/", cwd=tmp_path).out == ""
    assert press("clean", *sources, "--output", "lines/", "--format", "jsonl", cwd=tmp_path).out == ""
    lines = {name: (tmp_path / "lines" / name).read_text("utf-8") for name in files_of(tmp_path / "lines")}
    assert sorted(lines) == ["crawl.warc.gz.jsonl", "pages.jsonl.jsonl"]
    named = [source.replace(":", "/") + ".txt" for text in lines.values() for source in sources_of(text)]
    assert files_of(tmp_path / "texts") == sorted(named)
    assert len(named) == 4


def test_sources_of_one_name_in_two_folders_are_two_files(pages: Path) -> None:
    done = press("clean", "pages/lamp.html", "pages/deep/lamp.html", "--output", "texts", cwd=pages.parent)
    assert (done.code, files_of(pages.parent / "texts")) == (0, ["deep/lamp.html.txt", "lamp.html.txt"])


def test_a_source_that_is_named_twice_is_written_once(pages: Path) -> None:
    done = press("clean", "pages/lamp.html", "pages", "pages/../pages/lamp.htm", "--output", "o", cwd=pages.parent)
    assert (done.code, len(files_of(pages.parent / "o"))) == (1, 3)
    assert done.line == "pressclip: pages/../pages/lamp.htm: not written: o/lamp.htm.txt is that of pages/lamp.htm"


def test_what_exists_is_kept_and_not_overwritten_unless_that_is_asked_for(pages: Path) -> None:
    out = pages.parent / "texts"
    out.mkdir()
    (out / "lamp.html.txt").write_text("my own")
    refused = press("clean", "pages", "--output", "texts", cwd=pages.parent)
    assert (refused.code, (out / "lamp.html.txt").read_text()) == (1, "my own")
    assert "pages/lamp.html: texts/lamp.html.txt exists: --skip-existing keeps it, --force" in refused.line
    skipped = press("clean", "pages", "--output", "texts", "--skip-existing", cwd=pages.parent)
    assert (skipped.code, skipped.line) == (0, "pressclip: 3 skipped: their files exist")
    assert (out / "lamp.html.txt").read_text() == "my own"
    assert press("clean", "pages", "--output", "texts", "--force", cwd=pages.parent).code == 0
    assert (out / "lamp.html.txt").read_text("utf-8") == TEXT


def test_one_file_that_exists_is_kept_and_not_overwritten_unless_that_is_asked_for(pages: Path) -> None:
    out = pages.parent / "all.txt"
    out.write_text("my own")
    assert press("clean", "pages", "--output", "all.txt", cwd=pages.parent).code == 2
    skipped = press("clean", "pages", "--output", "all.txt", "--skip-existing", cwd=pages.parent)
    assert (skipped.code, out.read_text()) == (0, "my own")
    assert press("clean", "pages/lamp.html", "--output", "all.txt", "--force", cwd=pages.parent).code == 0
    assert out.read_text("utf-8") == TEXT


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (("--skip-existing",), "--skip-existing is for --output."),
        (("--force",), "--force is for --output."),
        (("--output", "o", "--force", "--skip-existing"), "exclude each other"),
        (("--output", "pages/lamp.html/"), "is a file, not a folder"),
        (("--output", "pages/lamp.html", "--force"), "is also a source"),
    ],
)
def test_what_cannot_be_written_is_told_before_anything_is_cleaned(
    pages: Path, args: tuple[str, ...], problem: str
) -> None:
    done = press("clean", "pages/lamp.html", *args, cwd=pages.parent)
    assert (done.code, done.out) == (2, "")
    assert problem in done.line
    assert (pages / "lamp.html").read_text("utf-8") == PAGE


def test_no_file_is_written_for_a_source_without_text(tmp_path: Path) -> None:
    (tmp_path / "empty.html").write_text("<p></p>")
    done = press("clean", "empty.html", "--output", "new/all.txt", cwd=tmp_path)
    assert (done.code, (tmp_path / "new").exists()) == (3, False)


def test_what_an_earlier_run_wrote_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "lamp.txt").write_text(TEXT, "utf-8")
    for _ in range(2):
        assert press("clean", ".", "--text-mode", "--output", "texts", "--force", cwd=tmp_path).code == 0
        assert files_of(tmp_path / "texts") == ["lamp.txt.txt"]


def test_an_interrupted_file_is_not_there_and_an_old_one_is_as_it_was(tmp_path: Path) -> None:
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("before")

    def begin(path: Path) -> None:
        with OneFile(path) as target:
            target.put(Origin("a.html"), "half")
            raise KeyboardInterrupt

    for path in (old, new):
        with pytest.raises(KeyboardInterrupt):
            begin(path)
    assert (files_of(tmp_path), old.read_text()) == (["old.txt"], "before")


def test_a_link_in_the_folder_leads_nothing_out_of_it(pages: Path) -> None:
    out, outside = pages.parent / "texts", pages.parent / "outside"
    out.mkdir()
    outside.mkdir()
    (outside / "mine").write_text("mine")
    (out / "deep").symlink_to(outside)
    (out / "lamp.html.txt.half").symlink_to(outside / "mine")
    (out / "lamp.htm.txt").symlink_to(outside / "mine")
    done = press("clean", "pages", "--output", "texts", "--force", cwd=pages.parent)
    assert done.code == 1
    assert done.line == "pressclip: pages/deep/lamp.html: not written: texts/deep leads out of texts"
    assert (files_of(outside), (outside / "mine").read_text()) == (["mine"], "mine")
    assert {(out / name).read_text("utf-8") for name in ("lamp.html.txt", "lamp.htm.txt")} == {TEXT}


HOSTILE = [
    Origin("/etc/passwd"),
    Origin("a/../../../b.html"),
    Origin("-"),
    Origin("a/\udcff.html"),
    Origin("https://h.example/../../../etc/passwd?q=/../%2e%2e/", is_url=True),
    Origin("https://h.example/", is_url=True),
    Origin("https://../", is_url=True),
    Origin("http://h.example/" + "ä" * 2000, is_url=True),
    Origin("a/" + "ä" * 127, "17"),
    Origin("a/" + "n" * 254),
]


@pytest.mark.parametrize("origin", HOSTILE, ids=ascii)
def test_a_file_lies_in_the_folder_whatever_its_source_is_called(origin: Origin, tmp_path: Path) -> None:
    paths = [each.source for each in HOSTILE if not each.is_url and each.source != "-"]
    with Folder(tmp_path / "o", paths, "text", "refuse") as folder:
        assert folder.refusal(origin) is None
        assert folder.put(origin, "text") == ""
    (written,) = files_of(tmp_path)
    assert written.startswith("o/")
    assert written.endswith(".txt")
    assert all(len(os.fsencode(part)) <= MAX_NAME + 10 for part in Path(written).parts)


def test_each_source_has_a_name_of_its_own(tmp_path: Path) -> None:
    others = [
        Origin("a/" + "n" * 253 + "m"),
        Origin("http://h.example/", is_url=True),
        Origin("a/x"),
        Origin("a/x.txt"),
    ]
    origins = [*HOSTILE, *others]
    folder = Folder(tmp_path, [each.source for each in origins if not each.is_url], "text", "refuse")
    names = [str(folder.path_of(origin)).lower() for origin in origins]
    assert len(set(names)) == len(names)


def test_a_name_that_cannot_be_used_stops_no_other_source_and_a_full_disk_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.html.txt").mkdir()
    (tmp_path / "a.html.txt" / "x").touch()
    with Folder(tmp_path, ["a.html", "b.html"], "text", "replace") as folder:
        folder.put(Origin("a.html"), "text")
        assert "a.html.txt" in folder.put(Origin("b.html"), "text")
    monkeypatch.setattr("archive.files.whole.make_folder", lambda folder: (_ for _ in ()).throw(OSError(28, "full")))
    with Folder(tmp_path, ["c.html"], "text", "replace") as folder, pytest.raises(ArchiveError, match="full"):
        folder.put(Origin("c.html"), "text")


@pytest.mark.slow
def test_an_interrupt_says_that_the_file_is_not_written(site: Site, tmp_path: Path) -> None:
    site.routes = {f"/{n}": answer(PAGE) for n in range(20)}
    command = fetching("clean", *(f"{site.base}/{n}" for n in range(20)), "--output", "all.jsonl", "--format", "jsonl")
    with (tmp_path / "errors").open("wb") as err:
        process = begin(*command, cwd=tmp_path, stderr=err)
        site.on_request = lambda path: process.send_signal(signal.SIGINT) if path == "/3" else None
        assert process.wait() == 130
    assert (tmp_path / "errors").read_text() == "pressclip: interrupted; all.jsonl is not written\n"
    assert files_of(tmp_path) == ["errors"]


@pytest.mark.slow
def test_a_url_has_a_file_too_and_is_not_asked_again(site: Site, tmp_path: Path) -> None:
    site.routes = {"/lamp": answer(PAGE)}
    command = fetching("clean", site.base + "/lamp", "--output", "texts", "--skip-existing")
    assert press(*command, cwd=tmp_path).code == 0
    (name,) = files_of(tmp_path / "texts")
    assert (tmp_path / "texts" / name).read_text("utf-8") == TEXT
    asked = list(site.asked)
    assert press(*command, cwd=tmp_path).line == "pressclip: 1 skipped: their files exist"
    assert site.asked == asked
