"""Importance sampling against a model whose likelihood is known, and active units by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from hibiscus.errors import DataError
from hibiscus.metrics.likelihood import active_units, importance_nll


def linear_gaussian(samples, off=0.0, seed=0):
    """p(z) = N(0, 1), p(x | z) = N(w z, I / 2): p(x) = N(0, w w' + I / 2); q is the posterior, its mean off
    by so many deviations.
    """
    rng = np.random.default_rng(seed)
    w, noise = np.array([1.0, -0.7, 0.4]), 0.5
    x = rng.normal(size=(20, 1)) * w + rng.normal(size=(20, 3)) * np.sqrt(noise)
    variance = 1 / (1 + w @ w / noise)
    mean = variance * (x @ w) / noise + off * np.sqrt(variance)
    z = mean + np.sqrt(variance) * rng.normal(size=(samples, 20))
    log_x = norm.logpdf(x, z[..., None] * w, np.sqrt(noise)).sum(-1)
    weights = log_x + norm.logpdf(z) - norm.logpdf(z, mean, np.sqrt(variance))
    return weights, -multivariate_normal(np.zeros(3), np.outer(w, w) + noise * np.eye(3)).logpdf(x)


def test_with_the_true_posterior_one_sample_is_exact():
    weights, truth = linear_gaussian(1)
    np.testing.assert_allclose(importance_nll(weights), truth, rtol=1e-9)


def test_with_another_q_it_falls_to_the_truth():
    weights, truth = linear_gaussian(200_000, off=1.0)
    np.testing.assert_allclose(importance_nll(weights), truth, atol=0.03)
    means = [importance_nll(weights[:count]).mean() for count in (1, 10, 1000)]
    assert -weights.mean() == pytest.approx(
        truth.mean() + 0.5, abs=0.01
    )  # the bound: the truth plus KL(q || posterior) = off**2 / 2
    assert means[0] > truth.mean()
    assert means[1] == pytest.approx(truth.mean(), abs=0.2)
    assert means[2] == pytest.approx(truth.mean(), abs=0.05)


def test_large_weights_do_not_overflow():
    weights = np.random.default_rng(1).normal(-5000, 300, (50, 4))
    np.testing.assert_allclose(importance_nll(weights), np.log(50) - logsumexp(weights, axis=0))
    assert importance_nll(weights.astype(np.float32)).dtype == np.float64


def test_a_unit_is_active_where_its_mean_varies():
    means = np.random.default_rng(0).normal(size=(5000, 4)) * np.sqrt([1.0, 0.02, 0.005, 0.0]) + [0, 0, 0, 9]
    assert active_units(means).tolist() == [True, True, False, False]


def test_other_shapes_are_told():
    with pytest.raises(DataError, match="log weights"):
        importance_nll(np.zeros(3))
    with pytest.raises(DataError, match="one sample"):
        importance_nll(np.zeros((0, 3)))
    with pytest.raises(DataError, match="posterior means"):
        active_units(np.zeros(3))
