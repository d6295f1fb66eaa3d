import numpy as np
import pytest
from statsmodels.tsa.stattools import ccf

from hibiscus.errors import DataError
from hibiscus.series import check_correlation, cross_correlation, prewhiten
from hibiscus.series.series_values import call_quietly


@pytest.fixture
def pair():
    """y repeats x two steps later."""
    x = np.random.default_rng(0).normal(size=202)
    return x[2:], x[:-2] + 0.1 * np.random.default_rng(1).normal(size=200)


def test_cross_correlation_is_the_definition_and_that_of_statsmodels(pair):
    x, y = pair
    own = cross_correlation(x, y, 12)
    other = call_quietly(ccf, y, x, adjusted=False)[0][:13]  # of y_{t+h} and x_t
    np.testing.assert_allclose(own.values[12:], other, atol=1e-9)
    slow = [
        ((x[max(0, -h) : 200 - max(0, h)] - x.mean()) * (y[max(0, h) : 200 + min(0, h)] - y.mean())).sum()
        / (200 * x.std() * y.std())
        for h in range(-12, 13)
    ]
    np.testing.assert_allclose(own.values, slow, atol=1e-12)
    assert own.lags.tolist() == list(range(-12, 13))
    assert own.strongest[0] == 2
    assert own.bound == pytest.approx(1.96 / np.sqrt(200))


def test_two_random_walks_correlate_spuriously():
    rng = np.random.default_rng(2)
    trend = 0.3 * np.arange(400)
    x, y = rng.normal(size=400).cumsum() + trend, rng.normal(size=400).cumsum() + trend
    check = check_correlation(x, y)
    assert check.levels > 0.9
    assert abs(check.differences) < 0.15
    assert check.spurious
    driven = check_correlation(x, 2 * x + rng.normal(size=400))
    assert not driven.spurious
    assert driven.differences > 0.7


def test_prewhitening_takes_the_autocorrelation_out():
    rng = np.random.default_rng(0)
    raw, white = [], []
    for _ in range(20):
        x, y = np.zeros((2, 500))
        for t in range(1, 500):
            x[t], y[t] = 0.95 * x[t - 1] + rng.normal(), 0.95 * y[t - 1] + rng.normal()
        raw.append(np.mean(np.abs(cross_correlation(x, y, 10).values) > 1.96 / np.sqrt(500)))
        white.append(np.mean(np.abs(cross_correlation(*prewhiten(x, y), 10).values) > 1.96 / np.sqrt(500)))
    assert np.mean(raw) > 0.3  # of independent series, of which 0.05 should be beyond the bound
    assert 0.01 < np.mean(white) < 0.1
    one, _ = prewhiten(x, y, 1)
    centered = x - x.mean()
    phi = centered[1:] @ centered[:-1] / (centered @ centered)
    np.testing.assert_allclose(one, centered[1:] - phi * centered[:-1], atol=1e-9)


def test_constants_and_other_lengths(pair):
    x, y = pair
    assert not cross_correlation(np.ones(200), y).values.any()
    with pytest.raises(DataError, match="series of 200 and 199 steps"):
        cross_correlation(x, y[1:])
