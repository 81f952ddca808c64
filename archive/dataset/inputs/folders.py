"""Files of a folder: HTML pages and plain texts, one row a file."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from archive.dataset.inputs.shards import Item, Shard
from archive.warc.capture import MAX_PAYLOAD


def read_files(shard: Shard) -> Iterator[Item]:
    """Yield the files of a shard; one that cannot be read is an item with a problem."""
    is_text = shard.kind == "texts"
    for file in shard.files:
        path = Path(shard.path) / file
        name = f"{shard.name}/{file}"
        try:
            data = _unpacked(path)
            text = data.decode("utf-8") if is_text else data
        except (OSError, EOFError, zlib.error) as error:
            yield Item(name, 0, is_text=is_text, problem=f"cannot be read ({error})")
        except UnicodeDecodeError as error:
            yield Item(name, 0, is_text=is_text, problem=f"not UTF-8 (byte {error.start})")
        else:
            if len(data) > MAX_PAYLOAD:
                yield Item(name, 0, is_text=is_text, problem=f"larger than {MAX_PAYLOAD >> 20} MB")
            else:
                # the path from the input on: where the folder lies on this machine is nobody's business
                yield Item(name, 0, text, is_text, url=None if is_text else f"file:{name}")


def _unpacked(path: Path) -> bytes:
    if path.name.lower().endswith(".gz"):
        with gzip.open(path) as packed:
            return packed.read(MAX_PAYLOAD + 1)
    with path.open("rb") as file:
        return file.read(MAX_PAYLOAD + 1)
