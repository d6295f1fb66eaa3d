"""How good an agent is: statistics of the returns of whole episodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import DataError

__all__ = ["return_metrics"]

NORMAL_95 = 1.96  # standard errors on either side of a mean that hold the truth in 95 of 100 cases


def return_metrics(returns: ArrayLike) -> dict[str, float]:
    r"""Mean, median and least return, and half the width of the mean's 95 % interval.

        return          = sum of an episode's rewards, not discounted
        return_interval = 1.96 standard deviation / sqrt(episodes)

    Args:
        returns: one for each episode; the interval is that of this policy over starts, not over trainings.

    Shapes:
        returns (episodes,), in the unit of the rewards.

    Raises:
        DataError: no episode.
    """
    values = np.asarray(returns, np.float64)
    if values.ndim != 1 or not len(values):
        raise DataError(f"returns of shape {values.shape}", "(episodes,), at least one", "play some episodes")
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return {
        "mean_return": float(values.mean()),
        "return_interval": NORMAL_95 * spread / float(np.sqrt(len(values))),
        "median_return": float(np.median(values)),
        "min_return": float(values.min()),
    }
