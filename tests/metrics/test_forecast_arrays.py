"""Means over what is observed, for each series."""

import time

import numpy as np

from hibiscus.metrics.forecast_arrays import (
    checked_forecast,
    finite_mean,
    finite_sd,
    group_means,
    members,
    ratio,
)


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


def test_the_standard_deviation_of_what_is_observed():
    values = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]])
    np.testing.assert_array_equal(finite_sd(values), [1, np.nan])


def test_members_are_in_ascending_order_and_may_be_none():
    found = members(np.array([2, 0, 2, 0, 5]), 4)
    assert [positions.tolist() for positions in found] == [[1, 3], [], [0, 2], []]


def test_many_groups_take_one_sort():
    """Comparing each group with all origins would take 20,000 times 200,000 comparisons."""
    groups = np.random.default_rng(0).permutation(np.repeat(np.arange(20_000), 10))
    start = time.process_time()
    assert [len(positions) for positions in members(groups, 20_000)] == [10] * 20_000
    assert time.process_time() - start < 1
