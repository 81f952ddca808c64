"""Text of strangers goes to a terminal without anything that steers it, through every command that prints it."""

from __future__ import annotations

import io
import json
import logging
import os
import pty
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from scraper.cli.main import main
from scraper.cli.terminal.output import print_text
from scraper.printable import make_printable, one_line, printable
from tests.support.loopback import Site, answer
from tests.support.rule_data import PROPOSED, write_rules
from tests.support.screen import read_all
from tests.support.shell import PAGE, begin, fetching, press

NASTY = {
    "window title": "\x1b]0;owned\x07",
    "clear screen": "\x1b[2J",
    "C1 sequence": "\x9b31m",
    "delete": "\x7f\x08",
    "overwritten line": "\rgone",
    "right to left": "\u202egnp.exe\u2069",
    "another line": "\u2028\u2029\x0b\x0c\x85",
    "half a character": "\udc9b",
}
ALL = "".join(NASTY.values())
ENCODABLE = ALL.encode("utf-8", "ignore").decode()
HARMLESS = "\N{ZERO WIDTH NON-JOINER}, \N{SOFT HYPHEN}, é, 漢字, \N{FAMILY}\N{ZERO WIDTH JOINER}\N{GIRL}"
TITLE = "Last lamp is lit again"


class Terminal(io.StringIO):
    """Standard output as a terminal that keeps what it gets."""

    def isatty(self) -> bool:
        return True


