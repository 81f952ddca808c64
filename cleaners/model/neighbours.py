"""What the first scores say of a block's surroundings: text stands among text, debris among debris."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

NAMES = (
    "own score", "score 3 before", "score 2 before", "score before", "score behind", "score 2 behind",
    "score 3 behind", "text before it", "blocks since text", "blocks until text", "score of its like",
    "number of its like", "worst of its like", "best of its like", "score of siblings", "number of siblings",
    "score around", "blocks of text", "text of page",
)  # fmt: skip

SURE = 0.6
"""From this score on a block counts as text for its neighbours."""
FAR = 30
"""Blocks: farther is all the same."""
REACH = 3.0
"""Blocks: how quickly a neighbour's influence on the score around fades."""

_EDGE = -9.0


def surroundings(
    scores: Sequence[float], sizes: Sequence[int], likes: Sequence[Hashable], parents: Sequence[Hashable]
) -> list[list[float]]:
    """Return a row for each block, in the order of NAMES. `likes`: equal for blocks in elements of the same names."""
    count = len(scores)
    odds = [math.log((p + 1e-4) / (1 - p + 1e-4)) for p in scores]
    weights = [math.log1p(size) for size in sizes]
    sure = [p >= SURE for p in scores]
    padded = [_EDGE] * 3 + odds + [_EDGE] * 3
    text = sum(size for size, is_sure in zip(sizes, sure, strict=True) if is_sure)
    since, until = _distances(sure), _distances(sure[::-1])[::-1]
    around = _smooth(scores, weights)
    like, parent = _groups(likes, odds, weights), _groups(parents, odds, weights)
    blocks_of_text, text_of_page = sum(sure), math.log1p(text)
    rows, before = [], 0
    for i in range(count):
        before += sizes[i] * sure[i]
        numbers, mean, least, most, _ = like[likes[i]]
        near = [padded[i], padded[i + 1], padded[i + 2], padded[i + 4], padded[i + 5], padded[i + 6]]
        rows.append([
            odds[i], *near, before / max(text, 1), since[i], until[i], mean, numbers, least, most,
            parent[parents[i]][4], parent[parents[i]][0], around[i], blocks_of_text, text_of_page,
        ])  # fmt: skip
    return rows


def _distances(sure: Sequence[bool]) -> list[int]:
    distances, distance = [], FAR
    for is_sure in sure:
        distance = 0 if is_sure else min(distance + 1, FAR)
        distances.append(distance)
    return distances


def _groups(
    keys: Sequence[Hashable], odds: Sequence[float], weights: Sequence[float]
) -> dict[Hashable, tuple[int, float, float, float, float]]:
    """Return for each group: its number, mean, least, most and mean by weight."""
    members: dict[Hashable, list[int]] = {}
    for i, key in enumerate(keys):
        members.setdefault(key, []).append(i)
    groups = {}
    for key, group in members.items():
        values = [odds[i] for i in group]
        weight = sum(weights[i] for i in group) or 1.0
        weighted = sum(odds[i] * weights[i] for i in group) / weight
        groups[key] = (len(group), sum(values) / len(values), min(values), max(values), weighted)
    return groups


def _smooth(scores: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the mean of scores by weight, with an influence that fades in both directions."""
    fade = math.exp(-1 / REACH)
    up = [0.0] * len(scores)
    down = [0.0] * len(scores)
    for order in (range(len(scores)), range(len(scores) - 1, -1, -1)):
        a = b = 0.0
        for i in order:
            a, b = a * fade, b * fade
            up[i] += a
            down[i] += b
            a += scores[i] * weights[i]
            b += weights[i]
    return [(up[i] + scores[i] * weights[i]) / ((down[i] + weights[i]) or 1.0) for i in range(len(scores))]
