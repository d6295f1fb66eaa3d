"""Missing values of series, filled in by rules that see only the past; `linear` also sees the future."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from hibiscus.errors import ConfigError, nearest

__all__ = ["IMPUTATIONS", "NEED_FUTURE", "check_look_ahead", "impute"]

NEED_FUTURE = ("linear",)
BLOCK = 2**20  # values of the windows that are averaged at once


def impute(values: np.ndarray, rule: str, season: int, fallback: np.ndarray) -> np.ndarray:
    r"""A copy of the values of one series without missing values.

    Args:
        values: with NaN (or infinity) where they are missing.
        rule: one of `IMPUTATIONS`: `forward` repeats the last observed value, `past-mean` takes the mean of
            all observed values before, `window-mean` that of the last season, `seasonal` the last observed
            value at the same position of the season; `linear` interpolates between the neighbors.
        season: the steps of a season.
        fallback: a value for each variable, for the steps before the first observed one.

    Shapes: values (steps, variables), fallback (variables,); returns float64 (steps, variables).

    Raises:
        ConfigError: there is no such rule.
    """
    if rule not in IMPUTATIONS:
        raise ConfigError(
            f"impute={rule}", f"one of {', '.join(IMPUTATIONS)}", nearest(rule, list(IMPUTATIONS))
        )
    filled = np.array(values, np.float64)
    filled[~np.isfinite(filled)] = np.nan
    for variable, default in enumerate(np.asarray(fallback, np.float64)):
        column = filled[:, variable]
        missing = np.flatnonzero(np.isnan(column))
        if len(missing):
            column[missing] = IMPUTATIONS[rule](column, missing, season)
            column[np.isnan(column)] = default
    return filled


def check_look_ahead(rule: str, allowed: bool) -> None:
    """Refuses a rule that uses later values, unless the user allows it.

    Raises:
        ConfigError: the rule looks ahead, which is not allowed.
    """
    if rule in NEED_FUTURE and not allowed:
        raise ConfigError(
            f"impute={rule} fills a gap with values from after it, which a forecast does not have",
            "one of " + ", ".join(rule for rule in IMPUTATIONS if rule not in NEED_FUTURE),
            "impute=forward, or look_ahead=true if the series is not forecast",
        )


def _forward(column: np.ndarray, missing: np.ndarray, season: int) -> np.ndarray:
    last = np.maximum.accumulate(np.where(np.isnan(column), -1, np.arange(len(column))))[missing]
    return np.where(last >= 0, column[last], np.nan)


def _past_mean(column: np.ndarray, missing: np.ndarray, season: int) -> np.ndarray:
    observed = ~np.isnan(column)
    counts = np.cumsum(observed)[missing]
    return np.where(
        counts > 0, np.cumsum(np.where(observed, column, 0.0))[missing] / np.maximum(counts, 1), np.nan
    )


def _window_mean(column: np.ndarray, missing: np.ndarray, season: int) -> np.ndarray:
    """The mean of the observed values of the last season; the last observed value if it has none."""
    windows = sliding_window_view(np.concatenate([np.full(season, np.nan), column[:-1]]), season)
    means = _forward(column, missing, season)
    size = max(1, BLOCK // season)
    for start in range(0, len(missing), size):
        window = windows[missing[start : start + size]]
        observed = ~np.isnan(window)
        counts = observed.sum(axis=1)
        sums = np.where(observed, window, 0.0).sum(axis=1)
        part = means[start : start + size]
        part[counts > 0] = sums[counts > 0] / counts[counts > 0]
    return means


def _seasonal(column: np.ndarray, missing: np.ndarray, season: int) -> np.ndarray:
    """The last observed value one or more whole seasons ago; the last observed value if there is none."""
    padded = np.concatenate([column, np.full(-len(column) % season, np.nan)]).reshape(-1, season)
    steps = np.arange(len(padded))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(padded), -1, steps), axis=0)
    same = np.where(last >= 0, np.take_along_axis(padded, np.maximum(last, 0), axis=0), np.nan).ravel()[
        missing
    ]
    return np.where(np.isnan(same), _forward(column, missing, season), same)


def _linear(column: np.ndarray, missing: np.ndarray, season: int) -> np.ndarray:
    """Straight lines between observed values; the last observed value after the last one."""
    observed = np.flatnonzero(~np.isnan(column))
    if not len(observed):
        return np.full(len(missing), np.nan)
    return np.where(missing < observed[0], np.nan, np.interp(missing, observed, column[observed]))


IMPUTATIONS: dict[str, Callable[[np.ndarray, np.ndarray, int], np.ndarray]] = {
    "forward": _forward,
    "past-mean": _past_mean,
    "window-mean": _window_mean,
    "seasonal": _seasonal,
    "linear": _linear,
}
