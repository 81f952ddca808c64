"""`pressclip clean --text-mode --learn`: what comes back on a host's texts goes, in the same command."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from archive.site_rules import CorpusText, learn_texts
from cleaners import Article, clean_text, load_rules, restore
from cleaners.learn import MIN_PAGES
from scraper.cli import clean as command
from tests.scraper.test_cli_clean_texts import WARCINFO, articles, text_record
from tests.scraper.test_cli_rules_learn import HOST, LETTER, prose
from tests.support.shell import Done, press

RULE = f"learned/{HOST}/get-the-harbour-letter-with"


def row(number: int, *lines: str, host: str = HOST) -> dict[str, str]:
    return {"url": f"https://{host}/{number}", "text": "".join(f"{line}\n" for line in [*prose(number), *lines])}


TEXTS = [row(number, LETTER) for number in range(10)]
OTHERS = [row(number, LETTER, host="small.example") for number in range(10, 12)]
PLAIN = [{"text": f"{LETTER}\n"}, {"text": "No address.\n"}]


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("".join(f"{json.dumps(one)}\n" for one in rows), "utf-8")
    return path


def learning(folder: Path, *options: str, rows: list[dict[str, str]] | None = None) -> Done:
    write(folder / "corpus.jsonl", [*TEXTS, *OTHERS, *PLAIN] if rows is None else rows)
    return press("clean", "corpus.jsonl", "--text-mode", "--learn", "--format", "jsonl", *options, cwd=folder)


def texts(done: Done) -> list[str]:
    """Return the texts that were printed; the last line end goes with a line behind it."""
    return [json.loads(line)["text"].rstrip("\n") + "\n" for line in done.out.splitlines()]


def test_a_line_of_a_hosts_texts_goes_and_those_of_other_hosts_and_of_none_keep_it(tmp_path: Path) -> None:
    done = learning(tmp_path)
    assert done.code == 0
    assert texts(done) == [
        *(one["text"].replace(f"{LETTER}\n", "") for one in TEXTS),
        *(one["text"] for one in (*OTHERS, *PLAIN)),
    ]


def test_what_was_learned_and_texts_without_a_url_are_told_in_one_line(tmp_path: Path) -> None:
    assert learning(tmp_path).err == (
        "pressclip: learned 1 rule on 1 of 1 hosts with 3 texts or more, from 14 texts; 2 without a URL teach nothing\n"
    )


def test_each_removal_has_a_rule_of_its_own_and_says_why(tmp_path: Path) -> None:
    why = "comes back on 10 of 10 pages of the site, in its tail"
    found = articles(learning(tmp_path))[TEXTS[0]["url"]]
    (removal,) = found["removals"]
    assert (removal["rule"], removal["stage"], removal["text"].strip(), removal["why"]) == (RULE, "lines", LETTER, why)
    assert "+learned-" in found["rules_version"]
    done = press("clean", "corpus.jsonl", "--text-mode", "--learn", "--explain", cwd=tmp_path)
    assert done.out.count(f"- {RULE}  lines ") == 10
    assert done.out.count(f"  ({why})\n") == 10


def test_what_is_removed_can_be_put_back_byte_for_byte() -> None:
    ragged = [one["text"].replace("\n", "\r\n\n", n % 3) + " \n" * (n % 2) for n, one in enumerate(TEXTS)]
    given = [CorpusText(one["url"], text) for one, text in zip(TEXTS, ragged, strict=True)]
    rules = learn_texts(given, load_rules(), root=Path("none")).rules
    cleaned: list[Article] = [clean_text(one.text, url=one.url, rules=rules) for one in given]
    assert [restore(article) for article in cleaned] == ragged
    assert not any(LETTER in article.text for article in cleaned)


@pytest.mark.slow
def test_several_processes_learn_and_print_what_one_does(tmp_path: Path) -> None:
    one, two = (learning(tmp_path, "--jobs", jobs) for jobs in ("1", "2"))
    assert (one.code, one.out, one.err) == (two.code, two.out, two.err)


def test_the_order_of_the_texts_changes_nothing(tmp_path: Path) -> None:
    forth, back = (articles(learning(tmp_path, rows=rows)) for rows in (TEXTS, TEXTS[::-1]))
    assert forth == back | {url: row | {"source": forth[url]["source"]} for url, row in back.items()}


def test_copies_of_one_article_count_once(tmp_path: Path) -> None:
    copies = [row(0, LETTER) | {"url": f"https://{HOST}/copy-{n}"} for n in range(10)]
    done = learning(tmp_path, rows=copies)
    assert done.err.startswith("pressclip: learned 0 rules on 0 of 1 hosts")
    assert texts(done) == [one["text"] for one in copies]


def test_lines_that_many_articles_have_as_their_own_text_stay(tmp_path: Path) -> None:
    habit = "Nobody at the council wanted to say more about the money on that day."
    heading = "What happens next"
    source = "Oake, H. The skerrypost and its readers. Annals of the Coast 4, 11-29."
    rows = [
        row(n, *([habit, prose(100 + n)[0]] if n % 3 == 0 else []), heading, *prose(200 + n), *[source] * (n % 5 != 0))
        for n in range(20)
    ]
    assert texts(learning(tmp_path, rows=rows)) == [one["text"] for one in rows]


def test_a_line_on_a_few_texts_of_a_host_stays(tmp_path: Path) -> None:
    rows = [row(n, *[LETTER] * (n < 2)) for n in range(10)]
    assert texts(learning(tmp_path, rows=rows)) == [one["text"] for one in rows]


def test_a_wet_file_and_files_of_a_folder_teach_together(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    records = [text_record(one["url"], one["text"]) for one in TEXTS[:5]]
    (tmp_path / "in/a.wet").write_bytes(b"".join([WARCINFO, *records]))
    write(tmp_path / "in/b.jsonl", TEXTS[5:])
    (tmp_path / "in/c.txt").write_text(f"{LETTER}\n", "utf-8")
    done = press("clean", "in", "--text-mode", "--learn", "--format", "jsonl", cwd=tmp_path)
    assert "learned 1 rule on 1 of 1 hosts with 3 texts or more, from 11 texts; 1 without a URL" in done.err
    assert texts(done) == [*(one["text"].replace(f"{LETTER}\n", "") for one in TEXTS), f"{LETTER}\n"]


def test_the_texts_may_stand_in_another_column(tmp_path: Path) -> None:
    rows = [{"url": one["url"], "raw": one["text"]} for one in TEXTS]
    done = learning(tmp_path, "--text-column", "raw", rows=rows)
    assert (done.code, LETTER in "".join(texts(done))) == (0, False)


def test_a_rule_that_a_person_rejected_is_not_learned(tmp_path: Path) -> None:
    write(tmp_path / "corpus.jsonl", TEXTS)
    press("rules", "learn", "--data", "data", "--corpus", "corpus.jsonl", cwd=tmp_path)
    proposed = tmp_path / f"data/rules/proposed/{HOST}.toml"
    rejected = tmp_path / f"data/rules/rejected/{HOST}.toml"
    rejected.parent.mkdir()
    proposed.rename(rejected)
    done = learning(tmp_path, "--data", "data", rows=TEXTS)
    assert texts(done) == [one["text"] for one in TEXTS]
    assert done.err.startswith("pressclip: learned 0 rules on 0 of 1 hosts")


def test_what_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    done = learning(tmp_path, rows=[*TEXTS, {"url": "https://a.example/"}])
    assert (done.code, done.err.splitlines()[1:]) == (1, ["pressclip: corpus.jsonl:11: no text in 'text'"])


def test_the_run_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    learning(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["corpus.jsonl", "tmp"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("-", "--text-mode"), "--learn reads its sources twice, which standard input cannot: give a file."),
        (("pipe", "--text-mode"), "--learn reads its sources twice, which pipe cannot: give a file."),
        (("https://a.example/", "--text-mode"), "--learn is for files with texts, and https://a.example/ is a URL."),
        (("corpus.jsonl",), "--learn is for --text-mode; for pages, crawl or import them and run `rules learn`."),
    ],
)
def test_what_cannot_be_read_twice_is_an_error_before_anything_is_read(
    tmp_path: Path, args: tuple[str, ...], said: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    write(tmp_path / "corpus.jsonl", TEXTS)
    done = press("clean", *args, "--learn", cwd=tmp_path)
    assert (done.code, done.out, done.err.splitlines()[-1]) == (
        2,
        "",
        f"pressclip: {said} See 'pressclip clean --help'.",
    )


def test_the_least_number_of_texts_is_that_of_the_learner() -> None:
    assert command.MIN_TEXTS == MIN_PAGES
