"""What is compiled gives what its source gives in plain Python."""

from __future__ import annotations

import doctest
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, fromstring

from benchmarks.hostile import PAGES as HOSTILE
from cleaners import compiled_modules, decode, load_rules
from cleaners.compiled import stale_modules
from cleaners.html import blocks, nodes
from cleaners.html.formulas import write_formulas
from cleaners.html.posts import write_posts
from cleaners.html.tree import body_of, parse, within_bounds
from cleaners.html.unread import take_out_empty
from cleaners.metadata import authors, dates, linked_data, read_metadata
from cleaners.rules.dom import mark

ROOT = Path(__file__).parent.parent.parent
GOLDEN = sorted((ROOT / "tests" / "pages").glob("*/source.html"))
MODULES = compiled_modules()
SUFFIX = EXTENSION_SUFFIXES[0]
SIGNS: tuple[tuple[tuple[str, ...], dict[str, tuple[bytes, ...]], tuple[bytes, ...]], ...] = (
    (("div", "time"), {"class": (b"menu", b"\xc3\xa4"), "hidden": (), "b": (b"second",)}, (b"1", b"\xd9", b"by ")),
    ((), {"id": ()}, ()),
    (("*",), {}, ()),
)
TAGS = ("a", "div", "p", "span")
NAMES: dict[str, set[str]] = {
    name: {"c", "content", "true"} for name in ("class", "href", "id", "b", "hidden", "title", "aria-expanded")
}
WITHOUT = ("script", "svg")
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


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    if nodes.Elements.__module__ not in MODULES:
        pytest.skip("cleaners/html/_nodes.pyx is not compiled here: no Cython, no C compiler, or PRESSCLIP_PURE")
    monkeypatch.setitem(sys.modules, nodes.Elements.__module__, None)
    yield from in_python(nodes.__name__)


def told(module: ModuleType, root: HtmlElement) -> list[Any]:
    """Return what a module tells of the elements in a root, and of those around it."""
    page = module.Elements(root, TAGS, NAMES, 12)
    elements = page.take(range(len(page.parents)))
    some = page.take([len(page.parents) - 1, 0, 0])
    return [
        (page.parents, page.ends, page.tagged, page.values, elements, some),
        [module.having(root, NAMES), module.having(root, ["href"], "a"), module.having(root, ["no-such"])],
        [module.texts(one, ("a", "title", "script")) for one in root.iter("body", "svg", "p")],
    ]


def having_signs(
    root: HtmlElement,
    origin: HtmlElement | None,
    tags: Iterable[str],
    names: Mapping[str, Sequence[bytes]],
    words: Sequence[bytes],
) -> list[tuple[int, HtmlElement]]:
    """Return what `Signs` is to find."""

    def holds(pieces: Iterable[bytes], text: str | None) -> bool:
        return text is not None and any(piece in text.encode().lower() for piece in pieces)

    elements = list(root.iter("*"))
    first = elements.index(origin) if origin in elements else 0
    return [
        (number - first, element)
        for number, element in enumerate(elements)
        if element.tag in tags
        or "*" in tags
        or any(name in element.keys() and not pieces for name, pieces in names.items())  # noqa: SIM118
        or any(holds(pieces, element.get(name)) for name, pieces in names.items())
        or holds(words, element.text)
        or any(holds(words, child.tail) for child in element)
    ]


@pytest.mark.parametrize("name", [*HOSTILE, *(source.parent.name for source in GOLDEN)])
def test_the_elements_of_a_page_are_numbered_alike_in_plain_python(name: str, plain: ModuleType) -> None:
    made = HOSTILE[name]() if name in HOSTILE else (ROOT / "tests" / "pages" / name / "source.html").read_bytes()
    page = (made if isinstance(made, str) else decode(made).text)[:LONGEST]
    root = parse(within_bounds(page)[0])
    if root is not None:
        deepest = max(root.iter("*"), key=lambda element: element.sourceline or 0)
        for one in (root, body_of(root), deepest):
            assert told(nodes, one) == told(plain, one)
            assert nodes.steps(one, WITHOUT) == plain.steps(one, WITHOUT)
            for signs in SIGNS:
                found = having_signs(root, one, *signs)
                assert [*nodes.Signs(*signs).find(root, one)] == found
                assert nodes.Signs(*signs).find(root, one, (-9, 50)) == [few for few in found if -9 <= few[0] <= 50]


