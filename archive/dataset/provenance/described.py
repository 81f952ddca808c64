"""The schemas of what describes a dataset: its manifest, the head of its recipe, and the plan of its build."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from archive.dataset.inputs.shards import Shard
from archive.dataset.table.options import Form, SplitName
from archive.files.schema import Count, Sha256
from archive.readers.files import Kind

Share = Annotated[float, Meta(gt=0, le=1)]


class BuildOptions(TypedDict):
    """The options that decide what is in a dataset."""

    rules_version: str
    schema_version: NotRequired[str]
    extractor_version: NotRequired[str]
    text_column: NotRequired[str]
    where: NotRequired[str]
    form: NotRequired[Form]
    columns: NotRequired[list[str]]
    splits: NotRequired[list[tuple[SplitName, Share]]]
    rows_a_file: NotRequired[Annotated[int, Meta(ge=1, lt=2**31)]]


class ManifestInput(TypedDict):
    """A shard, without its place on a machine."""

    name: str
    size: Count
    sha256: Sha256
    kind: NotRequired[Kind]
    first: NotRequired[Count]
    rows: NotRequired[Count]


class RecipeInput(TypedDict):
    """A shard of a recipe, which must be found again."""

    name: str
    size: Count
    sha256: Sha256
    kind: Kind
    first: Count
    rows: Count


class ManifestFile(TypedDict):
    """A file of a dataset."""

    path: str
    bytes: Count
    sha256: Sha256
    rows: NotRequired[Count]


class Manifest(TypedDict):
    """`manifest.json`, of this schema version."""

    software: str
    rules_version: str
    options: BuildOptions
    inputs: list[ManifestInput]
    rows: dict[str, Count]
    dataset_sha256: Sha256
    files: list[ManifestFile]


class RecipeHead(TypedDict):
    """The head of a recipe, of this schema version."""

    software: str
    rules_version: str
    options: BuildOptions
    inputs: list[RecipeInput]
    rows: dict[str, Count]
    dataset_sha256: Sha256


class Plan(TypedDict):
    """`work/shards.json`."""

    options: BuildOptions
    shards: list[Shard]
