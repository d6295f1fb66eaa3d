"""Which features say something about a target: a test of each, and control of the false discovery rate.

The test depends on the target (as in FRESH): Kruskal-Wallis between the classes, or Kendall's tau with a
number. The adjustment of Benjamini and Yekutieli holds for features that depend on each other, as features of
one window do. Pass the training part only: a selection that has seen the test part flatters it.

Sources: Benjamini & Yekutieli 2001; Christ, Kempa-Liehr & Feindt 2016 (FRESH).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import DataError
from hibiscus.series.checked_arrays import check_between, to_series, to_vector

__all__ = ["benjamini_yekutieli", "feature_p_values", "select_features"]


def select_features(
    features: ArrayLike, target: ArrayLike, *, classes: bool, fraction: float = 0.05
) -> tuple[np.ndarray, np.ndarray]:
    """The features that depend on the target.

    Args:
        features: (items, F).
        target: class or number (items,).
        classes: whether the target is a class.
        fraction: largest expected fraction of useless features among the selected ones, in (0, 1).

    Returns:
        Whether each feature is selected (F,) bool, and the adjusted p-values (F,).
    """
    check_between(fraction, "fraction", 0, 1, open_ends=True)
    adjusted = benjamini_yekutieli(feature_p_values(features, target, classes=classes))
    return adjusted <= fraction, adjusted


def feature_p_values(features: ArrayLike, target: ArrayLike, *, classes: bool) -> np.ndarray:
    """The p-value (F,) of each feature under independence of the target; 1 for a constant feature.

    Args:
        features: (items, F).
        target: class or number (items,).
        classes: whether the target is a class, which is tested by ranks between the classes (Kruskal-Wallis,
            for two classes a Mann-Whitney test); otherwise by ranks against ranks (Kendall's tau).

    Raises:
        DataError: when the numbers of items differ, or the target is constant.
    """
    from scipy.stats import kendalltau, kruskal

    x = to_series(features, "the features")
    y = np.asarray(target) if classes else to_vector(target, "the target")
    if y.shape != (len(x),):
        raise DataError(f"{len(x)} items and a target of the shape {y.shape}", "one target for each item")
    values = np.unique(y)
    if len(values) < 2:
        raise DataError(f"all items have the target {values[0]}", "at least two different targets")
    result = np.ones(x.shape[1])
    for index, column in enumerate(x.T):
        if np.ptp(column) > 0:
            groups = [column[y == value] for value in values] if classes else []
            _, result[index] = kruskal(*groups) if classes else kendalltau(column, y)
    return result


def benjamini_yekutieli(p_values: ArrayLike) -> np.ndarray:
    """Adjusted p-values: those below q have a false discovery rate of at most q under any dependence.

        adjusted[i] = min over ranks k >= rank(i) of p[k] * F * (1 + 1/2 + ... + 1/F) / k

    Args:
        p_values: p-values (F,) in [0, 1].

    Raises:
        DataError: when a value is no probability.
    """
    p = to_vector(p_values, "the p-values")
    if p.min() < 0 or p.max() > 1:
        raise DataError(f"p-values from {p.min():g} to {p.max():g}", "values in [0, 1]")
    count, order = len(p), np.argsort(p)
    ranks = np.arange(1, count + 1)
    scaled = p[order] * count * (1 / ranks).sum() / ranks
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return adjusted
