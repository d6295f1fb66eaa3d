r"""Partial dependence: the mean prediction as a function of one column, whatever the others are.

    dependence(value) = mean over rows of predict(row with the column set to value)

Where columns are correlated, some of these rows are unlike any real one, and the curve says little there.

Reference: Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", 2001, section 8.2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hibiscus.data.tables.features import CategoryColumn, NumberColumn

__all__ = ["GRID", "MAX_ROWS", "column_grid", "partial_dependence"]

GRID = 20  # values of a number
CATEGORIES = 12  # the most frequent ones
MAX_ROWS = 1_000  # over which is averaged
ENDS = (0.01, 0.99)  # quantiles between which the values of a number lie
DAYS_PER_YEAR = 365.2425


def partial_dependence(
    predict: Callable[[np.ndarray], np.ndarray], x: np.ndarray, group: slice, values: np.ndarray
) -> NDArray[np.float64]:
    r"""The mean output over the rows for each value of a column.

    Args:
        predict: maps features to outputs.
        x: features.
        group: the features of the column.
        values: the features of each value.

    Shapes:
        x (rows, features), values (values, features of the group); predict maps (rows, features) to (rows,
        outputs); returns (values, outputs).
    """
    changed = x.copy()
    means = []
    for value in values:
        changed[:, group] = value
        means.append(np.asarray(predict(changed), dtype=np.float64).mean(0))
    return np.stack(means)


def column_grid(
    column: NumberColumn | CategoryColumn, values: Any
) -> tuple[NDArray[np.float64], Sequence[str], NDArray[np.float32]]:
    r"""The values of a column at which the dependence is computed: quantiles of a number, or categories.

    Args:
        column: how the column is read and encoded.
        values: those of some rows, from which quantiles and the most frequent categories are taken.

    Returns:
        Positions (values,), for a time in years; the names of categories, none of a number; and the features
        of each value `(values, features of the column)`. There are none if all values are missing.
    """
    import pandas as pd

    names: list[str] = []
    if isinstance(column, CategoryColumn):
        counts = Counter(name for name in column.texts(values) if name in column.categories)
        names = [str(name) for name, _ in counts.most_common(CATEGORIES)]
        positions, raw = np.arange(len(names), dtype=np.float64), pd.Series(names, dtype="object")
    else:
        numbers = column.numbers(values)
        numbers = numbers[np.isfinite(numbers)]
        grid = np.unique(numbers)
        if len(grid) > GRID:
            grid = np.unique(np.quantile(numbers, np.linspace(*ENDS, GRID)))
        positions = 1970 + grid / DAYS_PER_YEAR if column.time else grid
        raw = pd.Series(pd.to_datetime(grid, unit="D")) if column.time else pd.Series(grid)
    encoded = np.zeros((len(positions), len(column.features)), dtype=np.float32)
    if len(positions):
        column.write(raw, encoded)
    return positions, names, encoded
