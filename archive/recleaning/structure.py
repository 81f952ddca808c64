"""Give a stored text its structure back: the archive keeps texts plain, and the pages that they were made of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from archive.catalog.rows import CaptureRow
from archive.collection import read_capture
from archive.files.errors import ArchiveError
from archive.files.utf8 import encodable
from archive.readers.pages import Refusal, page_of
from archive.warc.records import TextRecord
from cleaners import Article, CleanOptions, RuleSet, clean_page

OTHER_TEXT = "by the rules in force the page gives another text, which `pressclip archive reclean` stores"


def with_structure(root: Path, text: TextRecord, capture: CaptureRow | None, rules: RuleSet) -> tuple[Article, str]:
    """Return the article of a stored text, and why it has only paragraphs; that is empty where it has its structure.

    `capture`: its page, which is cleaned by `rules` with the options that the text was made with. The text stays the
    stored one: where cleaning gives another, its blocks are not those of the text. Raises RuleError as `clean` does.
    """
    title, version = text.metadata.get("title"), str(text.metadata.get("rules_version"))
    plain = Article(text.text, url=text.url, title=title if isinstance(title, str) else None, rules_version=version)
    if capture is None:
        return plain, "the page is not in the archive"
    try:
        options = CleanOptions.of_version(version)
        page = page_of(read_capture(root, capture.collection, capture.file, capture.offset))
    except (ArchiveError, ValueError) as error:
        return plain, str(error)
    if isinstance(page, Refusal):
        return plain, str(page)
    article = clean_page(page, rules.with_options(options))
    is_same = encodable(article.text) == text.text
    return (replace(plain, blocks=article.blocks), "") if is_same else (plain, OTHER_TEXT)
