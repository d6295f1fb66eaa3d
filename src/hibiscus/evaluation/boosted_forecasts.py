"""Gradient-boosted trees on lags: a model of the next value, applied again to its own forecasts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hibiscus.evaluation.forecast_task import ForecastTask, OneSeries, by_variable

__all__ = ["boosted_forecast", "chosen_lags"]

Array = NDArray[np.float64]

ROUNDS, ROWS = 100, 20_000  # trees, and the last steps on which they are fitted
NEAREST, LONGEST = 12, 48  # lags from 1 on: at least, and up to a whole season of at most
MIN_LEAF = 20  # rows, fewer in short series


def boosted_forecast(task: ForecastTask) -> Array:
    r"""Recursive forecasts of boosted trees on lags, a model for each variable of each series.

        x[t] - x[t - 1] = trees(x[t - 1], x[t - lag] - x[t - 1] for each lag, t mod season)

    Differences, since trees do not extrapolate a trend of the values.

    Shapes: returns (origins, horizon, variables).
    """
    return by_variable(task, _forecast)


def chosen_lags(fitted: int, season: int) -> list[int]:
    """The lags of a series with `fitted` steps: the nearest ones, and those around the season."""
    near = max(NEAREST, season) if season <= LONGEST else NEAREST
    lags = set(range(2, near + 1)) | ({season - 1, season, season + 1} if season > 2 else set())
    return sorted(lag for lag in lags if lag <= fitted // 3) or [1]


def _forecast(one: OneSeries) -> Array:
    from sklearn.ensemble import HistGradientBoostingRegressor  # a second to import

    latest = one.latest(ROWS)
    lags = np.array(chosen_lags(latest.fitted, one.season))
    steps = np.arange(lags.max(), latest.fitted)
    if len(steps) < 2:
        return np.repeat(one.x[one.origins - 1][:, None], one.horizon, 1)
    past = latest.x[steps[:, None] - lags]
    inputs = _features(latest.x[steps - 1], past, (steps + len(one.x) - len(latest.x)) % one.season)
    leaf = max(2, min(MIN_LEAF, len(steps) // 10))
    model = HistGradientBoostingRegressor(
        max_iter=ROUNDS,
        min_samples_leaf=leaf,
        early_stopping=False,  # pyright: ignore[reportArgumentType]
        random_state=0,
    )
    model.fit(inputs, latest.x[steps] - latest.x[steps - 1])
    reach = int(lags.max())
    values = np.empty((len(one.origins), reach + one.horizon))
    values[:, :reach] = one.x[one.origins[:, None] - np.arange(reach, 0, -1)]
    for step in range(one.horizon):
        now = reach + step
        features = _features(values[:, now - 1], values[:, now - lags], (one.origins + step) % one.season)
        values[:, now] = values[:, now - 1] + model.predict(features)
    return values[:, reach:]


def _features(last: Array, past: Array, phase: NDArray[np.int64]) -> Array:
    return np.concatenate([last[:, None], past - last[:, None], phase[:, None].astype(np.float64)], 1)
