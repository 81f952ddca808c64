"""From the wheel, in an environment with an empty home and neither compiler nor git, the demo and the commands work.

Without the variable PRESSCLIP_FRESH the environment borrows the dependencies of the one that runs the tests, so that no
network is needed. `make release` names one that pip filled from the wheel alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import pytest

from tests.support.examples import examples_of
from tests.support.shell import TEXT

pytestmark = pytest.mark.long

ROOT = Path(__file__).parent.parent
TOOLS = ("sh", "cat")
SECONDS = 240
"""The most for one command: the demo takes 13 on a busy machine."""
SERVED_AS = ("http://127.0.0.1:8701", "http://127.0.0.1:8703")
"""The first and the third of the demo's sites, as docs/tutorial.md names them."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """An environment with pressclip installed, and folders to work in."""

    env: Path
    tools: Path
    home: Path
    work: Path

    @property
    def path(self) -> str:
        """Everything that a command finds by name."""
        return f"{self.env / 'bin'}{os.pathsep}{self.tools}"

    @property
    def variables(self) -> dict[str, str]:
        """All variables that a command has."""
        return {"HOME": str(self.home), "PATH": self.path, "TMPDIR": str(self.work)}

    def run(self, command: str, codes: tuple[int, ...] = (0,), folder: str = ".") -> str:
        """Run a line of shell in a folder, and return what it prints; it must end with one of *codes*."""
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=self.work / folder, env=self.variables, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode in codes, f"$ {command}\n{done.stdout}"
        assert "Traceback" not in done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    folder = tmp_path_factory.mktemp("fresh")
    given = os.environ.get("PRESSCLIP_FRESH")
    made = Fresh(Path(given) if given else folder / "env", folder / "tools", folder / "home", folder / "work")
    for path in (made.tools, made.home, made.work):
        path.mkdir()
    for name in TOOLS:
        (made.tools / name).symlink_to(shutil.which(name) or name)
    if not given:
        _install(made.env, folder)
    return made


def _install(env: Path, folder: Path) -> None:
    """Install the wheel into a new environment that sees the dependencies, but not the checkout."""
    python = env / "bin" / "python"
    for line in (
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")],
        [sys.executable, "-m", "venv", "--without-pip", str(env)],
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index",
         "--find-links", str(folder / "dist"), "pressclip"],
    ):  # fmt: skip
        subprocess.run(line, cwd=ROOT, check=True)
    (purelib,) = env.glob("lib/python*/site-packages")
    # a .pth file in a folder that is only on the path is not read: that of the editable checkout has no effect
    (purelib / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")


@pytest.fixture(scope="module")
def data(fresh: Fresh) -> Path:
    printed = fresh.run("pressclip demo --data demo-data")
    assert "texts equal to the true text: 35 of 35" in printed
    assert "disallowed pages requested: 0" in printed
    return fresh.work / "demo-data"


@pytest.fixture
def served(fresh: Fresh) -> Iterator[list[str]]:
    """The addresses of the demo's sites, served by the command that the tutorial has for that."""
    line = [str(fresh.env / "bin" / "pressclip"), "demo", "--sites", "--port", "0"]
    with subprocess.Popen(line, cwd=fresh.work, env=fresh.variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield [process.stdout.readline().split("/  ")[0] for _ in range(4)]
        process.terminate()


def test_neither_compiler_nor_git_can_be_found(fresh: Fresh) -> None:
    assert [name for name in ("git", "cc", "gcc", "c++", "clang", "make") if shutil.which(name, path=fresh.path)] == []
    assert shutil.which("pressclip", path=fresh.path) == str(fresh.env / "bin" / "pressclip")


def test_it_is_imported_from_the_environment(fresh: Fresh) -> None:
    places = fresh.run("python -c 'import archive, cleaners, scraper as s; print(archive, cleaners, s)'")
    assert places.count(str(fresh.env / "lib")) == 3
    assert str(ROOT) not in places


def test_the_demo_works_in_any_folder_and_leaves_the_home_empty(fresh: Fresh, data: Path) -> None:
    assert (data / "catalog.sqlite").is_file()
    assert [path for path in fresh.home.rglob("*") if path.is_file() and "pip" not in path.parts] == []


def test_a_page_of_the_documentation_is_cleaned(fresh: Fresh) -> None:
    fresh.run("pressclip docs examples/harbour.html > page.html")
    assert fresh.run("pressclip clean page.html").startswith("The harbour of Port Hallow was closed")
    assert "- dom/byline " in fresh.run("pressclip clean page.html --explain")
    (fresh.work / "corpus.txt").write_text(f"{TEXT}\nAdvertisement\n")
    assert "Advertisement" not in fresh.run("pressclip clean corpus.txt --text-mode")


@pytest.mark.parametrize(
    "command",
    [
        "archive search harbour",
        "archive list --limit 3",
        "archive verify",
        "archive reclean --dry-run --collection demo",
        "archive rebuild",
        "status",
        "rules learn",
        "rules list",
    ],
)
def test_a_command_on_the_archive_works(fresh: Fresh, data: Path, command: str) -> None:
    assert fresh.run(f"pressclip {command} --data {data.name}")


def test_a_dataset_is_built_and_proved(fresh: Fresh, data: Path) -> None:
    fresh.run(f"pressclip dataset build {data.name}/collections/demo --out dataset")
    fresh.run("pressclip dataset check dataset")
    fresh.run("pressclip dataset recipe dataset --out recipe.jsonl.gz")
    fresh.run(f"pressclip dataset rebuild recipe.jsonl.gz {data.name}/collections/demo --out again")
    fresh.run("pressclip dataset diff dataset again")


def test_the_tutorial_s_commands_print_what_it_shows(fresh: Fresh, served: list[str]) -> None:
    (fresh.work / "tutorial").mkdir()
    shown_as = dict(zip(SERVED_AS, (served[0], served[2]), strict=True))
    examples = [one for one in examples_of(ROOT / "docs" / "tutorial.md") if not one.not_run]
    assert len(examples) > 10
    for example in examples:
        command, shown = example.command, example.shown
        for page_s, ours in shown_as.items():
            command, shown = command.replace(page_s, ours), shown and shown.replace(page_s, ours)
        printed = fresh.run(command, (0, 1), "tutorial")
        assert shown is None or OutputChecker().check_output(shown, printed, ELLIPSIS), f"$ {command}\n{printed}"


def test_scrapy_finds_the_spider_by_the_settings_module(fresh: Fresh) -> None:
    assert fresh.run("SCRAPY_SETTINGS_MODULE=scraper.settings python -m scrapy list").split() == ["news"]
