"""Autoregressions against statsmodels, by hand, and without the future."""

import warnings

import numpy as np
import pytest
from tests.evaluation.forecast_tasks import expect_no_look_ahead, task_of

from hibiscus.evaluation.autoregression import Autoregression, ar_forecast, fit_autoregression, var_forecast


def two_variables(steps=400, seed=0):
    """A stable VAR(2): the second variable follows the first."""
    rng = np.random.default_rng(seed)
    x = np.zeros((steps, 2))
    for t in range(2, steps):
        x[t, 0] = 3 + 0.6 * x[t - 1, 0] - 0.2 * x[t - 2, 0] + rng.normal()
        x[t, 1] = 100 * (0.5 * x[t - 1, 0] + 0.3 * x[t - 2, 1] / 100 + rng.normal())
    return x


@pytest.mark.parametrize("baseline", [ar_forecast, var_forecast])
def test_none_knows_the_future(baseline):
    expect_no_look_ahead(baseline)


def test_var_agrees_with_statsmodels():
    from statsmodels.tsa.api import VAR

    x = two_variables()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = VAR(x).fit(maxlags=8, ic="aic")
    ours = fit_autoregression(x, 8)
    assert ours.order == theirs.k_ar == 2
    np.testing.assert_allclose(ours.matrices, theirs.coefs, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(ours.constant, theirs.intercept, rtol=1e-6)
    np.testing.assert_allclose(ours.forecast(x[None, -2:], 5)[0], theirs.forecast(x[-2:], 5), rtol=1e-6)


def test_ar_agrees_with_statsmodels():
    from statsmodels.tsa.ar_model import AutoReg

    x = two_variables()[:, :1]
    ours = fit_autoregression(x, 10)
    theirs = AutoReg(x[:, 0], ours.order).fit()
    np.testing.assert_allclose([ours.constant[0], *ours.matrices[:, 0, 0]], theirs.params, rtol=1e-6)


def test_the_forecast_by_hand():
    model = Autoregression(np.array([1.0]), np.array([[[0.5]], [[0.25]]]))
    found = model.forecast(np.array([[[4.0], [8.0]]]), 2)  # 1 + 8 / 2 + 4 / 4, then 1 + 6 / 2 + 8 / 4
    np.testing.assert_allclose(found[0, :, 0], [6, 6])


def test_a_season_is_learned_through_its_lags():
    t = np.arange(200)
    x = np.sin(2 * np.pi * t / 12)[:, None] + 0.01 * np.random.default_rng(0).normal(size=(200, 1))
    task = task_of(x, fitted=150, season=12, horizon=24)
    assert np.abs(ar_forecast(task) - task.targets()).max() < 0.1


def test_the_second_variable_is_forecast_from_the_first():
    x = two_variables(900)
    task = task_of(x, fitted=700, horizon=1)
    errors = [((f(task) - task.targets())[:, 0, 1] ** 2).mean() for f in (var_forecast, ar_forecast)]
    assert errors[0] < 0.95 * errors[1]


def test_short_and_constant_series():
    assert np.isfinite(ar_forecast(task_of(np.arange(9.0), fitted=3, horizon=2))).all()
    constant = np.full((40, 2), 7.0)
    np.testing.assert_allclose(var_forecast(task_of(constant, fitted=30, horizon=3)), 7)
