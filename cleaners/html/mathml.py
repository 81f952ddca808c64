"""Write MathML as TeX, for pages that give their formulas in no other way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from lxml.html import Element, HtmlElement

MAX_LEVELS = 60
"""Elements inside each other; below them only the text is written. Formulas in pages have some 20."""

# fmt: off
_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho varsigma sigma tau "
    "upsilon varphi chi psi omega"
)
_LETTERS = {chr(0x3B1 + i): f"\\{name}" for i, name in enumerate(_GREEK.split())} | {
    "ο": "o", "Γ": "\\Gamma", "Δ": "\\Delta", "Θ": "\\Theta", "Λ": "\\Lambda", "Ξ": "\\Xi", "Π": "\\Pi", "Σ": "\\Sigma",
    "Υ": "\\Upsilon", "Φ": "\\Phi", "Ψ": "\\Psi", "Ω": "\\Omega", "ε": "\\varepsilon", "ϵ": "\\epsilon",
    "ϑ": "\\vartheta", "ϕ": "\\phi", "ϖ": "\\varpi", "ϱ": "\\varrho", "ϰ": "\\varkappa", "∂": "\\partial",
    "∇": "\\nabla", "∞": "\\infty", "∅": "\\emptyset", "ℏ": "\\hbar", "ħ": "\\hbar", "ℓ": "\\ell", "ℜ": "\\Re",
    "ℑ": "\\Im", "℘": "\\wp", "ℵ": "\\aleph", "ı": "\\imath", "ȷ": "\\jmath", "ℝ": "\\mathbb{R}", "ℂ": "\\mathbb{C}",
    "ℕ": "\\mathbb{N}", "ℤ": "\\mathbb{Z}", "ℚ": "\\mathbb{Q}", "ℙ": "\\mathbb{P}", "ℍ": "\\mathbb{H}",
    "ℒ": "\\mathcal{L}", "ℱ": "\\mathcal{F}", "ℋ": "\\mathcal{H}", "ℛ": "\\mathcal{R}", "ℬ": "\\mathcal{B}",
    "ℰ": "\\mathcal{E}", "ℳ": "\\mathcal{M}", "ℐ": "\\mathcal{I}", "ℎ": "h", "∀": "\\forall", "∃": "\\exists",
    "∄": "\\nexists", "⊤": "\\top", "⊥": "\\perp", "°": "^{\\circ}", "…": "\\dots", "⋯": "\\cdots", "⋮": "\\vdots",
    "⋱": "\\ddots", "′": "'", "″": "''", "‴": "'''", "Å": "\\AA", "†": "\\dagger", "‡": "\\ddagger", "∠": "\\angle",
    "△": "\\triangle", "□": "\\square", "∎": "\\blacksquare", "♭": "\\flat", "♯": "\\sharp", "§": "\\S", "¶": "\\P",
}
_INFIX = {
    "=": "=", "+": "+", "-": "-", "−": "-", "<": "<", ">": ">", "±": "\\pm", "∓": "\\mp", "×": "\\times",
    "÷": "\\div", "⋅": "\\cdot", "·": "\\cdot", "∙": "\\bullet", "•": "\\bullet", "∗": "*", "⋆": "\\star",
    "∘": "\\circ", "⊕": "\\oplus", "⊖": "\\ominus", "⊗": "\\otimes", "⊙": "\\odot", "≤": "\\leq", "≥": "\\geq",
    "≦": "\\leqq", "≧": "\\geqq", "⩽": "\\leqslant", "⩾": "\\geqslant", "≪": "\\ll", "≫": "\\gg", "≠": "\\neq",
    "≡": "\\equiv", "≢": "\\not\\equiv", "≈": "\\approx", "≃": "\\simeq", "≅": "\\cong", "∼": "\\sim", "≁": "\\nsim",
    "≺": "\\prec", "≻": "\\succ", "≼": "\\preceq", "≽": "\\succeq", "∝": "\\propto", "≜": "\\triangleq", "≔": ":=",
    "≐": "\\doteq", "∈": "\\in", "∉": "\\notin", "∋": "\\ni", "⊂": "\\subset", "⊃": "\\supset", "⊆": "\\subseteq",
    "⊇": "\\supseteq", "⊊": "\\subsetneq", "⊄": "\\not\\subset", "∪": "\\cup", "∩": "\\cap", "⊎": "\\uplus",
    "⊔": "\\sqcup", "⊓": "\\sqcap", "∖": "\\setminus", "∧": "\\wedge", "∨": "\\vee", "→": "\\to", "←": "\\leftarrow",
    "⟶": "\\longrightarrow", "⟵": "\\longleftarrow", "↔": "\\leftrightarrow", "⇒": "\\Rightarrow",
    "⇐": "\\Leftarrow", "⇔": "\\Leftrightarrow", "⟹": "\\implies", "⟺": "\\iff", "↦": "\\mapsto",
    "⟼": "\\longmapsto", "↑": "\\uparrow", "↓": "\\downarrow", "↗": "\\nearrow", "↘": "\\searrow",
    "↪": "\\hookrightarrow", "↠": "\\twoheadrightarrow", "⇌": "\\rightleftharpoons", "⇀": "\\rightharpoonup",
    "∣": "\\mid", "∤": "\\nmid", "∥": "\\parallel", "∦": "\\nparallel", "⊢": "\\vdash", "⊨": "\\models",
    "⟂": "\\perp", "⋈": "\\bowtie", "≀": "\\wr", "⋊": "\\rtimes", "⋉": "\\ltimes", "∴": "\\therefore",
    "∵": "\\because", "≍": "\\asymp", "⊑": "\\sqsubseteq", "⊲": "\\triangleleft", "⊳": "\\triangleright",
}
_PREFIX = {"¬": "\\neg", "√": "\\surd"}
_LIMITS = {
    "∑": "\\sum", "∏": "\\prod", "∐": "\\coprod", "∫": "\\int", "∬": "\\iint", "∭": "\\iiint", "∮": "\\oint",
    "⋃": "\\bigcup", "⋂": "\\bigcap", "⋁": "\\bigvee", "⋀": "\\bigwedge", "⨁": "\\bigoplus", "⨂": "\\bigotimes",
    "⨀": "\\bigodot", "⨆": "\\bigsqcup", "⨄": "\\biguplus",
}
_FUNCTIONS = frozenset((
    "arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "coth", "csc", "deg", "det", "dim", "exp", "gcd", "hom",
    "inf", "ker", "lg", "lim", "liminf", "limsup", "ln", "log", "max", "min", "Pr", "sec", "sin", "sinh", "sup", "tan",
    "tanh",
))
_WITH_LIMITS = frozenset(("det", "gcd", "inf", "lim", "liminf", "limsup", "max", "min", "Pr", "sup"))
_OPENING = {"(": "(", "[": "[", "{": "\\{", "⟨": "\\langle", "〈": "\\langle", "⌊": "\\lfloor", "⌈": "\\lceil"}
_CLOSING = {")": ")", "]": "]", "}": "\\}", "⟩": "\\rangle", "〉": "\\rangle", "⌋": "\\rfloor", "⌉": "\\rceil"}
_BARS = {"|": "|", "‖": "\\|", "∥": "\\|", "∣": "|"}
_FENCES = _OPENING | _CLOSING | _BARS
_MATRICES = {("(", ")"): "pmatrix", ("[", "]"): "bmatrix", ("{", "}"): "Bmatrix", ("|", "|"): "vmatrix",
             ("‖", "‖"): "Vmatrix", ("{", ""): "cases"}  # fmt: skip
_OVER = {
    "¯": "bar", "‾": "overline", "̄": "bar", "^": "hat", "ˆ": "hat", "̂": "hat", "~": "tilde", "˜": "tilde", "̃": "tilde",
    "∼": "tilde", "˙": "dot", ".": "dot", "̇": "dot", "¨": "ddot", "̈": "ddot", "→": "vec", "⃗": "vec", "⇀": "vec",
    "←": "overleftarrow", "↔": "overleftrightarrow", "⏞": "overbrace", "︷": "overbrace", "ˇ": "check", "˘": "breve",
    "´": "acute", "`": "grave", "°": "mathring", "˚": "mathring", "_": "overline", "―": "overline", "─": "overline",
}
_WIDE = {"bar": "overline", "hat": "widehat", "tilde": "widetilde", "vec": "overrightarrow"}
_UNDER = {"_": "underline", "̲": "underline", "¯": "underline", "‾": "underline", "―": "underline",
          "⏟": "underbrace", "︸": "underbrace"}  # fmt: skip
_BRACES = ("\\overbrace", "\\underbrace")
_VARIANTS = {
    "bold": "mathbf", "bold-italic": "boldsymbol", "double-struck": "mathbb", "script": "mathcal",
    "bold-script": "mathcal", "fraktur": "mathfrak", "bold-fraktur": "mathfrak", "sans-serif": "mathsf",
    "bold-sans-serif": "mathsf", "sans-serif-italic": "mathsf", "monospace": "mathtt", "normal": "mathrm",
}
# fmt: on
_UNICODE_VARIANTS = (
    ("DOUBLE-STRUCK", "mathbb"),
    ("FRAKTUR", "mathfrak"),
    ("SCRIPT", "mathcal"),
    ("SANS-SERIF", "mathsf"),
    ("MONOSPACE", "mathtt"),
    ("BOLD ITALIC", "boldsymbol"),
    ("BOLD", "mathbf"),
)
_INVISIBLE = dict.fromkeys(map(ord, "\u2061\u2062\u2063\u2064\u200b\ufe00"))
_TALL = ("mfrac", "mtable", "munder", "mover", "munderover", "mroot", "msqrt")
_SPECIAL = re.compile(r"[%#&_{}$]")
_COMMAND_END = re.compile(r"\\[A-Za-z]+\Z")
_TOKENS, _ROWS, _SCRIPTED = (
    ("mi", "mn", "mo", "mtext"),
    ("mrow", "texatom", "num", "den", "msqrt"),
    ("msup", "msub", "mfrac"),
)
"""Elements of formulas that MathJax drew: of signs, of a row, and of two parts."""
_HEXADECIMAL = re.compile("[0-9A-F]{1,5}")
_LENGTH = re.compile(r"([\d.]+)em")
COMMANDS = frozenset(
    name
    for table in (_LETTERS, _INFIX, _LIMITS, _OPENING, _CLOSING)
    for name in re.findall(r"\\([A-Za-z]+)", " ".join(table.values()))
) | _FUNCTIONS | frozenset(_OVER.values()) | frozenset(_VARIANTS.values()) | frozenset((
    "begin", "binom", "boldsymbol", "boxed", "cdots", "dfrac", "displaystyle", "frac", "ge", "hspace", "ldots", "le",
    "left", "mathrm", "ne", "operatorname", "overset", "qquad", "quad", "right", "rightarrow", "sqrt", "text",
    "textbf", "textrm", "textstyle", "tfrac", "underbrace", "underline", "underset", "vert",
))  # fmt: skip
"""TeX's commands that formulas are told by."""


