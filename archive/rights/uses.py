"""Read what the words of the standards say about three uses of a text: to train a model, to feed one, and to search.

`vocabulary.toml` has the words with the versions of the standards. Nothing is guessed: what a word of ours does not
name says nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

VOCABULARY: Mapping[str, Any] = tomllib.loads((Path(__file__).parent / "vocabulary.toml").read_text("utf-8"))
"""Its date, the three uses, and for each standard the words with the uses they are about."""

ALLOWED, CONDITIONAL, REFUSED = "allowed", "conditional", "refused"


class Said(NamedTuple):
    """What one statement says about one use."""

    use: str
    answer: str
    """ALLOWED, REFUSED, or CONDITIONAL: allowed for payment, attribution or some users only (RSL)."""


@dataclass(frozen=True, slots=True)
class Uses:
    """What a site's statements say together about each use; None where none says anything."""

    ai_train: str | None = None
    ai_input: str | None = None
    search: str | None = None
    contradictory: tuple[str, ...] = ()
    """The uses that one statement allows and another refuses. They count as refused."""

    def answers(self) -> Iterator[tuple[str, str]]:
        """Yield the uses about which something is said, with the answer."""
        for use in VOCABULARY["uses"]:
            if (answer := getattr(self, use)) is not None:
                yield use, answer

    @classmethod
    def of(cls, said: Iterable[Said]) -> Uses:
        """Combine statements: a refusal wins, then a condition (draft-ietf-aipref-vocab-08, section 5.1).

        >>> Uses.of([Said("ai_train", ALLOWED), Said("ai_train", REFUSED), Said("search", ALLOWED)])
        Uses(ai_train='refused', ai_input=None, search='allowed', contradictory=('ai_train',))
        """
        answers: dict[str, set[str]] = {}
        for use, answer in said:
            answers.setdefault(use, set()).add(answer)
        wins = {use: next(one for one in (REFUSED, CONDITIONAL, ALLOWED) if one in of) for use, of in answers.items()}
        contradictory = tuple(use for use in VOCABULARY["uses"] if answers.get(use, set()) >= {ALLOWED, REFUSED})
        return cls(**wins, contradictory=contradictory)


def pairs_said(standard: str, value: str, vocabulary: Mapping[str, Any] = VOCABULARY) -> Iterator[Said]:
    """Yield what `word=value` pairs say: of Content-Signal, or of Content-Usage.

    Parameters behind `;` are passed over. Case is no matter, since people write it as they like.

    >>> list(pairs_said("content-usage", "train-ai=n;exceptions, Search=y, bots=n, ai-use=maybe"))
    [Said(use='ai_train', answer='refused'), Said(use='search', answer='allowed')]
    """
    of = vocabulary[standard]
    pieces = (piece.partition(";")[0].partition("=") for piece in value.lower().split(","))
    pairs = [(key.strip(), answer.strip().strip('"')) for key, _, answer in pieces]
    for key, answer in dict(pairs).items() if of.get("last_counts") else pairs:
        if answer in of["values"]:
            yield from (Said(use, of["values"][answer]) for use in of["words"].get(key, ()))


def word_said(standard: str, word: str, vocabulary: Mapping[str, Any] = VOCABULARY) -> Iterator[Said]:
    """Yield what a single word says: of X-Robots-Tag and meta robots, or the bit of TDMRep.

    >>> list(word_said("tdm-reservation", "1"))
    [Said(use='ai_train', answer='refused')]
    """
    of = vocabulary[standard]
    yield from (Said(use, of["values"][word]) for use in of["words"].get(word, ()))
