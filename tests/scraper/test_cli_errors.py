"""Bad input: one line that says what, where and how to mend it, the right exit code, nothing on standard output."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.support.shell import KEPT, PAGE, TEXT, begin, press

MEGABYTE = 2**20
CUT_GZIP = bytes.fromhex("1f8b0800000000000003") + b"\x4b\x4c"
BAD_RULE = '[[rule]]\nid = "own"\ndrop = ["div["]\nwhy = "w"\nexample = "<p>x</p>"\nkeeps = "<p>y</p>"\n'
FULL = Path("/dev/full")
BAD_FILES: tuple[tuple[str, bytes | None, str], ...] = (
    ("missing.html", None, "no such file or folder"),
    ("empty.html", b"", "empty"),
    ("blank.html", b" \n\t\n", "empty"),
    ("picture.html", b"\x89PNG\r\n\x1a\n" + bytes(40), "a PNG image"),
    ("program", b"\x00\x01\x02\x03", "binary data"),
    ("huge.html", PAGE.encode() + b" " * (20 * MEGABYTE), "too large"),
    ("cut.html.gz", CUT_GZIP, "damaged gzip data"),
    ("plain.html.gz", PAGE.encode(), "gzip"),
    ("not.warc.gz", b"not a WARC file", "no WARC record"),
    ("deep.jsonl", b"[" * 100_000, "not JSON"),
    ("menu.html", b"<html><nav><a href='/'>Home</a></nav></html>", "no article found"),
)


def test_each_file_without_an_article_is_one_line_and_all_together_exit_code_3(tmp_path: Path) -> None:
    for name, data, _ in BAD_FILES:
        if data is not None:
            (tmp_path / name).write_bytes(data)
    done = press("clean", *(name for name, _, _ in BAD_FILES), cwd=tmp_path)
    assert (done.code, done.out) == (3, "")
    for line, (name, _, said) in zip(done.err.splitlines(), BAD_FILES, strict=True):
        assert line.startswith(f"pressclip: {name}:")
        assert said in line


@pytest.mark.parametrize("source", ["missing.html", "-"])
def test_one_bad_source_is_one_line_and_exit_code_3(tmp_path: Path, source: str) -> None:
    done = press("clean", source, cwd=tmp_path)
    assert done.code == 3
    assert done.line.startswith(f"pressclip: {source}: ")


def test_a_folder_without_pages_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    done = press("clean", "none", cwd=tmp_path)
    assert done.code == 3
    assert "none: no .html" in done.line


def test_some_failures_beside_an_article_are_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "lamp.html").write_text(PAGE, "utf-8")
    done = press("clean", "gone.html", "lamp.html", cwd=tmp_path)
    assert (done.code, done.out) == (1, f"==> lamp.html <==\n{TEXT}\n")
    assert len(done.err.splitlines()) == 1


def test_a_text_that_is_not_utf8_is_an_error_in_text_mode(tmp_path: Path) -> None:
    done = press("clean", "-", "--text-mode", cwd=tmp_path, stdin="Café".encode("latin-1"))
    assert done.code == 3
    assert "not UTF-8" in done.line


@pytest.mark.parametrize("command", [["clean", "lamp.html", "--rules"], ["rules", "check"]])
def test_a_bad_selector_names_file_and_rule(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "lamp.html").write_text(PAGE, "utf-8")
    (tmp_path / "own.toml").write_text(BAD_RULE)
    done = press(*command, "own.toml", cwd=tmp_path)
    assert done.code == 2
    assert all(part in done.line for part in ("own.toml", "rule own/own", "div["))


def test_a_seed_file_with_an_unknown_key_names_its_line_and_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "news.toml").write_text('[[site]]\nname = "Post"\nhome = "https://skerry.example/"\nfeed = "x"\n')
    done = press("crawl", "news.toml", cwd=tmp_path, apart=False)
    assert done.code == 2
    assert "news.toml:4: unknown key 'feed'" in done.line
    assert [path.name for path in tmp_path.iterdir()] == ["news.toml"]


@pytest.mark.parametrize(
    "command",
    [["crawl", "http://127.0.0.1:1/a"], ["clean", "http://127.0.0.1:1/", "--archive", "news"], ["demo"]],
    ids=["crawl", "clean", "demo"],
)
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "file").write_text("")
    done = press(*command, "--data", "file/data", cwd=tmp_path, apart=False)
    assert done.code == 2
    assert "file/data" in done.line


@pytest.mark.parametrize(
    "command",
    [["status"], ["archive", "search", "lamp"], ["archive", "show", "http://skerry.example/"]],
    ids=["status", "search", "show"],
)
def test_a_data_folder_without_a_crawl_is_named_and_not_made(tmp_path: Path, command: list[str]) -> None:
    done = press(*command, "--data", "nowhere", cwd=tmp_path, apart=False)
    assert done.code == 2
    assert "nowhere" in done.line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [["status"], ["crawl", "http://127.0.0.1:1/a"]], ids=["status", "crawl"])
def test_a_damaged_frontier_is_named(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "frontier.sqlite").write_bytes(b"no database" * 100)
    done = press(*command, "--data", "data", cwd=tmp_path, apart=False)
    assert done.code == 2
    assert "data/frontier.sqlite: " in done.line


@pytest.mark.parametrize(
    "command",
    [
        ["clean", "--no-such-option"],
        ["clean"],
        ["clean", "--urls"],
        ["clean", "-", "--format", "pdf"],
        ["crawl"],
        ["crawl", "http://skerry.example/", "--contact", "désk"],
        ["crawl", "http://skerry.example/", "--collection", "../up"],
        ["archive", "search"],
        ["no-such-command"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_one_line_and_exit_code_2(tmp_path: Path, command: list[str]) -> None:
    done = press(*command, cwd=tmp_path, apart=False)
    assert done.code == 2
    assert done.line
    assert not list(tmp_path.rglob("*.warc*"))


def test_a_message_holds_no_character_that_steers_a_terminal(tmp_path: Path) -> None:
    assert press("clean", "a\n\x1b]0;b", cwd=tmp_path).line.startswith("pressclip: a ]0;b: ")


def test_a_text_goes_to_a_terminal_without_what_steers_it_and_to_a_file_as_it_is(tmp_path: Path) -> None:
    source = f"{KEPT[0]} \x1b]0;title\x07 \x9b31m"
    (tmp_path / "lamp.txt").write_text(source, "utf-8")
    terminal, end = pty.openpty()
    with begin("clean", "lamp.txt", "--text-mode", cwd=tmp_path, stdout=end) as process:
        os.close(end)
        seen = os.read(terminal, 4096).decode()
    os.close(terminal)
    assert process.returncode == 0
    assert seen == f"{KEPT[0]}  ]0;title   31m\r\n"
    with (tmp_path / "out").open("wb") as file, begin("clean", "lamp.txt", "--text-mode", cwd=tmp_path, stdout=file):
        pass
    assert (tmp_path / "out").read_text("utf-8") == source + "\n"


def test_a_reader_that_goes_away_early_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("\n".join(f"{n}. {KEPT[0]}" for n in range(20_000)), "utf-8")
    pipe = subprocess.PIPE
    with begin("clean", "long.txt", "--text-mode", cwd=tmp_path, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().decode() == f"0. {KEPT[0]}\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_an_output_that_is_full_is_one_line(tmp_path: Path) -> None:
    with FULL.open("wb") as full, begin("rules", "list", cwd=tmp_path, stdout=full, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stderr.read() == b"pressclip: No space left on device\n"
    assert process.returncode == 3


def test_a_frontier_that_cannot_be_used_is_one_line_without_its_password(tmp_path: Path) -> None:
    url = "mysql://clip:geheim@127.0.0.1/x"
    done = press("crawl", "http://127.0.0.1:1/a", "--data", "data", "--frontier", url, cwd=tmp_path, apart=False)
    assert done.code == 2
    assert done.line.startswith("pressclip: frontier: ")
    assert "geheim" not in done.err