def tex_of(math: HtmlElement) -> str:
    r"""Return a `math` element as TeX.

    >>> from lxml.html import fromstring
    >>> tex_of(fromstring("<math><mi>x</mi><mo>≤</mo><mfrac><mn>1</mn><mi>α</mi></mfrac></math>"))
    'x \\leq \\frac{1}{\\alpha}'
    """
    return " ".join(_row(list(math), math, 0).split())


def drawn(container: HtmlElement) -> list[HtmlElement]:
    """Return as MathML what MathJax drew: signs named by the numbers of their characters, in HTML (`mjx-c1D465`) or in
    SVG (`data-c="1D465"`). Where it has more than scripts, fractions and roots, its signs stand in a row."""
    math = Element("math")
    math.extend(_drawn(container, 0))
    return [math] if _text(math) else []


def _drawn(node: HtmlElement, level: int) -> list[HtmlElement]:
    tag = str(node.tag)
    name = (node.get("data-mml-node") or (tag[4:] if tag.startswith("mjx-") else "")).lower()
    if name == "assistive-mml":
        return []
    if name in _TOKENS:
        token = Element(name)
        token.text = "".join(filter(None, map(_drawn_sign, node.iter())))
        return [token]
    if level > MAX_LEVELS:
        return []
    inner = [one for child in node for one in _drawn(child, level + 1)]
    if name in ("msubsup", "munderover") and len(inner) == 3 and next(node.iter("mjx-over"), None) is None:
        # drawn from the top
        inner = [inner[0], inner[2], inner[1]]
    elif name in _ROWS or (name in _SCRIPTED and len(inner) == 2):
        pass
    else:
        return inner
    whole = Element("mrow" if name in ("texatom", "num", "den") else name)
    whole.extend(inner)
    return [whole]


