"""Each package has one door: what it promises is there, and what is there is promised."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("cleaners", "archive", "scraper")


def bound_names(door: Path) -> set[str]:
    """Return the public names that a module's top level binds."""
    names: set[str] = set()
    for node in ast.parse(door.read_text("utf-8")).body:
        match node:
            case ast.Import() | ast.ImportFrom():
                names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            case ast.FunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Assign():
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return {name for name in names if not name.startswith("_") and name != "annotations"}


@pytest.mark.parametrize("package", PACKAGES)
def test_what_a_door_promises_exists(package: str) -> None:
    door = importlib.import_module(package)
    assert [name for name in getattr(door, "__all__", []) if not hasattr(door, name)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_door_promises_all_that_it_exports(package: str) -> None:
    door = importlib.import_module(package)
    assert set(getattr(door, "__all__", [])) == bound_names(ROOT / package / "__init__.py")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_door_says_what_the_package_is_for(package: str) -> None:
    assert (importlib.import_module(package).__doc__ or "").strip()


def test_importing_the_cleaners_does_not_import_trafilatura() -> None:
    script = "import sys, cleaners; sys.exit('trafilatura' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
