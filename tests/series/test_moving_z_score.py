"""The moving z-score against a loop, and that it does not look ahead."""

from __future__ import annotations

import numpy as np
import pytest

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.moving_z_score import moving_z_score


def test_it_is_the_distance_from_the_steps_before():
    values = np.random.default_rng(0).normal(size=50)
    expected = [
        abs(values[t] - values[t - 7 : t].mean()) / values[t - 7 : t].std(ddof=1) for t in range(7, 50)
    ]
    found = moving_z_score(values, 7)
    assert np.isnan(found[:7]).all()
    assert np.allclose(found[7:], expected)


def test_it_does_not_look_ahead():
    values = np.random.default_rng(0).normal(size=60)
    later = values.copy()
    later[40:] = 1e3
    assert np.array_equal(moving_z_score(values, 5)[:40], moving_z_score(later, 5)[:40], equal_nan=True)


def test_a_constant_window():
    assert moving_z_score([5.0, 5, 5, 5, 6], 3)[3:].tolist() == [0.0, np.inf]
    assert moving_z_score([0.1] * 9, 4)[4:].tolist() == [0.0] * 5


def test_what_has_no_window_is_refused():
    with pytest.raises(DataError, match="3 steps and window=3"):
        moving_z_score([1, 2, 3], 3)
    with pytest.raises(ConfigError, match="window=1"):
        moving_z_score([1, 2, 3], 1)
