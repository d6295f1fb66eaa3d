"""The plain filter by hand."""

import math

import pytest

from hibiscus.scratch.state_space import kalman_filter


def test_one_value_by_hand():
    # prior N(0, 3), noise 1: the mean is 3/4 of the value, the variance 3/4, the density that of N(0, 4)
    means, covariances, total = kalman_filter([4.0, None], [[1.0]], [1.0], [[2.0]], 1.0, ([0.0], [[3.0]]))
    assert means == [[3.0], [3.0]]
    assert covariances == [[[0.75]], [[2.75]]]  # a missing value adds the noise of the state only
    assert total == pytest.approx(-0.5 * (math.log(2 * math.pi * 4) + 4))
