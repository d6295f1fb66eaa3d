"""Targets of the origins, and functions of one series or one variable applied to all."""

import numpy as np
import pytest
from tests.evaluation.forecast_tasks import task_of

from hibiscus.errors import DataError
from hibiscus.evaluation.forecast_task import by_series, by_variable


def test_targets_follow_the_origins_of_each_series():
    a, b = np.arange(12.0).reshape(6, 2), 100 + np.arange(10.0).reshape(5, 2)
    task = task_of(a, b, fitted=2, horizon=3)
    assert task.numbers.tolist() == [0, 0, 1]
    assert task.origins.tolist() == [2, 3, 2]
    np.testing.assert_array_equal(task.targets(), [a[2:5], a[3:6], b[2:5]])
    np.testing.assert_array_equal(
        by_series(task, lambda one: one.x[one.origins[:, None] + [0, 1, 2]]), task.targets()
    )
    found = by_variable(task, lambda one: one.x[one.origins[:, None] + [0, 1, 2]])
    np.testing.assert_array_equal(found, task.targets())


def test_the_latest_steps_keep_the_origins():
    task = task_of(np.arange(20.0), fitted=10, horizon=2)

    def forecast(one):
        latest = one.latest(4)
        assert (latest.fitted, len(latest.x)) == (4, 14)
        np.testing.assert_array_equal(latest.x[latest.origins], one.x[one.origins])
        return one.x[one.origins[:, None] + [0, 1]]

    by_series(task, forecast)


@pytest.mark.parametrize(("origins", "wrong"), [([4], 1), ([5, 9], 1), ([], 0)])
def test_origins_out_of_range(origins, wrong):
    with pytest.raises((DataError, ValueError)):
        task_of(np.arange(12.0), fitted=5, origins=origins)
    if wrong:
        with pytest.raises(DataError, match=f"{wrong} of {len(origins)} origins"):
            task_of(np.arange(12.0), fitted=5, origins=origins)
