"""The wheel is whole: it holds the rules and the demo's articles, and works from any folder without the checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from scraper.cli.docs import pages

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
DATA = (
    "cleaners/rules/data/*.toml",
    "cleaners/classify/data/*.json",
    "cleaners/line_model/data/*.json",
    "scraper/demo/*/*.toml",
    "scraper/web/templates/*.html",
    "scraper/web/static/*.css",
    "scraper/web/static/*.js",
    "scraper/web/static/*.svg",
    "archive/warc/*.toml",
)
PACKAGES = ("cleaners", "archive", "scraper")
SHOW = "import archive, cleaners, scraper; [print(m.__file__) for m in (archive, cleaners, scraper)]"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("site")
    run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site), str(wheel), cwd=site)
    return site


def run(*args: str, cwd: Path, site: Path | None = None) -> str:
    """Run Python with *args*, importing from *site* first, and return what it prints."""
    env = os.environ | ({"PYTHONPATH": str(site)} if site else {})
    done = subprocess.run([sys.executable, *args], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_source_distribution_holds_all_but_the_forge_s_own(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not in a git checkout: what is tracked is not known")
    run("-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path), cwd=ROOT)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    tracked = {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    assert sorted(name for name in tracked - packed if not name.startswith(".github/")) == []


def test_the_release_workflow_calls_what_there_is_and_alone_may_publish() -> None:
    workflow = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert set(re.findall(r"\bmake ([\w-]+)", workflow.partition("jobs:")[2])) == {"release"} <= set(targets)
    build, _, publish = workflow.partition("\n  publish:\n")
    assert "id-token" not in build
    assert "secrets." not in workflow
    assert "run:" not in publish, "the job that may publish runs no code of ours"


def test_the_wheel_holds_every_module_and_all_data(wheel: Path) -> None:
    modules = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    data = [path for pattern in DATA for path in ROOT.glob(pattern)]
    assert len(data) >= 6
    wanted = {path.relative_to(ROOT).as_posix() for path in [*modules, *data]}
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert wanted | {f"{package}/py.typed" for package in PACKAGES} <= names
    assert {f"scraper/documentation/{page}" for page in pages()} <= names


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        assert not [name for name in archive.namelist() if name.endswith((".pyc", ".sqlite", ".gz"))]
    assert {top for top in tops if not top.endswith((".dist-info", ".data"))} == set(PACKAGES)


def test_the_installed_packages_are_imported_and_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    assert all(Path(line).is_relative_to(installed) for line in run("-c", SHOW, cwd=tmp_path, site=installed).split())


def test_the_installed_command_cleans_a_file_by_its_own_rules(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("The lamp was lit again on Friday.\nAdvertisement\n")
    assert run("-m", "scraper", "rules", "check", cwd=tmp_path, site=installed)
    text = run("-m", "scraper", "clean", "page.txt", "--text-mode", cwd=tmp_path, site=installed)
    assert text.strip() == "The lamp was lit again on Friday."


def test_the_installed_command_cleans_a_page(installed: Path, tmp_path: Path) -> None:
    page = ROOT / "docs" / "examples" / "harbour.html"
    text = run("-m", "scraper", "clean", str(page), cwd=tmp_path, site=installed)
    assert text.startswith("The harbour of Port Hallow was closed")


def test_the_installed_demo_sites_have_their_articles(installed: Path, tmp_path: Path) -> None:
    script = "from scraper.demo import sites, serve\nwith serve() as s: print(sum(len(x.articles) for x in s))"
    assert run("-c", script, cwd=tmp_path, site=installed).strip() == "35"


def test_the_installed_command_prints_the_pages_that_messages_name(installed: Path, tmp_path: Path) -> None:
    assert run("-m", "scraper", "docs", cwd=tmp_path, site=installed) == run("-m", "scraper", "docs", cwd=ROOT)
    page = run("-m", "scraper", "docs", "docs/recipes/javascript.md", cwd=tmp_path, site=installed)
    assert page == (ROOT / "docs" / "recipes" / "javascript.md").read_text("utf-8")


def test_the_citation_names_the_version_that_the_wheel_has(wheel: Path) -> None:
    (cited,) = re.findall(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.M)
    assert wheel.name.split("-")[1] == cited


def test_the_wheel_holds_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (licence,) = [name for name in archive.namelist() if name.endswith(".dist-info/licenses/LICENSE")]
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()


def test_the_lock_file_pins_every_package_and_names_no_place() -> None:
    lines = [
        line for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines() if line[:1] not in ("#", " ")
    ]
    pinned = re.compile(r"[\w.-]+==[\w.+!-]+( ; python_version < \"[\d.]+\")?")
    assert [line for line in lines if not pinned.fullmatch(line)] == []
