"""Run py-wacz in a process of its own, with a brotli decoder that warcio can use."""

from __future__ import annotations

import runpy


class BrotliDecoder:
    """Decodes as warcio's readers ask for it.

    warcio sets an attribute on `brotli.Decompressor`, which brotli 1.x, written in C, does not allow.
    """

    unused_data = b""

    def __init__(self) -> None:
        """Begin a new body."""
        import brotli  # type: ignore[import-untyped]

        self._decoder = brotli.Decompressor()

    def decompress(self, data: bytes) -> bytes:
        """Return what some more bytes of a body are decoded to."""
        decode = getattr(self._decoder, "process", None) or self._decoder.decompress  # brotlipy has only the latter
        return bytes(decode(data))

    def flush(self) -> bytes:
        """Return nothing: all was returned before."""
        return b""


def main() -> None:
    """Run py-wacz with the arguments of this process."""
    from warcio.bufferedreaders import BufferedReader  # type: ignore[import-untyped]

    BufferedReader.DECOMPRESSORS["br"] = BrotliDecoder
    runpy.run_module("wacz.main", run_name="__main__")


if __name__ == "__main__":
    main()
