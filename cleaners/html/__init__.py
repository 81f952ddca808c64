"""A page's bytes to characters, characters to one bounded tree, the tree to blocks of text."""

from cleaners.html.blocks import BlockKind, Frame, Marks, PageBlock, read_blocks
from cleaners.html.decode import Decoded, decode, detector
from cleaners.html.tree import body_of, parse, within_bounds

__all__ = [
    "BlockKind",
    "Decoded",
    "Frame",
    "Marks",
    "PageBlock",
    "body_of",
    "decode",
    "detector",
    "parse",
    "read_blocks",
    "within_bounds",
]
