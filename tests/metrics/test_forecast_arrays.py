"""Means over what is observed, for each series."""

import numpy as np

from hibiscus.metrics.forecast_arrays import checked_forecast, finite_mean, group_means, ratio


def test_means_leave_out_what_is_missing():
    values = np.array([[[1.0, np.nan]], [[3.0, np.nan]], [[5.0, 7.0]]])
    assert finite_mean(values)[0] == 3
    means = group_means(values, np.array([0, 0, 2]), 4)
    np.testing.assert_array_equal(means, [[2, np.nan], [np.nan, np.nan], [5, 7], [np.nan, np.nan]])


def test_targets_that_do_not_count_become_nan():
    f, t, series = checked_forecast([[[1.0], [2.0]]], [[[3.0], [np.nan]]], [[[True], [False]]], None)
    np.testing.assert_array_equal(t, [[[3], [np.nan]]])
    assert f.dtype == t.dtype == np.float64
    assert series.tolist() == [0]


def test_a_ratio_without_a_scale_is_unknown():
    np.testing.assert_array_equal(
        ratio(np.ones(4), np.array([2, 0, np.nan, 4.0])), [0.5, np.nan, np.nan, 0.25]
    )
