r"""Feature importance by permutation: how much worse a metric becomes when one column is shuffled.

    importance(column) = score(x) - mean over repeats of score(x with the column permuted)

All features of a column, such as those of a one-hot category, are permuted together. Nothing is refitted, so
the importance describes what the model uses, not what could be learned from the data: of two columns that say
the same, each may seem unimportant, since the model uses the other.

Reference: Breiman, "Random Forests", Machine Learning 45, 2001, section 10; Fisher, Rudin and Dominici, "All
    Models are Wrong, but Many are Useful", 2019, arXiv 1801.01489.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hibiscus.progress import step

__all__ = ["REPEATS", "affordable_work", "permutation_importance"]

REPEATS = 5
BUDGET = 300_000  # rows that the model predicts in all: a few seconds for a small network on one core
MAX_ROWS, MIN_ROWS = 2_000, 200


def affordable_work(rows: int, columns: int) -> tuple[int, int]:
    """On how many rows the importance of how many columns is computed within the limit of work."""
    share = BUDGET // REPEATS
    used = min(rows, MAX_ROWS, max(MIN_ROWS, share // max(1, columns)))
    return used, min(columns, max(1, share // used))


def permutation_importance(
    predict: Callable[[np.ndarray], np.ndarray],
    score: Callable[[np.ndarray], float],
    x: np.ndarray,
    groups: Sequence[slice],
    repeats: int = REPEATS,
    seed: int = 0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""The mean and standard deviation over repeats of the decrease of the score.

    Args:
        predict: maps features to outputs.
        score: maps outputs for `x` to a number; higher is better.
        x: features.
        groups: the features of each column, which are permuted together.
        repeats: permutations of each column.
        seed: random seed of the permutations.

    Shapes:
        x (rows, features); returns mean (groups,) and standard deviation (groups,).
    """
    rng, full = np.random.default_rng(seed), score(predict(x))
    decrease = np.zeros((len(groups), repeats))
    shuffled = x.copy()
    with step("computing the importance of the columns", len(groups)) as progress:
        for i, group in enumerate(groups):
            for repeat in range(repeats):
                shuffled[:, group] = x[rng.permutation(len(x)), group]
                decrease[i, repeat] = full - score(predict(shuffled))
            shuffled[:, group] = x[:, group]
            progress.advance()
    return decrease.mean(1), decrease.std(1)
