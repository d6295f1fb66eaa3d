"""Simulated series have the moments and correlations that their coefficients imply."""

import numpy as np
import pytest

from hibiscus.errors import ConfigError
from hibiscus.series.simulators import (
    simulate_arma,
    simulate_random_walk,
    simulate_sarima,
    simulate_var,
    simulate_white_noise,
)


def correlation(x, lag):
    centered = x - x.mean()
    return centered[lag:] @ centered[:-lag] / (centered @ centered)


def test_the_variance_of_a_random_walk_grows_with_t_and_that_of_white_noise_does_not():
    walks = np.stack([simulate_random_walk(100, scale=2, seed=seed).series for seed in range(2000)])
    expected = simulate_random_walk(100, scale=2, seed=0).truth["variance"]
    assert expected[[0, 99]].tolist() == [4, 400]
    np.testing.assert_allclose(walks.var(0), expected, rtol=0.15)
    noise = np.stack([simulate_white_noise(100, scale=2, seed=seed).series for seed in range(2000)])
    np.testing.assert_allclose(noise.var(0), 4, rtol=0.15)


def test_the_difference_of_a_random_walk_is_independent():
    walk = simulate_random_walk(4000, slope=0.5, start=7, seed=1).series
    steps = np.diff(walk, prepend=7)
    assert steps.mean() == pytest.approx(0.5, abs=0.05)
    assert abs(correlation(steps, 1)) < 1.96 * 1.5 / np.sqrt(4000)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_autocorrelations_of_ar_and_ma(seed):
    ar = simulate_arma(20000, ar=[0.5, 0.3], mean=3, scale=2, seed=seed).series
    assert correlation(ar, 1) == pytest.approx(0.5 / 0.7, abs=0.03)  # Yule-Walker: phi1 / (1 - phi2)
    assert ar.mean() == pytest.approx(3, abs=0.4)
    ma = simulate_arma(20000, ma=[0.6], seed=seed).series
    assert correlation(ma, 1) == pytest.approx(0.6 / 1.36, abs=0.03)
    assert correlation(ma, 2) == pytest.approx(0, abs=0.03)
    assert ma.var() == pytest.approx(1.36, rel=0.05)


def test_the_start_is_forgotten():
    starts = np.array([simulate_arma(1, ar=[0.95], seed=seed).series[0] for seed in range(2000)])
    assert starts.var() == pytest.approx(1 / (1 - 0.95**2), rel=0.12)


def test_sarima_fulfills_its_equation():
    x = simulate_sarima(
        500, [0.5], [0.4], difference=1, season=4, seasonal_ar=[0.3], seasonal_ma=[0.2],
        seasonal_difference=1, scale=0.0, constant=0.7, seed=0,
    )  # fmt: skip
    assert x.truth["order"] == (1, 1, 1)
    assert x.truth["seasonal_order"] == (1, 1, 1, 4)
    w = np.diff(x.series)
    w = w[4:] - w[:-4]
    np.testing.assert_allclose(w, 0.7 / ((1 - 0.5) * (1 - 0.3)))  # the mean without noise
    y = simulate_sarima(4000, season=4, seasonal_ar=[0.8], seed=1).series
    assert correlation(y, 4) == pytest.approx(0.8, abs=0.05)
    assert abs(correlation(y, 1)) < 0.1


def test_var_has_its_covariance():
    result = simulate_var(20000, [[[0.5, 0.4], [0.0, 0.3]]], covariance=[[1, 0.5], [0.5, 1]], seed=0)
    x = result.series
    noise = x[1:] - x[:-1] @ result.truth["coefficients"][0].T
    np.testing.assert_allclose(np.cov(noise.T), [[1, 0.5], [0.5, 1]], atol=0.05)
    assert result.truth["causes"] == {(1, 0)}


def test_equal_seeds_give_equal_series():
    first, second = (simulate_arma(50, [0.5], seed=3).series for _ in range(2))
    assert (first == second).all()
    assert (first != simulate_arma(50, [0.5], seed=4).series).any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ar": [1.0]}, "ar with an inverse root of size 1"),
        ({"ar": [0.6, 0.5]}, "not stationary"),
        ({"ma": [1.2]}, "not invertible"),
        ({"seasonal_ar": [0.5]}, "season of at least 2"),
    ],
)
def test_what_is_refused(options, words):
    with pytest.raises(ConfigError, match=words):
        simulate_sarima(10, **options, seed=0)


def test_an_explosive_var_is_refused():
    with pytest.raises(ConfigError, match=r"root of size 1\.1"):
        simulate_var(10, [[[1.1]]], seed=0)
    with pytest.raises(ConfigError, match="lags, variables, variables"):
        simulate_var(10, [[0.5]], seed=0)
