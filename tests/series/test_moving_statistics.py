"""Moving statistics against pandas, by hand, and without the future."""

import numpy as np
import pandas as pd
import pytest

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.moving_statistics import (
    STATISTICS,
    expanding_statistic,
    n_by_m_average,
    rolling_ends,
    rolling_statistic,
)

THEIRS = {
    "mean": lambda moving: moving.mean(),
    "variance": lambda moving: moving.var(),
    "min": lambda moving: moving.min(),
    "max": lambda moving: moving.max(),
    "quantile": lambda moving: moving.quantile(0.3),
}


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("block", [1, 1 << 20])
def test_pandas_agrees(statistic, block, monkeypatch):
    monkeypatch.setattr("hibiscus.series.moving_statistics.BLOCK", block)
    x = np.random.default_rng(0).normal(size=(30, 2)) + 1e6
    frame = pd.DataFrame(x)
    for moving, found in (
        (frame.rolling(5), rolling_statistic(x, 5, statistic, quantile=0.3)),
        (frame.expanding(), expanding_statistic(x, statistic, quantile=0.3)),
    ):
        theirs = THEIRS[statistic](moving)
        np.testing.assert_allclose(found, theirs.to_numpy()[-len(found) :], rtol=1e-9, atol=1e-6)


def test_window_and_stride():
    x = np.arange(10.0)
    assert rolling_ends(10, 4, 3).tolist() == [3, 6, 9]
    assert rolling_statistic(x, 4, "max", stride=3).tolist() == [3, 6, 9]
    assert rolling_statistic(x, 4, "mean", stride=3).tolist() == [1.5, 4.5, 7.5]


def test_n_by_m():
    x = np.arange(8.0) + np.tile([0, 1, 0, -1], 2)
    result = n_by_m_average(x, 2, 4)
    assert np.isnan(result).tolist() == [True, True, False, False, False, False, True, True]
    np.testing.assert_allclose(result[2:6], [2, 3, 4, 5])  # the season is gone, the line remains
    np.testing.assert_allclose(n_by_m_average(x, 2, 4, centered=False)[4:], [2, 3, 4, 5])


@pytest.mark.parametrize("statistic", STATISTICS)
def test_the_future_changes_nothing_in_the_past(statistic):
    x = np.random.default_rng(1).normal(size=40)
    changed = x.copy()
    changed[25:] = 99
    for compute in (
        lambda v: rolling_statistic(v, 6, statistic)[: 25 - 5],
        lambda v: expanding_statistic(v, statistic)[:25],
        lambda v: n_by_m_average(v, 2, 5, centered=False)[:25],
    ):
        np.testing.assert_array_equal(compute(x), compute(changed))


def test_what_is_refused():
    with pytest.raises(ConfigError, match="window=5 for a series of 4"):
        rolling_statistic(np.arange(4.0), 5)
    with pytest.raises(ConfigError, match="statistic='mode'"):
        expanding_statistic([1, 2], "mode")
    with pytest.raises(ConfigError, match="odd"):
        n_by_m_average(np.arange(9.0), 2, 5)
    with pytest.raises(DataError, match="at least 5"):
        n_by_m_average(np.arange(4.0), 2, 4)
