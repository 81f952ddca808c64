"""Each command of README.md and docs/ works as it stands there, from the wheel, in a folder outside the checkout.

The pages speak of example.com and of seed lists of real sites; here the demo's sites stand for them, on loopback.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
import zstandard

from scraper.demo import RunningSite, serve
from tests.support.command_lines import understand
from tests.support.dataset_inputs import write_corpus
from tests.support.examples import PAGES, ROOT, Example, blocks_of, examples_of

EXAMPLES = [example for page in PAGES for example in examples_of(page)]
RUN = {page.relative_to(ROOT).as_posix(): [one for one in examples_of(page) if not one.not_run] for page in PAGES}
ONLY_READ = [one for one in EXAMPLES if one.not_run and one.command.startswith("pressclip ")]
WELL = (0, 1)
"""Exit codes of a command that did what the page says: 1 tells a difference, or that some of the demo's pages fail."""
SECONDS = 240
"""The most for one command: a build of the demo's pages takes 10 on a busy machine."""
WHO = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org"}
WHO |= {"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org"}
IN_AN_EMPTY_FOLDER = {"docs/tutorial.md"}
INSTALLED = {"bin", "installed"}
NOTHING_FOUND = 3
MAY_FIND_NOTHING = tuple(f"pressclip archive {name}" for name in ("search", "show", "list", "front", "export"))
"""What may end so: the demo's stories have none of the words, and its captures none of the days, of an example."""
TOOLS = {"git", "jq"}
"""Programs of the machine without which a command is left out."""
TUTORIAL_PORTS = "870"
"""The ports of docs/tutorial.md without their last figure; the tests take free ones, from one that ends with 1, too."""
NOT_RUN = {
    "is for a shell's start file": 3,
    "is the demo and the tests themselves": 2,
    "needs PostgreSQL": 1,
    "needs Ray": 1,
    "needs Slurm": 1,
    "needs a checkout": 1,
    "needs a person": 5,
    "needs pywb": 6,
    "needs scrapyd": 1,
    "needs several machines": 5,
    "needs the network": 9,
    "runs until it is stopped": 6,
}
"""How many commands are not run, by reason."""


def test_a_command_that_is_not_run_is_counted_with_its_reason() -> None:
    assert Counter(one.not_run for one in EXAMPLES if one.not_run) == NOT_RUN


@pytest.mark.parametrize("example", ONLY_READ, ids=lambda one: one.command)
def test_a_command_that_is_not_run_is_understood(example: Example) -> None:
    line = re.split(r" \|| >(?!=)| &$", example.command)[0]
    understand(line)


