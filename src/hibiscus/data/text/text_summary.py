"""What `inspect` tells about texts: lengths, growth of the vocabulary, unknown words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from hibiscus.data.text.words import split_tokens

__all__ = ["describe_texts", "vocabulary_growth"]

MAX_CHARACTERS = 20_000_000  # of the texts whose tokens are counted: about ten seconds
POINTS = 10  # of the growth of the vocabulary
QUANTILES = {"min": 0.0, "25%": 0.25, "median": 0.5, "75%": 0.75, "99%": 0.99, "max": 1.0}


def describe_texts(
    texts: Sequence[str] | np.ndarray, parts: Mapping[str, np.ndarray], ids: Sequence[str]
) -> dict[str, Any]:
    """A description of texts as plain JSON values.

    Args:
        texts: all texts.
        parts: the indices of each part; the vocabulary is that of `train`, if there is such a part.
        ids: the names of the texts.

    Returns:
        `lengths`: quantiles of the number of tokens, and of `characters`; `longest`: the name of the longest
        text; `empty`: the number of texts without tokens; `tokens`, `vocabulary` and `once`: the number of
        tokens of the training part, of different ones, and of those that occur once; `growth`: see
        `vocabulary_growth`; `unknown`: the fraction of the tokens of each other part that the training part
        does not contain; `share`: the fraction of the texts that were examined.
    """
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    step = max(1, -(-int(sizes.sum()) // MAX_CHARACTERS))
    chosen = {name: np.asarray(items)[::step] for name, items in parts.items()}
    rows = {name: [split_tokens(str(texts[item])) for item in items] for name, items in chosen.items()}
    order = np.concatenate([*chosen.values()]) if chosen else np.zeros(0, np.int64)
    lengths = np.fromiter((len(row) for part in rows.values() for row in part), np.int64, len(order))
    known = rows.get("train") or [row for part in rows.values() for row in part]
    counts = Counter(chain.from_iterable(known))
    return {
        "lengths": _quantiles(lengths),
        "characters": _quantiles(sizes),
        "longest": ids[int(sizes.argmax())] if len(sizes) else "",
        "empty": int((lengths == 0).sum()),
        "tokens": counts.total(),
        "vocabulary": len(counts),
        "once": sum(count == 1 for count in counts.values()),
        "growth": vocabulary_growth(known),
        "unknown": {
            name: _unknown_share(part, counts)
            for name, part in rows.items()
            if name != "train" and "train" in rows
        },
        "share": 1 / step,
    }


def vocabulary_growth(rows: Iterable[Sequence[str]], points: int = POINTS) -> list[tuple[int, int]]:
    """After each tenth of the tokens, how many were read and how many different ones are among them."""
    tokens = list(chain.from_iterable(rows))
    seen: set[str] = set()
    growth: list[tuple[int, int]] = []
    start = 0
    for point in range(1, points + 1):
        end = round(len(tokens) * point / points)
        seen.update(tokens[start:end])
        if end > start:
            growth.append((end, len(seen)))
        start = end
    return growth


def _quantiles(values: np.ndarray) -> dict[str, int]:
    if not len(values):
        return {}
    found = np.quantile(values, [*QUANTILES.values()], method="nearest")
    return dict(zip(QUANTILES, map(int, found), strict=True))


def _unknown_share(rows: Iterable[Sequence[str]], known: Counter[str]) -> float:
    counts = Counter(chain.from_iterable(rows))
    return sum(count for token, count in counts.items() if token not in known) / max(1, counts.total())
