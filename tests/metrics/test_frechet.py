"""The Fréchet distance against SciPy's matrix root, and in cases that are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from hibiscus.errors import DataError
from hibiscus.metrics.frechet import frechet_distance


@pytest.mark.parametrize("features", [1, 5, 40])
def test_against_the_matrix_root(features):
    rng = np.random.default_rng(features)
    first = rng.normal(size=(300, features)) @ rng.normal(size=(features, features))
    second = rng.normal(size=(200, features)) @ rng.normal(size=(features, features)) + 1
    one, other = (np.cov(x, rowvar=False).reshape(features, features) for x in (first, second))
    expected = ((first.mean(0) - second.mean(0)) ** 2).sum() + np.trace(
        one + other - 2 * np.real(sqrtm(one @ other))
    )
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)


def test_fewer_items_than_features_against_the_matrix_root():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(20, 300)), 2 * rng.normal(size=(30, 300)) + 1
    one, other = (np.cov(x, rowvar=False) for x in (first, second))
    roots = np.sqrt(np.maximum(np.linalg.eigvals(one @ other).real, 0)).sum()
    expected = ((first.mean(0) - second.mean(0)) ** 2).sum() + np.trace(one + other) - 2 * roots
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-4)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9)


def test_known_cases():
    x = np.random.default_rng(0).normal(size=(500, 7))
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(x, x + 2) == pytest.approx(4 * 7)
    assert frechet_distance(x, x * [2, *[1] * 6]) == pytest.approx(
        x[:, 0].mean() ** 2 + x[:, 0].var(ddof=1), rel=0.2
    )


def test_fewer_features_than_needed_are_refused():
    with pytest.raises(DataError):
        frechet_distance(np.zeros((1, 3)), np.zeros((5, 3)))
    with pytest.raises(DataError):
        frechet_distance(np.zeros((4, 3)), np.zeros((5, 2)))
