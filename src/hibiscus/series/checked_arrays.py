"""The arrays that the functions for series accept: numbers, time on the first axis, nothing missing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import ConfigError, DataError

__all__ = ["check_between", "check_count", "to_series", "to_vector"]

DIMENSIONS = {
    1: "one variable: an array (steps,)",
    2: "an array (steps,) or (steps, variables)",
    3: "an array (items, steps) or (items, steps, variables)",
}


def to_series(
    values: ArrayLike, name: str = "the series", *, dimensions: int = 2, missing: bool = False
) -> np.ndarray:
    """The values as float64 with `dimensions` axes; the axis of a single variable is added.

    Args:
        values: numbers.
        name: what a message calls them.
        dimensions: 2 for (steps, variables), 3 for (items, steps, variables).
        missing: whether NaN is allowed.

    Raises:
        DataError: when the values are no numbers, have no step, or are missing or infinite.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{name} holds values that are no numbers", DIMENSIONS[dimensions]) from None
    if array.ndim == dimensions - 1:
        array = array[..., np.newaxis]
    if array.ndim != dimensions or 0 in array.shape:
        raise DataError(f"{name} has the shape {np.shape(values)}", DIMENSIONS[dimensions])
    bad = np.isinf(array) if missing else ~np.isfinite(array)
    if bad.any():
        step = int(np.argwhere(bad)[0, dimensions - 2])
        raise DataError(
            f"{name} is {array[bad][0]} at step {step}",
            "finite numbers" + (", or NaN where a value is missing" if missing else ""),
            "replace it, or leave the steps out",
        )
    return array


def to_vector(values: ArrayLike, name: str = "the series", *, missing: bool = False) -> np.ndarray:
    """The values of one variable as float64 (steps,).

    Raises:
        DataError: when there are several variables, or as `to_series`.
    """
    array = to_series(values, name, missing=missing)
    if array.shape[1] != 1:
        raise DataError(f"{name} has {array.shape[1]} variables", DIMENSIONS[1], "pass one column at a time")
    return array[:, 0]


def check_count(value: int | None, name: str, low: int = 1, high: float = math.inf) -> None:
    """Raises a ConfigError unless `value` is None or a whole number of at least `low` and at most `high`."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if value is not None and not (whole and low <= value <= high):
        limit = f"at least {low}" + (f" and at most {int(high)}" if high < math.inf else "")
        raise ConfigError(f"{name}={value!r}", f"a whole number of {limit}")


def check_between(value: float, name: str, low: float, high: float, *, open_ends: bool = False) -> None:
    """Raises a ConfigError unless the number lies between `low` and `high` (without them if `open_ends`)."""
    inside = low < value < high if open_ends else low <= value <= high
    if not inside:
        ends = ", both excluded" if open_ends else ""
        raise ConfigError(f"{name}={value!r}", f"a number between {low:g} and {high:g}{ends}")
