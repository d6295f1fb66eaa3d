"""Training and test steps for cross-validation by rolling origin: the test always lies after the training.

    expanding window   |train      |gap|test|          sliding window      |train  |gap|test|
                       |train           |gap|test|                             |train  |gap|test|

Shuffled folds would train on the future of their test steps. Source: Tashman 2000, "Out-of-sample tests of
forecasting accuracy".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.checked_arrays import check_count

__all__ = ["origins_at", "rolling_origins"]

Fold = tuple[np.ndarray, np.ndarray]


def rolling_origins(
    steps: int,
    folds: int,
    horizon: int,
    *,
    window: int | None = None,
    gap: int = 0,
    stride: int | None = None,
) -> list[Fold]:
    """The steps of the folds in the order of time; the test of the last fold ends with the last step.

    Args:
        steps: number of steps of the series.
        folds: number of folds.
        horizon: number of steps of each test.
        window: number of steps of each training (sliding window); all steps before the test if None
            (expanding window).
        gap: steps between training and test that belong to neither.
        stride: steps from one origin to the next; `horizon` if None, so that the tests do not overlap.

    Returns:
        A list of (training steps, test steps), int64.

    Raises:
        ConfigError: when the series is too short for the folds, or a number is out of range.
    """
    for name, value in (("steps", steps), ("folds", folds), ("horizon", horizon), ("stride", stride)):
        check_count(value, name)
    check_count(window, "window")
    check_count(gap, "gap", 0)
    shift = horizon if stride is None else stride
    first = steps - (folds - 1) * shift - horizon  # the origin of the first fold
    needed = gap + (window or 1)
    if first < needed:
        missing = needed - first
        raise ConfigError(
            f"{folds} folds of a horizon of {horizon} on {steps} steps, which are {missing} too few",
            f"{needed} steps before the first origin: gap {gap}, training {'at least ' * (not window)}"
            f"{window or 1}; {horizon} steps of each test; {shift} from one origin to the next",
            "fewer folds, a smaller horizon, stride, window or gap",
        )
    origins = range(first, first + folds * shift, shift)
    return [_fold(origin, origin + horizon, window, gap) for origin in origins]


def origins_at(
    times: ArrayLike,
    starts: ArrayLike,
    *,
    horizon: int | None = None,
    window: int | None = None,
    gap: int = 0,
) -> list[Fold]:
    """The folds whose tests begin at given times: windows by the calendar instead of by a number of steps.

    Args:
        times: time of each step, rising: numbers or datetime64.
        starts: time at which each test begins; it need not be a step.
        horizon: number of steps of a test; it reaches to the next start, the last one to the end, if None.
        window: number of steps of each training; all steps before the test if None.
        gap: steps between training and test that belong to neither.

    Raises:
        DataError: when the times or the starts do not rise.
        ConfigError: when a fold would have no training or test steps, or too few.
    """
    check_count(horizon, "horizon")
    check_count(window, "window")
    check_count(gap, "gap", 0)
    clock, begins = np.asarray(times), np.atleast_1d(np.asarray(starts))
    for name, values in (("times", clock), ("starts", begins)):
        if values.ndim != 1 or not len(values) or not (values[1:] > values[:-1]).all():
            raise DataError(f"{name} do not rise", "rising times, each of them once", "sort them")
    origins = np.searchsorted(clock, begins).tolist()
    limits = [*origins[1:], len(clock)]
    folds = []
    for start, origin, limit in zip(begins, origins, limits, strict=True):
        end = limit if horizon is None else origin + horizon
        if origin - gap < (window or 1) or not origin < end <= len(clock):
            raise ConfigError(
                f"a test from {start} has {origin} steps before it and {len(clock) - origin} from it on",
                f"at least {gap + (window or 1)} before it (window and gap) and {horizon or 1} from it on",
                "leave this start out, or choose another window, gap or horizon",
            )
        folds.append(_fold(origin, end, window, gap))
    return folds


def _fold(origin: int, end: int, window: int | None, gap: int) -> Fold:
    """The training steps that end `gap` steps before the origin, and the test steps from it on."""
    begin = 0 if window is None else origin - gap - window
    return np.arange(begin, origin - gap), np.arange(origin, end)