def _drawn_sign(node: HtmlElement) -> str:
    number = node.get("data-c") or ""
    if node.tag == "mjx-c":
        number = next((one[5:] for one in (node.get("class") or "").split() if one.startswith("mjx-c")), "")
    return chr(int(number, 16)) if _HEXADECIMAL.fullmatch(number) else ""


def _name(element: HtmlElement) -> str:
    # the prefix of a namespace is part of a tag in HTML
    return str(element.tag).rpartition(":")[2].lower()


def _text(element: HtmlElement) -> str:
    return " ".join("".join(element.itertext()).translate(_INVISIBLE).split())


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text.replace("\\", "\\backslash "))


def _join(pieces: Iterable[str]) -> str:
    done = ""
    for piece in pieces:
        # a command ends where no letter follows
        done += f" {piece}" if piece[:1].isalpha() and _COMMAND_END.search(done[-32:]) else piece
    return done


def _write(element: HtmlElement, level: int) -> str:
    if level > MAX_LEVELS:
        return _escape(_text(element))
    name = _name(element)
    if writer := _WRITERS.get(name):
        return writer(element, level + 1)
    if name in ("annotation", "annotation-xml", "mphantom", "none", "mprescripts", "maligngroup", "malignmark"):
        return ""
    return _row(list(element), element, level + 1)


