"""Write croissant.json: the dataset in MLCommons' Croissant 1.0 format, which search engines and loaders read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from archive.dataset.card.card import OTHER, TITLE, splits_of
from archive.dataset.card.columns import MEANINGS, schema_of
from archive.dataset.card.statistics import Statistics
from archive.dataset.table.database import Part, row_files
from archive.dataset.table.schema import DROPPED_SCHEMA, SCHEMA, SCHEMA_VERSION
from archive.files.errors import ArchiveError
from archive.files.whole import sha256_of, write_whole

CROISSANT = "croissant.json"
CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
_FORMATS = {"parquet": "application/x-parquet", "jsonl": "application/jsonlines"}
_PACKED = {"gz": "application/gzip", "zst": "application/zstd"}
_RECORDS: tuple[tuple[Part, str, pa.Schema], ...] = (
    ("data", "The articles.", SCHEMA),
    ("dropped", "Rows that were read but not kept, with the reason.", DROPPED_SCHEMA),
)
# the context that Croissant 1.0 prescribes for every file
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{
        name: f"cr:{name}"
        for name in (
            "column", "dataBiases", "dataCollection", "equivalentProperty", "extract", "field", "fileObject",
            "fileProperty", "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField",
            "path", "personalSensitiveInformation", "recordSet", "references", "regex", "repeated", "replace",
            "samplingRate", "separator", "source", "subField", "transform",
        )
    },
    "citeAs": "cr:citeAs",
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
    folder: Path, statistics: Statistics, *, title: str = TITLE, license: str = OTHER, url: str | None = None
) -> None:
    """Write croissant.json of the dataset whose row files are in `folder`. `url`: where it can be downloaded."""
    totals = statistics.totals
    first, last = totals["first_published"], totals["last_published"]
    summary = (
        f"{totals['rows']:,} articles from {totals['hosts']:,} sites, with the source of each row and what was taken"
    )
    optional = {
        "url": url,
        "temporalCoverage": f"{first}/{last}" if first else None,
        "inLanguage": [code for code, *_ in statistics.languages if code != "unknown"],
    }
    described = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": title,
        "description": f"{summary} out of it by which rule. README.md is its card.",
        "conformsTo": CONFORMS_TO,
        "license": license,
        "version": f"{SCHEMA_VERSION}.0.0",
        "keywords": ["news", "web", "pressclip"],
        **{name: value for name, value in optional.items() if value},
        "distribution": [entry for part, *_ in _RECORDS for entry in _distribution(folder, part)],
        "recordSet": [_records(folder, *record) for record in _RECORDS if row_files(folder, record[0])],
    }
    write_whole(folder / CROISSANT, json.dumps(described, ensure_ascii=False, indent=1) + "\n")


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
            "encodingFormat": _format(path),
            "sha256": sha256_of(path),
        }
    if files:
        ending = files[0].name.partition(".")[2]
        yield {
            "@type": "cr:FileSet",
            "@id": f"{part}-files",
            "name": f"{part}-files",
            "description": f"Splits: {', '.join(splits_of(files))}.",
            "encodingFormat": _format(files[0]),
            "includes": f"{part}/*.{ending}",
        }


def _format(path: Path) -> str:
    ending = path.name.rpartition(".")[2]
    return _PACKED.get(ending) or _FORMATS[ending]


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
    """Return a field, of the struct `above` at this path in its column. The fields of a struct are below it."""
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
        described["repeated"] = True
    if pa.types.is_struct(kind):
        inside = f"{path}['{field.name}']{'[*]' if listed else ''}" if above else "$"
        return described | {"subField": [_field(part, below, name, inside) for below in kind]}
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
