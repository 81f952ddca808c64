"""Paths: where an element stands in the page, told by tags and numbers."""

from __future__ import annotations

MAX_STEPS = 64
"""Steps of a path; a longer one begins with `//`. The development corpora's pages are at most 56 elements deep."""


class Step:
    """An element's place among its siblings; `str` gives the path to it, as lxml's getpath would.

    getpath counts the siblings anew for each element, which is quadratic on a long page.
    """

    __slots__ = ("children", "depth", "number", "parent", "path", "tag")

    def __init__(self, tag: str, parent: Step | None) -> None:
        self.tag = tag
        self.parent = parent
        self.children: dict[str, int] = {}
        self.number = 1
        self.depth = 0
        self.path = ""
        if parent is not None:
            self.depth = parent.depth + 1
            self.number = parent.children[tag] = parent.children.get(tag, 0) + 1

    def __str__(self) -> str:
        # what stands in one element shares its path: kept, since every removal has one
        if not self.path:
            self.path = f"{self.parent or ''}{self._last()}" if self.depth < MAX_STEPS - 1 else self._end()
        return self.path

    def _last(self) -> str:
        alone = self.parent is None or self.parent.children[self.tag] == 1
        return (f"/{self.tag}" if alone else f"/{self.tag}[{self.number}]") if self.tag else ""

    def _end(self) -> str:
        parts: list[str] = []
        step: Step | None = self
        while step is not None and len(parts) < MAX_STEPS:
            parts.append(step._last())
            step = step.parent
        return "/" + "".join(reversed(parts))
