"""What a command is to write is checked before its work, and nothing is lost after it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from scraper.cli.dataset.inputs import Place
from tests.scraper.test_cli_help import LEAVES, all_commands
from tests.support.loopback import Site, answer
from tests.support.shell import PAGE, fetching, press

pytestmark = pytest.mark.slow
LINKS = "".join(f'<a href="/news/{name}-of-the-skerry-road-lamp">The {name} lamp is lit again</a>' for name in "abcdef")


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    with Site() as site:
        site.routes = {"/a": answer(PAGE), "/": answer(f"<html><body><main>{LINKS}</main></body></html>")}
        item = f"<item><title>A lamp</title><link>{site.base}/a</link></item>"
        feed = f"<rss version='2.0'><channel><title>T</title>{item}</channel></rss>"
        site.routes["/feed"] = answer(feed, "200 OK", "Content-Type: application/rss+xml")
        yield site


@pytest.fixture(scope="module")
def made(served: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive, a dataset and its recipe, and `taken`, a file where a folder would have to be."""
    folder = tmp_path_factory.mktemp("outputs")
    (folder / "lamp.html").write_text(PAGE, "utf-8")
    (folder / "taken").write_text("mine", "utf-8")
    assert press(*fetching("crawl", f"{served.base}/a", "--data", "data"), cwd=folder).code == 0
    (warc,) = (folder / "data").rglob("archive/*.warc.gz")
    shutil.copy(warc, folder / "other.warc.gz")
    assert press("dataset", "build", "other.warc.gz", "--out", "set", cwd=folder).code == 0
    assert press("dataset", "recipe", "set", "--out", "new/set.jsonl", cwd=folder).code == 0
    assert press("key", "new", "bot.pem", cwd=folder).code == 0
    return folder


WRITERS = {
    "discover": [*fetching("discover", "SITE/"), "--out", "OUT.toml"],
    "status": ["status", "--data", "data", "--html", "OUT.html"],
    "crawl": [*fetching("crawl", "SITE/a"), "--data", "unused", "--log", "OUT.log"],
    "pack": ["archive", "pack", "--data", "data", "--out", "OUT.wacz"],
    "export": ["archive", "export", "--data", "data", "--out", "OUT"],
    "front": ["archive", "front", "SITE/a", "--since", "2026-01-01", "--data", "data", "--chart", "OUT.svg"],
    "recipe": ["dataset", "recipe", "set", "--out", "OUT.jsonl"],
    "summary": ["dataset", "summary", "set", "--eu", "--out", "OUT.md"],
    "build": ["dataset", "build", "other.warc.gz", "--out", "OUT"],
    "rebuild": ["dataset", "rebuild", "new/set.jsonl", "other.warc.gz", "--out", "OUT"],
    "clean, a file": ["clean", "lamp.html", "--output", "OUT.txt"],
    "key directory": ["key", "directory", "bot.pem", "--out", "OUT.json"],
    "clean, a folder": ["clean", "lamp.html", "--output", "OUT/"],
}
READ = {"--data", "--rules", "--corpus", "--sign-key"}
"""Options whose paths a command reads, or keeps its own files in."""


def command_of(line: Sequence[str | Path]) -> str:
    """Return the words of a command line that name the command."""
    return next(words for words in (f"{line[0]} {line[1]}", str(line[0])) if words in LEAVES)


def options_of(words: str) -> list[click.Option]:
    return [one for one in all_commands()[words].params if isinstance(one, click.Option)]


REFUSING = {name for name, line in WRITERS.items()
            if any("--force" in one.opts for one in options_of(command_of(line)))}  # fmt: skip


def test_each_option_that_names_an_output_is_tried_here() -> None:
    outputs = {
        (words, option)
        for words in LEAVES
        for one in options_of(words)
        if isinstance(one.type, (click.Path, click.File, Place))
        for option in one.opts
        if option not in READ and option.startswith("--")
    }
    assert outputs == {(command_of(line), line[-2]) for line in WRITERS.values()}
    forcing = {words for words in LEAVES if any("--force" in one.opts for one in options_of(words))}
    assert forcing == {command_of(WRITERS[name]) for name in REFUSING}


@pytest.mark.parametrize("name", WRITERS)
def test_the_folders_of_an_output_are_made(name: str, made: Path, served: Site) -> None:
    line = filled(WRITERS[name], served, f"deep/{name}/out")
    done = press(*line, cwd=made)
    assert done.code in (0, 1), done.err
    assert (made / line[-1]).exists()


@pytest.mark.parametrize("name", WRITERS)
def test_an_output_that_cannot_be_written_is_refused_before_the_work(name: str, made: Path, served: Site) -> None:
    served.asked.clear()
    done = press(*filled(WRITERS[name], served, "taken/out"), cwd=made)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "taken" in done.err
    assert "Not a directory" in done.err or "File exists" in done.err
    assert served.asked == []
    assert (made / "taken").read_text("utf-8") == "mine"


@pytest.mark.parametrize("name", sorted(REFUSING))
def test_an_existing_output_is_only_overwritten_with_force(name: str, made: Path, served: Site) -> None:
    line = filled(WRITERS[name], served, f"kept/{name.replace(' ', '-')}")
    assert press(*line, cwd=made).code == 0
    out = made / line[-1]
    changed = out if out.is_file() else next(path for path in sorted(out.rglob("*.*")) if path.is_file())
    changed.write_text("mine", "utf-8")
    done = press(*line, cwd=made)
    assert done.code != 0
    told = f"pressclip: {line[-2]} {line[-1]}: exists; give another name, " if out.is_file() else "pressclip: "
    assert done.err.startswith(told)
    assert "--force" in done.err
    assert changed.read_text("utf-8") == "mine"
    assert press(*line, "--force", cwd=made).code == 0
    assert changed.read_bytes() != b"mine"


@pytest.mark.parametrize("name", ["discover", "pack", "recipe", "status"])
def test_a_device_is_not_replaced_by_a_file(name: str, made: Path, served: Site) -> None:
    line = filled([*WRITERS[name][:-1], "OUT"], served, "/dev/full")
    force = ["--force"] if name in REFUSING else []
    done = press(*line, *force, cwd=made)
    assert done.code == 2
    assert Path("/dev/full").is_char_device()


def filled(line: list[str | Path], site: Site, out: str) -> list[str]:
    return [str(arg).replace("SITE", site.base).replace("OUT", out) for arg in line]
