"""What each column means, said once: for the card, for Croissant, and for docs/dataset-columns.md."""

from __future__ import annotations

import json
from io import TextIOWrapper
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

MEANINGS: dict[str, str] = {
    "id": "sha256 of the WARC record's id, or of `source_file:source_row`: the same in every build",
    "url": "the page's address; of a page from a folder, the one that it calls canonical",
    "host": "the host of `url`",
    "fetched": "when the page was fetched, UTC",
    "title": "the headline",
    "authors": "the authors as the page names them",
    "published": "when the page says it was published, UTC",
    "published_precision": "`time`, or `day` where only the day is known",
    "language": "of the text, by py3langid on its first 1,000 characters",
    "language_score": "py3langid's probability, 0 to 1",
    "declared_language": "what the page says of itself",
    "text": "the cleaned text, paragraphs parted by an empty line",
    "removed": "everything that was taken out, in page order",
    "removed.rule": "the rule that took it",
    "removed.stage": "`dom`, `blocks` or `lines`",
    "removed.text": "what was taken out",
    "removed.where": "the element's path in the page, or the line's number in a text",
    "removed.start": "text corpora: the first character's place in the input",
    "removed.end": "text corpora: the place after the last character",
    "access": "whether the page showed the whole article: `full`, `teaser`, `registration`, `paywall`, `consent`, "
    "`blocked`, `unknown`",
    "flags": "evidence for `access`, and what else a reader should know",
    "n_chars": "characters of `text`",
    "n_words": "words of `text`: runs of characters between blanks",
    "n_bytes": "bytes of `text` in UTF-8",
    "text_sha256": "sha256 of `text` in UTF-8",
    "warc_file": "the WARC file that holds the page",
    "warc_offset": "where the page's record begins, in bytes of the file as it is",
    "warc_length": "the record's length there",
    "warc_digest": "the payload digest that the record states",
    "warc_record_id": "the record's id",
    "source_file": "folders and text corpora: the file",
    "source_row": "text corpora: the row in the file, from 0",
    "extractor": "what made the text: `cleaners.clean` of pages, `cleaners.clean_text` of texts",
    "extractor_version": "versions of the programs that decide the text",
    "rules_version": "the set of rules, a hash of it",
    "duplicate_of": "dropped rows: the row that was kept in its place",
    "similarity": "measured with that row: of the five-word runs that either has, the share that both have",
    "cluster_id": "the row that was kept of a group of duplicates; of a row without any, its own id",
    "revision_of": "dropped rows: the newest row of the same address, which was kept",
    "story_id": "the least id among rows that are duplicates or share text, by however many steps",
    "shared_with": "rows that have runs of words in common with this one; who had them first is not known",
    "shared_with.id": "the other row",
    "shared_with.fingerprints": "six-word fingerprints that both have",
    "shared_with.share": "of this row's words, the share in the common runs",
    "shared_with.words": "words of this row in the common runs",
    "shared_with.quoted_words": "of these, words inside quotation marks",
    "signals": "what quality filters look at, as numbers",
    "signals.c4_terminal_line_share": "lines that end in a period, question or exclamation mark or quote, of all lines",
    "signals.c4_sentences": "ends of sentences",
    "signals.c4_curly_bracket": "whether the text has a `{`",
    "signals.c4_javascript": "whether the text has the word JavaScript",
    "signals.c4_lorem_ipsum": "whether the text has 'lorem ipsum'",
    "signals.gopher_mean_word_length": "characters a word",
    "signals.gopher_hash_ratio": "`#` a word",
    "signals.gopher_ellipsis_ratio": "ellipses a word",
    "signals.gopher_bullet_line_share": "lines that begin with a bullet",
    "signals.gopher_ellipsis_line_share": "lines that end with an ellipsis",
    "signals.gopher_letter_word_share": "words with at least one letter",
    "signals.gopher_stop_words": "how many of eight English stop words are there",
    "signals.gopher_dup_line_share": "lines that were there before",
    "signals.gopher_dup_line_char_share": "their characters",
    "signals.gopher_dup_paragraph_share": "paragraphs that were there before",
    "signals.gopher_dup_paragraph_char_share": "their characters",
    **{
        f"signals.gopher_top_{n}gram_char_share": f"characters in the most frequent run of {n} words" for n in (2, 3, 4)
    },
    **{
        f"signals.gopher_dup_{n}gram_char_share": f"characters in runs of {n} words that were there before"
        for n in range(5, 11)
    },
    "signals.fineweb_terminal_line_share": "lines that end as sentences do, in any script",
    "signals.fineweb_short_line_share": "lines of at most 30 characters",
    "signals.fineweb_dup_line_char_share": "characters of lines that were there before, line ends apart",
    "signals.fineweb_list_ratio": "line ends a word",
    "pii": "counts of what looks like personal data; nothing was masked",
    "pii.emails": "e-mail addresses",
    "pii.phones": "telephone numbers",
    "pii.ipv4": "public IPv4 addresses",
    "opt_out": "what the site said about the use of the page when it was fetched; null: nobody looked",
    "opt_out.signal": "`robots`, `x-robots-tag`, `meta-robots`, `tdm-reservation` or `tdm-policy`",
    "opt_out.value": "the agent that robots.txt keeps away, the word, or the policy's address",
    "opt_out.seen_at": "when",
    "split": "the split; rows of a story have the same",
    "reason": "only in dropped/: why the row is there",
}
"""Each column and each field of a column, in the schema's order."""

