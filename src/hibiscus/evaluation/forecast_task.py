"""What a forecast is asked for: the series, how much of them a model may be fitted on, and the origins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hibiscus.errors import DataError
from hibiscus.metrics.forecast_arrays import members

__all__ = ["ForecastTask", "OneSeries", "by_series", "by_variable"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class OneSeries:
    """One series of a task: `x` (steps, variables) or (steps,), and the steps of its origins (origins,).

    A model is fitted on `x[:fitted]` and forecasts from each origin with `x[:origin]`.
    """

    x: Array
    fitted: int
    origins: NDArray[np.int64]
    season: int
    horizon: int

    def latest(self, steps: int) -> OneSeries:
        """The same origins with at most that many steps before the end of those for fitting."""
        start = max(0, self.fitted - steps)
        return replace(self, x=self.x[start:], fitted=self.fitted - start, origins=self.origins - start)


@dataclass(frozen=True)
class ForecastTask:
    """Forecasts from many origins, all of the same horizon.

    Args:
        series: the values of each series in the original unit, (steps, variables) each, nothing missing.
        fitted: for each series the number of its first steps on which a model may be fitted.
        numbers: the series of each origin (origins,).
        origins: the step of the first forecast of each origin within its series (origins,).
        season: steps in a season, 1 without one.
        horizon: steps of each forecast.

    Raises:
        DataError: an origin lies before the end of the steps for fitting, or its horizon beyond the series.
    """

    series: Sequence[Array]
    fitted: Sequence[int]
    numbers: NDArray[np.int64]
    origins: NDArray[np.int64]
    season: int
    horizon: int

    def __post_init__(self) -> None:
        ends = np.array([len(x) for x in self.series])[self.numbers] - self.horizon
        fitted = np.asarray(self.fitted)[self.numbers]
        wrong = (self.origins < np.maximum(fitted, 1)) | (self.origins > ends)
        if not len(self.origins) or wrong.any():
            raise DataError(
                f"{int(wrong.sum())} of {len(self.origins)} origins out of range",
                "at least one origin, all after the steps for fitting, with the whole horizon in the series",
                "choose a shorter horizon, or a longer part",
            )

    @property
    def variables(self) -> int:
        """The number of variables."""
        return self.series[0].shape[1]

    def targets(self) -> Array:
        """The true values (origins, horizon, variables)."""
        steps = self.origins[:, None] + np.arange(self.horizon)
        result = np.empty((*steps.shape, self.variables))
        for x, chosen in zip(self.series, members(self.numbers, len(self.series)), strict=True):
            result[chosen] = x[steps[chosen]]
        return result


def by_series(task: ForecastTask, forecast: Callable[[OneSeries], Array]) -> Array:
    """The forecasts (origins, horizon, variables) of a function that forecasts one series.

    Args:
        task: with any number of series.
        forecast: from a series with `x` (steps, variables) to (its origins, horizon, variables).
    """
    result = np.empty((len(task.origins), task.horizon, task.variables))
    for number, chosen in enumerate(members(task.numbers, len(task.series))):
        if not len(chosen):
            continue
        one = OneSeries(
            task.series[number],
            int(task.fitted[number]),
            task.origins[chosen],
            task.season,
            task.horizon,
        )
        result[chosen] = forecast(one)
    return result


def by_variable(task: ForecastTask, forecast: Callable[[OneSeries], Array]) -> Array:
    """As `by_series` for a function of one variable: from `x` (steps,) to (its origins, horizon)."""

    def all_variables(one: OneSeries) -> Array:
        columns = (replace(one, x=np.ascontiguousarray(one.x[:, i])) for i in range(one.x.shape[1]))
        return np.stack([forecast(column) for column in columns], axis=2)

    return by_series(task, all_variables)
