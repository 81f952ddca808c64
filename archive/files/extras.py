"""Say how an extra is installed: from where this copy of pressclip came from, as no package index has it yet."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

INSTALLERS = {"pipx_metadata.json": "pipx install --force", "uv-receipt.toml": "uv tool install --force"}
"""The file by which an environment's root shows who made it, and how that tool installs a package anew."""


def how_to_install(extra: str) -> str:
    """Return the command that adds an extra to this environment, as the end of a message.

    The name alone would be asked of a package index, where anybody may have taken it.
    """
    tool = next((words for name, words in INSTALLERS.items() if (Path(sys.prefix) / name).is_file()), "pip install")
    source, editable = _source()
    where = "" if source else "in a checkout of pressclip: "
    in_place = " --editable" if editable else ""
    return f"{where}{tool}{in_place} {_quoted(f'{source or Path()}[{extra}]')}"


def _source() -> tuple[Path | None, bool]:
    """Return the checkout or file that this copy is from, if it is there, and whether it is used in place."""
    # imported here: every start would take 25 ms longer, and hardly any says how to install an extra
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        origin = json.loads(distribution("pressclip").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return None, False
    url = urlsplit(origin.get("url", ""))
    source = Path(unquote(url.path))
    if url.scheme != "file" or not source.exists():
        return None, False
    return source, bool(origin.get("dir_info", {}).get("editable"))


def _quoted(text: str) -> str:
    return shlex.quote(text) if "'" in text else f"'{text}'"
