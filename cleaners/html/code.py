"""Tell which elements hold code, and in which language it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

from lxml.html import HtmlElement

_PREFORMATTED = "pre"
MAY_HOLD_CODE = frozenset(("code", "div", "ol", "pre", "table", "td"))
_CONTAINERS = frozenset((
    "CodeMirror-code", "ace_text-layer", "cm-content", "crayon-pre", "dp-highlighter", "enlighter",
    "js-file-line-container", "lines-code", "react-code-lines", "view-lines",
))  # fmt: skip
"""Classes that editors and highlighters give to the element around lines of code where that is no `pre`."""
_LINES_IN_CODE = ("div", "ol", "p", "pre", "table", "ul")
_UNSEEN = str.maketrans({"\r": None, "\u200b": None, "\ufeff": None, "\xa0": " "})
"""What editors put into code for the browser's sake, and what a person who copies it does not mean: signs without
width in empty lines, and spaces that do not break."""

MAX_AROUND = 3
"""Elements around code whose classes may name its language."""
_LANGUAGE_ATTRIBUTES = ("data-language", "data-lang", "data-code-lang", "data-enlighter-language", "language")
_PREFIXED = re.compile(
    r"(?:^|\s)(?:language-|lang-|highlight-(?:source-|text-)?|mw-highlight-lang-|src-|lang:|brush:\s*)([\w+#.-]+)"
)
_NAME = re.compile(r"[\w+#.-]{1,30}")
_NO_LANGUAGE = frozenset(("auto", "default", "generic", "nohighlight", "none", "undefined", "wrap", "wrapper"))
_HIGHLIGHTED = frozenset(("code", "highlight", "sourcecode", "syntaxhighlighter"))
# fmt: off
_LANGUAGES = frozenset((
    "ada", "apache", "awk", "bash", "basic", "batch", "c", "c#", "c++", "clojure", "cmake", "cmd", "cobol",
    "coffeescript", "console", "cpp", "cs", "csharp", "css", "csv", "cuda", "d", "dart", "diff", "docker",
    "dockerfile", "elixir", "elm", "erlang", "fortran", "fsharp", "glsl", "go", "golang", "graphql", "groovy",
    "haskell", "hcl", "html", "http", "ini", "java", "javascript", "jinja", "js", "json", "json5", "jsx", "julia",
    "kotlin", "kql", "latex", "lean", "less", "lisp", "lua", "makefile", "markdown", "matlab", "md", "nasm",
    "nginx", "nim", "nix", "objc", "objective-c", "objectivec", "ocaml", "pascal", "perl", "php", "plaintext",
    "plsql", "postgresql", "powershell", "prolog", "protobuf", "ps1", "py", "python", "python3", "r", "racket",
    "rb", "regex", "ruby", "rust", "rs", "sass", "scala", "scheme", "scss", "sh", "shell", "solidity", "sql",
    "svelte", "swift", "tcl", "terraform", "tex", "toml", "ts", "tsx", "typescript", "vb", "vbnet", "vhdl", "vim",
    "vue", "wasm", "xml", "yaml", "yml", "zig", "zsh",
))
# fmt: on
"""Names that are a language also where only a class without prefix or a label says so."""


def holds_code(element: HtmlElement, tag: str) -> bool:
    """Tell whether an element of a tag in MAY_HOLD_CODE is a block of code: a `pre`, an editor, a table with a line in
    each row, a `code` whose lines are elements. Where exactly one `pre` is in it, that is the block; where an editor is
    in a `pre`, the editor is."""
    if tag == _PREFORMATTED:
        return not (len(element) and element[0].tag == "div") or not any(
            _names_code(own, "div") for inner in element.iter("div") if (own := inner.get("class"))
        )
    classes = element.get("class")
    if not (classes and _names_code(classes, tag)) and not (
        tag == "code" and len(element) and element[0].tag in _LINES_IN_CODE
    ):
        return False
    return len([*islice(element.iter(_PREFORMATTED), 2)]) != 1


# the same few hundred values are on every page of a site
@lru_cache(maxsize=8192)
def _names_code(classes: str, tag: str) -> bool:
    words = set(classes.split())
    if tag == "code":
        return {"hl", "block"} <= words
    return not words.isdisjoint(_CONTAINERS) or (tag == "td" and "code" in words)


def as_code(text: str) -> str:
    """Return a piece of code without the signs that only help the browser."""
    return text.translate(_UNSEEN)


def trimmed(raw: str) -> tuple[str, int]:
    """Return code without the empty lines at its beginning and end, and how many characters were cut at its beginning.

    >>> trimmed("\\n\\n  if storm:\\n    close()\\n  ")
    ('  if storm:\\n    close()', 2)
    """
    cut = raw.rfind("\n", 0, len(raw) - len(raw.lstrip())) + 1
    return raw[cut:].rstrip(), cut


def language_of(element: HtmlElement, labels: Iterable[str] = ()) -> str:
    """Return the language of a block of code as the page names it, in lower case: by an attribute or class of the
    element, of a `code` in it or of what is around it, else by a label beside it; empty if it names none."""
    inner = element if element.tag == "code" else element.find(".//code")
    for own in (inner, element):
        if own is not None and (name := _named(own, is_own=True)):
            return name
    for around in islice(element.iterancestors(), MAX_AROUND):
        if name := _named(around, is_own=False):
            return name
    return next((name for label in labels if (name := label.strip().lower()) in _LANGUAGES), "")


def _named(element: HtmlElement, *, is_own: bool) -> str:
    names = [element.get(attribute) or "" for attribute in _LANGUAGE_ATTRIBUTES]
    classes = (element.get("class") or "").lower()
    names += _PREFIXED.findall(classes)
    for raw in names:
        name = raw.strip().lower()
        if _NAME.fullmatch(name) and name not in _NO_LANGUAGE and (is_own or name in _LANGUAGES):
            return name
    if is_own or not _HIGHLIGHTED.isdisjoint(classes.split()):
        return next((word for word in classes.split() if word in _LANGUAGES), "")
    return ""
