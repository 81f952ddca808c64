"""Learning from an archive and from text corpora: the same bytes every time, and nothing that a person has judged."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from archive import ArchiveError
from archive.site_rules import Counts, Learned, accept, learn, learn_corpus, reject
from archive.site_rules.learn import OCCURRENCES, SAMPLES, sample
from archive.site_rules.store import Corpora
from cleaners import Article, load_rules
from cleaners.learn import HashedPage, find_repeats, line_hash
from tests.support.invented_paper import HOST, LETTER, Add, page, prose, tree

COUNT = 12
PROPOSED = f"proposed/{HOST}.toml"


def taught(data: Path, **options: Any) -> list[Learned]:  # noqa: ANN401
    return list(learn(data, load_rules(), **options))


def lines_of(learned: Learned) -> set[str]:
    return {text for proposal in learned.proposals for text in proposal.evidence.removes}


def test_a_line_on_every_page_is_proposed_with_its_evidence_and_the_articles_are_not(add: Add, data: Path) -> None:
    add(map(page, range(COUNT)))
    (learned,) = taught(data)
    assert (learned.host, learned.pages, learned.different) == (HOST, COUNT, COUNT)
    assert lines_of(learned) == {LETTER}
    (proposal,) = learned.proposals
    evidence = proposal.evidence
    assert (evidence.pages, evidence.of, evidence.first_seen) == (COUNT, COUNT, "2026-11-01")
    assert learned.path == data / "rules" / PROPOSED
    assert str(data) not in learned.path.read_text("utf-8")


def test_learning_twice_gives_the_same_bytes(add: Add, data: Path) -> None:
    add(map(page, range(COUNT)))
    taught(data)
    first = tree(data / "rules")
    taught(data)
    assert set(first) == {PROPOSED}
    assert tree(data / "rules") == first


def test_learning_in_steps_and_in_another_order_gives_the_same_bytes(add: Add, data: Path) -> None:
    for number in range(0, COUNT, 4):
        add(map(page, range(number, number + 4)))
        taught(data)
    steps = tree(data / "rules")
    shutil.rmtree(data)
    add(map(page, reversed(range(COUNT))))
    taught(data)
    assert tree(data / "rules") == steps


def test_what_nothing_is_proposed_of_any_more_has_no_file(add: Add, data: Path) -> None:
    add(map(page, range(COUNT)))
    taught(data)
    newer = (page(number, day=1) for number in range(COUNT))
    add((capture, Article("\n\n".join(prose(n)))) for n, (capture, _) in enumerate(newer))
    (learned,) = taught(data)
    assert (learned.proposals, learned.path) == ((), None)
    assert tree(data / "rules") == {}


@pytest.mark.parametrize("judge", [accept, reject])
def test_what_a_person_has_judged_is_not_proposed_again(add: Add, data: Path, judge: Callable[..., object]) -> None:
    add(map(page, range(COUNT)))
    (learned,) = taught(data)
    judge(data, HOST, [proposal.id for proposal in learned.proposals], "2026-11-22")
    (again,) = taught(data)
    assert (again.proposals, again.path) == ((), None)


def test_hosts_with_too_few_pages_teach_nothing_and_only_those_asked_for_are_told(add: Add, data: Path) -> None:
    add([*map(page, range(COUNT)), *(page(number, host="small.example") for number in range(2))])
    told: list[str] = []
    assert [one.host for one in taught(data, on_problem=told.append)] == [HOST]
    assert told == []
    assert taught(data, hosts=["WWW.small.example"], on_problem=told.append) == []
    assert told == ["small.example: 2 pages with text are too few: 3 are needed, crawl more"]
    assert [one.pages for one in taught(data, hosts=["small.example"], min_pages=2)] == [2]


def test_one_host_alone_is_read_where_it_alone_is_asked_for(add: Add, data: Path) -> None:
    add([*map(page, range(COUNT)), *(page(number, host="other.example") for number in range(COUNT))])
    read: list[str] = []
    assert [one.host for one in taught(data, hosts=[HOST], on_progress=read.append)] == [HOST]
    assert {url.split("/")[2] for url in read} == {f"www.{HOST}"}
    assert [one.host for one in taught(data)] == ["other.example", HOST]


def test_a_host_that_is_none_is_told(add: Add, data: Path) -> None:
    add([page(1)])
    with pytest.raises(ArchiveError, match="not a host"):
        taught(data, hosts=["../news"])


def test_a_page_that_cannot_be_read_is_told_and_the_others_are_looked_at(add: Add, data: Path) -> None:
    add(map(page, range(COUNT)), "whole")
    add((page(number) for number in range(COUNT, COUNT + 2)), "gone")
    shutil.rmtree(data / "collections" / "gone" / "archive")
    told: list[str] = []
    (learned,) = taught(data, on_problem=told.append)
    assert lines_of(learned) == {LETTER}
    assert all("not looked at" in line and "\n" not in line for line in told)


def test_an_archive_without_a_catalog_says_how_to_get_one_and_a_wrong_folder_stays_as_it_is(
    add: Add, data: Path, tmp_path: Path
) -> None:
    add([page(1)])
    for file in data.glob("catalog.sqlite*"):
        file.unlink()
    with pytest.raises(ArchiveError, match="run `pressclip archive rebuild`"):
        taught(data)
    (tmp_path / "wrong").mkdir()
    with pytest.raises(ArchiveError, match="crawl first"):
        taught(tmp_path / "wrong")
    assert list((tmp_path / "wrong").iterdir()) == []


def test_pages_are_looked_at_until_each_line_was_seen_often_enough() -> None:
    often, rare = line_hash("On every page."), line_hash("On the last pages.")
    pages = [
        HashedPage(f"https://a.example/{n}", "", n, (n, often, *([rare] if n >= 300 else ())), frozenset(), frozenset())
        for n in range(1, 306)
    ]
    chosen = sample(pages, find_repeats(pages))
    assert [page.title for page in chosen] == [*range(1, OCCURRENCES + 1), *range(300, 306)]
    assert len(sample(pages, find_repeats(pages))) <= SAMPLES


def test_where_nothing_comes_back_some_pages_are_looked_at_all_the_same() -> None:
    pages = [HashedPage(f"https://a.example/{n}", "", n, (n,), frozenset(), frozenset()) for n in range(1, 40)]
    assert find_repeats(pages) == []
    assert sample(pages, []) == pages[:OCCURRENCES]


def corpus(file: Path, numbers: Iterable[int], **more: str) -> Path:
    rows = [
        {"url": page(n)[0].url, "text": "\n".join([*prose(n), LETTER]), "date": "2026-11-01"} | more for n in numbers
    ]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    file.write_bytes(gzip.compress(data, mtime=0) if file.suffix == ".gz" else data)
    return file


def learned_of(data: Path, *files: Path, **options: Any) -> list[Learned]:  # noqa: ANN401
    return list(learn_corpus(data, files, load_rules(), **options))


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_text_corpora_teach_too_and_a_second_time_nothing_new(tmp_path: Path, name: str) -> None:
    file = corpus(tmp_path / name, range(COUNT))
    (learned,) = learned_of(tmp_path / "data", file)
    assert (learned.host, learned.pages) == (HOST, COUNT)
    assert lines_of(learned) == {LETTER}
    first = tree(tmp_path / "data")
    (again,) = learned_of(tmp_path / "data", file)
    assert again == learned
    assert tree(tmp_path / "data") == first


def test_corpora_in_parts_and_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = corpus(tmp_path / "1.jsonl", range(7)), corpus(tmp_path / "2.jsonl", range(4, COUNT), title="Later")
    learned_of(tmp_path / "a", one, two)
    learned_of(tmp_path / "b", two)
    learned_of(tmp_path / "b", one)
    assert tree(tmp_path / "a") == tree(tmp_path / "b") != {}


def test_a_corpus_that_is_read_again_is_cleaned_with_the_rules_that_came_since(tmp_path: Path) -> None:
    data, file = tmp_path / "data", corpus(tmp_path / "a.jsonl", range(COUNT))
    (learned,) = learned_of(data, file)
    accept(data, HOST, [one.id for one in learned.proposals], "2026-11-22")
    list(learn_corpus(data, [file], load_rules(data / "rules" / "sites")))
    with Corpora(data) as corpora:
        texts = [corpora.text(page(n)[0].url) or "" for n in range(COUNT)]
    assert all(texts)
    assert not any(LETTER in text for text in texts)


def test_documents_without_a_url_or_a_text_are_counted(tmp_path: Path) -> None:
    file = corpus(tmp_path / "a.jsonl", range(COUNT))
    with file.open("a") as rows:
        rows.write('{"text": "No address."}\nnot JSON\n{"url": "https://a.example/"}\n[]\n')
    counted: list[tuple[Path, Counts]] = []
    learned_of(tmp_path / "data", file, on_file=lambda *found: counted.append(found))
    assert counted == [(file, Counts(documents=COUNT + 4, without_url=1, without_text=3))]


def test_hosts_of_a_corpus_with_too_few_texts_are_told_where_they_were_asked_for(tmp_path: Path) -> None:
    file, told = corpus(tmp_path / "a.jsonl", range(2)), list[str]()
    assert learned_of(tmp_path / "data", file, on_problem=told.append) == []
    assert told == []
    assert learned_of(tmp_path / "data", file, hosts=[HOST], on_problem=told.append) == []
    assert [line.partition(":")[0] for line in told] == [HOST]


def test_a_corpus_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    packed = corpus(tmp_path / "a.jsonl.gz", range(COUNT))
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(ArchiveError, match="cannot be read to its end"):
        learned_of(tmp_path / "data", packed)
    with pytest.raises(ArchiveError, match="not a text corpus"):
        learned_of(tmp_path / "data", tmp_path / "a.csv")


def test_plain_json_lines_need_no_package_of_an_extra(tmp_path: Path) -> None:
    corpus(tmp_path / "a.jsonl", range(COUNT))
    script = """
import sys
from pathlib import Path
from archive.site_rules import learn_corpus
from cleaners import load_rules
print(len(list(learn_corpus(Path("data"), [Path("a.jsonl")], load_rules()))))
sys.exit(bool({"pyarrow", "duckdb", "zstandard"} & set(sys.modules)))
"""
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{script}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_parquet_teaches_what_json_lines_teach(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    rows = [json.loads(line) for line in corpus(tmp_path / "a.jsonl", range(COUNT)).read_text().splitlines()]
    from pyarrow import parquet

    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    learned_of(tmp_path / "one", tmp_path / "a.jsonl")
    learned_of(tmp_path / "two", tmp_path / "a.parquet")
    assert tree(tmp_path / "one") == tree(tmp_path / "two") != {}


def test_a_host_of_archive_and_corpus_is_learned_from_both(add: Add, data: Path, tmp_path: Path) -> None:
    add(map(page, range(2)))
    (learned,) = learned_of(data, corpus(tmp_path / "a.jsonl", range(1, COUNT)))
    assert (learned.pages, lines_of(learned)) == (COUNT, {LETTER})
    assert [(one.pages, lines_of(one)) for one in taught(data)] == [(COUNT, {LETTER})]
