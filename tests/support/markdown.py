"""Read Markdown with a library, as its readers do."""

from __future__ import annotations

from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

READER = (
    MarkdownIt("commonmark", {"html": True})
    .enable(["table", "strikethrough"])
    .use(footnote_plugin, inline=False)
    .use(deflist_plugin)
    .use(dollarmath_plugin, allow_digits=False, double_inline=True)
)


def html_of(markdown: str) -> str:
    """Return the HTML that a reader of Markdown shows."""
    return str(READER.render(markdown))
