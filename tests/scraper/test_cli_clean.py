"""`pressclip clean`: what comes out, in each format and for each kind of source."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
from pathlib import Path
from subprocess import PIPE
from typing import get_args

import click
import pytest

from cleaners import LOW_CONFIDENCE, Article, clean, load_rules
from cleaners.output.formats import Format
from scraper.cli.clean import clean as command
from scraper.cli.clean import explanation
from scraper.seeds import Seed
from tests.support.crawling import crawl
from tests.support.loopback import Site, answer
from tests.support.shell import KEPT, PAGE, TEXT, begin, press

# trafilatura, when first imported, asks urllib3 for what is not installed here
pytestmark = pytest.mark.filterwarnings("ignore:SOCKS support")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "lamp.html"
    path.write_text(PAGE, "utf-8")
    return path


def test_text_is_the_article_and_nothing_else(page: Path) -> None:
    done = press("clean", page, cwd=page.parent)
    assert (done.code, done.out, done.err) == (0, TEXT, "")


def test_markdown_begins_with_the_title(page: Path) -> None:
    done = press("clean", page, "--format", "markdown", cwd=page.parent)
    assert (done.code, done.out) == (0, f"# Last lamp is lit again\n\n{TEXT}")


def test_the_command_offers_the_formats_that_an_article_can_be_rendered_in() -> None:
    (option,) = (option for option in command.params if option.name == "form")
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == list(get_args(Format))


def test_json_has_the_fields_of_an_article(page: Path) -> None:
    url = "https://skerry.example/roads/lamp"
    done = press("clean", page, "--format", "json", "--url", url, cwd=page.parent)
    assert json.loads(done.out) == {"source": str(page)} | clean(PAGE.encode(), url=url).as_dict()
    assert "Advertisement" in [removal["text"] for removal in json.loads(done.out)["removals"]]


def test_jsonl_is_one_line_an_article(page: Path) -> None:
    done = press("clean", page, page.name, "--format", "jsonl", cwd=page.parent)
    assert [json.loads(line)["text"] for line in done.out.splitlines()] == ["\n\n".join(KEPT)] * 2


def test_json_of_several_sources_is_one_line_an_article(page: Path) -> None:
    done = press("clean", page, page.name, "--format", "json", cwd=page.parent)
    assert [json.loads(line)["site"] for line in done.out.splitlines()] == ["Skerry Post"] * 2


def test_explain_prints_the_text_then_each_removal_in_page_order(page: Path) -> None:
    done = press("clean", page, "--explain", cwd=page.parent)
    assert done.out.startswith(TEXT + "\n--- removed: ")
    rows = [line.split(maxsplit=3)[1:] for line in done.out.splitlines() if line.startswith("- ")]
    removals = clean(PAGE.encode()).removals
    assert [row[:2] for row in rows] == [[removal.rule, removal.stage] for removal in removals]
    reasons = load_rules().reasons()
    why = ["; ".join((reasons[r.rule], *filter(None, [r.why]))) for r in removals]
    told = [f'"{" ".join(r.text.split())}"  {r.where}  ({reason})' for r, reason in zip(removals, why, strict=True)]
    assert [row[2] for row in rows] == told
    places = [PAGE.index(removal.text.split()[0], PAGE.index("<body>")) for removal in removals]
    assert places == sorted(places)
    assert f"kept 2 blocks, {len(TEXT) - 1} characters" in done.out.splitlines()[-1]


def test_explain_says_how_sure_the_text_is_and_what_speaks_against_it() -> None:
    doubtful = Article("It rained.", confidence=0.42, doubts=("a third", "a half"), flags=(LOW_CONFIDENCE,))
    assert "--- confidence 0.42 (low): a third; a half" in list(explanation(doubtful))
    assert "--- confidence 0.97" in list(explanation(Article("It rained.", confidence=0.97)))
    assert not any("confidence" in line for line in explanation(Article("It rained.")))


def test_several_sources_are_headed_by_their_names_in_their_order(page: Path) -> None:
    (page.parent / "b.html").write_text(PAGE.replace("Friday", "Sunday"), "utf-8")
    done = press("clean", "b.html", page.name, cwd=page.parent)
    sunday = TEXT.replace("Friday", "Sunday")
    assert (done.code, done.out) == (0, f"==> b.html <==\n{sunday}\n==> lamp.html <==\n{TEXT}\n")


def test_a_folder_is_read_with_its_folders_and_only_its_pages(page: Path) -> None:
    deep = page.parent / "deep" / "er"
    deep.mkdir(parents=True)
    (deep / "packed.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    (deep / "notes.txt").write_text("not a page")
    done = press("clean", ".", cwd=page.parent)
    heads = [line for line in done.out.splitlines() if line.startswith("==>")]
    assert (done.code, heads) == (0, ["==> deep/er/packed.html.gz <==", "==> lamp.html <=="])
    assert done.out.count(TEXT) == 2


def test_a_file_name_that_is_not_utf8_is_read_and_named_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "lamp-\udcff.html").write_text(PAGE, "utf-8")
    done = press("clean", ".", cwd=tmp_path)
    assert (done.code, done.out) == (0, f"==> lamp-\\udcff.html <==\n{TEXT}\n")


def test_a_dash_is_a_page_on_standard_input(tmp_path: Path) -> None:
    done = press("clean", "-", cwd=tmp_path, stdin=PAGE)
    assert (done.code, done.out, done.err) == (0, TEXT, "")


def test_a_gzipped_page_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "lamp.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    assert press("clean", "lamp.html.gz", cwd=tmp_path).out == TEXT


def test_json_lines_are_cleaned_one_by_one_and_bad_ones_named(tmp_path: Path) -> None:
    rows = [json.dumps({"html": PAGE, "url": "https://skerry.example/lamp"}), "{", json.dumps({"page": "x"})]
    (tmp_path / "pages.jsonl").write_text("\n".join(rows), "utf-8")
    done = press("clean", "pages.jsonl", "--format", "json", cwd=tmp_path)
    (row,) = map(json.loads, done.out.splitlines())
    assert (done.code, row["url"], row["text"]) == (1, "https://skerry.example/lamp", "\n\n".join(KEPT))
    assert [line.split(": ", 2)[1] for line in done.err.splitlines()] == ["pages.jsonl:2", "pages.jsonl:3"]


def test_a_warc_file_gives_its_pages_with_their_addresses(site: Site, tmp_path: Path) -> None:
    site.routes = {"/lamp": answer(PAGE), "/dot.png": answer(b"\x89PNG", kind="image/png")}
    report, _ = crawl(Seed("Post", urls=(site.base + "/lamp", site.base + "/dot.png")), data=tmp_path)
    (name,) = (name for name in report.files if name.endswith(".warc.gz"))
    done = press("clean", tmp_path / "collections/news/archive" / name, cwd=tmp_path)
    assert (done.code, done.out) == (0, f"==> {site.base}/lamp <==\n{TEXT}\n")


def test_text_mode_takes_debris_lines_out_of_text(tmp_path: Path) -> None:
    (tmp_path / "lamp.txt").write_text(f"{KEPT[0]}\nAdvertisement\n{KEPT[1]}\n", "utf-8")
    done = press("clean", "lamp.txt", "--text-mode", "--explain", cwd=tmp_path)
    text, _, removals = done.out.partition("\n\n--- removed: 1\n")
    assert (done.code, text) == (0, "\n".join(KEPT))
    assert (
        removals.splitlines()[0]
        == '- lines/advertisement  lines    "Advertisement"  line 2  (label of an advertisement)'
    )


def test_an_extra_rule_file_is_asked_after_the_packaged_rules(page: Path) -> None:
    rule = {"id": "biscuit", "why": "the parish's own joke", "drop": ["p.tin"], "example": '<p class="tin">Tin.</p>'}
    lines = [f"{name} = {json.dumps(value)}" for name, value in (rule | {"keeps": "<p>Tin.</p>"}).items()]
    (page.parent / "own.toml").write_text("\n".join(["[[rule]]", *lines]), "utf-8")
    page.write_text(PAGE.replace(f"<p>{KEPT[1]}", f'<p class="tin">{KEPT[1]}'), "utf-8")
    done = press("clean", page, "--rules", "own.toml", "--explain", cwd=page.parent)
    assert (done.code, done.out.partition("\n\n")[0]) == (0, KEPT[0])
    assert re.search(r"^- own/biscuit .*  \(the parish's own joke\)$", done.out, re.M)
    assert "- lines/advertisement" in done.out


def test_several_processes_print_what_one_prints_with_errors_in_their_places(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number:02}.html").write_text(PAGE.replace("nineteen", f"{number} and some"), "utf-8")
    (tmp_path / "03.html").write_bytes(b"")
    one, two = (press("clean", tmp_path, "--format", "jsonl", "--jobs", jobs, cwd=tmp_path) for jobs in ("1", "2"))
    assert (one.code, one.out, one.err) == (two.code, two.out, two.err)
    assert (two.code, two.out.count("\n")) == (1, 11)
    assert "03.html: empty" in two.err


@pytest.mark.long
def test_an_interrupt_ends_all_processes_with_one_line_and_130(tmp_path: Path) -> None:
    for number in range(400):
        (tmp_path / f"{number:03}.html").write_text(PAGE.replace("Friday", f"day {number}"), "utf-8")
    running = begin(*("clean", ".", "--jobs", "2"), cwd=tmp_path, stdout=PIPE, stderr=PIPE, start_new_session=True)
    assert running.stdout is not None
    assert running.stdout.readline()
    # as a terminal does: to every process of the group
    os.killpg(running.pid, signal.SIGINT)
    # read to its end: no process is left that could write
    _, said = running.communicate()
    assert (running.returncode, said.decode().strip()) == (130, "pressclip: interrupted")
