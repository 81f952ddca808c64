"""`--keep`, `--only-rules`, `--precision` and `--recall` on the commands that clean pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cleaners import CleanOptions, load_rules
from scraper.cli.main import commands
from tests.support.loopback import Site, answer
from tests.support.rule_data import HOST, write_warc
from tests.support.shell import KEPT, PAGE, TEXT, fetching, press

pytestmark = pytest.mark.filterwarnings("ignore:SOCKS support")

HEADLINE = "Last lamp is lit again"
CAPTION = "The lamp, before the lorry came. Photo: Ina Holm"
WITH_CAPTION = PAGE.replace(
    "<p>Advertisement</p>", f"<figure><img src='a.jpg'><figcaption>{CAPTION}</figcaption></figure>"
)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "lamp.html"
    path.write_text(WITH_CAPTION, "utf-8")
    return path


def test_clean_keeps_captions_in_their_places_and_the_headline_above(page: Path) -> None:
    assert press("clean", page, cwd=page.parent).out == TEXT
    done = press("clean", page, "--keep", "headline, captions", cwd=page.parent)
    assert (done.code, done.out) == (0, "\n\n".join((HEADLINE, KEPT[0], CAPTION, KEPT[1])) + "\n")


def test_what_is_kept_is_no_removal_and_is_in_the_version(page: Path) -> None:
    done = press("clean", page, "--keep", "captions", "--explain", cwd=page.parent)
    assert "dom/caption" not in done.out
    version = load_rules().with_options(CleanOptions(keep=("captions",))).version
    assert done.out.rstrip().endswith(f"rules {version}")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("--keep", "caption"), "there is no family 'caption' of rules to keep; there are captions, headline"),
        (("--keep", " ,"), "'--keep': names no family"),
        (("--precision", "--recall"), "exclude each other: give one of them"),
        (("--only-rules", "--recall"), "exclude each other: give one of them"),
        (("--text-mode", "--recall"), "--precision and --recall are for pages"),
    ],
)
def test_a_choice_that_cannot_be_is_one_line(page: Path, given: tuple[str, ...], says: str) -> None:
    done = press("clean", page, *given, cwd=page.parent)
    assert done.code == 2
    assert says in done.line


def test_text_mode_keeps_families_too(tmp_path: Path) -> None:
    text = f"{KEPT[0]}\nRead more: Ten things to know\nAdvertisement\n{KEPT[1]}\n"
    (tmp_path / "a.txt").write_text(text, "utf-8")
    done = press("clean", "a.txt", "--text-mode", "--keep", "read-more", cwd=tmp_path)
    assert done.out == text.replace("Advertisement\n", "")


def test_rules_alone_leave_what_no_rule_names(tmp_path: Path) -> None:
    menu = "".join(f"<div><a href='/{n}'>Section {n}</a></div>" for n in range(6))
    (tmp_path / "a.html").write_text(PAGE.replace("<nav>", f"<div>{menu}</div><nav>"), "utf-8")
    assert press("clean", "a.html", cwd=tmp_path).out == TEXT
    out = press("clean", "a.html", "--only-rules", cwd=tmp_path).out
    assert "Section 3" in out
    assert "Advertisement" not in out


def test_every_command_that_takes_rules_for_pages_takes_the_choice() -> None:
    for words in (["clean"], ["crawl"], ["archive", "reclean"], ["archive", "import"], ["dataset", "build"]):
        command = commands
        for word in words:
            found = command.get_command(None, word)  # type: ignore[arg-type, attr-defined]
            assert found
            command = found
        assert {"keep", "only_rules", "precision", "recall"} <= {option.name for option in command.params}


@pytest.mark.slow
def test_a_dataset_keeps_what_it_was_told_and_its_check_and_rebuild_know_it(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "lamp.html").write_text(WITH_CAPTION, "utf-8")
    build = ("dataset", "build", "pages", "--out", "out", "--format", "jsonl", "--keep", "captions")
    assert press(*build, cwd=tmp_path).code == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["rules_version"] == load_rules().with_options(CleanOptions(keep=("captions",))).version
    (file,) = (tmp_path / "out" / "data").glob("*.jsonl")
    row = json.loads(file.read_text("utf-8"))
    assert CAPTION in row["text"]
    assert row["rules_version"] == manifest["rules_version"]
    checked = press("dataset", "check", "out", "pages", cwd=tmp_path)
    assert (checked.code, checked.out) == (0, "")
    assert "built with the rules" not in checked.err
    assert press("dataset", "recipe", "out", "--out", "r.recipe", cwd=tmp_path).code == 0
    rebuilt = press("dataset", "rebuild", "r.recipe", "pages", "--out", "again", cwd=tmp_path)
    assert rebuilt.code == 0, rebuilt.err
    assert (
        json.loads((tmp_path / "again" / "manifest.json").read_text("utf-8"))["dataset_sha256"]
        == manifest["dataset_sha256"]
    )


@pytest.mark.slow
def test_a_dataset_that_a_stranger_cleaned_in_an_unknown_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "lamp.html").write_text(PAGE, "utf-8")
    assert press("dataset", "build", "pages", "--out", "out", cwd=tmp_path).code == 0
    file = tmp_path / "out" / "manifest.json"
    file.write_text(file.read_text("utf-8").replace(load_rules().version, "9.9.9-0123456789+keep.hats"), "utf-8")
    done = press("dataset", "check", "out", "pages", cwd=tmp_path)
    assert done.code == 2
    assert "there is no family 'hats' of rules to keep" in done.line


@pytest.mark.slow
def test_recleaning_with_a_choice_makes_new_texts_and_the_usual_ones_again_without_it(tmp_path: Path) -> None:
    write_warc(tmp_path / "foreign.warc", HOST)
    assert press("archive", "import", "foreign.warc", "--data", "data", cwd=tmp_path).code == 0
    reclean = ("archive", "reclean", "--data", "data", "--json")
    for number, more in enumerate(((), ("--recall",), ("--keep", "all"), ())):
        report = json.loads(press(*reclean, *more, cwd=tmp_path).out)
        choice = CleanOptions(("all",) if "--keep" in more else (), favor="recall" if "--recall" in more else "")
        assert report["rules_version"] == load_rules().with_options(choice).version
        assert (report["written"] > 0) == (number > 0)


@pytest.mark.slow
def test_a_fetched_page_is_stored_as_it_was_asked_for(site: Site, tmp_path: Path) -> None:
    site.routes = {"/lamp": answer(WITH_CAPTION)}
    (tmp_path / "seeds.txt").write_text(f"{site.base}/lamp\n", "utf-8")
    done = press(*fetching("crawl", "seeds.txt", "--data", "data", "--keep", "captions,headline"), cwd=tmp_path)
    assert done.code == 0, done.err
    shown = press("archive", "show", site.base + "/lamp", "--data", "data", "--json", cwd=tmp_path)
    (capture,) = json.loads(shown.out)
    (text,) = capture["texts"]
    assert text["rules_version"].endswith("+keep.captions.headline")
    assert CAPTION in capture["text"]
