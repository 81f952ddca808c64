"""A power cut at any moment: what was acknowledged is there, and nothing half-written looks whole.

Five programs run under strace: one stores, cleans again and rebuilds, the others crawl, pack and build a dataset. What
they write is played again up to a cut, in each of the states that `tests.support.power_cut` leaves.
"""

from __future__ import annotations

import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from archive import Catalog, Collection, Verifier, read_capture, read_text
from archive.dataset import Options, build, check_manifest
from tests.support.dataset_inputs import contents, write_corpus
from tests.support.loopback import Site, page
from tests.support.power_cut import STATES, Cut, Recording, State, record

pytestmark = pytest.mark.long

STORE = """
import os, random, sys
from datetime import UTC, datetime
from pathlib import Path
from archive import Capture, Collection, Limits, Rebuilder, reclean
from cleaners import Article, load_rules
from tests.support.shell import PAGE
def say(word): os.write(1, (word + "\\n").encode())
root, noise = Path("data"), random.Random(7)
limits = Limits(max_bytes=6000, sync_seconds=1000)
with Collection(root, software="s/1", rules_version="r", limits=limits) as collection:
    for number in range(8):
        body = PAGE.encode() + b"<!--" + noise.randbytes(500).hex().encode() + b"-->"
        head = b"HTTP/1.1 200 OK\\r\\nContent-Type: text/html"
        page = Capture(f"https://a.example/{number}", datetime.now(UTC), 200, head, body, b"GET / HTTP/1.1")
        stored = collection.store(page)
        text = collection.store_text(stored, Article(f"Lamp {number}", rules_version="r"))
        collection.sync()
        say(f"ack {stored.record_id}")
        say(f"ack {text.record_id}")
say("sealed")
"""
RECLEAN_AND_REBUILD = """
for done in reclean(root, "news", rules=load_rules(), software="s/1"): pass
say("texts 16")
assert list(Rebuilder(root).findings()) == []
say("rebuilt")
"""
CRAWL = """
import os, sys
from pathlib import Path
from scraper.crawl import CrawlOptions, run_crawl
from scraper.seeds import Seed
from tests.support.crawling import paragraphs
def closed(event):
    if event.status == "fetched": os.write(1, f"ack {event.record_id}\\n".encode())
seed = Seed("site", urls=tuple(f"{sys.argv[1]}/{number}" for number in range(12)))
run_crawl(CrawlOptions(
    seeds=[seed], data=Path("data"), delay=0, allow_private=True, clean=paragraphs, jobs=0, on_event=closed
))
os.write(1, b"crawled\\n")
"""
PACK = """
import os
from pathlib import Path
from archive import Selection, pack
pack(Path("data"), Selection("news"), Path("x.wacz"), software="s/1")
os.write(1, b"packed\\n")
"""
BUILD = """
import os
from pathlib import Path
from archive.dataset import Options, build
build([Path("corpus.jsonl").absolute()], Path("out").absolute(), Options())
os.write(1, b"built\\n")
"""


@dataclass(frozen=True)
class Command:
    """A command under the power cut."""

    record: Callable[[Path], Recording]
    check: Callable[[Path, Cut, Path], None]
    """Look at what is there after a cut; the last argument is the folder of the uncut run."""
    points: int
    """Moments of the cut, of which each is taken in every state. The 500 of all commands are 967 different disks and
    acknowledgements, and take 135 s of CPU."""
    ended: str
    """The last line that the program writes."""


def _crawled(folder: Path) -> Recording:
    with Site() as site:
        for number in range(12):
            site.routes[f"/{number}"] = page(f"Lamp {number} of the parish was lit again on Friday evening.")
        return record(CRAWL, folder, site.base)


def _packed(folder: Path) -> Recording:
    record(STORE.replace("range(8)", "range(80)"), folder)
    return record(PACK, folder)


def _built(folder: Path) -> Recording:
    write_corpus(folder / "corpus.jsonl", range(30))
    return record(BUILD, folder)


