"""Evaluation of an agent: statistics of the returns of whole episodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import DataError

__all__ = ["return_metrics"]

NORMAL_95 = 1.96  # half the width of a 95 % confidence interval, in standard errors


def return_metrics(returns: ArrayLike) -> dict[str, float]:
    r"""Mean, median and minimum return, and half the width of the 95 % confidence interval of the mean.

        return          = sum of the rewards of an episode, undiscounted
        return_interval = 1.96 standard deviation / sqrt(episodes)

    Args:
        returns: one for each episode; the interval covers the variation over seeds of this policy, not over
            training runs.

    Shapes:
        returns (episodes,), in the unit of the rewards.

    Raises:
        DataError: no episodes.
    """
    values = np.asarray(returns, np.float64)
    if values.ndim != 1 or not len(values):
        raise DataError(f"returns of shape {values.shape}", "(episodes,), at least one", "play some episodes")
    deviation = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return {
        "mean_return": float(values.mean()),
        "return_interval": NORMAL_95 * deviation / float(np.sqrt(len(values))),
        "median_return": float(np.median(values)),
        "min_return": float(values.min()),
    }
