"""Write the texts of the archive as files of their own, text or Markdown, with what is known of each above it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from archive.catalog.catalog import Catalog
from archive.catalog.rows import CaptureRow, Listed
from archive.catalog.search import SearchFilter
from archive.files.errors import ArchiveError, cannot_write
from archive.files.layout import CATALOG
from archive.files.whole import make_folder, write_whole
from archive.recleaning.structure import with_structure
from archive.warc.records import TextRecord, read_text
from cleaners import PAGE_SECONDS, Article, LostError, RuleSet, host_of, load_in_force, render, work_many

ENDINGS = {"text": ".txt", "markdown": ".md"}
MAX_HOST, MAX_TITLE = 48, 64
"""Bytes of a name's parts, so that the longest has 143, the bound of encrypted folders; 255 is that of others."""
HASH_DIGITS = 12
"""Of the URL's SHA-256: two of a million URLs share them once in 560 times, and then only if day, host and title are
the same too do they share a name."""

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\ud800-\udfff\ufffe\uffff]")
"""What YAML takes for no printable character or for a line end, and what changes the direction of text."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of one article."""

    url: str
    path: Path
    outcome: Literal["written", "unchanged", "skipped", "exists", "empty", "failed"]
    """`unchanged`: the file was there with this content. `skipped`: it was there, whatever it holds. `exists`: it was
    there with another content and is left. `empty`: the article has no text. `failed`: its text cannot be read."""
    problem: str = ""
    plain: str = ""
    """Why Markdown that was written has only paragraphs; empty where it has the structure of the page."""


@dataclass(frozen=True, slots=True)
class Look:
    """How files look. Links and pictures are in Markdown only."""

    form: Literal["text", "markdown"] = "markdown"
    front_matter: bool = True
    links: bool = False
    images: bool = False


MARKDOWN = Look()


@dataclass(frozen=True, slots=True)
class _Work:
    """A text before and after it is rendered, or an article that is not written."""

    one: Listed
    path: Path
    done: Exported | None = None
    """What became of it, where that is known before."""
    text: TextRecord | None = None
    capture: CaptureRow | None = None
    content: str = ""
    plain: str = ""


def export_articles(
    root: Path,
    folder: Path,
    bounds: SearchFilter | None = None,
    *,
    look: Look = MARKDOWN,
    existing: Literal["refuse", "skip", "replace"] = "refuse",
    rules: RuleSet | None = None,
    jobs: int | None = 1,
) -> Generator[Exported]:
    """Write the newest text of each URL within the bounds to a file in `folder`, and yield what became of it.

    A file is written whole. Its name is made of day, host, title and a hash of the URL, so an article has the same name
    in each export as long as day and title stay. `existing`: what is done with a file that is there
    with another content. Markdown has the structure of the page, which is cleaned for it in `jobs` processes by
    `rules` (those in force for the archive) where that gives the stored text. Raises ArchiveError where the folder
    cannot be written to, and RuleError as `clean` does.
    """
    rules = rules or load_in_force(root)
    try:
        make_folder(folder)
    except OSError as error:
        raise cannot_write(folder, error) from error
    task = partial(_render, root=root, rules=rules, look=look)
    with (
        Catalog(root / CATALOG) as catalog,
        closing(_works(root, folder, catalog, bounds, look, existing == "skip")) as works,
    ):
        rendered = work_many(task, works, lost=_lost, jobs=jobs if look.form == "markdown" else 1, seconds=PAGE_SECONDS)
        for work in rendered:
            yield work.done or _write(work, existing)


def _works(
    root: Path, folder: Path, catalog: Catalog, bounds: SearchFilter | None, look: Look, skip: bool
) -> Generator[_Work]:
    for one in catalog.articles_by_url(bounds):
        article = one.article
        path = folder / (file_name(one) + ENDINGS[look.form])
        work = _Work(one, path)
        if skip and path.exists():
            yield replace(work, done=Exported(article.url, path, "skipped"))
            continue
        try:
            text = read_text(root, article.collection, article.file, article.offset)
        except ArchiveError as error:
            yield replace(work, done=Exported(article.url, path, "failed", str(error)))
            continue
        if not text.text.strip():
            yield replace(work, done=Exported(article.url, path, "empty"))
            continue
        yield replace(work, text=text, capture=catalog.capture(text.capture_id) if look.form == "markdown" else None)


def _render(work: _Work, *, root: Path, rules: RuleSet, look: Look) -> _Work:
    """Render one text, in any process."""
    text = work.text
    if text is None:
        return work
    article, plain = Article(text.text), ""
    if look.form == "markdown":
        article, plain = with_structure(root, text, work.capture, rules)
    body = render(article, look.form, links=look.links, images=look.images)
    return replace(work, content=(_head(work.one, text) if look.front_matter else "") + body, plain=plain)


def _lost(work: _Work, loss: LostError) -> _Work:
    problem = f"cleaning its page failed: {loss}: please report the page"
    return replace(work, done=Exported(work.one.article.url, work.path, "failed", problem))


def _write(work: _Work, existing: str) -> Exported:
    path, data = work.path, work.content.encode("utf-8", "replace")
    done = Exported(work.one.article.url, path, "written", plain=work.plain)
    if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
        return replace(done, outcome="unchanged")
    if existing == "refuse" and os.path.lexists(path):
        return replace(done, outcome="exists", problem=f"{path} exists with another content")
    write_whole(path, data)
    return done


def file_name(one: Listed) -> str:
    """Return the name of an article's file, without its ending: day, host, title, hash of the URL.

    Only letters, digits, `-` and, in the host, `.` are in it, in lower case, since some file systems know no case.
    """
    day = one.day if _DAY.fullmatch(one.day) else "undated"
    url_hash = hashlib.sha256(one.article.url.encode("utf-8", "replace")).hexdigest()[:HASH_DIGITS]
    parts = (day, _slug(host_of(one.article.url), MAX_HOST, "."), _slug(one.article.title or "", MAX_TITLE), url_hash)
    return "-".join(filter(None, parts))


def _slug(text: str, limit: int, also: str = "") -> str:
    """Return a text as a part of a file name of at most `limit` bytes.

    >>> _slug("Storm: harbour «closed»?", 20)
    'storm-harbour-closed'
    """
    signs = (
        sign if sign in also or unicodedata.category(sign)[0] in "LNM" else "-"
        for sign in unicodedata.normalize("NFKC", text[: 4 * limit]).lower()
    )
    whole = re.sub("-{2,}", "-", "".join(signs)).strip("-.")
    return whole.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore").strip("-.")


def _head(one: Listed, text: TextRecord) -> str:
    """Return the front matter: YAML, of which every JSON value is one."""
    article, stated = one.article, text.metadata
    fields: dict[str, Any] = {
        "title": article.title,
        "url": article.url,
        "canonical_url": stated.get("canonical_url"),
        "authors": list(article.authors),
        "date": article.date,
        "modified": stated.get("modified"),
        "site": article.site,
        "language": article.language,
        "tags": stated.get("tags"),
        "access": article.access,
        "kind": article.kind,
        "confidence": article.confidence,
        "fetched": one.fetched.isoformat() if one.fetched else None,
        "rules_version": article.rules_version,
        "record_id": article.record_id,
    }
    lines = [f"{name}: {_yaml(value)}\n" for name, value in fields.items() if value not in (None, "", [])]
    return f"---\n{''.join(lines)}---\n\n"


def _yaml(value: Any) -> str:  # noqa: ANN401 - JSON from a file: anything
    return _ESCAPED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(value, ensure_ascii=False))
