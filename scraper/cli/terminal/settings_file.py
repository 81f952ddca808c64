"""What a settings file may say."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec


class Settings(msgspec.Struct, forbid_unknown_fields=True, rename="kebab", omit_defaults=True):
    """What a settings file may say; each key is an option of the same name."""

    data: str | None = None
    collection: str | None = None
    contact: str | None = None
    delay: Annotated[float, msgspec.Meta(ge=0, le=3600)] | None = None
    jobs: Annotated[int, msgspec.Meta(ge=1, le=256)] | None = None
    rules: list[str] | None = None
    keep: list[str] | None = None
    format: Literal["text", "markdown", "json", "jsonl", "xml"] | None = None
    max_sources: Annotated[int, msgspec.Meta(ge=1)] | None = None
    max_time: Annotated[float, msgspec.Meta(gt=0)] | None = None
    tdmrep: bool | None = None
    sign_key: str | None = None
    sign_agent: str | None = None
