"""Folds by hand, and that no fold sees its future."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.backtesting import origins_at, rolling_origins


def as_lists(folds):
    return [(train.tolist(), test.tolist()) for train, test in folds]


def test_expanding():
    assert as_lists(rolling_origins(7, 2, 2)) == [([0, 1, 2], [3, 4]), ([0, 1, 2, 3, 4], [5, 6])]


def test_sliding_with_gap_and_stride():
    assert as_lists(rolling_origins(8, 2, 2, window=3, gap=1, stride=1)) == [
        ([1, 2, 3], [5, 6]),
        ([2, 3, 4], [6, 7]),
    ]


counts = st.integers(1, 5)


@settings(deadline=None)
@given(counts, counts, st.none() | counts, st.integers(0, 4), st.none() | counts, st.integers(0, 20))
def test_training_ends_before_the_gap(folds, horizon, window, gap, stride, spare):
    steps = (folds - 1) * (stride or horizon) + horizon + gap + (window or 1) + spare
    result = rolling_origins(steps, folds, horizon, window=window, gap=gap, stride=stride)
    assert len(result) == folds
    assert result[-1][1][-1] == steps - 1
    for train, test in result:
        assert train[-1] + gap + 1 == test[0]
        assert len(test) == horizon
        assert train[0] == 0 if window is None else len(train) == window
    if not spare:
        with pytest.raises(ConfigError, match="1 too few"):
            rolling_origins(steps - 1, folds, horizon, window=window, gap=gap, stride=stride)


def test_by_the_calendar():
    days = np.arange("2024-01-30", "2024-02-05", dtype="datetime64[D]")
    starts = np.array(["2024-02-01", "2024-02-03"], dtype="datetime64[D]")
    assert as_lists(origins_at(days, starts)) == [([0, 1], [2, 3]), ([0, 1, 2, 3], [4, 5])]
    assert as_lists(origins_at(days, starts, horizon=1, window=1, gap=1)) == [([0], [2]), ([2], [4])]


def test_what_is_refused():
    with pytest.raises(ConfigError, match="folds=0"):
        rolling_origins(10, 0, 1)
    with pytest.raises(DataError, match="times do not rise"):
        origins_at([1, 1, 2], [2])
    with pytest.raises(ConfigError, match="a test from 0 has 0 steps before it"):
        origins_at([0, 1, 2], [0])
    with pytest.raises(ConfigError, match="1 from it on"):
        origins_at([0, 1, 2], [2], horizon=2)
