"""Tasks of forecasting with known series, and the rule that no forecast may know the future."""

from dataclasses import replace

import numpy as np

from hibiscus.evaluation.forecast_task import ForecastTask


def task_of(*series, fitted, origins=None, season=1, horizon=4):
    """A task with series (steps,) or (steps, variables), and all origins of each after the first `fitted`."""
    columns = [np.asarray(x, dtype=float).reshape(len(x), -1) for x in series]
    pairs = [
        (number, origin)
        for number, x in enumerate(columns)
        for origin in (range(fitted, len(x) - horizon + 1) if origins is None else origins)
    ]
    numbers, steps = np.array(pairs).T
    return ForecastTask(columns, [fitted] * len(columns), numbers, steps, season, horizon)


def seasonal_series(steps=120, season=12, variables=2, seed=0):
    """A trend, a season and noise, all positive."""
    rng = np.random.default_rng(seed)
    t = np.arange(steps)[:, None] + np.arange(variables)
    return 20 + 0.1 * t + 5 * np.sin(2 * np.pi * t / season) + rng.normal(size=t.shape)


def expect_no_look_ahead(forecast, *, steps=120, fitted=90, season=12, horizon=4, variables=2):
    """Changes the series from each of two origins on; the forecasts from there and before stay the same."""
    x = seasonal_series(steps, season, variables)
    before = forecast(task_of(x, fitted=fitted, season=season, horizon=horizon))
    for origin in (fitted, fitted + 10):
        changed = x.copy()
        changed[origin:] = 1 + 40 * np.random.default_rng(1).random(changed[origin:].shape)
        after = forecast(task_of(changed, fitted=fitted, season=season, horizon=horizon))
        kept = origin - fitted + 1
        np.testing.assert_array_equal(after[:kept], before[:kept])
        assert kept == len(before) or (after[kept:] != before[kept:]).any()
    other = replace(task_of(x, fitted=fitted, season=season, horizon=horizon), origins=np.array([fitted]))
    alone = forecast(replace(other, numbers=np.array([0])))
    np.testing.assert_allclose(alone, before[:1], rtol=1e-9)  # whatever other origins there are
