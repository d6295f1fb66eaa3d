r"""From anomaly scores to events: a threshold from scores of normal operation, and runs of steps above it.

    log s ~ normal with mean  m = median(log s)  and standard deviation  d = 1.4826 median |log s - m|
    threshold = exp(m + d Phi^-1(1 - rate))

Scores are positive and skewed, and their logarithms are roughly normal. The median and the MAD hardly move
where the normal operation holds a few anomalies that nobody has labeled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.checked_arrays import check_between, check_count

__all__ = ["anomaly_events", "score_threshold_from"]

MAD_TO_STD = 1.4826  # the MAD of normal values times this is their standard deviation
SMALLEST = 1e-300  # whose logarithm is taken for a score of zero


def score_threshold_from(scores: ArrayLike, false_alarm_rate: float = 0.001) -> float:
    """The score that normal steps exceed with the given probability.

    Args:
        scores: of normal operation, not negative; NaN where a step has none.
        false_alarm_rate: the expected fraction of normal steps above the threshold.

    Raises:
        DataError: no scores, or negative ones.
    """
    from scipy.stats import norm

    check_between(false_alarm_rate, "false_alarm_rate", 0, 1, open_ends=True)
    values = np.asarray(scores, np.float64).ravel()
    values = values[~np.isnan(values)]
    if not len(values) or values.min() < 0:
        received = f"{len(values)} scores" + (f", the smallest {values.min():g}" if len(values) else "")
        raise DataError(received, "scores that are not negative", "pass the scores of the training part")
    logs = np.log(np.clip(values, SMALLEST, 1 / SMALLEST))
    middle = np.median(logs)
    spread = MAD_TO_STD * np.median(np.abs(logs - middle))
    return float(np.exp(middle + spread * norm.isf(false_alarm_rate)))


def anomaly_events(above: ArrayLike, merge: int = 0) -> np.ndarray:
    """The runs of steps above the threshold; runs that are close to each other are one event.

    Args:
        above: whether each step is above the threshold.
        merge: the largest number of steps below the threshold between two runs of one event.

    Shapes: above bool (steps,); returns int64 (events, 2): the first step of each event, and the one after
    its last.

    Raises:
        ConfigError: values that are not bool.
    """
    steps = np.asarray(above)
    check_count(merge, "merge", 0)
    if steps.dtype != bool or steps.ndim != 1:
        raise ConfigError(f"{steps.dtype} of shape {steps.shape}", "bool (steps,)", "scores > threshold")
    high = np.flatnonzero(steps)
    if not len(high):
        return np.empty((0, 2), np.int64)
    breaks = np.flatnonzero(np.diff(high) > merge + 1)
    first, last = high[np.r_[0, breaks + 1]], high[np.r_[breaks, len(high) - 1]]
    return np.stack([first, last + 1], 1).astype(np.int64)