@pytest.fixture(scope="module")
def sites() -> Iterator[list[RunningSite]]:
    with serve(port=_free_ports()) as running:
        yield running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, sites: list[RunningSite]) -> Path:
    """A folder with what the pages speak of, and `pressclip` from the wheel in its `bin`."""
    site = tmp_path_factory.mktemp("site")
    built = tmp_path_factory.mktemp("wheel")
    _python("-m", "hatchling", "build", "-t", "wheel", "-d", str(built), cwd=ROOT)
    wheel = str(next(built.glob("*.whl")))
    _python("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site), wheel, cwd=site)
    folder = tmp_path_factory.mktemp("world")
    (folder / "installed").symlink_to(site)
    _write_command(folder / "bin" / "pressclip", sites[0])
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    seeds = "\n".join(_toml(one) for one in sites[1:3])  # the first stands for example.com, and is new to each page
    (folder / "seeds" / "news.toml").write_text(seeds)
    _run("pressclip crawl seeds/news.toml", folder)
    _fill(folder)
    return folder


def _fill(folder: Path) -> None:
    """Write the inputs that examples name: pages, WARC files, corpora, rules, datasets."""
    (warc,) = (folder / "pressclip-data/collections/news/archive").glob("*.warc.gz")
    page = ROOT / "docs/examples/harbour.html"
    for path in ("page.html", "pages/harbour.html", "saved-pages/harbour.html"):
        (folder / path).parent.mkdir(exist_ok=True)
        shutil.copy(page, folder / path)
    for path in (
        "crawl.warc.gz",
        "CC-NEWS.warc.gz",
        "CC-NEWS-20261101020304-00042.warc.gz",
        "ccnews/one.warc.gz",
        "other.warc.gz",
    ):
        (folder / path).parent.mkdir(exist_ok=True)
        shutil.copy(warc, folder / path)
    (texts, *_) = (folder / "pressclip-data/collections/news/text").glob("*.wet.gz")
    shutil.copy(texts, folder / "CC-MAIN.warc.wet.gz")
    text = "The lamp was lit again on Friday.\nAdvertisement\nNobody could agree on the colour of the pole.\n"
    (folder / "corpus.txt").write_text(text)
    row = json.dumps({"text": text, "url": "https://skerry.example/lamp"}) + "\n"
    (folder / "corpus.jsonl").write_text(json.dumps(json.loads(row) | {"content": text}))
    (folder / "c4").mkdir()
    (folder / "c4/one.jsonl.gz").write_bytes(gzip.compress(row.encode()))
    write_corpus(folder / "texts.jsonl.gz", range(8))
    (folder / "corpus.jsonl.zst").write_bytes(zstandard.compress(row.encode()))
    (folder / "rendered.jsonl").write_text(json.dumps({"url": "https://skerry.example/lamp", "html": page.read_text()}))
    pyarrow.parquet.write_table(
        pyarrow.table({"text": [text], "url": ["https://skerry.example/1"]}), folder / "more.parquet"
    )
    (example,) = (
        text for _, kind, text in blocks_of(ROOT / "docs/rules.md") if kind == "toml" and "radio-night" in text
    )
    (folder / "my-rules.toml").write_text(
        example.replace("radio-night", "television").replace("our radio", "our screen")
    )
    (folder / "pressclip-data/rules/sites").mkdir(parents=True)
    (folder / "pressclip-data/rules/sites/news.example.toml").write_text(example)
    _python("-m", "benchmarks.planted", "gullwick-post.test", "30", str(folder / "news-data"), cwd=ROOT)
    shutil.copytree(
        folder / "news-data/collections/news", folder / "pressclip-data/collections/news", dirs_exist_ok=True
    )
    _run("pressclip archive rebuild", folder)
    shutil.copytree(folder / "pressclip-data", folder / "DIR")
    _run("pressclip dataset build pressclip-data/collections/news --out dataset-new", folder)
    shutil.copytree(folder / "dataset-new", folder / "news-2027")


@pytest.mark.long
@pytest.mark.parametrize("page", [page for page, examples in RUN.items() if examples])
def test_the_commands_of_a_page_do_what_it_says(
    page: str, world: Path, sites: list[RunningSite], tmp_path: Path
) -> None:
    ports = sites[0].base_url.rpartition(":")[2][:-1]
    folder = tmp_path / "world"
    left_out = shutil.ignore_patterns(*(path.name for path in world.iterdir() if path.name not in INSTALLED))
    shutil.copytree(world, folder, symlinks=True, ignore=left_out if page in IN_AN_EMPTY_FOLDER else None)
    for example in RUN[page]:
        command, shown = (text and text.replace(TUTORIAL_PORTS, ports) for text in (example.command, example.shown))
        if not all(map(shutil.which, TOOLS & set(command.split()))):
            continue
        code, printed = _run(command, folder)
        assert "Traceback" not in printed, f"$ {example.command}\n{printed}"
        nothing_found = code == NOTHING_FOUND and command.startswith(MAY_FIND_NOTHING)
        assert code in WELL or nothing_found, f"$ {example.command}\n{printed}\nexit code {code}"
        if shown is not None:
            assert OutputChecker().check_output(shown, printed, ELLIPSIS), f"$ {example.command}\n{printed}"

    if page in IN_AN_EMPTY_FOLDER:
        for text in (text for _, kind, text in blocks_of(ROOT / page) if kind == "python"):
            code, printed = _run(f"{shlex.quote(sys.executable)} -c {shlex.quote(text)}", folder)
            assert code == 0, printed


def _run(command: str, folder: Path) -> tuple[int, str]:
    """Run a command as a shell does, and return its exit code and what it prints on both streams."""
    tools = os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {name: value for name, value in os.environ.items() if not name.startswith("PRESSCLIP_")}
    env |= WHO | {"PATH": tools, "PYTHONPATH": str(folder / "installed")}
    out, err, nothing = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL
    done = subprocess.run(
        command, shell=True, cwd=folder, env=env, stdin=nothing, stdout=out, stderr=err, timeout=SECONDS, check=False
    )
    return done.returncode, done.stdout.decode()


def _write_command(path: Path, site: RunningSite) -> None:
    """Write `pressclip`, for which the demo's first site and a planted host stand for those that the pages name."""
    stand_in = {
        "https://example.com/story": site.base_url + site.articles[0].path,
        "https://example.com": site.base_url,
        "example.com": site.base_url.removeprefix("http://"),
        "news.example": "gullwick-post.test",
    }
    path.parent.mkdir()
    path.write_text(
        f"""#!{sys.executable}
import os, sys

args = sys.argv[1:]
for name, place in {stand_in!r}.items():
    args = [place + one[len(name):] if one.startswith(name) else one for one in args]
if args[:1] in (["crawl"], ["discover"]) or (args[:1] == ["clean"] and any("127.0.0.1" in one for one in args)):
    args += ["--allow-private", "--delay", "0"]
os.execv(sys.executable, [sys.executable, "-m", "scraper", *args])
"""
    )
    path.chmod(0o755)


def _toml(site: RunningSite) -> str:
    rows = [f"{key} = {value!r}" for key, value in site.seed.items()]
    return "\n".join(["[[site]]", *rows])


def _python(*args: str, cwd: Path) -> None:
    done = subprocess.run([sys.executable, *args], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _free_ports() -> int:
    """Return a port that ends with 1, from which on there is one for each of the demo's sites."""
    for port in range(20_001 + 10 * (os.getpid() % 1_000), 60_000, 10):
        with suppress(OSError), ExitStack() as taken:
            for place in range(4):
                taken.enter_context(socket.create_server(("127.0.0.1", port + place)))
            return port
    raise AssertionError("no four free ports in a row")
