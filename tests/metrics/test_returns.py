"""Statistics of returns against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from hibiscus.errors import DataError
from hibiscus.metrics.returns import return_metrics


def test_mean_median_least_and_interval():
    values = np.random.default_rng(0).normal(100, 20, 400)
    found = return_metrics(values)
    low, high = stats.norm.interval(0.95, loc=values.mean(), scale=stats.sem(values))
    assert found["mean_return"] == pytest.approx(values.mean())
    assert found["return_interval"] == pytest.approx((high - low) / 2, rel=1e-3)
    assert (found["median_return"], found["min_return"]) == (pytest.approx(np.median(values)), values.min())


def test_one_episode_has_no_spread_and_none_is_told():
    assert return_metrics([3.0])["return_interval"] == 0
    with pytest.raises(DataError, match="at least one"):
        return_metrics([])
