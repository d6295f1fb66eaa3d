"""Importance against scikit-learn's, and the limit of work."""

import numpy as np
import pytest
from sklearn.inspection import permutation_importance as peer
from sklearn.linear_model import LinearRegression

from hibiscus.evaluation.permutation_importance import affordable_work, permutation_importance

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4))
Y = 2 * X[:, 0] - X[:, 1] + 0.1 * RNG.normal(size=300)
MODEL = LinearRegression().fit(X, Y)
SINGLE = [slice(k, k + 1) for k in range(4)]


def score(outputs):
    return -float(((outputs - Y) ** 2).mean() ** 0.5)


def test_importance_is_that_of_scikit_learn():
    mean, deviation = permutation_importance(MODEL.predict, score, X, SINGLE, repeats=60)
    theirs = peer(MODEL, X, Y, scoring="neg_root_mean_squared_error", n_repeats=60, random_state=1)
    np.testing.assert_allclose(mean, theirs.importances_mean, rtol=0.02, atol=2e-3)
    np.testing.assert_allclose(deviation, theirs.importances_std, rtol=0.5, atol=2e-3)


def test_the_features_of_a_column_are_permuted_together():
    """Of a one-hot column exactly one feature is 1, also after a permutation; the rows are not changed."""
    codes = RNG.integers(0, 3, 100)
    x, seen = np.concatenate([np.eye(3)[codes], RNG.normal(size=(100, 1))], 1), []
    before = x.copy()

    def predict(rows):
        seen.append(rows[:, :3].sum(1))
        return rows[:, 1] - rows[:, 2]

    mean, _ = permutation_importance(
        predict, lambda p: -np.abs(p - predict(before)).mean(), x, [slice(0, 3), slice(3, 4)]
    )
    assert set(np.concatenate(seen)) == {1.0}
    assert mean[0] > 0.5
    assert mean[1] == 0
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [(150, 4, (150, 4)), (10_000, 14, (2000, 14)), (10_000, 100, (600, 100)), (5000, 9000, (200, 300))],
)
def test_work_is_limited_by_rows_first_then_by_columns(rows, columns, expected):
    assert affordable_work(rows, columns) == expected
