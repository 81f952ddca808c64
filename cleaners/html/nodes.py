"""Find the elements that have some names or attributes, and number a page's elements, without making an object of
Python of each. `_nodes.pyx` has the same, compiled, where Cython, a C compiler and the headers of lxml were found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import cache

from lxml import etree
from lxml.html import HtmlElement

__all__ = ["Elements", "Signs", "having", "steps", "texts"]


def having(root: HtmlElement, names: Iterable[str], tag: str = "*") -> list[HtmlElement]:
    """Return the elements of a tag that have one of some attributes, in page order: those in `root`, and itself."""
    found: list[HtmlElement] = _having(tuple(names), tag)(root)
    return found


@cache
def _having(names: tuple[str, ...], tag: str) -> etree.XPath:
    return etree.XPath(f"descendant-or-self::{tag}[{' or '.join(f'@{name}' for name in names)}]")


class Signs:
    """What elements that may tell something have at least: one of some tags, a piece of text in an attribute, or a
    piece of text of their own. In plain Python they are not looked for, since that takes as long as to ask each
    element what it tells."""

    def __init__(
        self,
        tags: Iterable[str] = (),
        names: Mapping[str, Iterable[bytes]] | None = None,
        words: Iterable[bytes] = (),
    ) -> None:
        """Name the tags ("*": all), the attributes with their pieces (none: any value will do), and the pieces of text
        (none: no text will do). Pieces are in UTF-8 and in small letters; capitals of ASCII count as small ones."""

    def find(
        self, root: HtmlElement, origin: HtmlElement | None = None, reach: tuple[int, int] | None = None
    ) -> Iterable[tuple[int, HtmlElement]]:
        """Return the elements in `root`, and itself, that have a sign, in page order, each with its number, counted
        from `origin`: what stands before that has a number below 0. `reach`: the first and the last number that are
        looked at. In plain Python all elements are returned."""
        if origin is None and reach is None:
            return enumerate(root.iter("*"))
        elements = [*root.iter("*")]
        here = elements.index(origin) if origin in elements else 0
        first, last = (0, len(elements)) if reach is None else (max(here + reach[0], 0), here + reach[1] + 1)
        return enumerate(elements[first:last], first - here)


def texts(root: HtmlElement, without: Collection[str]) -> list[str]:
    """Return the texts in an element that are more than space, except what is inside elements of some tags in it."""
    if not any(text.strip() for text in root.itertext()):
        return []
    found: list[str | None] = [root.text]
    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, inner in walk:
        if event == "start" and inner is not root:
            if inner.tag in without:
                walk.skip_subtree()
            else:
                found.append(inner.text)
        elif inner is not root:
            found.append(inner.tail)
    return [text for text in found if text and text.strip()]


def steps(root: HtmlElement, without: Collection[str]) -> list[tuple[str | None, HtmlElement, str | None]]:
    """Return where an element and those in it begin and end, in page order, without what is inside elements of some
    tags. A beginning is the tag, the element and its text; an end is None, the element and the text behind it."""
    found: list[tuple[str | None, HtmlElement, str | None]] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            found.append((None, element, element.tail))
        elif (tag := str(element.tag)) in without:
            found.append((tag, element, None))
            walk.skip_subtree()
        else:
            found.append((tag, element, element.text))
    return found


class Elements:
    """The elements in a root, itself, and those around it, by their numbers in page order."""

    def __init__(self, root: HtmlElement, tags: Iterable[str], names: Mapping[str, set[str]], most: int) -> None:
        """Number them, and sort those of some tags and with some attributes, of whose values `most` characters are
        read. `names`: the attributes, each with values that are left out."""
        self._elements = [*reversed([*root.iterancestors()]), *root.iter("*")]
        numbers: dict[HtmlElement | None, int] = {element: n for n, element in enumerate(self._elements)}
        self.parents = [numbers.get(element.getparent(), -1) for element in self._elements]
        """The number of the element around each one; -1 for none."""
        self.ends = [*range(len(self._elements))]
        """The number of the last element inside each one; its own for none."""
        for number in range(len(self._elements) - 1, 0, -1):
            if (end := self.ends[number]) > self.ends[above := self.parents[number]]:
                self.ends[above] = end
        self.tagged: dict[str, list[int]] = {tag: [] for tag in tags}
        """The numbers of the elements of each tag."""
        self.values: dict[str, dict[str, list[int]]] = {name: {} for name in names}
        """The numbers of the elements by the names and values of their attributes."""
        for number, element in enumerate(self._elements):
            if (same := self.tagged.get(str(element.tag))) is not None:
                same.append(number)
            # lxml lists the names in linear time, but names and values in quadratic time
            for name in element.keys():  # noqa: SIM118 - an element is a sequence of its children
                if (by_value := self.values.get(name)) is not None:
                    value = element.get(name, "")[:most]
                    if value not in names[name]:
                        by_value.setdefault(value, []).append(number)

    def take(self, numbers: Iterable[int]) -> dict[int, HtmlElement]:
        """Return elements by their numbers. Since they were numbered the tree must not have changed."""
        return {number: self._elements[number] for number in numbers}


# an lxml that the compiled module was not made for ends its import
with suppress(ImportError, TypeError, ValueError):
    from cleaners.html._nodes import Elements, Signs, having, steps, texts  # type: ignore[import-not-found,no-redef]
