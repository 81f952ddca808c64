"""A hint to install an extra names where this copy came from, and never a bare name, of which an index is asked."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from archive import how_to_install

ROOT = Path(__file__).parent.parent.parent
BARE_NAME = re.compile(
    r"""\b(?:pip|pipx|uv|uv[ ]tool)[ ](?:install|inject|add)\b [^\n`]*? (?<![/\w.-])["']?pressclip(?![\w./-])""",
    re.VERBOSE,
)


@pytest.fixture
def came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the metadata of an installed pressclip on the path, in an environment that pip made."""
    info = tmp_path / "pressclip-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: pressclip\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return info / "direct_url.json"


def test_a_checkout_is_installed_from_its_folder(came_from: Path, tmp_path: Path) -> None:
    folder = tmp_path / "my press clips"
    folder.mkdir()
    came_from.write_text(json.dumps({"url": folder.as_uri(), "dir_info": {}}))
    assert how_to_install("datasets") == f"pip install '{folder}[datasets]'"


def test_an_editable_checkout_stays_editable(came_from: Path, tmp_path: Path) -> None:
    came_from.write_text(json.dumps({"url": tmp_path.as_uri(), "dir_info": {"editable": True}}))
    assert how_to_install("scale") == f"pip install --editable '{tmp_path}[scale]'"


def test_a_wheel_is_installed_from_its_file(came_from: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "pressclip-1.0-py3-none-any.whl"
    wheel.touch()
    came_from.write_text(json.dumps({"url": wheel.as_uri(), "archive_info": {}}))
    assert how_to_install("pack") == f"pip install '{wheel}[pack]'"


@pytest.mark.parametrize("origin", ["", "{", '{"url": "https://example.com/pressclip.whl"}', '{"url": "file:///gone"}'])
def test_where_the_source_is_not_known_or_gone_the_hint_says_checkout(came_from: Path, origin: str) -> None:
    came_from.write_text(origin)
    assert how_to_install("datasets") == "in a checkout of pressclip: pip install '.[datasets]'"


@pytest.mark.parametrize(
    ("mark", "words"), [("pipx_metadata.json", "pipx install"), ("uv-receipt.toml", "uv tool install")]
)
def test_the_tool_that_made_the_environment_is_named(came_from: Path, tmp_path: Path, mark: str, words: str) -> None:
    (tmp_path / mark).touch()
    assert how_to_install("pack") == f"in a checkout of pressclip: {words} --force '.[pack]'"


def test_a_quote_in_the_path_stays_one_word(came_from: Path, tmp_path: Path) -> None:
    folder = tmp_path / "Ada's"
    folder.mkdir()
    came_from.write_text(json.dumps({"url": folder.as_uri(), "dir_info": {}}))
    assert how_to_install("pack") == f"pip install '{tmp_path}/Ada'\"'\"'s[pack]'"


def test_no_message_and_no_page_names_a_package_that_nobody_has_published() -> None:
    files = [
        path
        for pattern in ("*.md", "docs/**/*.md", "seeds/*", "archive/**/*.py", "scraper/**/*.py", "cleaners/**/*.py")
        for path in ROOT.glob(pattern)
        if path.name not in ("CHANGELOG.md", "DECISIONS.md")
    ]
    assert len(files) > 100
    found = [
        f"{path.relative_to(ROOT)}: {line}" for path in files for line in BARE_NAME.findall(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("line", ["pip install pressclip", "pipx install 'pressclip[pack]'", "uv add pressclip"])
def test_a_bare_name_is_seen(line: str) -> None:
    assert BARE_NAME.search(line)
