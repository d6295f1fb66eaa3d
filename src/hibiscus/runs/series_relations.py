"""How the variables of a series relate to each other: cross-correlation, Granger causality, cointegration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from hibiscus.errors import DataError
from hibiscus.progress import step
from hibiscus.series.causality import adjust_p_values, cointegration, granger_causality
from hibiscus.series.cross_correlation import check_correlation, cross_correlation, prewhiten
from hibiscus.series.description import SeriesDescription, fill_gaps

__all__ = ["MAX_PAIRS", "Relation", "relations"]

MAX_PAIRS = 15  # of variables; those with the first variable come first
STEPS = 4_000  # the last of a long series that are used
MINIMUM = 40  # steps
MAX_LAGS = 12  # of Granger causality


@dataclass(frozen=True)
class Relation:
    """Two variables of one series.

    Args:
        first: the name of x.
        second: the name of y.
        levels: the correlation of the values.
        differences: the correlation of their differences.
        spurious: whether the values correlate and their differences do not, at no short lag.
        lag: at which the cross-correlation without the autocorrelation of x is strongest; above 0, x leads.
        correlation: at this lag.
        bound: of this correlation.
        granger_lags: the past steps of the Granger tests.
        forward: the p-value of "x does not help to predict y", corrected for all tests (Holm).
        backward: that of "y does not help to predict x".
        differenced: whether both were differenced for it, since one of them has a unit root.
        cointegrated: whether they are cointegrated; None unless both have a unit root.
    """

    first: str
    second: str
    levels: float
    differences: float
    spurious: bool
    lag: int
    correlation: float
    bound: float
    granger_lags: int
    forward: float
    backward: float
    differenced: bool
    cointegrated: bool | None


def relations(
    values: Mapping[str, np.ndarray], descriptions: Mapping[str, SeriesDescription]
) -> tuple[list[Relation], int]:
    """The relations of the pairs of variables, the closest first, and the number of pairs that were left out.

    Args:
        values: of each variable on the same grid, NaN where missing; float64 (positions,).
        descriptions: of each variable.

    Raises:
        MissingExtraError: statsmodels is not installed.
    """
    usable = [name for name, about in descriptions.items() if not about.constant]
    pairs = list(combinations(usable, 2))
    found = []
    with step("comparing variables", total=min(len(pairs), MAX_PAIRS)) as comparing:
        for first, second in pairs[:MAX_PAIRS]:
            x, y = _common(values[first], values[second])
            roots = _has_unit_root(descriptions[first]), _has_unit_root(descriptions[second])
            if len(x) >= MINIMUM and np.ptp(x) > 0 and np.ptp(y) > 0:
                found.append(_relation(first, second, x, y, roots))
            comparing.advance()
    return _corrected([one for one in found if one is not None]), max(0, len(pairs) - MAX_PAIRS)


def _relation(
    first: str, second: str, x: np.ndarray, y: np.ndarray, roots: tuple[bool, bool]
) -> Relation | None:
    check = check_correlation(x, y)
    rest = (np.diff(x), np.diff(y)) if any(roots) else (x, y)
    cross = cross_correlation(*prewhiten(*rest))
    lag, correlation = cross.strongest
    try:
        granger = granger_causality(x, y, MAX_LAGS, roots)
        cointegrated = cointegration(x, y, MAX_LAGS).rejects if all(roots) else None
    except (DataError, np.linalg.LinAlgError):  # a variable without noise, say
        return None
    return Relation(
        first,
        second,
        check.levels,
        check.differences,
        check.spurious,
        lag,
        correlation,
        cross.bound,
        granger.lags,
        granger.forward,
        granger.backward,
        granger.differenced,
        cointegrated,
    )


def _corrected(found: list[Relation]) -> list[Relation]:
    """The relations with p-values corrected for the number of tests, the strongest correlation first."""
    adjusted = adjust_p_values([p for one in found for p in (one.forward, one.backward)]).reshape(-1, 2)
    corrected = [
        replace(one, forward=float(forward), backward=float(backward))
        for one, (forward, backward) in zip(found, adjusted, strict=True)
    ]
    return sorted(corrected, key=lambda one: -abs(one.correlation))


def _has_unit_root(about: SeriesDescription) -> bool:
    return about.stationarity is not None and not about.stationarity.adf.rejects


def _common(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The last steps at which both variables have begun and not ended, gaps interpolated."""
    known = ~np.isnan(first), ~np.isnan(second)
    if not known[0].any() or not known[1].any():
        return np.zeros(0), np.zeros(0)
    start = max(int(mask.argmax()) for mask in known)
    end = min(len(mask) - int(mask[::-1].argmax()) for mask in known)
    parts = []
    for values in (first, second):
        begin = int((~np.isnan(values)).argmax())
        parts.append(fill_gaps(values)[max(0, start - begin) : max(0, end - begin)][-STEPS:])
    return parts[0], parts[1]
