"""Write text as UTF-8 can hold it."""

from __future__ import annotations


def encodable(text: str) -> str:
    r"""Return a text as it is stored in files, tables and the catalog: each half of a surrogate pair becomes `?`.

    >>> encodable("caf\ud83d")
    'caf?'
    """
    return text.encode("utf-8", "replace").decode()