def steering(text: str) -> list[str]:
    """Return the characters of a text that steer a terminal."""
    turns = {chr(number) for number in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
    return [c for c in text if c in turns or (unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c not in "\n\t")]


@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
def test_each_is_taken_out_and_what_writing_needs_stays(nasty: str) -> None:
    for text in (printable(f"a {nasty} b\tc\n"), one_line(f"a {nasty} b")):
        assert steering(text) == []
        assert text.startswith("a ")
    assert printable(HARMLESS) == one_line(HARMLESS) == HARMLESS
    assert len(one_line(nasty * 100, 50)) <= 50


def test_a_table_on_standard_error_is_judged_by_that_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, file = Terminal(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdout", file)
    print_text(ENCODABLE, err=True, exact=True)
    print_text(ENCODABLE, exact=True)
    assert steering(terminal.getvalue()) == []
    assert file.getvalue() == ENCODABLE + "\n"


def test_what_is_no_page_text_is_safe_in_a_pipe_too(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    monkeypatch.setattr(sys, "stdout", file)
    print_text(f"{ENCODABLE}.html: kept")
    assert steering(file.getvalue()) == []


def test_a_log_record_is_one_line_and_its_traceback_steers_nothing() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    make_printable(handler)
    make_printable(handler)
    try:
        raise ValueError(ALL)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "%s:\n%s", (ALL, "forged"), sys.exc_info())
    handler.handle(record)
    first, *trace = stream.getvalue().splitlines()
    assert steering(stream.getvalue()) == []
    assert first.startswith("ERROR: ")
    assert first.endswith(": forged")
    assert trace[-1].startswith("ValueError: ")
    assert record.args == (ALL, "forged")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root whose site, pages and rules are hostile; the crawl that made it ran on a terminal."""
    folder = tmp_path_factory.mktemp("hostile")
    hostile = PAGE.replace(TITLE, TITLE + ENCODABLE).replace("Ina Holm", "Ina" + ENCODABLE)
    hostile = hostile.replace("Advertisement", "Advertisement" + ENCODABLE)
    (folder / f"lamp{ENCODABLE.replace('/', '')}.html").write_text(hostile, "utf-8")
    (folder / "lamp.html").write_text(hostile, "utf-8")
    (folder / "lamp.txt").write_text(f"It rained.{ENCODABLE}\nAdvertisement\n", "utf-8")
    rule = PROPOSED.replace("the parish's own joke", "a joke").replace("change", "change" + _toml(ENCODABLE))
    write_rules(folder / "data", rule, state="proposed")
    with Site() as site:
        site.routes = {"/a": answer(hostile), "/b": answer("", "302 Found", "Location: javascript:\x9b2J\x1b[2J")}
        seed = {"name": "Skerry" + ENCODABLE, "home": site.base + "/", "urls": [site.base + "/a", site.base + "/b"]}
        table = "\n".join(f"{name} = {json.dumps(value)}" for name, value in seed.items())
        (folder / "seed.toml").write_text("[[site]]\n" + table.replace("\x7f", "\\u007f"), "utf-8")
        terminal, end = pty.openpty()
        command = fetching("crawl", "seed.toml", "--data", "data")
        with begin(*command, cwd=folder, stdout=end, stderr=subprocess.PIPE) as process:
            os.close(end)
            shown = read_all(terminal).decode()
            assert process.stderr is not None
            errors = process.stderr.read().decode()
        (folder / "url").write_text(site.base)
    assert "articles" in shown
    assert steering(shown.replace("\r\n", "\n") + errors) == []
    return folder


def _toml(text: str) -> str:
    """Return text as it stands between the quotes of a TOML string."""
    return json.dumps(text)[1:-1].replace("\x7f", "\\u007f")


@pytest.fixture
def shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, str]]:
    """Run a command in this process on a terminal, or into a pipe, and return what it prints."""

    def run(*args: str, piped: bool = False) -> tuple[str, str]:
        out, err = io.StringIO() if piped else Terminal(), io.StringIO()
        base = (folder / "url").read_text()
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["pressclip", *(arg.replace("SITE", base) for arg in args)])
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit):
            main()
        return out.getvalue(), err.getvalue()

    return run


@pytest.mark.parametrize(
    "command",
    [
        "status --data data",
        "why SITE/a --data data",
        "why SITE/b --data data",
        "archive search lamp --data data",
        "archive list --data data",
        "archive list --data data --format csv",
        "archive show SITE/a --data data",
        "archive reclean --data data --collection news --all --dry-run",
        "clean .",
        "clean . --explain",
        "clean lamp.html --format markdown",
        "clean lamp.html --format xml",
        "clean lamp.txt --text-mode --explain",
        "rules list --data data",
        "rules review --list --data data",
    ],
)
def test_no_command_prints_what_steers(command: str, shown: Callable[..., tuple[str, str]]) -> None:
    out, err = shown(*command.split())
    assert out
    assert steering(out + err) == []


@pytest.mark.parametrize(
    "command",
    [
        "status --data data --json",
        "why SITE/a --data data --json",
        "archive search lamp --data data --json",
        "archive list --data data --format jsonl",
        "archive show SITE/a --data data --json",
        "clean lamp.html --format json",
        "rules list --data data --json",
        "rules review --list --data data --json",
    ],
)
def test_json_on_a_terminal_has_the_same_values_as_in_a_pipe(
    command: str, shown: Callable[..., tuple[str, str]]
) -> None:
    out, err = shown(*command.split())
    piped, _ = shown(*command.split(), piped=True)
    assert steering(out + err) == []
    decoder = json.JSONDecoder()
    assert decoder.raw_decode(out) == decoder.raw_decode(piped) or json.loads(out) == json.loads(piped)


def warc(path: Path, uri: str, *, cut: int = 0) -> None:
    """Write a WARC file of one page with this address, without the last *cut* bytes."""
    body = PAGE.encode()
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body
    head = f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{UUID(int=7)}>\r\nWARC-Target-URI: {uri}\r\n"
    head += "WARC-Date: 2026-11-21T00:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n"
    data = head.encode() + b"Content-Length: %d\r\n\r\n%s\r\n\r\n" % (len(http), http)
    path.write_bytes(data[: len(data) - cut] if cut else data)


@pytest.mark.parametrize("end", [[], ["--explain"], ["--format", "markdown"]])
@pytest.mark.parametrize("piped", [True, False])
def test_names_from_warc_and_folder_steer_neither_terminal_nor_pipe(
    shown: Callable[..., tuple[str, str]], tmp_path: Path, end: list[str], piped: bool
) -> None:
    folder = tmp_path / "in\x1b[2J\u202e"
    folder.mkdir()
    warc(folder / "a\x9b31m.warc", "https://gazette.example/\x1b]0;owned\x07\x9b2J")
    (folder / "b\x1b[2J\n==> forged <==.html").write_text(PAGE, "utf-8")
    (folder / "empty\x1b[2J.html").write_text("", "utf-8")
    out, err = shown("clean", str(folder), *end, piped=piped)
    assert steering(out + err) == []
    assert [line.split()[0:2] for line in out.splitlines() if line.startswith("==> ")] == [
        ["==>", "https://gazette.example/"],
        ["==>", str(folder / "b").replace("\x1b[2J\u202e", " [2J ").split()[0]],
    ]


def test_what_is_logged_and_reported_about_hostile_files_steers_nothing(tmp_path: Path) -> None:
    name = "cut\x1b[2J\x9b31m\u202e.warc"
    warc(tmp_path / name, "https://gazette.example/\x1b]0;owned\x07", cut=40)
    (tmp_path / "rules\x1b[2J.toml").write_text("[[rule]]\n", "utf-8")
    data = tmp_path / "data\x1b[2J"
    for line in (
        ["clean", name],
        ["archive", "import", name, "--data", data],
        ["archive", "verify", "--data", data],
        ["archive", "rebuild", "--data", data],
        ["archive", "recover", "--data", data],
        ["archive", "search", "harbour", "--data", data],
        ["rules", "check", "rules\x1b[2J.toml"],
        ["rules", "retire", "sites/\x1b[2J/a", "--data", data],
        ["crawl", "seeds\x1b[2J.toml"],
        ["dataset", "check", "set\x1b[2J"],
        ["dataset", "build", "gone\x1b[2J", "--out", "out"],
        ["status", "--data", "gone\x1b[2J"],
    ):
        done = press(*line, cwd=tmp_path, apart=line[0] == "clean")
        assert done.out + done.err, line
        assert steering(done.out + done.err) == [], line


def test_the_log_of_a_crawl_names_a_hostile_server_in_one_line(tmp_path: Path) -> None:
    with Site() as site:
        site.routes = {"/a": answer("", "429 Busy", "Retry-After: \x1b[2J\x9b31m9\x07")}
        command = fetching("crawl", f"{site.base}/a", "--data", "data")
        done = press(*command, cwd=tmp_path)
    assert "429" in done.out + done.err
    assert steering(done.out + done.err) == []


def test_an_error_names_a_hostile_file_in_one_line(shown: Callable[..., tuple[str, str]]) -> None:
    out, err = shown("clean", f"gone{ALL}\n.html")
    assert (out, err.count("\n")) == ("", 1)
    assert steering(err) == []