@pytest.mark.parametrize(
    "markup",
    [
        "<a b='ä&amp;ß' b='second' hidden title=''>x</a><!-- a --><?a b?><A HREF=x>y</A>",
        f"<x:a y:href='z' href='{'é' * 13}'><svg xlink:href='#'></svg></x:a>",
        "<p>" + "<b>" * 20_000 + "x",
        "<div class='Men&uuml; MENU'>Written BY x<i>1</i>2<!--1--></div><p>x<!--1-->1</p><p>٢</p><script>1</script>",
        "<svg> <title>a</title>b<!-- c -->d<g>\xa0<a>e</a>\u3000<b>f</b><title>i<b>j</b></title></g>k</svg>",
    ],
)
def test_odd_markup_is_numbered_alike_in_plain_python(markup: str, plain: ModuleType) -> None:
    root = fromstring(f"<html><body>{markup}</body></html>", parser=HTMLParser(huge_tree=True))
    assert told(nodes, root) == told(plain, root)
    assert nodes.steps(root, WITHOUT) == plain.steps(root, WITHOUT)
    for signs in SIGNS:
        assert [*nodes.Signs(*signs).find(root)] == having_signs(root, None, *signs)


@pytest.mark.parametrize("source", GOLDEN, ids=lambda source: source.parent.name)
def test_metadata_is_read_alike_in_plain_python(
    source: Path, plain: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = parse(decode(source.read_bytes()).text)
    assert root is not None
    read = read_metadata(root)
    for module, name in ((dates, "_SIGNS"), (authors, "_SIGNS"), (authors, "_SIGNS_NEAR"), (linked_data, "_SIGNS")):
        monkeypatch.setattr(module, name, plain.Signs())
    assert read_metadata(root) == read


def test_namespaces_entities_and_comments_are_told_alike_in_plain_python(plain: ModuleType) -> None:
    root = etree.fromstring(
        '<!DOCTYPE a [<!ENTITY e "<i>x</i>">]>'
        '<a xmlns:n="u" n:href="1" href="2"><n:p n:class="c">&e;</n:p><!--c--><?p?><p n:id="i"/></a>',
        etree.XMLParser(resolve_entities=False),
    )
    names = NAMES | {"{u}class": set[str]()}
    for one in root.iter():
        ours, theirs = (module.Elements(one, ("p", "{u}p"), names, 12) for module in (nodes, plain))
        assert (ours.parents, ours.ends) == (theirs.parents, theirs.ends)
        assert (ours.tagged, ours.values) == (theirs.tagged, theirs.values)
        assert ours.take([0]) == theirs.take([0])
    assert told(nodes, root) == told(plain, root)


def test_to_take_elements_after_their_tree_changed_harms_nothing() -> None:
    root = fromstring("<html><body><div><p>a<p>b</div><div><p>c</div></body></html>")
    page = nodes.Elements(root, TAGS, NAMES, 12)
    first, second = body_of(root)
    second.append(first)
    assert set(page.take(range(6)).values()) <= {*root.iter()}
    root.remove(body_of(root))
    assert page.take([0, 3])[0] is root


@pytest.mark.parametrize("name", [name for name in MODULES if (ROOT / f"{name.replace('.', '/')}.py").exists()])
def test_the_examples_of_a_compiled_module_hold_in_its_source(name: str) -> None:
    for module in in_python(name):
        assert doctest.testmod(module).failed == 0


def test_what_has_types_beside_it_is_compiled_as_a_whole_or_not_at_all() -> None:
    sources = [path for kind in ("pxd", "pyx") for path in ROOT.glob(f"cleaners/**/*.{kind}")]
    assert MODULES in ((), tuple(sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources)))


def test_of_a_checkout_with_an_older_compiled_module_all_are_read_from_source(tmp_path: Path) -> None:
    package = tmp_path / "cleaners"
    package.mkdir()
    for number, name in enumerate(("one.py", "one.pxd", "two.pyx", f"one{SUFFIX}", f"two{SUFFIX}")):
        (package / name).touch()
        os.utime(package / name, (number, number))
    (tmp_path / "pyproject.toml").touch()
    assert stale_modules(tmp_path) == {}
    os.utime(package / "two.pyx", (9, 9))
    assert stale_modules(tmp_path) == {"cleaners.one": package / "one.py", "cleaners.two": package / "two.pyx"}
    (tmp_path / "pyproject.toml").unlink()
    assert stale_modules(tmp_path) == {}, "an installed package's files are never changed"


@pytest.mark.slow
def test_older_compiled_modules_are_told_and_not_used(tmp_path: Path) -> None:
    package = tmp_path / "cleaners"
    shutil.copytree(ROOT / "cleaners", package)
    (tmp_path / "pyproject.toml").touch()
    if not [*package.rglob(f"*{SUFFIX}")]:
        pytest.skip("nothing is compiled here: no Cython, no C compiler, or PRESSCLIP_PURE")
    for types in package.rglob("*.pxd"):
        types.touch()
    script = "import cleaners; print(cleaners.compiled_modules(), cleaners.clean('<p>It rained.').kind)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True, env={}
    )
    assert done.stdout.startswith("() ")
    assert "make .venv/.built" in done.stderr
