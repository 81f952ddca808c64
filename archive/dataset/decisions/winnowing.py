"""Winnowed fingerprints: few of a text's word runs, chosen so that another text with the same sentence has the same
ones (Schleimer, Wilkerson and Aiken 2003, "Winnowing")."""

from __future__ import annotations

import numpy as np

from archive.dataset.decisions.words import Hashes, Words, runs_of

RUN = 6
WINDOW = 4
"""Of four runs of six words one fingerprint: nine words in a row that two texts share are always found."""
CHARACTERS = 2
"""Characters that count as a word in scripts without spaces, where six alone are a common phrase."""


def run_of(words: Words) -> int:
    """Return how many words (or characters) a run of this text has."""
    return RUN * CHARACTERS if words.is_spaceless else RUN


def fingerprints_of(words: Words) -> Hashes:
    """Return the set of a text's fingerprints, sorted. No run crosses the end of a sentence."""
    run = run_of(words)
    if len(words.hashes) < run:
        return words.hashes[:0]
    window = WINDOW * CHARACTERS if words.is_spaceless else WINDOW
    runs = runs_of(words.hashes, run)
    first, last = words.sentences[: len(runs)], words.sentences[run - 1 :]
    runs, sentences = runs[first == last], first[first == last]
    if not len(runs):
        return words.hashes[:0]
    # a sentence of fewer runs than a window has the least of them; in a longer one that is a window's least anyway
    starts = np.flatnonzero(np.diff(sentences, prepend=-1))
    chosen: list[Hashes] = [np.minimum.reduceat(runs, starts)]
    if len(runs) >= window:
        least = np.lib.stride_tricks.sliding_window_view(runs, window).min(axis=1)
        chosen.append(least[sentences[: len(least)] == sentences[window - 1 :]])
    found: Hashes = np.unique(np.concatenate(chosen))
    return found
