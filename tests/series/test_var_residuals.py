"""The scores of a vector autoregression: against least squares, its planted anomalies, and no look-ahead."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from hibiscus.errors import DataError, MissingExtraError
from hibiscus.series.var_residuals import var_scores


def pair(steps=500):
    random, values = np.random.default_rng(2), np.zeros((steps, 2))
    for t in range(1, steps):
        values[t] = [[0.6, 0.3], [-0.2, 0.5]] @ values[t - 1] + random.normal(0, [1.0, 0.2])
    return values + np.array([10, -3])


def test_one_lag_is_least_squares():
    values = pair()
    design = np.c_[np.ones(299), values[:299]]
    coefficients = np.linalg.lstsq(design, values[1:300], rcond=None)[0]
    errors = values[1:] - np.c_[np.ones(499), values[:-1]] @ coefficients
    covariance = errors[:299].T @ errors[:299] / 299
    expected = np.sqrt(np.einsum("tv,vw,tw->t", errors, np.linalg.inv(covariance), errors))
    found = var_scores(values, 300, max_lag=1)
    assert np.isnan(found[0])
    assert np.allclose(found[1:], expected, rtol=1e-6)


def test_one_variable_is_the_error_in_standard_deviations():
    values = pair()[:, 0]
    design = np.c_[np.ones(299), values[:299]]
    coefficients = np.linalg.lstsq(design, values[1:300], rcond=None)[0]
    errors = values[1:] - np.c_[np.ones(499), values[:-1]] @ coefficients
    found = var_scores(values, 300, max_lag=1)
    assert np.allclose(found[1:], abs(errors) / np.sqrt((errors[:299] ** 2).mean()), rtol=1e-6)


def test_it_finds_a_break_of_the_relation_that_no_variable_shows():
    values = pair()
    values[400, 1] += 2.5  # half of the range of the variable
    assert var_scores(values, 300)[300:].argmax() == 100
    assert abs(values[400, 1] + 3) < np.quantile(abs(values[:, 1] + 3), 0.999) * 3


def test_it_does_not_look_ahead():
    values, later = pair(), pair()
    later[450:] = 77
    assert np.array_equal(var_scores(values, 300)[:450], var_scores(later, 300)[:450], equal_nan=True)


def test_what_cannot_be_fitted_is_refused(monkeypatch):
    with pytest.raises(DataError, match="20 training steps of 2 variables"):
        var_scores(pair(), 20)
    constant = pair()
    constant[:300, 1] = 4
    with pytest.raises(DataError, match="variable 1 is constant"):
        var_scores(constant, 300)
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.ar_model", None)
    with pytest.raises(MissingExtraError, match="statsmodels"):
        var_scores(pair(), 300)
