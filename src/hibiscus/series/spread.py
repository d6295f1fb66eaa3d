r"""How the spread of a series depends on its level, and the power transform that makes it constant.

    lambda = argmin of the coefficient of variation of  sd_i / mean_i^(1 - lambda)  over seasons i

Lambda 1 needs no transform, 0.5 is the square root, 0 the logarithm (Box-Cox: (x^lambda - 1) / lambda).

Reference: Guerrero, "Time-series analysis supported by power transformations", 1993.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hibiscus.series.series_values import one_variable

__all__ = ["guerrero_lambda", "variance_transform"]

STRETCHES = 6  # the fewest that say something about the spread
GAIN = 0.75  # the coefficient of variation with the transform, over that without, at most
MIN_CORRELATION = 0.5  # between the logarithms of level and spread
LOG_BELOW, ROOT_BELOW = 0.25, 0.75  # of lambda


def guerrero_lambda(values: Any, season: int = 2, low: float = -1.0, high: float = 2.0) -> float:
    """The lambda between two bounds with which the spread depends least on the level.

    Args:
        values: the series, positive; an incomplete season at its beginning is left out.
        season: steps of a stretch; with 1, stretches of 2 steps.
        low: the smallest lambda.
        high: the largest one.

    Shapes: values (steps,).
    """
    from scipy.optimize import minimize_scalar

    means, spreads = _stretches(one_variable(values, 4), max(2, season))
    found: Any = minimize_scalar(
        lambda power: _variation(means, spreads, power), bounds=(low, high), method="bounded"
    )
    return float(found.x)


def variance_transform(values: Any, season: int | None = None) -> str:
    """`log`, `sqrt` or `none`: the transform that makes the spread of a positive series constant.

    It is `none` unless the spread grows with the level and the transform evens it out clearly.

    Args:
        values: the series.
        season: steps of a season; without one, stretches of a twelfth of the series, at least 4 steps.

    Shapes: values (steps,).
    """
    series = one_variable(values, 1)
    stretch = season or max(4, len(series) // 12)
    if len(series) < STRETCHES * stretch or series.min() <= 0:
        return "none"
    means, spreads = _stretches(series, max(2, stretch))
    if spreads.min() <= 0 or np.ptp(np.log(means)) < 0.2:
        return "none"
    if np.corrcoef(np.log(means), np.log(spreads))[0, 1] < MIN_CORRELATION:
        return "none"
    power = guerrero_lambda(series, stretch)
    if power >= ROOT_BELOW:
        return "none"
    name, power = ("log", 0.0) if power < LOG_BELOW else ("sqrt", 0.5)
    return name if _variation(means, spreads, power) < GAIN * _variation(means, spreads, 1.0) else "none"


def _stretches(series: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    count = len(series) // length
    rows = series[len(series) - count * length :].reshape(count, length)
    return rows.mean(1), rows.std(1, ddof=1)


def _variation(means: np.ndarray, spreads: np.ndarray, power: float) -> float:
    ratios = spreads / means ** (1 - power)
    return float(ratios.std(ddof=1) / ratios.mean()) if len(ratios) > 1 and ratios.mean() > 0 else 0.0
