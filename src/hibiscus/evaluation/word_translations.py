r"""A dictionary learned from parallel texts: IBM model 1.

    p(t | s) = expected number of times that t translates s, relative to all translations of s

    expected number = sum over text pairs and over their tokens t and s of p(t | s) / sum over s' of p(t | s')

The sum over s' runs over the source tokens of the pair and an empty one, which explains words without a
counterpart. Expectation maximization repeats both steps, from equal probabilities.

Reference: Brown et al., "The Mathematics of Statistical Machine Translation", Computational Linguistics 1993.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["WordTranslations"]

EMPTY = 0  # the number of the empty source token
ITERATIONS = 5


class WordTranslations:
    """The most probable translation of each source token.

    Args:
        sources: the tokens of each source text.
        targets: the tokens of each target text.
        iterations: of expectation maximization.

    Example:
        >>> words = WordTranslations([["the", "house"], ["the", "book"]], [["das", "Haus"], ["das", "Buch"]])
        >>> words.translate(["the", "book", "tower"])
        ['das', 'Buch', 'tower']
    """

    def __init__(
        self,
        sources: Sequence[Sequence[str]],
        targets: Sequence[Sequence[str]],
        iterations: int = ITERATIONS,
    ):
        self.known: dict[str, int] = {}
        names: dict[str, int] = {}
        source_rows = [
            [EMPTY, *(self.known.setdefault(word, len(self.known) + 1) for word in row)] for row in sources
        ]
        target_rows = [[names.setdefault(word, len(names)) for word in row] for row in targets]
        source, target, occurrence = _all_pairs(source_rows, target_rows)
        width = max(1, len(names))
        pairs, index = np.unique(source * width + target, return_inverse=True)
        of_source = pairs // width
        probability = np.ones(len(pairs))
        for _ in range(iterations):
            expected = probability[index]
            expected /= np.bincount(occurrence, expected)[occurrence]
            counts = np.bincount(index, expected, len(pairs))
            probability = counts / np.bincount(of_source, counts)[of_source]
        words = list(names)
        # Later entries replace earlier ones: the most probable target of each source token remains.
        order = np.lexsort((probability, of_source))
        best = dict(zip(of_source[order].tolist(), (pairs[order] % width).tolist(), strict=True))
        self.best = {word: words[best[number]] for word, number in self.known.items() if number in best}

    def translate(self, tokens: Sequence[str]) -> list[str]:
        """Each token replaced by its most probable translation; unknown tokens stay as they are."""
        return [self.best.get(token, token) for token in tokens]


def _all_pairs(sources: list[list[int]], targets: list[list[int]]) -> tuple[NDArray[np.int64], ...]:
    """Every target token with every source token of its text: the source tokens, the target tokens, and the
    number of the occurrence of the target token.
    """
    lengths = np.array([len(row) for row in sources], np.int64)
    counts = np.array([len(row) for row in targets], np.int64)
    flat = np.array([number for row in sources for number in row], np.int64)
    target = np.array([number for row in targets for number in row], np.int64)
    of_text = np.repeat(np.arange(len(counts)), counts)  # of each target token
    repeats = lengths[of_text]
    occurrence = np.repeat(np.arange(len(target)), repeats)
    first = np.concatenate([[0], np.cumsum(lengths)])[:-1]
    within = np.arange(len(occurrence)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    return flat[np.repeat(first[of_text], repeats) + within], target[occurrence], occurrence
