"""Each figure against scikit-learn, and at the edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from hibiscus.errors import DataError
from hibiscus.metrics.regression import regression_metrics


@given(st.integers(0, 10_000), st.integers(2, 100), st.integers(1, 4))
@settings(deadline=None, max_examples=50)
def test_all_agree_with_scikit_learn(seed, items, columns):
    rng = np.random.default_rng(seed)
    p, t = rng.normal(size=(2, items, columns))
    ours = regression_metrics(p, t)
    assert ours["mae"] == pytest.approx(sk.mean_absolute_error(t, p))
    assert ours["rmse"] == pytest.approx(sk.root_mean_squared_error(t, p))
    assert ours["r2"] == pytest.approx(sk.r2_score(t, p))
    assert ours["median_ae"] == pytest.approx(sk.median_absolute_error(t, p))
    if columns == 1:
        assert regression_metrics(p[:, 0], t) == ours


def test_constant_targets_and_a_single_item():
    t = np.full(7, 0.1)
    assert regression_metrics(t, t)["r2"] == 1
    assert regression_metrics(t + 1, t)["r2"] == 0
    assert regression_metrics([1.0], [3.0]) == {"mae": 2, "rmse": 2, "r2": 0, "median_ae": 2}


@pytest.mark.parametrize(
    ("p", "t", "word"),
    [
        (np.zeros(3), np.zeros(4), r"\(3,\)"),
        (np.zeros((3, 2)), np.zeros(3), r"\(3, 2\)"),
        (np.zeros(0), np.zeros(0), "one item"),
        (np.array([np.nan]), np.zeros(1), "1 predictions"),
    ],
)
def test_errors(p, t, word):
    with pytest.raises(DataError, match=word):
        regression_metrics(p, t)
