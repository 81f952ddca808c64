"""The manual page has what `--help` has, man reads it without a warning, and the packages carry it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import click
import pytest

ROOT = Path(__file__).parent.parent
PAGE = "build/man/pressclip.1"


def made_from(source: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("man", ROOT / source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


man = made_from(".ci/man.py")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What man shows, on one line."""
    if not shutil.which("groff"):
        pytest.skip("no groff")
    path = tmp_path_factory.mktemp("man") / "pressclip.1"
    path.write_text(man.manual(), "utf-8")
    command = ["groff", "-k", "-man", "-ww", "-Tutf8", "-P-cbou", "-rHY=0", "-rLL=1000n", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stderr == ""
    return " ".join(done.stdout.split())


def test_the_page_has_each_command_option_example_and_exit_code(shown: str) -> None:
    def missing(command: click.Command, context: click.Context) -> list[str]:
        wanted = [context.command_path, *(option for one in command.params for option in one.opts if option[0] == "-")]
        if not isinstance(command, click.Group):
            wanted += [line.strip() for line in (command.epilog or "").splitlines() if line.strip("\b ")]
        found = [words for words in wanted if " ".join(words.split()) not in shown]
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                assert child is not None
                found += missing(child, click.Context(child, info_name=name, parent=context))
        return found

    assert missing(man.commands, click.Context(man.commands, info_name="pressclip")) == []


@pytest.mark.parametrize("line", [".so /etc/passwd", "'br", "a\\b", "--skip-existing", "plain"])
def test_a_line_is_shown_as_it_is(line: str) -> None:
    escaped = man._escape(line)
    assert not escaped.startswith((".", "'"))
    assert re.sub(r"\\(e|-|&)", lambda sign: {"e": "\\", "-": "-", "&": ""}[sign[1]], escaped) == line


@pytest.mark.slow
def test_the_packages_carry_the_page(tmp_path: Path) -> None:
    copy = tmp_path / "checkout"
    leave_out = shutil.ignore_patterns(".*", "tests", "build", "dist", "__pycache__", "results", "pressclip-data")
    shutil.copytree(ROOT, copy, ignore=leave_out)
    shutil.copytree(ROOT / ".ci", copy / ".ci", ignore=leave_out)
    shutil.copy(ROOT / ".gitignore", copy)
    (copy / PAGE).parent.mkdir(parents=True)
    (copy / PAGE).write_text(man.manual(), "utf-8")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path / "dist")]
    # nothing is compiled: the page is looked for
    subprocess.run(command, cwd=copy, check=True, capture_output=True, env=os.environ | {"PRESSCLIP_PURE": "1"})
    (wheel,), (sdist,) = (tmp_path / "dist").glob("*.whl"), (tmp_path / "dist").glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        assert [name for name in archive.namelist() if name.endswith(".data/data/share/man/man1/pressclip.1")]
    with tarfile.open(sdist) as packed:
        names = [name.partition("/")[2] for name in packed.getnames()]
    assert {PAGE, ".ci/build_hook.py", ".ci/man.py"} <= set(names)
