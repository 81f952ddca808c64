"""Find the formulas of a page, each once however many copies it has, and put its TeX where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from cleaners.html.blocks import BLOCK_TAGS, FORMULA
from cleaners.html.mathml import COMMANDS, drawn, tex_of
from cleaners.html.nodes import having
from cleaners.html.tree import parse
from cleaners.html.unread import WAS

MAX_TEX = 20_000
"""Characters of a formula: a longer one is no formula. The longest in the development corpora has some 300."""
MAX_MARKUP = 100_000
"""Characters of MathML in an attribute or script."""
_MAX_FIELDS = 50
_MAX_COPIES = 8
"""Elements beside each other that are one formula, where no renderer of formulas names them."""
_MAX_CLIMB = 8
"""Elements around a formula that belong to it: MathJax 2 has five."""

_TAGS = ("math", "m:math", "mml:math", "script", "img", "mjx-container", "amp-mathml")
_STATED = ("data-tex", "data-latex", "data-mathml")
# fmt: off
_RENDERED = frozenset((
    "katex", "katex-display", "katex-mathml", "katex-html", "mathjax", "mathjax_display", "mathjax_svg",
    "mathjax_svg_display", "mathjax_chtml", "mathjax_mathml", "mathjax_preview", "mjx-chtml", "mjxc-display",
    "mjx_assistive_mathml", "mwe-math-element", "mwe-math-element-inline", "mwe-math-element-block",
    "mwe-math-mathml-inline", "mwe-math-mathml-display", "mwe-math-mathml-a11y", "ztext-math",
))
"""Classes that renderers of formulas give to the elements around one."""
_OUTER = ("body", "html", "td", "th", "table", "tr", "main", "dd", "a")
_LINES = ("p", "div", "dd", "figure", "center", "section", "article")
_PROSE = ("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "article", "section", "blockquote")
_DISPLAY = frozenset((
    "katex-display", "mathjax_display", "mathjax_svg_display", "mjxc-display", "mwe-math-mathml-display",
    "mwe-math-element-block", "mwe-math-fallback-image-display", "display", "math-display", "equation",
))
_HIDDEN = frozenset(("sr-only", "visually-hidden", "visuallyhidden", "screen-reader-text", "hidden", "mathml"))
# fmt: on
_OF_FORMULA = re.compile(r"(?:^|[\s_-])(?:latex|tex|math|formula|equation|eqn?)(?:$|[\s_-])")
_PARAMETERS = frozenset(("tex", "latex", "chl", "formula", "math", "eq", "equation"))
_CDATA = re.compile(r"%?\s*(?:<!\[CDATA\[|\]\]>)\s*")
_SIGNS = re.compile(r"[=^_{}+<>]")
_PROSE_WORD = re.compile(r"[^\W\d_]{4,}")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
DELIMITERS = (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$"))
_OF_SERVICES = re.compile(r"^\s*(?:\\(?:inline|dpi\{\d+\}|(?:bg|fg|fn)_\w+)\s*)+")
"""What services that draw formulas are told of the picture."""


_TYPESETTER = re.compile('mathjax|katex|<math-renderer|class="math ', re.IGNORECASE)
_RAW = re.compile(
    r"(?P<display>\$\$[^$]+\$\$|(?<!\\)\\\[(?:\\\\|(?!\\[\[\]])[^\\]|\\[^\\\[\]])+\\\]"
    r"|\\begin\{(?P<name>(?:equation|align|gather|multline|eqnarray)\*?)\}"
    r"(?:(?!\\(?:begin|end)\{(?P=name)).)+\\end\{(?P=name)\})"
    r"|(?<!\\)\\\((?:(?!\\[()])[\s\S])+\\\)|(?<![\\$\w])\$(?=\S)[^$]+(?<=[^\s\\])\$(?![\d$])",
    re.DOTALL,
)
"""Formulas between the signs that MathJax and KaTeX look for. Between two prices is none: a `$` that ends a formula has
neither a space before it nor a digit behind it (https://pandoc.org/MANUAL.html#math)."""


def write_formulas(root: HtmlElement) -> None:
    """Make one element `formula` of each formula in a tree, with its TeX as text and `display="display"` where it has a
    line of its own. Its copies, such as a picture beside hidden MathML, are emptied; no element changes its place."""
    found = [element for element in root.iter(*_TAGS) if _may_be(element)] + having(root, _STATED, "span")
    if not found:
        return
    # a script says what the author wrote, and stands behind what was made of it
    found.sort(key=lambda element: element.tag != "script")
    seen: set[HtmlElement] = set()
    for element in found:
        if element not in seen:
            _write(element, seen)


def is_typeset(page: str) -> bool:
    """Tell whether a page has a program that sets formulas in its text."""
    return _TYPESETTER.search(page) is not None


def raw_formulas(text: str, *, typeset: bool) -> Iterator[tuple[int, int, bool]]:
    r"""Yield the beginning and end of each formula that stands in a text with its delimiters, and whether it has a line
    of its own. Without a program that sets them (`typeset`) they must have a command of TeX.

    >>> list(raw_formulas(r"So \(\alpha\) costs $5, or $6.", typeset=False))
    [(3, 13, False)]
    """
    for match in _RAW.finditer(text):
        if typeset or _has_command(match[0]):
            yield match.start(), match.end(), match["display"] is not None


def _may_be(element: HtmlElement) -> bool:
    tag = element.tag
    if tag == "script":
        kind = element.get("type")
        return kind is not None and kind[:5].lower() == "math/"
    if tag == "img":
        src = element.get("src", "")
        return "%5C" in src or "%5c" in src or "\\" in src or "\\" in element.get("alt", "") or _is_marked(element)
    return True


def _is_marked(element: HtmlElement) -> bool:
    classes = element.get("class", "").lower()
    # most pictures have classes, and the pattern takes ten times as long as these
    is_likely = "tex" in classes or "math" in classes or "formula" in classes or "eq" in classes
    return is_likely and _OF_FORMULA.search(classes) is not None


def _write(element: HtmlElement, seen: set[HtmlElement]) -> None:
    around, copies = _around(element)
    seen.update(inner for one in (around, *copies) for inner in one.iter())
    tex = _tex(element, around)
    if not tex or len(tex) > MAX_TEX:
        return
    is_display = _is_display(element, around, tex)
    is_other = "asciimath" in (element.get("type") or "").lower()
    for copy in copies:
        _empty(copy)
    place = around
    if around.tag in BLOCK_TAGS:
        _empty(around)
        place = etree.SubElement(around, "span")
    was = str(place.tag)
    _empty(place)
    # a formula in another notation stays as its author wrote it, and is not called TeX
    place.tag, place.text = ("span", tex) if is_other else (FORMULA, bare_tex(tex))
    place.set(WAS, was)
    if is_display:
        place.set("display", "display")


def _empty(element: HtmlElement) -> None:
    """Take out what is in an element, and what hides it."""
    tail = element.tail
    element.clear()
    element.tail = tail


def _around(element: HtmlElement) -> tuple[HtmlElement, list[HtmlElement]]:
    """Return the outermost element that has nothing but one formula and its copies in it, and its copies beside it."""
    around, hidden = element, None
    for _, parent in zip(range(_MAX_CLIMB), element.iterancestors(), strict=False):
        if parent.tag in _OUTER or (len(parent) > _MAX_COPIES and not _is_rendered(parent)):
            break
        if next(parent.iter(*_PROSE), None) is not None:
            break
        is_only = _has_no_text(parent)
        if _is_rendered(parent) or (hidden is not None and is_only and parent.tag not in BLOCK_TAGS):
            around, hidden = parent, None
        elif is_only and _is_hidden(parent):
            hidden = parent
        elif not (is_only and len(parent) == 1):
            break
    if hidden is not None:
        copies = [one for one in (_beside(hidden, before=True), _beside(hidden)) if one is not None and _is_copy(one)]
        return (hidden, copies) if copies or _is_marked(hidden) else (around, [])
    copies = []
    if around.tag == "script":
        beside = _beside(around, before=True)
        while beside is not None and _is_rendered(beside):
            copies.append(beside)
            beside = _beside(beside, before=True)
    return around, copies


def _classes(element: HtmlElement) -> set[str]:
    return set((element.get("class") or "").lower().split())


def _is_rendered(element: HtmlElement) -> bool:
    return str(element.tag).startswith("mjx-") or bool(_RENDERED & _classes(element))


def _is_hidden(element: HtmlElement) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or "clip:rect" in style or bool(_HIDDEN & _classes(element))


def _is_copy(element: HtmlElement) -> bool:
    return element.tag in ("img", "svg") or element.get("aria-hidden") == "true" or _is_rendered(element)


def _is_blank(text: str | None) -> bool:
    return not text or text.isspace()


def _has_no_text(element: HtmlElement) -> bool:
    return _is_blank(element.text) and all(_is_blank(child.tail) for child in element)


def _beside(element: HtmlElement, *, before: bool = False) -> HtmlElement | None:
    """Return the element beside one, where no text is between them."""
    other = element.getprevious() if before else element.getnext()
    if other is None or not _is_blank((other if before else element).tail):
        return None
    return other


def _is_display(element: HtmlElement, around: HtmlElement, tex: str) -> bool:
    """Tell whether a formula has a line of its own."""
    if tex.startswith(("$$", "\\[", "\\begin{align", "\\begin{equation", "\\begin{gather")):
        return True
    inside = [element, *(one for one in around.iter(*_TAGS, "mjx-assistive-mml"))]
    if any(one.get("display") in ("block", "true") or one.get("mode") == "display" for one in inside):
        return True
    if "mode=display" in (element.get("type") or "").replace(" ", ""):
        return True
    if any(_DISPLAY & _classes(one) for one in (around, *around.iterdescendants())):
        return True
    for _, parent in zip(range(_MAX_CLIMB), around.iterancestors(), strict=False):
        if _DISPLAY & _classes(parent) and len(parent) == 1 and _has_no_text(parent):
            return True
        if parent.tag in BLOCK_TAGS:
            return parent.tag in _LINES and len(parent) == 1 and _has_no_text(parent)
        if len(parent) > 1 or not _has_no_text(parent):
            break
    return False


def _tex(element: HtmlElement, around: HtmlElement) -> str:
    """Return a formula's TeX: what its author wrote, else what says it best; empty if there is none."""
    return next((tex for tex in map(str.strip, _sayings(element, around)) if tex), "")


def _sayings(element: HtmlElement, around: HtmlElement) -> Iterator[str]:
    if element.tag == "script":
        yield from _of_script(element)
        return
    for annotation in around.iter("annotation", "m:annotation", "mml:annotation"):
        if "tex" in (annotation.get("encoding") or "").lower():
            yield annotation.text_content()
    inside = [*around.iter()]
    for name in ("data-tex", "data-latex", "data-formula"):
        yield from (one.get(name) or "" for one in inside)
    said = [one.get("alttext") or "" for one in inside] + [one.get("alt") or "" for one in inside if one.tag == "img"]
    yield from filter(_is_tex, said)
    for one in inside:
        if str(one.tag).rpartition(":")[2] == "math":
            yield tex_of(one)
        if markup := one.get("data-mathml"):
            yield _of_markup(markup)
    for image in (one for one in inside if one.tag == "img"):
        yield _of_address(image.get("src") or "")
        if _is_marked(image):
            yield image.get("alt") or ""
    if str(around.tag).startswith("mjx-"):
        yield from (tex_of(math) for math in drawn(around))


def _of_script(script: HtmlElement) -> Iterator[str]:
    kind, text = (script.get("type") or "").lower(), script.text or ""
    if kind.startswith("math/mml"):
        yield _of_markup(text)
    else:
        yield _CDATA.sub("", text)


def _of_markup(markup: str) -> str:
    if len(markup) > MAX_MARKUP or (root := parse(markup)) is None:
        return ""
    math = next(root.iter("math"), None)
    return "" if math is None else tex_of(math)


def _of_address(address: str) -> str:
    """Return the TeX that the address of a picture asks a service to draw."""
    try:
        parts = urlsplit(address)
        pairs = dict(parse_qsl(parts.query, max_num_fields=_MAX_FIELDS))
    except ValueError:
        return ""
    # `chl` says formulas and also the words of charts; `cht=tx` are formulas
    named = [pairs[name] for name in pairs if name in _PARAMETERS and (name != "chl" or pairs.get("cht") == "tx")]
    said = [*named, unquote(parts.query), unquote(parts.path.rpartition("/")[2])]
    return next((_OF_SERVICES.sub("", one) for one in said if one in named or _has_command(one)), "")


def _is_tex(text: str) -> bool:
    """Tell TeX from words and from paths of files: by a command, or by braces, signs and single letters only."""
    text = text.strip()
    if any(
        text.startswith(left) and text.endswith(right) and len(text) > len(left + right) for left, right in DELIMITERS
    ):
        return True
    if _has_command(text):
        return True
    return "\\" not in text and bool(_SIGNS.search(text)) and not _PROSE_WORD.search(text)


def _has_command(text: str) -> bool:
    return bool(_OF_SERVICES.match(text)) or not COMMANDS.isdisjoint(_COMMAND.findall(text))


def bare_tex(tex: str) -> str:
    """Return TeX without its delimiters."""
    tex = _OF_SERVICES.sub("", tex.strip())
    for left, right in DELIMITERS:
        if tex.startswith(left) and tex.endswith(right) and len(tex) > len(left + right):
            return tex[len(left) : -len(right)].strip()
    return tex
