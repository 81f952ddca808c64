"""`pressclip rules learn` as a user types it: where the proposals are, what to do next, and the exit codes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Capture, Collection
from cleaners import clean
from cleaners.learn import MIN_PAGES
from scraper.cli.rules import learn as rules_learn
from tests.support.shell import begin, press

HOST = "skerrypost.example"
LETTER = "Get the harbour letter with your tea every morning, free of charge."
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8"
BEGIN = datetime(2026, 11, 1, 6, tzinfo=UTC)
WORDS = (
    "the quay and then another barrel of wet rope was sold before any ferry could leave because her uncle had painted "
    "nine doors while rain came over old stone walls with gulls that nobody fed since two clerks forgot to count bread"
)


def prose(number: int) -> list[str]:
    chance = random.Random(number)
    return [" ".join(chance.choices(WORDS.split(), k=18)).capitalize() + "." for _ in range(4)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data root with ten pages of a paper and one of another."""
    folder = tmp_path / "data"
    with Collection(folder, software="pressclip/test", rules_version="1") as collection:
        for number in range(11):
            host = HOST if number < 10 else "small.example"
            story = "".join(f"<p>{line}</p>" for line in prose(number))
            html = (
                f"<!doctype html><html><title>Rope and rain, part {number}</title><main><article>"
                f'<h1>Rope and rain, part {number}</h1><div class="story">{story}</div>'
                f'<div class="letter"><p>{LETTER}</p></div></article></main></html>'
            ).encode()
            url = f"https://www.{host}/news/{number}"
            capture = Capture(url, BEGIN + timedelta(days=number), 200, HEAD, html, b"GET / HTTP/1.1")
            collection.store_text(collection.store(capture), clean(html, url=url))
    return folder


def corpus(file: Path, count: int) -> Path:
    rows = [{"url": f"https://{HOST}/{n}", "text": "\n".join([*prose(n), LETTER])} for n in range(count)]
    file.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"text": "No address."}]), "utf-8")
    return file


def test_one_line_a_host_says_how_many_and_where_and_the_last_what_to_do_next(data: Path, tmp_path: Path) -> None:
    done = press("rules", "learn", "--data", "data", cwd=tmp_path)
    file = f"data/rules/proposed/{HOST}.toml"
    assert (done.code, done.out) == (0, f"{HOST}: 1 rule from 10 pages, 10 different: {file}\n")
    assert done.err == (
        "pressclip: data: 1 rule proposed for 1 of 1 hosts; look at it with `pressclip rules review --data data`\n"
    )
    assert LETTER in (tmp_path / file).read_text("utf-8")


def test_what_to_do_next_can_be_pasted_whatever_the_data_root_is_called(data: Path, tmp_path: Path) -> None:
    data.rename(tmp_path / "my data")
    done = press("rules", "learn", "--data", "my data", cwd=tmp_path)
    assert done.err.endswith("`pressclip rules review --data 'my data'`\n")


def test_json_has_a_line_for_each_host(data: Path, tmp_path: Path) -> None:
    done = press("rules", "learn", "--data", "data", "--min-pages", "1000", "--json", cwd=tmp_path)
    assert (done.code, done.out) == (3, "")
    done = press("rules", "learn", "--data", "data", "--json", cwd=tmp_path)
    (line,) = map(json.loads, done.out.splitlines())
    assert len(line.pop("proposals")) == 1
    assert line == {"host": HOST, "pages": 10, "different": 10, "file": f"data/rules/proposed/{HOST}.toml"}


def test_nothing_to_learn_from_is_said_with_how_to_mend_it(data: Path, tmp_path: Path) -> None:
    done = press("rules", "learn", "--data", "data", "--min-pages", "11", cwd=tmp_path)
    assert done.code == 3
    assert done.line.endswith("no host has 11 pages with text: crawl or import more, or give --min-pages")


def test_the_least_number_of_pages_is_that_of_the_learner() -> None:
    assert rules_learn.MIN_PAGES == MIN_PAGES


def test_a_host_with_too_few_pages_is_told(data: Path, tmp_path: Path) -> None:
    done = press("rules", "learn", "--data", "data", "--host", "small.example", "--host", HOST, cwd=tmp_path)
    assert done.code == 1
    assert done.err.startswith("pressclip: small.example: 1 pages with text are too few")
    assert done.out.startswith(HOST)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--data", "nowhere"], "no catalog there: crawl first"),
        (["--data", "data", "--host", "../x"], "not a host"),
        (["--data", "data", "--corpus", "gone.jsonl"], "does not exist"),
        (["--data", "data", "--corpus", "texts.csv"], "not a text corpus: give .jsonl"),
        (["--data", "data", "--min-pages", "1"], "not in the range"),
    ],
)
def test_a_usage_error_is_one_line(data: Path, tmp_path: Path, args: list[str], message: str) -> None:
    (tmp_path / "texts.csv").write_text("url,text\n")
    done = press("rules", "learn", *args, cwd=tmp_path)
    assert done.code == 2
    assert message in done.line
    assert not (tmp_path / "nowhere").exists()


def test_a_corpus_teaches_without_an_archive_and_says_what_had_no_url(tmp_path: Path) -> None:
    corpus(tmp_path / "texts.jsonl", 10)
    done = press("rules", "learn", "--data", "new", "--corpus", "texts.jsonl", cwd=tmp_path)
    assert (done.code, done.out) == (
        0, f"{HOST}: 1 rule from 10 pages, 10 different: new/rules/proposed/{HOST}.toml\n"
    )  # fmt: skip
    assert "texts.jsonl: 11 documents, 1 without a URL: nothing is learned from those" in done.err


def test_an_interrupt_leaves_the_proposals_of_finished_hosts(data: Path, tmp_path: Path) -> None:
    press("rules", "learn", "--data", "data", cwd=tmp_path)
    before = (tmp_path / "data" / "rules" / "proposed" / f"{HOST}.toml").read_bytes()
    os.mkfifo(tmp_path / "slow.jsonl")
    command = ["rules", "learn", "--data", "data", "--corpus", "slow.jsonl"]
    process = begin(*command, cwd=tmp_path, stderr=subprocess.PIPE)
    # it waits for the rest of the file when it has opened it
    with (tmp_path / "slow.jsonl").open("w") as pipe:
        pipe.write("{}\n")
        pipe.flush()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert (process.returncode, said.strip()) == (130, b"pressclip: interrupted")
    assert (tmp_path / "data" / "rules" / "proposed" / f"{HOST}.toml").read_bytes() == before
