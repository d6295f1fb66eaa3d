"""Texts as rows of numbers for simple models, whatever the order of their words."""

from __future__ import annotations

import numpy as np

from hibiscus.tokens import SPECIAL

__all__ = ["bag_of_words"]


def bag_of_words(tokens: np.ndarray, top: int = 1000) -> np.ndarray:
    """Which of the most frequent tokens each text contains.

    Args:
        tokens: token numbers (texts, steps), by decreasing frequency after the special ones.
        top: the number of tokens that are kept.

    Returns:
        float32 (texts, top) of 0 and 1.
    """
    bag = np.zeros((len(tokens), len(SPECIAL) + top), np.float32)
    rows, steps = np.nonzero(tokens < bag.shape[1])
    bag[rows, tokens[rows, steps]] = 1
    return bag[:, len(SPECIAL) :]