def _row(children: Sequence[HtmlElement], parent: HtmlElement, level: int) -> str:
    """Write what is in a row. Brackets around a table become its environment; around what is tall they grow."""
    if not children:
        return _escape(_text(parent))
    pairs = _pairs(children)
    grown: dict[int, str] = {}
    pieces: list[str] = []
    i = 0
    while i < len(children):
        child, end = children[i], pairs.get(i)
        if end is not None:
            inside = children[i + 1 : end]
            signs = _text(child), _text(children[end]) if end < len(children) else ""
            table = _only_table(inside[0]) if len(inside) == 1 else None
            if table is not None and signs in _MATRICES:
                pieces.append(_table(table, level + 1, _MATRICES[signs]))
                i = end + 1
                continue
            if _grows(child) and _grows(children[end]) and any(map(_is_tall, inside)):
                grown[i], grown[end] = f"\\left{_FENCES[signs[0]]}", f"\\right{_FENCES[signs[1]]}"
        if i in grown:
            pieces.append(grown[i])
        else:
            pieces.append(_operator(child, pieces) if _name(child) == "mo" else _write(child, level))
        i += 1
    return _join(pieces)


def _pairs(children: Sequence[HtmlElement]) -> dict[int, int]:
    """Return where the bracket that each opening one belongs to closes, by their places; a brace before a table that
    ends the row closes behind it."""
    pairs: dict[int, int] = {}
    open_: list[int] = []
    for i, child in enumerate(children):
        if _name(child) != "mo":
            continue
        sign = _text(child)
        if sign in _OPENING:
            open_.append(i)
        elif sign in _CLOSING and open_:
            pairs[open_.pop()] = i
        elif sign in _BARS and _name(child) == "mo":
            if open_ and _text(children[open_[-1]]) == sign:
                pairs[open_.pop()] = i
            elif child.get("form") == "prefix" or child.get("fence") == "true" or not i:
                open_.append(i)
    for i in open_:
        if _text(children[i]) == "{" and len(children) == i + 2 and _only_table(children[-1]) is not None:
            pairs[i] = len(children)
    return pairs


def _grows(operator: HtmlElement) -> bool:
    return operator.get("stretchy") != "false"


def _is_tall(element: HtmlElement) -> bool:
    return next(element.iter(*_TALL), None) is not None


def _only_table(element: HtmlElement) -> HtmlElement | None:
    for _ in range(MAX_LEVELS):
        if _name(element) == "mtable":
            return element
        if len(element) != 1 or _name(element) not in ("mrow", "mstyle", "mpadded"):
            return None
        element = element[0]
    return None


def _operator(element: HtmlElement, before: Sequence[str]) -> str:
    sign = _text(element)
    if sign in _FENCES:
        written = _FENCES[sign]
        is_relation = sign in ("∣", "∥") and before and element.get("fence") != "true"
        return f" {_INFIX[sign]} " if is_relation else written
    if sign in _INFIX:
        # a sign before a term has no space behind it
        is_infix = bool(before) and not before[-1].endswith((" ", "(", "[", "{")) and element.get("form") != "prefix"
        return f" {_INFIX[sign]} " if is_infix else _INFIX[sign]
    if sign in (",", ";"):
        return f"{sign} "
    return _sign(sign)


def _sign(sign: str) -> str:
    for table in (_LIMITS, _FENCES, _INFIX, _PREFIX, _LETTERS):
        if sign in table:
            return table[sign]
    if len(sign) > 1 and sign.isalpha():
        return f"\\{sign}" if sign in _FUNCTIONS else f"\\operatorname{{{sign}}}"
    return _escape(sign)


