"""Read Markdown with a library, as its readers do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from cleaners import Block
from cleaners.article import Cell, RichKind
from cleaners.html.inline import Span, SpanKind


def _formula(tex: str, options: dict[str, bool]) -> str:
    """Return a formula as pages for MathJax have it; the plugin's own form tells no reader what it is."""
    display = "; mode=display" if options["display_mode"] else ""
    return f'<script type="math/tex{display}">{tex.strip()}</script>'


READER = (
    MarkdownIt("commonmark", {"html": True})
    .enable(["table", "strikethrough"])
    .use(footnote_plugin, inline=False)
    .use(deflist_plugin)
    .use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True, renderer=_formula)
)
_SPANS: dict[str, SpanKind] = {
    "strong": "strong", "em": "emphasis", "link": "link", "sub": "subscript", "sup": "superscript",
}  # fmt: skip
_KINDS: dict[str, RichKind] = {
    "blockquote": "quote", "dt": "term", "dd": "definition", "footnote": "note", "list_item": "list item",
}  # fmt: skip


def html_of(markdown: str) -> str:
    """Return the HTML that a reader of Markdown shows."""
    # the plugin puts a formula in a sentence into a `div`, at which HTML ends the paragraph
    return re.sub(r'<div class="math inline">(.*?)</div>', r"<span>\1</span>", str(READER.render(markdown)))


def read_markdown(markdown: str) -> list[Block]:
    """Return what a reader of Markdown takes a text for, as blocks; rows of tables with their cells."""
    return list(_Blocks().read(READER.parse(markdown)))


class _Blocks:
    def __init__(self) -> None:
        self.around: list[Token] = []
        self.begun: list[bool] = []
        """Whether each element around had a block already."""
        self.numbers: list[int] = []
        self.row: list[Cell] = []
        self.tables = 0

    def read(self, tokens: Sequence[Token]) -> Iterator[Block]:
        for token in tokens:
            name = re.sub(r"_(open|close)$", "", token.type)
            if token.nesting == 1:
                self.enter(name, token)
            elif token.nesting == -1:
                self.around.pop()
                self.begun.pop()
                if name == "ordered_list":
                    self.numbers.pop()
                elif name == "tr":
                    text = " | ".join(cell.text for cell in self.row)
                    yield self.block("table", text, (), cells=tuple(self.row), table=self.tables)
            elif token.type == "inline":
                text, spans = read_inline(token.children or [])
                if self.around[-1].type in ("td_open", "th_open"):
                    self.row.append(Cell(text, spans, is_header=self.around[-1].type == "th_open"))
                elif text or spans:
                    yield self.block("paragraph", text, spans)
            elif token.type in ("fence", "code_block"):
                yield self.block("code", token.content.removesuffix("\n"), (), language=token.info)
            elif token.type in ("math_block", "math_block_label"):
                text = token.content.strip()
                yield self.block("paragraph", text, (Span(0, len(text), "math", "display"),))
            elif token.type not in ("footnote_anchor",):
                yield self.block("paragraph", f"?{token.type} {token.content}", ())

    def enter(self, name: str, token: Token) -> None:
        self.around.append(token)
        self.begun.append(False)
        if name == "ordered_list":
            self.numbers.append(int(token.attrs.get("start", 1)))
        elif name == "table":
            self.tables += 1
        elif name == "tr":
            self.row = []

    def block(
        self,
        kind: RichKind,
        text: str,
        spans: tuple[Span, ...],
        *,
        cells: tuple[Cell, ...] = (),
        table: int = 0,
        language: str = "",
    ) -> Block:
        names = [re.sub(r"_open$", "", token.type) for token in self.around]
        places = [at for at, name in enumerate(names) if name in _KINDS]
        level, label, continues = 0, "", False
        if places:
            at = places[-1]
            own = _KINDS[names[at]]
            continues = self.begun[at] and own != "quote"
            self.begun[at] = True
            if kind == "paragraph":
                kind = own
            if own == "note":
                label = str(self.around[at].meta["label"])
            elif own == "list item" and names[at - 1] == "ordered_list" and not continues:
                level = self.numbers[-1]
                self.numbers[-1] += 1
        if "heading" in names:
            kind, level = "heading", int(self.around[-1].tag[1])
        depth = max(0, names.count("list_item") - 1)
        return Block(kind, text, level, spans, cells, table, depth, continues, language, label)


def read_inline(tokens: Sequence[Token]) -> tuple[str, tuple[Span, ...]]:
    """Return a line's text, and its spans."""
    text = ""
    spans: list[Span] = []
    open_: list[tuple[str, int, str]] = []
    for token in tokens:
        name = re.sub(r"_(open|close)$", "", token.type)
        start = len(text)
        match token.type:
            case "text":
                text += token.content
            case "softbreak" | "hardbreak":
                text += "\n"
            case "code_inline":
                text += token.content
                spans.append(Span(start, len(text), "code"))
            case "math_inline" | "math_inline_double":
                text += token.content
                spans.append(Span(start, len(text), "math", "display" if "double" in token.type else ""))
            case "footnote_ref":
                text += f"[{token.meta['label']}]"
                spans.append(Span(start, len(text), "note", token.meta["label"]))
            case "image":
                text += read_inline(token.children or [])[0]
                spans.append(Span(start, len(text), "image", str(token.attrs["src"])))
            case "html_inline" if re.fullmatch("</?su[bp]>", token.content):
                if token.content.startswith("</"):
                    kind, began, _ = open_.pop()
                    spans.append(Span(began, start, _SPANS[kind]))
                else:
                    open_.append((token.content[1:-1], start, ""))
            case _ if token.nesting == 1 and name in _SPANS:
                open_.append((name, start, str(token.attrs.get("href", ""))))
            case _ if token.nesting == -1 and name in _SPANS:
                kind, began, value = open_.pop()
                spans.append(Span(began, start, _SPANS[kind], value))
            case _:
                text += f"?{token.type} {token.content}"
    return text, tuple(sorted(spans, key=lambda span: (span.start, -span.end)))


def rows(blocks: Sequence[Block]) -> list[list[tuple[str, ...]]]:
    """Return the texts of each table's cells."""
    tables = groupby((block for block in blocks if block.kind == "table"), lambda block: block.table)
    return [[tuple(cell.text for cell in row.cells) for row in group] for _, group in tables]
