"""Write an article as TEI, in trafilatura's form: a header, then the text in one `div type="entry"`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from lxml import etree

from cleaners.article import Article, Block

NAMESPACE = "http://www.tei-c.org/ns/1.0"

# characters that XML 1.0 does not allow (https://www.w3.org/TR/xml/#charsets)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def tei(article: Article) -> str:
    """Return the article as a TEI document.

    >>> document = tei(Article("Rain.", (Block("paragraph", "Rain."),), title="Storm"))
    >>> print(document.partition("<text>")[2].partition("</text>")[0])
    <BLANKLINE>
        <body>
          <div type="entry">
            <p>Rain.</p>
          </div>
        </body>
    <BLANKLINE>
    """
    root = etree.Element("TEI", nsmap={None: NAMESPACE})
    _header(etree.SubElement(root, "teiHeader"), article)
    entry = etree.SubElement(etree.SubElement(etree.SubElement(root, "text"), "body"), "div", type="entry")
    for _, group in groupby(article.lines_as_blocks(), lambda block: (block.kind, block.level > 0)):
        _add_blocks(entry, list(group))
    etree.indent(root)
    return etree.tostring(root, encoding="unicode") + "\n"


def _header(header: etree._Element, article: Article) -> None:
    description = etree.SubElement(header, "fileDesc")
    titles = etree.SubElement(description, "titleStmt")
    _add(titles, "title", article.title or "", type="main")
    for author in article.authors:
        _add(titles, "author", author)
    publication = etree.SubElement(description, "publicationStmt")
    _add(publication, "publisher", article.site or "unknown")
    if article.date:
        _add(publication, "date", "", type="publication", when=article.date.isoformat())
    if article.modified:
        _add(publication, "date", "", type="modification", when=article.modified.isoformat())
    source = etree.SubElement(etree.SubElement(description, "sourceDesc"), "bibl")
    if address := article.canonical_url or article.url:
        _add(source, "ptr", "", type="URL", target=address)
    profile = etree.SubElement(header, "profileDesc")
    if article.language:
        _add(etree.SubElement(profile, "langUsage"), "language", "", ident=article.language)
    if article.tags:
        keywords = etree.SubElement(etree.SubElement(profile, "textClass"), "keywords")
        for tag in article.tags:
            _add(keywords, "term", tag, type="tag")
    _add(etree.SubElement(etree.SubElement(header, "encodingDesc"), "appInfo"), "application", "",
         ident="pressclip", version=article.rules_version)  # fmt: skip


def _add_blocks(entry: etree._Element, blocks: Sequence[Block]) -> None:
    """Add blocks of one kind to the text."""
    kind = blocks[0].kind
    if kind == "list item":
        items = _add(entry, "list", "", rend="ol" if blocks[0].level else "ul")
        for block in blocks:
            _add(items, "item", block.text)
    elif kind == "table":
        table = etree.SubElement(entry, "table")
        for block in blocks:
            row = etree.SubElement(table, "row")
            for cell in block.text.split(" | "):
                _add(row, "cell", cell)
    elif kind == "quote":
        quote = etree.SubElement(entry, "quote")
        for block in blocks:
            _add(quote, "p", block.text)
    else:
        for block in blocks:
            if kind == "heading":
                _add(entry, "ab", block.text, type="header", rend=f"h{block.level or 2}")
            else:
                _add(entry, "code" if kind == "code" else "p", block.text)


def _add(parent: etree._Element, name: str, text: str, **attributes: str) -> etree._Element:
    clean = {key: _NOT_XML.sub("", value) for key, value in attributes.items()}
    element = etree.SubElement(parent, name, clean)
    element.text = _NOT_XML.sub("", text) or None
    return element
