"""Describe what each column means and where it is from, for the card, Croissant and docs/dataset-columns.md."""

from __future__ import annotations

import json
from io import TextIOWrapper
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

MEANINGS: dict[str, str] = {
    "id": "sha256 of the WARC record's id, or of `source_file:source_row`: the same in every build",
    "url": "the page's address; for a page from a folder, the address that it declares as canonical",
    "host": "the host of `url`",
    "fetched": "when the page was fetched, UTC",
    "title": "the headline",
    "authors": "the authors as the page names them",
    "published": "the time of publication that the page declares, UTC",
    "published_precision": "`time`, or `day` if only the day is known",
    "language": "the language of the text, guessed by py3langid from its first 1,000 characters",
    "language_score": "py3langid's probability, from 0 to 1",
    "declared_language": "the language that the page declares",
    "text": "the cleaned text; an empty line separates paragraphs",
    "removed": "everything that was taken out, in page order",
    "removed.rule": "the rule that took it out",
    "removed.stage": "`dom`, `blocks` or `lines`",
    "removed.text": "what was taken out",
    "removed.where": "the element's path in the page, or the line number in a text",
    "removed.start": "text corpora: the position of the first character in the input",
    "removed.end": "text corpora: the position after the last character",
    "access": "whether the page showed the whole article: `full`, `teaser`, `registration`, `paywall`, `consent`, "
    "`blocked`, `unknown`",
    "flags": "the evidence for `access`, and other notes",
    "n_chars": "number of characters of `text`",
    "n_words": "number of words of `text`: runs of characters between spaces",
    "n_bytes": "number of bytes of `text` in UTF-8",
    "text_sha256": "sha256 of `text` in UTF-8",
    "warc_file": "the WARC file with the page",
    "warc_offset": "the position of the page's record in the WARC file, in bytes",
    "warc_length": "the length of the record in the WARC file, in bytes",
    "warc_digest": "the payload digest that the record declares",
    "warc_record_id": "the record's id",
    "source_file": "folders and text corpora: the file",
    "source_row": "text corpora: the row in the file, from 0",
    "extractor": "the function that made the text: `cleaners.clean` for pages, `cleaners.clean_text` for texts",
    "extractor_version": "the versions of the programs that determine the text",
    "rules_version": "the version of the rules, with a hash of them",
    "duplicate_of": "dropped rows: the row that was kept instead",
    "similarity": "similarity to that row: of the five-word runs of both texts, the share that both have",
    "cluster_id": "the row that was kept of a group of duplicates; for a row without duplicates, its own id",
    "revision_of": "dropped rows: the newest row of the same address, which was kept",
    "story_id": "the smallest id of all rows that are connected by being duplicates or sharing text",
    "shared_with": "rows that share runs of words with this one; who published them first is not known",
    "shared_with.id": "the other row",
    "shared_with.fingerprints": "six-word fingerprints that both have",
    "shared_with.share": "the share of this row's words that are in the common runs",
    "shared_with.words": "number of words of this row in the common runs",
    "shared_with.quoted_words": "how many of these words are in quotation marks",
    "signals": "the signals that quality filters use, as numbers",
    "signals.c4_terminal_line_share": "share of lines that end with `.`, `?`, `!` or a quotation mark",
    "signals.c4_sentences": "number of sentences",
    "signals.c4_curly_bracket": "whether the text has a `{`",
    "signals.c4_javascript": "whether the text has the word JavaScript",
    "signals.c4_lorem_ipsum": "whether the text has 'lorem ipsum'",
    "signals.gopher_mean_word_length": "mean characters per word",
    "signals.gopher_hash_ratio": "`#` signs per word",
    "signals.gopher_ellipsis_ratio": "ellipses per word",
    "signals.gopher_bullet_line_share": "share of lines that begin with a bullet",
    "signals.gopher_ellipsis_line_share": "share of lines that end with an ellipsis",
    "signals.gopher_letter_word_share": "share of words with at least one letter",
    "signals.gopher_stop_words": "how many of eight English stop words occur",
    "signals.gopher_dup_line_share": "share of lines that repeat an earlier line",
    "signals.gopher_dup_line_char_share": "share of characters in repeated lines",
    "signals.gopher_dup_paragraph_share": "share of paragraphs that repeat an earlier one",
    "signals.gopher_dup_paragraph_char_share": "share of characters in repeated paragraphs",
    **{
        f"signals.gopher_top_{n}gram_char_share": f"share of characters in the most frequent run of {n} words"
        for n in (2, 3, 4)
    },
    **{
        f"signals.gopher_dup_{n}gram_char_share": f"share of characters in repeated runs of {n} words"
        for n in range(5, 11)
    },
    "signals.fineweb_terminal_line_share": "share of lines that end like a sentence, in any script",
    "signals.fineweb_short_line_share": "share of lines of at most 30 characters",
    "signals.fineweb_dup_line_char_share": "share of characters in repeated lines, without line breaks",
    "signals.fineweb_list_ratio": "line breaks per word",
    "pii": "counts of what looks like personal data; nothing is masked",
    "pii.emails": "number of e-mail addresses",
    "pii.phones": "number of telephone numbers",
    "pii.ipv4": "number of public IPv4 addresses",
    "opt_out": "what the site stated about the use of the page when it was fetched; null if it was not checked",
    "opt_out.signal": "`robots`, `x-robots-tag`, `meta-robots`, `tdm-reservation` or `tdm-policy`",
    "opt_out.value": "the agent that robots.txt refuses, the keyword, or the policy's address",
    "opt_out.seen_at": "when it was seen",
    "split": "the split; all rows of a story are in the same",
    "reason": "only in dropped/: why the row was dropped",
}
"""Each column and each field of a column, in the schema's order."""

VIEWED = {"date": "`fetched`, under FineWeb's name", "file_path": "`warc_file` or `source_file`"}
"""Columns that exist only in a view."""

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
"""Where the value of a column comes from."""


def type_of(kind: pa.DataType) -> str:
    """Return the name of a type for readers.

    >>> type_of(pa.list_(pa.string())), type_of(pa.int32()), type_of(pa.timestamp("us", "UTC"))
    ('list of text', 'integer', 'timestamp')
    """
    if pa.types.is_list(kind):
        return f"list of {type_of(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "fields"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    names = {pa.string(): "text", pa.bool_(): "yes or no"}
    return names.get(kind, "integer" if pa.types.is_integer(kind) else "number")


def meaning_of(name: str) -> str:
    """Return the meaning of a column, or of a field `column.field`; empty if it has none."""
    return MEANINGS.get(name) or VIEWED.get(name, "")


def schema_of(path: Path, full: pa.Schema) -> pa.Schema:
    """Return the columns of a row file. JSON lines have only names; their types are those of *full*."""
    if path.suffix == ".parquet":
        return pq.read_schema(path)
    with pa.input_stream(path, compression="detect") as stream, TextIOWrapper(stream, "utf-8") as file:
        names = json.loads(file.readline() or "{}")
    fields = [full.field(name) if name in full.names else pa.field(name, pa.string()) for name in names]
    return pa.schema(fields) if fields else full


def rows_of(schema: pa.Schema) -> list[tuple[str, str, str, str]]:
    """Return name, type, meaning and source of every column, each followed by its fields."""
    rows = []
    for field in schema:
        kind = field.type.value_type if pa.types.is_list(field.type) else field.type
        parts = kind if pa.types.is_struct(kind) else ()
        for name, type_ in [(field.name, field.type), *((f"{field.name}.{part.name}", part.type) for part in parts)]:
            rows.append((name, type_of(type_), meaning_of(name), SOURCES.get(field.name, "")))
    return rows
