"""Decide what happens to each row: duplicates with proof, shared text, and splits."""

from archive.dataset.dedup.keys import KEYS, keys_of
from archive.dataset.dedup.verdicts import decide

__all__ = ["KEYS", "decide", "keys_of"]
