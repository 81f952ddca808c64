"""Two commands at once on one data root: each is refused with who is in its way, or its result is right."""

from __future__ import annotations

import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import combinations_with_replacement
from pathlib import Path
from shutil import rmtree
from urllib.parse import urlsplit

import pytest

from archive import Capture, Catalog, Collection, Rebuilder, Verifier
from archive.files.layout import OPEN_SUFFIX, RAW_SUFFIX, raw_files
from archive.maintain.rebuild import file_names
from archive.site_rules import State, read_proposals
from cleaners import Article
from scraper.cli.crawl import OVERLAP
from scraper.frontier import FRONTIER, FoundUrl, Frontier
from tests.support.loopback import Site, answer
from tests.support.rule_data import ACCEPTED, HOST, PROPOSED, write_rules
from tests.support.shell import KEPT, PAGE, begin, fetching, press

PAGES = 12
CRAWLED = 3
NEWS, OTHER, LOOPBACK = "news.example", "other.example", "127.0.0.1"
KNOWN = f"https://{NEWS}/0"

COMMANDS = {
    "reclean": ("archive", "reclean", "--jobs", "1"),
    "import": ("archive", "import", "other.warc.gz", "--jobs", "1"),
    "recover": ("archive", "recover"),
    "rebuild": ("archive", "rebuild"),
    "pack": ("archive", "pack", "--out", "a.wacz", "--force"),
    "learn": ("rules", "learn"),
    "accept": ("rules", "review", "--accept-above", "0.9"),
    "retire": ("rules", "retire", f"sites/{OTHER}/tin"),
    "crawl": tuple(fetching("crawl", "seeds.toml", "--jobs", "0")),
    "build": ("dataset", "build", "data", "--out", "set"),
}
CODES = {"learn": {0, 1, 3}, "pack": {0, 1}}  # pack: a file that is still being written is left out, and told
REFUSED = {"crawl": OVERLAP}
REFUSALS = (
    "another process",
    "is being rebuilt",
    "another crawl works here",
    "another build is writing here",
    "still being written: wait for",
    "holds a finished dataset",  # the other one was quicker
    "there is no rule",
)
READERS = {
    "verify": ("archive", "verify", "--full"),
    "search": ("archive", "search", "lamp"),
    "show": ("archive", "show", KNOWN),
    "why": ("why", KNOWN),
    "status": ("status",),
    "rules": ("rules", "list"),
}


def story(number: int) -> bytes:
    return PAGE.replace("nineteen", f"{number}").encode()


