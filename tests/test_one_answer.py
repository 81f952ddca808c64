"""Each question has one answer: all commands that ask it get the same inputs, and what they make of them is compared.

Text for a terminal: tests/scraper/test_terminal.py; which site a URL belongs to, case by case:
tests/cleaners/test_sites.py.
"""

from __future__ import annotations

import ast
import gzip
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from cleaners import load_rules
from scraper.seeds import Seed
from tests.archive.test_ingest import plain
from tests.support.dataset_inputs import page, text
from tests.support.import_graph import imported_names, modules, relative, tree_of
from tests.support.loopback import Site, answer
from tests.support.shell import fetching, press

Row = dict[str, Any]

WHOLE = page(7)
RESPONSES = {
    "declared": answer(page(0)),
    "from-a-proxy": answer(page(1), "203 Non-Authoritative Information"),
    "plain-html": answer(page(2), kind="text/plain"),
    "untyped-html": answer(page(3), kind=""),
    "packed": answer(gzip.compress(page(4)), "200 OK", "Content-Encoding: gzip"),
    "called-packed": answer(page(9), "200 OK", "Content-Encoding: br"),
    "wrong-length": answer(WHOLE).replace(b"Content-Length: ", b"Content-Length: 9"),
    "missing": answer(page(5), "404 Not Found"),
    "part": answer(page(6), "206 Partial Content"),
    "picture": answer(b"\x89PNG\r\n\x1a\n" + bytes(40), kind="image/png"),
    "plain-text": answer("User-agent: *", kind="text/plain"),
    "cut-off": answer(WHOLE.partition(b"</html")[0]).replace(b"Content-Length: ", b"Content-Length: 9"),
    "undecodable": answer(b"\0pressed", "200 OK", "Content-Encoding: pressed"),
}
PAGES = sorted(list(RESPONSES)[:7])
REFUSED = "4 status, 2 media type, 1 truncated"
"""One of the four is the answer to the request for tdmrep.json."""
"""One of the statuses is that of robots.txt; what cannot be decoded is told by itself."""

URLS = (
    "http://127.0.0.1:8001/a",
    "http://127.0.0.1:8002/a",
    "https://gazette.example/a",
    "https://www.gazette.example/a",
    "https://sport.gazette.example:8443/a",
    "https://thegazette.example/a",
    "https://gazette.example.org/a",
)
SITES = {
    "127.0.0.1:8001": URLS[:1],
    "127.0.0.1": URLS[:2],
    "gazette.example": URLS[2:5],
    "www.gazette.example": URLS[2:5],
    "sport.gazette.example:8443": URLS[4:5],
    "gazette.example:443": URLS[2:4],
}

GOOD = [{"url": f"https://gazette.example/{number}", "text": text(number)} for number in range(4)]
LINES = [json.dumps(row) for row in GOOD]
LINES[2:2] = ["", "{broken", '{"url": "https://gazette.example/none"}', "[1]"]
"""JSON lines of which the 4th is no JSON, the 5th has no text and the 6th is no object."""
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "jsonl": bytes,
    "jsonl.gz": gzip.compress,
    "jsonl.zst": zstandard.compress,
}


def json_lines(printed: str) -> list[Row]:
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def dataset_rows(folder: Path, part: str) -> list[Row]:
    return [row for file in sorted((folder / part).glob("*.jsonl")) for row in json_lines(file.read_text("utf-8"))]


def names(rows: Iterable[Row]) -> list[str]:
    return sorted(row["url"].rpartition("/")[2] for row in rows)


