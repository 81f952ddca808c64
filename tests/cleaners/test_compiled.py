"""What is compiled gives what its source gives in plain Python."""

from __future__ import annotations

import doctest
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from benchmarks.hostile import PAGES as HOSTILE
from cleaners import compiled_modules, decode, load_rules
from cleaners.html import blocks
from cleaners.html.formulas import write_formulas
from cleaners.html.posts import write_posts
from cleaners.html.tree import body_of, parse, within_bounds
from cleaners.html.unread import take_out_empty
from cleaners.rules.dom import mark

ROOT = Path(__file__).parent.parent.parent
GOLDEN = sorted((ROOT / "tests" / "pages").glob("*/source.html"))
MODULES = compiled_modules()
LONGEST = 200_000
"""Characters of a hostile page that is read here, twice."""


def in_python(name: str) -> Iterator[ModuleType]:
    """Yield a module from its source, under another name."""
    source = ROOT / f"{name.replace('.', '/')}.py"
    spec = importlib.util.spec_from_file_location(f"{name}_in_python", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop(spec.name, None)


@pytest.fixture(scope="module")
def reader() -> Iterator[ModuleType]:
    if blocks.__name__ not in MODULES:
        pytest.skip("cleaners/html/blocks.py is not compiled here: no Cython, no C compiler, or PRESSCLIP_PURE")
    yield from in_python(blocks.__name__)


def read(reader: ModuleType, page: str) -> list[Any]:
    """Return all that a reader says about a page."""
    root = parse(within_bounds(page)[0])
    if root is None:
        return []
    write_formulas(root)
    write_posts(root)
    marks = mark(root, load_rules().dom)[0]
    places = take_out_empty(root)
    insets: list[Any] = []
    found, unread = reader.read_page(body_of(root), marks, places, insets)
    return [
        [
            (
                (one.text, one.kind, one.level, one.linked, one.order, one.bold, one.italic, one.after_picture),
                (one.where, one.rule, one.pieces, [(at, place.tag, begins) for at, place, begins in one.marks]),
                [
                    (str(frame.step), frame.tag, frame.table, frame.number, frame.mark and frame.mark.rule)
                    for frame in one.frame.up(9)
                ],
            )
            for one in found
        ],
        [(one.text, one.rule, str(one.step), one.order) for one in unread],
        [(inset.element.tag, str(inset.frame.step), inset.order) for inset in insets],
        blocks.flags_of(found),
    ]


@pytest.mark.parametrize("source", GOLDEN, ids=lambda source: source.parent.name)
def test_a_page_is_read_alike_in_plain_python(source: Path, reader: ModuleType) -> None:
    page = decode(source.read_bytes()).text
    assert read(blocks, page) == read(reader, page)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_read_alike_in_plain_python(name: str, reader: ModuleType) -> None:
    made = HOSTILE[name]()
    page = (made if isinstance(made, str) else decode(made).text)[:LONGEST]
    assert read(blocks, page) == read(reader, page)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_compiled_module_hold_in_its_source(name: str) -> None:
    for module in in_python(name):
        assert doctest.testmod(module).failed == 0


def test_what_has_types_beside_it_is_compiled_as_a_whole_or_not_at_all() -> None:
    typed = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in ROOT.glob("cleaners/**/*.pxd")]
    assert MODULES in ((), tuple(sorted(typed)))