VIEWED = {"date": "`fetched`, under FineWeb's name", "file_path": "`warc_file` or `source_file`"}
"""Columns that only a view has."""

SOURCES: dict[str, str] = {
    **dict.fromkeys(("id", "fetched"), "WARC record or input file"),
    **dict.fromkeys(("warc_file", "warc_offset", "warc_length", "warc_digest", "warc_record_id"), "WARC record"),
    **dict.fromkeys(("source_file", "source_row"), "input file"),
    **dict.fromkeys(("title", "authors", "published", "published_precision", "declared_language"), "cleaner, metadata"),
    **dict.fromkeys(("text", "removed", "access", "flags", "url", "host"), "cleaner"),
    **dict.fromkeys(("language", "language_score"), "py3langid"),
    **dict.fromkeys(("n_chars", "n_words", "n_bytes", "text_sha256", "signals", "pii"), "computed from `text`"),
    **dict.fromkeys(("extractor", "extractor_version", "rules_version"), "the build"),
    **dict.fromkeys(("duplicate_of", "similarity", "revision_of", "reason"), "comparison of all rows"),
    **dict.fromkeys(("cluster_id", "story_id", "shared_with", "split"), "comparison of all rows"),
    "opt_out": "robots.txt, headers, meta elements and tdmrep.json, as archived",
}
"""Where a column's value is from."""


def type_of(kind: pa.DataType) -> str:
    """Return a type in a reader's words.

    >>> type_of(pa.list_(pa.string())), type_of(pa.int32()), type_of(pa.timestamp("us", "UTC"))
    ('list of text', 'integer', 'moment')
    """
    if pa.types.is_list(kind):
        return f"list of {type_of(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "fields"
    names = {pa.string(): "text", pa.bool_(): "yes or no"}
    if pa.types.is_timestamp(kind):
        return "moment"
    return names.get(kind) or ("integer" if pa.types.is_integer(kind) else "number")


def meaning_of(name: str) -> str:
    """Return what a column, or a field as `column.field`, means; empty where nobody has said."""
    return MEANINGS.get(name) or VIEWED.get(name, "")


def schema_of(path: Path, full: pa.Schema) -> pa.Schema:
    """Return the columns that a file of rows has: JSON lines say their names, whose types are those of *full*."""
    if path.suffix == ".parquet":
        return pq.read_schema(path)
    with pa.input_stream(path, compression="detect") as packed, TextIOWrapper(packed, "utf-8") as file:
        names = json.loads(file.readline() or "{}")
    there = [full.field(name) if name in full.names else pa.field(name, pa.string()) for name in names]
    return pa.schema(there) if there else full


def rows_of(schema: pa.Schema) -> list[tuple[str, str, str, str]]:
    """Return name, type, meaning and source of every column, the fields of a column below it."""
    rows = []
    for field in schema:
        rows.append((field.name, type_of(field.type), meaning_of(field.name), SOURCES.get(field.name, "")))
        kind = field.type.value_type if pa.types.is_list(field.type) else field.type
        for part in kind if pa.types.is_struct(kind) else ():
            name = f"{field.name}.{part.name}"
            rows.append((name, type_of(part.type), meaning_of(name), SOURCES.get(field.name, "")))
    return rows