@pytest.mark.slow
def test_a_response_is_a_page_to_the_crawl_and_to_all_that_read_its_archive(tmp_path: Path) -> None:
    with Site() as site:
        site.routes |= {f"/{name}": response for name, response in RESPONSES.items()}
        site.cut |= {"/cut-off", "/wrong-length"}
        (tmp_path / "urls.txt").write_text("".join(f"{site.base}/{name}\n" for name in RESPONSES))
        crawled = press("crawl", "urls.txt", "--data", "data", *fetching(), cwd=tmp_path)
    failures = "bad_encoding 1, http_206 1, http_404 1, not_html 2, truncated 1"
    assert f"{len(PAGES)} articles; failures: {failures}\n" in crawled.out
    found = press("archive", "search", "report", "--data", "data", "--json", "--limit", "100", cwd=tmp_path)
    assert names(json_lines(found.out)) == PAGES
    (warc,) = (tmp_path / "data").rglob("*.warc.gz")

    cleaned = press("clean", warc, "--format", "jsonl", cwd=tmp_path)
    assert names(json_lines(cleaned.out)) == PAGES
    assert f"7 responses are no pages ({REFUSED})" in cleaned.err
    assert "undecodable: unknown content coding 'pressed'" in cleaned.err

    counts = {reason: int(count) for count, _, reason in (part.partition(" ") for part in REFUSED.split(", "))}
    imported = press("archive", "import", warc, "--data", "other", "--json", cwd=tmp_path)
    assert json.loads(imported.out) | {"texts": len(PAGES), "refused": counts} == json.loads(imported.out)
    assert "undecodable: unknown content coding 'pressed'" in imported.err
    found = press("archive", "search", "report", "--data", "other", "--json", "--limit", "100", cwd=tmp_path)
    assert names(json_lines(found.out)) == PAGES

    again = json.loads(press("archive", "reclean", "--data", "data", "--all", "--json", cwd=tmp_path).out)
    assert (again["articles"]["unchanged"], again["written"], again["refused"]) == (len(PAGES), len(PAGES), counts)
    assert [problem["url"].rpartition("/")[2] for problem in again["problems"]] == ["undecodable"]

    press("dataset", "build", warc, "--out", "dataset", "--format", "jsonl", cwd=tmp_path)
    assert names(dataset_rows(tmp_path / "dataset", "data")) == PAGES
    reasons = {name: row["reason"] for row in dataset_rows(tmp_path / "dataset", "dropped") for name in names([row])}
    assert {reasons.pop(name) for name in ("robots.txt", "tdmrep.json")} == {"no_page: status 404"}
    assert reasons == {
        "missing": "no_page: status 404",
        "part": "no_page: status 206",
        "picture": "no_page: image/png",
        "plain-text": "no_page: text/plain",
        "cut-off": "no_page: the body is cut off (disconnect)",
        "undecodable": "failed: unknown content coding 'pressed'",
    }


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data root that has a page of each URL."""
    folder = tmp_path_factory.mktemp("sites")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    records = [plain("response", head + page(number), uri=url) for number, url in enumerate(URLS)]
    (folder / "pages.warc").write_bytes(b"".join(records))
    assert press("archive", "import", "pages.warc", "--data", "data", cwd=folder).code == 0
    return folder


@pytest.mark.parametrize("site", SITES)
def test_a_url_belongs_to_a_site_for_all_that_take_a_site(sites: Path, tmp_path: Path, site: str) -> None:
    def asked(*command: str | Path) -> str:
        return press(*command, "--data", "data", cwd=sites).out

    found = json_lines(asked("archive", "search", "report", "--site", site, "--json"))
    packed = tmp_path / "site.wacz"
    asked("archive", "pack", "--site", site, "--out", packed)
    with zipfile.ZipFile(packed) as archive:
        pages = json_lines(archive.read("pages/pages.jsonl").decode())
    again = json.loads(asked("archive", "reclean", "--host", site, "--all", "--dry-run", "--json", "--samples", "100"))
    seed = Seed("a", f"http://{site}/")
    answers = {
        "search": {row["url"] for row in found},
        "pack": {row["url"] for row in pages if "url" in row},
        "crawl": {url for url in URLS if seed.admits(url)},
    }
    if ":" not in site:
        answers["rules"] = set(with_rules_of(site, tmp_path))
    assert answers == {command: set(SITES[site]) for command in answers}
    assert again["articles"]["unchanged"] == len(SITES[site])


def with_rules_of(site: str, folder: Path) -> Iterator[str]:
    """Yield the URLs for which a rule file that is called like the site holds."""
    path = folder / "sites" / f"{site.removeprefix('www.')}.toml"
    path.parent.mkdir()
    path.write_text("[[rule]]\nid = 'tin'\ndrop = ['.tin']\nwhy = 'w'\nexample = 'e'\nkeeps = 'k'\n", "utf-8")
    rules = load_rules(path)
    return (url for url in URLS if any(rule.id.endswith("/tin") for rule in rules.for_url(url).dom))


@pytest.mark.parametrize("coding", CODINGS)
def test_json_lines_are_read_alike_by_all_that_read_them(tmp_path: Path, coding: str) -> None:
    name = f"texts.{coding}"
    (tmp_path / name).write_bytes(CODINGS[coding]("".join(f"{line}\n" for line in LINES).encode()))
    cleaned = press("clean", name, "--text-mode", "--format", "jsonl", cwd=tmp_path)
    press("dataset", "build", name, "--out", "dataset", "--format", "jsonl", cwd=tmp_path)
    learned = press("rules", "learn", "--data", "data", "--corpus", name, "--json", cwd=tmp_path)
    rows, dropped = (dataset_rows(tmp_path / "dataset", part) for part in ("data", "dropped"))
    assert names(json_lines(cleaned.out)) == names(rows) == names(GOOD)
    assert [host["pages"] for host in json_lines(learned.out)] == [len(GOOD)]
    texts = [{row["url"]: row["text"] for row in read} for read in (json_lines(cleaned.out), rows)]
    assert texts[0] == texts[1]
    # clean counts lines from 1, as editors do; a dataset's rows begin at 0
    told = [line.removeprefix(f"pressclip: {name}:").partition(": ") for line in cleaned.err.splitlines()]
    assert [(int(number) - 1, why) for number, _, why in told] == sorted(
        (row["source_row"], row["reason"].removeprefix("failed: ")) for row in dropped
    )
    assert f"{name}: 7 documents, 3 without text" in learned.err


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls of a module, each with the name of what is called."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2], node


def importers(*imported: str) -> set[str]:
    return {
        relative(path)
        for path in modules().values()
        if any(name == one or name.startswith(f"{one}.") for name, _ in imported_names(path) for one in imported)
    }


def test_files_are_written_whole_in_one_place() -> None:
    replacing = {
        relative(path)
        for path in modules().values()
        for name, call in calls(path)
        # a text's `replace` has two arguments, a path's one; that of a date, keywords only
        if (name == "replace" and isinstance(call.func, ast.Attribute) and len(call.args) == 1 and not call.keywords)
        or ast.unparse(call.func) in ("os.replace", "os.rename", "shutil.move")
    }
    assert replacing == {"archive/files/whole.py"}


def test_files_are_locked_in_one_place() -> None:
    locking = {
        relative(path) for path in modules().values() for name, _ in calls(path) if name in ("flock", "lockf", "fcntl")
    }
    # whole.py asks macOS for a full sync
    assert locking == importers("fcntl") == {"archive/files/lock.py", "archive/files/whole.py"}


def test_files_are_synced_in_one_place() -> None:
    syncing = {
        relative(path) for path in modules().values() for name, _ in calls(path) if name in ("fsync", "fdatasync")
    }
    assert syncing == {"archive/files/whole.py"}


def test_cores_are_counted_in_one_place() -> None:
    names = ("cpu_count", "process_cpu_count", "sched_getaffinity")
    assert {relative(path) for path in modules().values() for name, _ in calls(path) if name in names} == {
        "cleaners/pool.py"
    }


def test_processes_are_started_in_one_place() -> None:
    starting = {
        relative(path)
        for path in modules().values()
        for name, _ in calls(path)
        if name in ("Process", "ProcessPoolExecutor", "get_context", "fork")
    }
    assert starting == {"cleaners/pool.py"}


@pytest.mark.parametrize(
    "question", ["host_of", "belongs_to", "page_of", "refusal_of", "read_rows", "printable", "write_whole"]
)
def test_the_function_that_answers_is_defined_once(question: str) -> None:
    definitions = [
        relative(path)
        for path in modules().values()
        for node in ast.walk(tree_of(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == question
    ]
    assert len(definitions) == 1
