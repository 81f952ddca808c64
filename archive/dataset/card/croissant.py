"""Write croissant.json: the dataset in MLCommons' Croissant format, which search engines and loaders read.

Croissant 1.1 of 2026-01-29 (https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html), with the facts of the
build in the vocabulary of Croissant RAI 1.0 of 2024-03-06. What the build cannot know is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.card.card import OTHER, TITLE, limits, partial_rows, splits_of
from archive.dataset.card.columns import MEANINGS, schema_of
from archive.dataset.card.statistics import Statistics
from archive.dataset.table.database import Part, row_files
from archive.dataset.table.schema import DROPPED_SCHEMA, SCHEMA, SCHEMA_VERSION
from archive.files.errors import ArchiveError
from archive.files.whole import sha256_of, write_whole

CROISSANT = "croissant.json"
CONFORMS_TO = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")
_LINES = "application/jsonlines"
_FORMATS: dict[str, str | list[str]] = {
    "parquet": "application/x-parquet",
    "jsonl": _LINES,
    # mlcroissant 1.1 goes through the formats in their order, and unpacks a file named .gz before each
    "jsonl.gz": [_LINES, "application/gzip"],
    "jsonl.zst": [_LINES, "application/zstd"],
}
_RECORDS: tuple[tuple[Part, str, pa.Schema], ...] = (
    ("data", "The articles.", SCHEMA),
    ("dropped", "Rows that were read but not kept, with the reason.", DROPPED_SCHEMA),
)
# appendix 1 of Croissant 1.1, and what mlcroissant 1.1 expects beside it: https, and the names of Croissant 1.0
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{
        name: f"cr:{name}"
        for name in (
            "annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract",
            "field", "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset",
            "jsonPath", "key", "md5", "parentField", "path", "readLines", "recordSet", "references", "regex",
            "repeated", "replace", "samplingRate", "sdVersion", "separator", "source", "subField", "transform",
            "unArchive", "value",
        )
    },
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
}  # fmt: skip


def write(
    folder: Path,
    statistics: Statistics,
    *,
    title: str = TITLE,
    license: str = OTHER,
    url: str | None = None,
    published: date | None = None,
) -> None:
    """Write croissant.json of the dataset whose row files are in `folder`.

    `url`: where it can be downloaded; `published`: the day when it was made public.
    """
    totals = statistics.totals
    first, last = totals["first_published"], totals["last_published"]
    counted = f"{totals['rows']:,} articles from {totals['hosts']:,} sites"
    optional = {
        "url": url,
        "datePublished": published and published.isoformat(),
        "temporalCoverage": f"{first}/{last}" if first else None,
        "inLanguage": [code for code, *_ in statistics.languages if code != "unknown"],
    }
    described = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": title,
        "description": f"{counted}, with the source of each row and what was taken out of it by which rule. "
        "README.md is its card.",
        "conformsTo": CONFORMS_TO,
        "license": license,
        "version": f"{SCHEMA_VERSION}.0.0",
        "citeAs": f"{title}: {counted}. Built with pressclip.{f' {url}' if url else ''}",
        "keywords": ["news", "web", "pressclip"],
        **{name: value for name, value in (optional | _responsible(folder, statistics)).items() if value},
        "distribution": [entry for part, *_ in _RECORDS for entry in _distribution(folder, part)],
        "recordSet": [_records(folder, *record) for record in _RECORDS if row_files(folder, record[0])],
    }
    write_whole(folder / CROISSANT, json.dumps(described, ensure_ascii=False, indent=1) + "\n")


def _responsible(folder: Path, statistics: Statistics) -> dict[str, Any]:
    """Return what the rows tell of their collection and cleaning, in the vocabulary of Croissant RAI 1.0.

    A property whose columns are not in the dataset is empty: no count is 0 because nobody counted.
    """
    columns = set(schema_of(row_files(folder)[0], SCHEMA).names)
    totals, rows, archived = statistics.totals, statistics.totals["rows"], statistics.totals["archived"]
    days = [str(day) for day in (totals["first_fetched"], totals["last_fetched"]) if day]
    collected = (
        f"{archived:,} of {rows:,} rows are of HTTP responses in WARC files, the others of files of pages or texts."
    )
    undated, partial = rows - totals["dated"], partial_rows(statistics)
    missing = f"{undated:,} rows have no date of publication; {partial:,} have only a part of the article."
    pii = (f"{kind}: {total:,} in {count:,} rows" for kind, count, total in statistics.pii)
    return {
        "rai:dataCollection": collected if {"warc_file", "source_file"} <= columns else "",
        "rai:dataCollectionType": "Web Scraping" if archived else "",
        "rai:dataCollectionTimeframe": days,
        "rai:dataCollectionMissingData": missing if {"published", "access"} <= columns else "",
        "rai:dataCollectionRawData": "manifest.json lists the files that the rows were made from, with their hashes.",
        "rai:dataPreprocessingProtocol": list(_steps(statistics, columns)),
        "rai:personalSensitiveInformation": (
            f"Counted by pattern, and not masked: {', '.join(pii)}." if "pii" in columns else ""
        ),
        "rai:dataLimitations": limits(statistics),
    }


def _steps(statistics: Statistics, columns: set[str]) -> Iterator[str]:
    """Yield what was done between the sources and the rows."""
    if "extractor" in columns:
        for extractor, version, rules, count in statistics.versions:
            yield f"{count:,} texts were made by {extractor} ({version}; rules {rules})."
    if statistics.removals:
        times, characters = (sum(row[place] for row in statistics.removals) for place in (1, 2))
        yield f"{times:,} pieces with {characters:,} characters were taken out; `removed` has each with its rule."
    if statistics.dropped:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count, *_ in statistics.dropped)
        yield f"{statistics.totals['dropped']:,} rows were dropped: {reasons}. They are in dropped/."
    if {"duplicate_of", "split"} <= columns:
        yield "Rows were compared with each other; duplicates and rows that share text are in the same split."


def _distribution(folder: Path, part: Part) -> Iterator[dict[str, Any]]:
    """Yield the files of a part, each with its hash, and the file set that the fields are read from."""
    files = row_files(folder, part)
    for path in files:
        name = path.relative_to(folder).as_posix()
        try:
            size = path.stat().st_size
        except OSError as error:
            raise ArchiveError(f"{path}: cannot be read ({error.strerror}): build the dataset again") from error
        yield {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name,
            "contentUrl": name,
            "contentSize": f"{size} B",
            "encodingFormat": _FORMATS[_form(path)],
            "sha256": sha256_of(path),
        }
    if files:
        form = _form(files[0])
        # mlcroissant 1.1 does not unpack Zstandard, but reads the unpacked files of a copy
        names = [form, form.removesuffix(".zst")] if form.endswith(".zst") else [form]
        yield {
            "@type": "cr:FileSet",
            "@id": f"{part}-files",
            "name": f"{part}-files",
            "description": f"Splits: {', '.join(splits_of(files))}.",
            "encodingFormat": _FORMATS[form],
            "includes": [f"{part}/*.{name}" for name in names],
        }


def _form(path: Path) -> str:
    """Return the format of a row file, as `dataset build --format` names it."""
    return path.name.partition(".")[2]


def _records(folder: Path, part: Part, description: str, schema: pa.Schema) -> dict[str, Any]:
    columns = schema_of(row_files(folder, part)[0], schema)
    return {
        "@type": "cr:RecordSet",
        "@id": part,
        "name": part,
        "description": description,
        **({"key": {"@id": f"{part}/id"}} if "id" in columns.names else {}),
        "field": [_field(part, field) for field in columns],
    }


def _field(part: Part, field: pa.Field, above: str = "", path: str = "") -> dict[str, Any]:
    """Return a field, of the struct `above` at this path in its column. The fields of a struct are below it.

    Lists in a list are left out: a JSON path of mlcroissant 1.1 gives the first value of each, or ends the reading.
    """
    name = f"{above}.{field.name}" if above else field.name
    listed = pa.types.is_list(field.type)
    kind = field.type.value_type if listed else field.type
    described: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{part}/{name.replace('.', '/')}",
        "name": field.name,
        "description": MEANINGS.get(name, field.name),
    }
    if listed:
        described["isArray"] = True
    if pa.types.is_struct(kind):
        inside = f"{path}['{field.name}']" if above else "$"
        lists = [below.name for below in kind if listed and pa.types.is_list(below.type)]
        if lists:
            described["description"] += f" Its lists {', '.join(lists)} are in the files, but no fields here."
        return described | {
            "subField": [_field(part, below, name, inside) for below in kind if below.name not in lists]
        }
    source: dict[str, Any] = {"fileSet": {"@id": f"{part}-files"}, "extract": {"column": name.partition(".")[0]}}
    if above:
        # in brackets: the parser of mlcroissant 1.1 takes a bare `where` for a keyword
        source["transform"] = {"jsonPath": f"{path}['{field.name}']"}
    return described | {"dataType": data_type(kind), "source": source}


def data_type(kind: pa.DataType) -> str:
    """Return Croissant's name of a type.

    >>> data_type(pa.string()), data_type(pa.int64()), data_type(pa.float32()), data_type(pa.bool_())
    ('sc:Text', 'sc:Integer', 'sc:Float', 'sc:Boolean')
    """
    if pa.types.is_timestamp(kind):
        return "sc:DateTime"
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    return "sc:Integer" if pa.types.is_integer(kind) else "sc:Float" if pa.types.is_floating(kind) else "sc:Text"
