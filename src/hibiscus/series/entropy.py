r"""How irregular a series is: whether similar stretches of it continue in similar ways.

    SampEn = -ln(A / B)         B: pairs of stretches of m steps whose steps all differ by at most r;
                                A: pairs of m + 1 steps; no stretch is compared with itself
    ApEn = Phi_m - Phi_{m+1}    Phi_m = mean_i ln(C_i), C_i: fraction of the stretches within r of stretch i,
                                itself included, which makes short series look more regular

Near 0 the past says what comes next; white noise has about 2.2 with m = 2 and r = 0.2 standard deviations.

Reference: Richman, Moorman, "Physiological time-series analysis using approximate entropy and sample
entropy", 2000; Pincus, "Approximate entropy as a measure of system complexity", 1991.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hibiscus.errors import ConfigError
from hibiscus.series.series_values import one_variable

__all__ = ["approximate_entropy", "sample_entropy"]

BLOCK = 2_000_000  # pairs compared at once, so that memory does not grow with the square of the steps


def sample_entropy(values: Any, length: int = 2, tolerance: float = 0.2) -> float:
    """The sample entropy; infinity if no two stretches of `length` + 1 steps are similar, 0 for a constant.

    Args:
        values: the series, without missing values.
        length: m, the steps of a stretch.
        tolerance: r, in standard deviations of the series.

    Shapes: values (steps,).

    Raises:
        DataError: too few steps, or a value that is not finite.
        ConfigError: a length below 1, or a tolerance that is not positive.
    """
    series, limit = _checked(values, length, tolerance)
    if limit == 0:
        return 0.0
    count = len(series) - length  # both lengths are counted at the same starts
    pairs = np.zeros(2)
    for first, near in _blocks(series, length, limit, count):
        rows = np.arange(len(near))
        near[rows, first + rows] = False
        longer = near & (np.abs(_differences(series, first, len(near), length, count)) <= limit)
        pairs += near.sum(), longer.sum()
    return float(-np.log(pairs[1] / pairs[0])) if pairs[1] else float("inf")


def approximate_entropy(values: Any, length: int = 2, tolerance: float = 0.2) -> float:
    """The approximate entropy; see `sample_entropy` for the arguments. It is finite, and 0 for a constant."""
    series, limit = _checked(values, length, tolerance)
    if limit == 0:
        return 0.0
    phi = []
    for stretch in (length, length + 1):
        count = len(series) - stretch + 1
        sums = [np.log(near.mean(1)).sum() for _, near in _blocks(series, stretch, limit, count)]
        phi.append(sum(sums) / count)
    return float(phi[0] - phi[1])


def _checked(values: Any, length: int, tolerance: float) -> tuple[np.ndarray, float]:
    if length < 1 or not tolerance > 0:
        received = f"length={length} and tolerance={tolerance:g}"
        raise ConfigError(received, "a length from 1 and a positive tolerance", "length=2, tolerance=0.2")
    series = one_variable(values, length + 2)
    spread = series.std()
    constant = spread <= 1e-12 * np.abs(series).max()
    return series, 0.0 if constant else float(tolerance * spread)


def _blocks(series: np.ndarray, length: int, limit: float, count: int):
    """For blocks of starts: the first one, and which stretches at all starts are within the limit."""
    size = max(1, BLOCK // count)
    for first in range(0, count, size):
        rows = min(size, count - first)
        near = np.abs(_differences(series, first, rows, 0, count)) <= limit
        for step in range(1, length):
            near &= np.abs(_differences(series, first, rows, step, count)) <= limit
        yield first, near


def _differences(series: np.ndarray, first: int, rows: int, step: int, count: int) -> np.ndarray:
    """The differences of the step at an offset between a block of starts and all starts."""
    return series[first + step : first + step + rows, None] - series[None, step : step + count]
