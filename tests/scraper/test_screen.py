"""What a command leaves on the screen of a terminal is what it prints into a pipe: its progress garbles nothing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from scraper.cli.main import commands
from tests.support.loopback import Site, answer
from tests.support.rule_data import PROPOSED, write_rules
from tests.support.screen import ESCAPE, lines_on_screen, show_in_pipe, show_on_terminal
from tests.support.shell import PAGE, fetching, press

pytestmark = pytest.mark.slow

FETCH = " ".join(fetching())
LINES = (
    "clean lamp.html",
    "clean pages gone.html --explain",
    "clean pages --format jsonl",
    f"clean SITE/a SITE/b SITE/gone {FETCH}",
    f"crawl seeds.txt --data new {FETCH}",
    f"crawl seeds.txt --data new --json {FETCH}",
    f"discover SITE/ {FETCH}",
    "demo --data new",
    "status --data data",
    "why SITE/a --data data",
    "archive search lamp --data data",
    "archive show SITE/a --data data",
    "archive show SITE/a --timemap --data data",
    "archive list --data data",
    "archive front SITE/a --since 2026-01-01 --data data",
    "archive rights --reread --data data",
    "archive export --data data --out texts",
    "config",
    "docs",
    # with a data root it serves until it is stopped
    "serve --data gone",
    "archive verify --data data",
    "archive verify --data cut",
    "archive recover --data cut",
    "archive rebuild --data cut",
    "archive import other.warc.gz gone.warc --data new",
    "archive pack --out new.wacz --data data",
    "archive replay --data data",
    "archive reclean --all --data data",
    "archive reclean --dry-run --proposed --data data",
    "dataset build other.warc.gz --out new",
    "dataset finish set",
    "dataset card set",
    "dataset stats set",
    "dataset summary set --eu --out summary.md",
    "dataset check set other.warc.gz",
    "dataset diff set set",
    "dataset recipe set --out recipe.jsonl",
    "dataset rebuild set.jsonl other.warc.gz --out new",
    "rules learn --data data",
    "rules review --list --data data",
    "rules list --data data",
    "rules check rules.toml",
    "rules retire sites/gazette.example/gone --data data",
    "key new bot.pem",
    "key directory bot.pem",
)


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    with Site() as site:
        pages = {f"/{name}": answer(PAGE.replace("Last lamp", f"Lamp {name}")) for name in "ab"}
        links = "".join(f'<a href="/{name}">Lamp {name} is lit again</a>' for name in "ab")
        site.routes = pages | {"/": answer(f"<html><body>{links}</body></html>")}
        yield site


@pytest.fixture(scope="module")
def folder(served: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands read."""
    folder = tmp_path_factory.mktemp("screen")
    (folder / "lamp.html").write_text(PAGE, "utf-8")
    (folder / "pages").mkdir()
    for number in range(3):
        (folder / "pages" / f"{number}.html").write_text(PAGE.replace("Last", f"No {number}:"), "utf-8")
    (folder / "pages" / "empty.html").write_bytes(b"")
    (folder / "seeds.txt").write_text(f"{served.base}/a\n{served.base}/b\n{served.base}/gone\n")
    press(*fetching("crawl", "seeds.txt", "--data", "data"), cwd=folder)
    write_rules(folder / "data", PROPOSED, state="proposed")
    (folder / "rules.toml").write_text(PROPOSED, "utf-8")
    (warc,) = (folder / "data").rglob("archive/*.warc.gz")
    shutil.copy(warc, folder / "other.warc.gz")
    shutil.copytree(folder / "data", folder / "cut")
    damaged = folder / "cut" / warc.relative_to(folder / "data")
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:-40])
    assert press("dataset", "build", "other.warc.gz", "--out", "set", cwd=folder).code == 0
    assert press("dataset", "recipe", "set", "--out", "set.jsonl", cwd=folder).code == 0
    return folder


def names(group: click.Group, before: str = "") -> Iterator[str]:
    """Yield the names of all commands, as they are typed."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from names(command, f"{before}{name} ")
        else:
            yield before + name


def masked(written: bytes) -> list[str]:
    """Return the lines on a screen without what differs between two runs: words with numbers, and the order in
    which pages failed."""
    lines = [re.sub(r"\S*\d\S*", "#", line) for line in lines_on_screen(written)]
    return sorted(lines) if b"written below" in written else lines


def test_every_command_is_tried() -> None:
    assert {name for name in names(commands) if not any(f"{line} ".startswith(f"{name} ") for line in LINES)} == set()


@pytest.mark.parametrize("line", LINES)
def test_the_screen_shows_what_a_pipe_gets(line: str, folder: Path, served: Site, tmp_path: Path) -> None:
    args = line.replace("SITE", served.base).split()
    for name in ("pipe", "terminal"):
        shutil.copytree(folder, tmp_path / name)
    piped = show_in_pipe(*args, cwd=tmp_path / "pipe")
    shown = show_on_terminal(*args, cwd=tmp_path / "terminal", at_once=True)
    assert piped.strip()
    assert b"Traceback" not in piped
    assert masked(shown) == masked(piped)


@pytest.mark.parametrize("line", ["clean lamp.html", "clean pages --explain", "archive verify --data data"])
def test_what_is_done_in_a_moment_shows_no_progress(line: str, folder: Path) -> None:
    shown = show_on_terminal(*line.split(), cwd=folder, at_once=False)
    assert shown.strip()
    assert ESCAPE not in shown
