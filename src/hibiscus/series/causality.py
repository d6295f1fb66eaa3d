r"""Whether the past of one series helps to predict another: Granger causality, and cointegration.

    y_t = c + sum_{j<=p} a_j y_{t-j} + sum_{j<=p} b_j x_{t-j} + e_t        H0: all b_j = 0, an F test

Both series have to be stationary: with a unit root in either, both are differenced first. x causes y in this
sense if the test rejects for x -> y; if it also rejects for y -> x, each helps to predict the other, or a
third series drives both. It is a statement about prediction, not about causes. Two series that each have a
unit root are cointegrated (Engle-Granger) if a linear combination of them is stationary; then differences
lose how they hold together, and an error-correction model (VECM) keeps it.

Reference: Granger, "Investigating causal relations by econometric models and cross-spectral methods", 1969;
Engle, Granger, "Co-integration and error correction", 1987.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hibiscus.errors import DataError
from hibiscus.series.series_values import call_quietly, from_extra, one_variable
from hibiscus.series.stationarity import LEVELS, adf

__all__ = ["Cointegration", "GrangerCausality", "adjust_p_values", "cointegration", "granger_causality"]


@dataclass(frozen=True)
class GrangerCausality:
    """The two tests between x and y.

    Args:
        lags: p, the number of past steps, with the least AIC of a VAR of both.
        forward: the p-value of "x does not help to predict y".
        backward: the p-value of "y does not help to predict x".
        differenced: whether both were differenced first, since one of them has a unit root.
        notes: what the user should know.
    """

    lags: int
    forward: float
    backward: float
    differenced: bool
    notes: tuple[str, ...] = ()


def granger_causality(
    first: Any, second: Any, max_lags: int = 12, unit_roots: tuple[bool, bool] | None = None
) -> GrangerCausality:
    """Granger causality in both directions.

    Args:
        first: x.
        second: y, as long as x.
        max_lags: the most past steps tried; fewer in a series of less than 10 steps for each.
        unit_roots: whether each series has a unit root, if that is known; by default ADF tells.

    Shapes: first (steps,), second (steps,).

    Raises:
        DataError: series of different lengths, fewer than 20 steps, a constant, or one that the past predicts
            without an error.
        MissingExtraError: statsmodels is not installed.
    """
    x, y = _both(first, second)
    tools = from_extra("statsmodels.tsa.stattools", "Granger causality")
    roots = unit_roots or (not adf(x).rejects, not adf(y).rejects)
    differenced = any(roots)
    pair = np.column_stack([x, y])
    if differenced:
        pair = np.diff(pair, axis=0)
    pair = (pair - pair.mean(0)) / np.maximum(pair.std(0), 1e-300)
    lags = _order(pair, max(1, min(max_lags, len(pair) // 10)))
    notes, p_values = [], []
    infeasible = from_extra("statsmodels.tools.sm_exceptions", "Granger causality").InfeasibleTestError
    for columns in ([1, 0], [0, 1]):  # statsmodels tests whether its second column helps to predict the first
        try:
            test, warned = call_quietly(tools.grangercausalitytests, pair[:, columns], [lags])
        except infeasible:
            received = "two series of which the past predicts one without an error"
            raise DataError(received, "series with noise", "leave out one of them") from None
        p_values.append(float(test[lags][0]["ssr_ftest"][1]))
        notes += warned
    return GrangerCausality(lags, p_values[0], p_values[1], differenced, tuple(dict.fromkeys(notes)))


@dataclass(frozen=True)
class Cointegration:
    """The Engle-Granger test of "not cointegrated", rejected below the critical value."""

    statistic: float
    p_value: float
    critical_values: dict[str, float]
    notes: tuple[str, ...] = ()

    @property
    def rejects(self) -> bool:
        """Whether the series are cointegrated at 5 %."""
        return self.statistic < self.critical_values["5%"]


def cointegration(first: Any, second: Any, max_lags: int | None = None) -> Cointegration:
    """The Engle-Granger test of two series that each have a unit root; its lags are chosen by AIC.

    Shapes: first (steps,), second (steps,).

    Raises:
        DataError: series of different lengths, fewer than 20 steps, or a constant.
        MissingExtraError: statsmodels is not installed.
    """
    x, y = _both(first, second)
    tools = from_extra("statsmodels.tsa.stattools", "the Engle-Granger test")
    result, notes = call_quietly(tools.coint, x, y, maxlag=max_lags)
    statistic, p_value, critical = result
    levels = {level: float(value) for level, value in zip(LEVELS, critical, strict=True)}
    return Cointegration(float(statistic), float(p_value), levels, notes)


def adjust_p_values(p_values: Sequence[float]) -> np.ndarray:
    """p-values of several tests after Holm: the chance of a single false rejection among all stays below 5 %.

    Shapes: p_values (tests,); returns float64 (tests,).

    Reference: Holm, "A simple sequentially rejective multiple test procedure", 1979.
    """
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values)
    factors = np.arange(len(values), 0, -1)
    adjusted = np.minimum(1.0, np.maximum.accumulate(values[order] * factors))
    result = np.empty_like(adjusted)
    result[order] = adjusted
    return result


def _order(pair: np.ndarray, most: int) -> int:
    """The order of a VAR with the least AIC, all fitted on the same steps."""
    past = [pair[most - j : len(pair) - j] for j in range(1, most + 1)]
    target, scores = pair[most:], []
    for order in range(1, most + 1):
        design = np.column_stack([np.ones(len(target)), *past[:order]])
        rest = target - design @ np.linalg.lstsq(design, target, rcond=None)[0]
        _, log_determinant = np.linalg.slogdet(rest.T @ rest / len(rest) + 1e-12 * np.eye(2))
        scores.append(log_determinant + 2 * design.shape[1] * 2 / len(rest))
    return int(np.argmin(scores)) + 1


def _both(first: Any, second: Any) -> tuple[np.ndarray, np.ndarray]:
    x, y = one_variable(first, 20), one_variable(second, 20)
    if len(x) != len(y):
        raise DataError(f"series of {len(x):,} and {len(y):,} steps", "the same steps of both", "align them")
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        raise DataError("a constant series", "two series that vary", "leave the constant one out")
    return x, y