def _letters(text: str) -> str:
    """Return letters with TeX's names, and those of mathematical alphabets in TeX's alphabets."""
    pieces = []
    for letter in text:
        if letter in _LETTERS:
            pieces.append(_LETTERS[letter])
        elif 0x1D400 <= ord(letter) <= 0x1D7FF:
            plain = unicodedata.normalize("NFKC", letter)
            named = unicodedata.name(letter, "")
            variant = next((command for word, command in _UNICODE_VARIANTS if word in named), "")
            plain = _LETTERS.get(plain, plain)
            pieces.append(f"\\{variant}{{{plain}}}" if variant else plain)
        else:
            pieces.append(_escape(letter))
    return _join(pieces)


def _identifier(element: HtmlElement, level: int) -> str:
    text = _text(element)
    if text in _FUNCTIONS:
        return f"\\{text}"
    written = _letters(text)
    variant = _VARIANTS.get(element.get("mathvariant") or "")
    if len(text) > 1 and text.isascii() and text.isalpha() and not variant:
        # MathML sets names of several letters upright
        variant = "mathrm"
    if not variant or (variant == "mathrm" and not text.isalnum()):
        return written
    if variant == "mathbf" and not text.isascii():
        variant = "boldsymbol"
    return f"\\{variant}{{{written}}}"


def _number(element: HtmlElement, level: int) -> str:
    variant = _VARIANTS.get(element.get("mathvariant") or "")
    written = _letters(_text(element))
    return f"\\{variant}{{{written}}}" if variant and variant != "mathrm" else written


def _words(element: HtmlElement, level: int) -> str:
    raw = "".join(element.itertext()).replace("\xa0", " ").translate(_INVISIBLE)
    text = re.sub(r"\s+", " ", raw)
    if not text:
        return ""
    return f"\\text{{{_escape(text)}}}" if text.strip() else "\\ "


def _space(element: HtmlElement, level: int) -> str:
    if element.get("linebreak") == "newline":
        return " \\\\ "
    width = _LENGTH.fullmatch((element.get("width") or "").strip())
    try:
        size = float(width[1]) if width else 0.0
    except ValueError:
        return ""
    return " \\qquad " if size >= 2 else " \\quad " if size >= 1 else "\\, " if size > 0 else ""


def _child(element: HtmlElement, number: int, level: int) -> str:
    return _write(element[number], level).strip() if number < len(element) else ""


def _base(element: HtmlElement, level: int) -> str:
    """Return what scripts are set at, in braces where it is more than one sign."""
    if not len(element):
        return "{}"
    written = _child(element, 0, level)
    inner = element[0]
    while _name(inner) in ("mrow", "mstyle") and len(inner) == 1:
        inner = inner[0]
    is_one = _name(inner) in ("mi", "mo") or (_name(inner) == "mn" and len(written) == 1) or _is_command(written)
    return written if written and is_one else f"{{{written}}}"


def _is_command(written: str) -> bool:
    return bool(re.fullmatch(r"\\[A-Za-z]+(?:\{[^{}]*\})?", written))


def _scripts(lower: str, upper: str) -> str:
    below = f"_{{{lower}}}" if lower else ""
    if upper and not upper.strip("'"):
        return f"{upper}{below}"
    return below + (f"^{{{upper}}}" if upper else "")


def _fraction(element: HtmlElement, level: int) -> str:
    upper, lower = _child(element, 0, level), _child(element, 1, level)
    if (element.get("linethickness") or "").strip() in ("0", "0px", "0pt", "0em"):
        return f"{{{upper} \\atop {lower}}}"
    return f"\\frac{{{upper}}}{{{lower}}}"


def _square_root(element: HtmlElement, level: int) -> str:
    return f"\\sqrt{{{_row(list(element), element, level).strip()}}}"


def _root(element: HtmlElement, level: int) -> str:
    return f"\\sqrt[{_child(element, 1, level)}]{{{_child(element, 0, level)}}}"


def _lower(element: HtmlElement, level: int) -> str:
    return _base(element, level) + _scripts(_child(element, 1, level), "")


def _upper(element: HtmlElement, level: int) -> str:
    return _base(element, level) + _scripts("", _child(element, 1, level))


def _lower_upper(element: HtmlElement, level: int) -> str:
    return _base(element, level) + _scripts(_child(element, 1, level), _child(element, 2, level))


def _under(element: HtmlElement, level: int) -> str:
    return _around(element, 1, None, level)