def check_archive(root: Path, cut: Cut, uncut: Path) -> None:
    """Start again after the cut, and look for all that was acknowledged."""
    data = root / "data"
    rows = closed_rows(data / "frontier.sqlite")
    with Collection(data, software="s/1", rules_version="r"):
        pass
    with Catalog(data / "catalog.sqlite") as catalog:
        for line in cut.said:
            word, _, value = line.partition(" ")
            if word == "ack":
                capture, article = catalog.capture(value), catalog.article(value)
                assert capture or article, f"{value} was acknowledged"
                if capture:
                    assert read_capture(data, "news", capture.file, capture.offset).status == 200
            if word == "texts":
                assert next(catalog.query("SELECT count(*) FROM article"))[0] == int(value)
        for url, record_id in rows:
            capture = catalog.capture(record_id)
            assert capture, f"{url} is closed without its capture"
            assert read_capture(data, "news", capture.file, capture.offset).url == url
            assert catalog.articles(record_id), f"{url} is closed without its text"
        for row in catalog.query("SELECT file, offset FROM article"):
            assert read_text(data, "news", row["file"], row["offset"]).text
    assert list(Verifier(data, full=True).findings()) == []


def closed_rows(path: Path) -> list[tuple[str, str]]:
    """Return the URL and the capture of each row that a crawl closed with an article."""
    if not path.is_file():
        return []
    with closing(sqlite3.connect(path)) as frontier:
        if not frontier.execute("SELECT 1 FROM sqlite_schema WHERE name = 'urls'").fetchone():
            return []
        return frontier.execute("SELECT url, record_id FROM urls WHERE status = 'fetched'").fetchall()


def check_wacz(root: Path, cut: Cut, uncut: Path) -> None:
    """The file is not there, or whole."""
    made = root / "x.wacz"
    assert made.exists() or "packed" not in cut.said
    if made.exists():
        with zipfile.ZipFile(made) as file, zipfile.ZipFile(uncut / "x.wacz") as whole:
            assert file.testzip() is None
            assert file.namelist() == whole.namelist()


def check_dataset(root: Path, cut: Cut, uncut: Path) -> None:
    """The dataset is there whole, or the build goes on and makes the same one."""
    out = root / "out"
    if not (out / "manifest.json").exists():
        assert "built" not in cut.said
        build([uncut / "corpus.jsonl"], out, Options())
    assert list(check_manifest(out)) == []
    assert contents(out) == contents(uncut / "out")


COMMANDS = {
    "archive": Command(partial(record, STORE + RECLEAN_AND_REBUILD), check_archive, 200, "rebuilt"),
    "crawl": Command(_crawled, check_archive, 200, "crawled"),
    "pack": Command(_packed, check_wacz, 60, "packed"),
    "dataset": Command(_built, check_dataset, 40, "built"),
}


@pytest.fixture(scope="module", params=COMMANDS)
def command(request: pytest.FixtureRequest) -> Command:
    return COMMANDS[request.param]


@pytest.fixture(scope="module")
def recorded(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return command.record(tmp_path_factory.mktemp("recorded").resolve())


def test_what_is_played_again_is_what_the_program_left(command: Command, recorded: Recording) -> None:
    disk = recorded.disk()
    for call in recorded.calls:
        disk.call(call)
    left = {str(path) for path in recorded.folder.rglob("*") if path.is_file()}
    assert recorded.plays_all
    assert set(disk.names) == left
    for path in left:
        assert path.endswith("-shm") or bytes(disk.names[path].now) == Path(path).read_bytes(), path
    assert disk.said[-1] == command.ended


@pytest.mark.parametrize("state", STATES)
def test_nothing_acknowledged_is_lost_and_nothing_half_written_looks_whole(
    command: Command, recorded: Recording, tmp_path: Path, state: State
) -> None:
    seen: set[str] = set()
    points = 0
    for cut in recorded.cuts(command.points, state):
        points += 1
        if cut.digest in seen:
            continue
        seen.add(cut.digest)
        root = tmp_path / str(points)
        root.mkdir()
        cut.write(root)
        command.check(root, cut, recorded.folder)
        shutil.rmtree(root)
    assert points == command.points
    assert len(seen) > 2, "the cuts leave nothing between none and all"
