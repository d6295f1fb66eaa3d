"""Densities and estimates of the emissions, by hand."""

import numpy as np
import pytest
from scipy.stats import norm

from hibiscus.errors import DataError
from hibiscus.series.emissions import CategoricalEmissions, GaussianEmissions


def test_gaussian():
    emissions = GaussianEmissions([[0, 1], [2, 3]], [[1, 4], [1, 1]])
    found = emissions.log_densities([[0.5, 2]])
    expected = norm.logpdf(0.5) + norm.logpdf(2, 1, 2), norm.logpdf(0.5, 2) + norm.logpdf(2, 3)
    np.testing.assert_allclose(found[0], expected)
    refit = GaussianEmissions([0, 9], [1, 1], 0.25).refit(
        np.array([[1.0], [3.0], [9.0]]), np.eye(2)[[0, 0, 1]]
    )
    assert refit.means[:, 0].tolist() == [2, 9]
    assert refit.variances[:, 0].tolist() == [1, 0.25]  # one value alone has the smallest variance
    assert GaussianEmissions([5, 2], [1, 3]).select(np.array([1])).variances.tolist() == [[3]]


def test_categorical():
    emissions = CategoricalEmissions([[0.5, 0.5], [0.9, 0.1]])
    np.testing.assert_allclose(emissions.log_densities([1, 0]), np.log([[0.5, 0.1], [0.5, 0.9]]))
    refit = emissions.refit(np.array([0, 1, 1, 0]), np.eye(2)[[0, 0, 0, 1]])
    np.testing.assert_allclose(refit.probabilities, [[1 / 3, 2 / 3], [1, 0]], atol=1e-8)


@pytest.mark.parametrize("seed", range(2))
def test_samples_have_their_moments(seed):
    rng = np.random.default_rng(seed)
    values = GaussianEmissions([0, 5], [1, 4]).sample(np.ones(4000, int), rng)
    assert values.mean() == pytest.approx(5, abs=0.15)
    assert values.std() == pytest.approx(2, rel=0.1)
    drawn = CategoricalEmissions([[0.2, 0.0, 0.8]]).sample(np.zeros(4000, int), rng)
    np.testing.assert_allclose(np.bincount(drawn) / 4000, [0.2, 0, 0.8], atol=0.03)


def test_what_is_refused():
    with pytest.raises(DataError, match="variances above 0"):
        GaussianEmissions([0, 1], [1, 0])
    with pytest.raises(DataError, match="sum to 1"):
        CategoricalEmissions([[0.5, 0.1]])