def _over(element: HtmlElement, level: int) -> str:
    return _around(element, None, 1, level)


def _under_over(element: HtmlElement, level: int) -> str:
    return _around(element, 1, 2, level)


def _around(element: HtmlElement, below: int | None, above: int | None, level: int) -> str:
    """Return what stands above and below something: limits, accents, braces, or other signs."""
    base = _child(element, 0, level)
    lower = "" if below is None else _child(element, below, level)
    upper = "" if above is None else _child(element, above, level)
    if _takes_limits(base):
        return base + _scripts(lower, upper)
    raw = _text(element[0]) if len(element) else ""
    if above is not None and above < len(element) and (accent := _OVER.get(_text(element[above]))):
        # one letter has a narrow accent
        base = f"\\{accent if len(raw) == 1 else _WIDE.get(accent, accent)}{{{base}}}"
        upper = ""
    if below is not None and below < len(element) and (accent := _UNDER.get(_text(element[below]))):
        base, lower = f"\\{accent}{{{base}}}", ""
    if base.startswith(_BRACES):
        return base + _scripts(lower, upper)
    if upper:
        base = f"\\overset{{{upper}}}{{{base}}}"
    return f"\\underset{{{lower}}}{{{base}}}" if lower else base


def _takes_limits(base: str) -> bool:
    return base in _LIMITS.values() or base.removeprefix("\\") in _WITH_LIMITS or base.startswith("\\operatorname")


def _around_scripts(element: HtmlElement, level: int) -> str:
    """Return something with scripts on both sides (`mmultiscripts`)."""
    groups: list[list[str]] = [[], []]
    for child in element[1:]:
        if _name(child) == "mprescripts":
            groups.append([])
        else:
            groups[-1 if len(groups) > 2 else 1].append(_write(child, level).strip())
    behind, before = groups[1], groups[2] if len(groups) > 2 else []

    def all_of(scripts: Sequence[str]) -> str:
        return "{}".join(_scripts(*pair) for pair in zip(scripts[::2], [*scripts[1::2], ""], strict=False))

    return (f"{{}}{all_of(before)}" if before else "") + _base(element, level) + all_of(behind)


def _table(element: HtmlElement, level: int, environment: str = "") -> str:
    rows = []
    for row in element:
        cells = [cell for cell in row if _name(cell) == "mtd"]
        rows.append(" & ".join(_write(cell, level).strip() for cell in cells))
    if not environment:
        # what TeX aligns at its relations has columns that end and begin there
        environment = "aligned" if "right left" in (element.get("columnalign") or "") else "matrix"
    lines = " \\\\ ".join(rows)
    return f"\\begin{{{environment}}} {lines} \\end{{{environment}}}"


def _bare_table(element: HtmlElement, level: int) -> str:
    return _table(element, level)


def _fenced(element: HtmlElement, level: int) -> str:
    opening, closing = element.get("open", "("), element.get("close", ")")
    signs = "".join((element.get("separators", ",")).split())
    pieces = []
    for i, child in enumerate(element):
        if i and signs:
            pieces.append(f"{_escape(signs[min(i - 1, len(signs) - 1)])} ")
        pieces.append(_write(child, level))
    left, right = (_FENCES.get(sign, _escape(sign)) or "." for sign in (opening, closing))
    if any(map(_is_tall, element)):
        return _join([f"\\left{left}", *pieces, f"\\right{right}"])
    return _join([left.removeprefix("."), *pieces, right.removeprefix(".")])


def _enclosed(element: HtmlElement, level: int) -> str:
    inside = _row(list(element), element, level)
    notation = (element.get("notation") or "").split()
    return f"\\boxed{{{inside}}}" if "box" in notation else inside


def _first(element: HtmlElement, level: int) -> str:
    return _child(element, 0, level)


_WRITERS: dict[str, Callable[[HtmlElement, int], str]] = {
    "mi": _identifier,
    "mn": _number,
    "mo": lambda element, level: _sign(_text(element)),
    "mtext": _words,
    "ms": _words,
    "mspace": _space,
    "mfrac": _fraction,
    "msqrt": _square_root,
    "mroot": _root,
    "msub": _lower,
    "msup": _upper,
    "msubsup": _lower_upper,
    "munder": _under,
    "mover": _over,
    "munderover": _under_over,
    "mmultiscripts": _around_scripts,
    "mtable": _bare_table,
    "mfenced": _fenced,
    "menclose": _enclosed,
    "semantics": _first,
    "maction": _first,
}