@pytest.fixture
def root(tmp_path: Path, open_collection: Callable[..., Collection], capture: Capture) -> Iterator[Path]:
    """Pages without texts in `data`, as many others in `other.warc.gz`, a few on a site, and rules in two states."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8"
    page = replace(capture, response_head=head)

    def fill(name: str) -> None:
        with open_collection(name) as collection:
            for number in range(PAGES):
                collection.store(replace(page, url=f"https://{name}.example/{number}", body=story(number)))

    fill("news")
    fill("other")
    (path,) = (tmp_path / "data/collections/other/archive").iterdir()
    path.rename(tmp_path / "other.warc.gz")
    rmtree(tmp_path / "data/collections/other")
    assert list(Rebuilder(tmp_path / "data").findings()) == []
    write_rules(tmp_path / "data", ACCEPTED, host=OTHER)
    write_rules(tmp_path / "data", PROPOSED, state="proposed")
    with Site() as site:
        paths = [f"/2026/11/21/lamp-number-{number}" for number in range(CRAWLED)]
        items = "".join(f"<item><link>{site.base}{path}</link></item>" for path in paths)
        feed = f'<rss version="2.0"><channel>{items}</channel></rss>'
        site.routes = {path: answer(story(100 + number)) for number, path in enumerate(paths)}
        site.routes["/feed"] = answer(feed, kind="application/rss+xml")
        seed = f'[[site]]\nname = "Post"\nhome = "{site.base}/"\nfeeds = ["{site.base}/feed"]\n'
        (tmp_path / "seeds.toml").write_text(seed)
        yield tmp_path


def start(root: Path, name: str) -> subprocess.Popen[bytes]:
    return begin(*COMMANDS[name], "--data", "data", cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def at_once(root: Path, *names: str) -> list[tuple[int, str]]:
    """Run the commands at the same time; return exit codes and messages."""
    running = [start(root, name) for name in names]
    return [
        (process.returncode, error.decode()) for process in running for _, error in [process.communicate(timeout=200)]
    ]


def counts(root: Path) -> tuple[int, int, int]:
    """Return how many captures, different captures with a text, and texts the catalog has."""
    with Catalog(root / "data/catalog.sqlite") as catalog:
        query = "SELECT (SELECT count(*) FROM capture), count(DISTINCT capture_id), count(*) FROM article"
        (row,) = catalog.query(query)
        return tuple(row)


def hosts(root: Path, table: str) -> Counter[str | None]:
    """Count the rows of a table of the catalog by the host of their address; no address may come twice."""
    with Catalog(root / "data/catalog.sqlite") as catalog:
        urls = [row["url"] for row in catalog.query(f"SELECT url FROM {table}")]
    assert len(set(urls)) == len(urls)
    return Counter(urlsplit(url).hostname for url in urls)


def rule_ids(root: Path, state: State, host: str) -> set[str]:
    return {rule.id for rule in read_proposals(root / "data", state, host)}


def assert_right(root: Path, name: str) -> None:
    """Assert that what a command promises is there."""
    match name:
        case "reclean":
            assert hosts(root, "article")[NEWS] == PAGES
        case "import":
            assert hosts(root, "capture")[OTHER] == hosts(root, "article")[OTHER] == PAGES
        case "crawl":
            assert hosts(root, "article")[LOOPBACK] == CRAWLED
        case "pack":
            with zipfile.ZipFile(root / "a.wacz") as packed:
                assert packed.testzip() is None
        case "build":
            done = press("dataset", "check", "set", cwd=root)
            assert done.code == 0, done.err
        case "accept":
            assert "tin" in rule_ids(root, "sites", HOST) - rule_ids(root, "proposed", HOST)
        case "retire":
            assert "tin" in rule_ids(root, "rejected", OTHER) - rule_ids(root, "sites", OTHER)


def test_a_file_that_is_sealed_between_two_looks_is_not_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    glob = Path.glob

    def sealing(folder: Path, pattern: str) -> Iterator[Path]:
        found = list(glob(folder, pattern))
        for path in glob(tmp_path, f"*{OPEN_SUFFIX}"):
            path.rename(path.with_name(path.name.removesuffix(OPEN_SUFFIX)))
        return iter(found)

    monkeypatch.setattr(Path, "glob", sealing)
    for look in (raw_files, partial(file_names, suffix=RAW_SUFFIX)):
        (tmp_path / f"a{RAW_SUFFIX}").unlink(missing_ok=True)
        (tmp_path / f"a{RAW_SUFFIX}{OPEN_SUFFIX}").touch()
        found = look(tmp_path)
        assert found in (([tmp_path / f"a{RAW_SUFFIX}"], []), [f"a{RAW_SUFFIX}"])


@pytest.mark.slow
def test_two_that_clean_again_write_each_text_once(root: Path) -> None:
    assert [code for code, _ in at_once(root, "reclean", "reclean")] == [0, 0]
    assert counts(root) == (PAGES, PAGES, PAGES)


@pytest.mark.slow
def test_two_that_import_one_file_store_each_capture_once(root: Path) -> None:
    assert [code for code, _ in at_once(root, "import", "import")] == [0, 0]
    assert counts(root) == (2 * PAGES, PAGES, PAGES)


def refused(error: str) -> bool:
    return any(words in error for words in REFUSALS)


@pytest.mark.long
@pytest.mark.parametrize("pair", list(combinations_with_replacement(COMMANDS, 2)), ids="+".join)
def test_each_pair_is_refused_or_right(root: Path, pair: tuple[str, str]) -> None:
    done = at_once(root, *pair)
    assert not all(refused(error) for _, error in done), done
    for name, (code, error) in zip(pair, done, strict=True):
        assert "Traceback" not in error, error
        if refused(error):
            assert (code, error.count("\n")) in ((REFUSED.get(name, 2), 1), (3, 1)), (
                error
            )  # of files to import, all failed
        else:
            assert code in CODES.get(name, {0}), error
            assert_right(root, name)
    captures, cleaned, texts = counts(root)
    assert captures >= PAGES
    assert cleaned == texts
    assert list(Verifier(root / "data", full=True).findings()) == []
    assert [*root.glob(".*.part"), *root.glob("data/*.new*")] == []


@pytest.mark.long
@pytest.mark.parametrize("writer", COMMANDS)
def test_who_reads_beside_a_writer_succeeds(
    root: Path, writer: str, open_collection: Callable[..., Collection], capture: Capture
) -> None:
    with open_collection("old") as collection:
        collection.store_text(
            collection.store(replace(capture, url=KNOWN, body=story(0))), Article(KEPT[0], rules_version="r")
        )
    frontier = Frontier(root / "data" / FRONTIER)
    frontier.add([FoundUrl(KNOWN, "article", "Old")])
    frontier.dispose()
    process, rounds = start(root, writer), 0
    while process.poll() is None or not rounds:
        for name, command in READERS.items():
            done = press(*command, "--data", "data", cwd=root)
            assert done.code == 0, (name, done)
        rounds += 1
    _, error = process.communicate()
    assert process.returncode in CODES.get(writer, {0}), error
