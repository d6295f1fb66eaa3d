"""Report items of forecasts: examples, errors by step and by variable, coverage of intervals, residuals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from hibiscus.data.prepared import evenly_spaced
from hibiscus.data.series.grid import SeriesGrid
from hibiscus.errors import DataError
from hibiscus.evaluation.chart_items import Curve, Multiples, Panel, Scatter, Series
from hibiscus.evaluation.forecast_task import ForecastTask
from hibiscus.evaluation.items import ReportItem, Table
from hibiscus.evaluation.residual_tests import residual_tests
from hibiscus.metrics.forecast_arrays import finite_sd
from hibiscus.metrics.forecasting import error_by_step, skill
from hibiscus.metrics.quantile_forecasts import interval_metrics
from hibiscus.series.autocorrelation import autocorrelation, correlation_bound

__all__ = ["Forecasts", "forecast_items"]

Array = NDArray[np.float64]

EXAMPLES, PLOTTED = 4, 3  # forecasts of a plot, and variables with one
POINTS, ROWS = 2000, 100  # of plots of residuals, of the table of variables


@dataclass(frozen=True)
class Forecasts:
    """The forecasts of a model and of the best baseline, for the items of the report.

    Args:
        grid: the series.
        task: the series and origins, as the baselines have them.
        origins: the first cell of each forecast (origins,).
        observed: which targets were there (origins, horizon, targets).
        point: the forecasts of the model, of that shape.
        quantiles: their quantiles (origins, horizon, targets, levels), or None.
        levels: of the quantiles.
        best: the name of the best baseline.
        best_values: its forecasts, of the shape of `point`.
    """

    grid: SeriesGrid
    task: ForecastTask
    origins: NDArray[np.int64]
    observed: NDArray[np.bool_]
    point: Array
    quantiles: Array | None
    levels: tuple[float, ...]
    best: str
    best_values: Array

    @property
    def target(self) -> Array:
        """The true values, NaN where they are missing."""
        return np.where(self.observed, self.task.targets(), np.nan)

    def name(self, series: int, variable: int) -> str:
        """The name of a variable of a series."""
        names = self.grid.index.names
        number = int(self.grid.index.series_of(self.origins[self.task.numbers == series][:1])[0])
        variables = self.grid.preparation.targets
        parts = [names[number]] if len(self.task.series) > 1 else []
        return ", ".join([*parts, variables[variable]] if len(variables) > 1 or not parts else parts)


def forecast_items(f: Forecasts, each: dict[str, Array], best_each: dict[str, Array]) -> list[ReportItem]:
    """The items in the order of the report.

    Args:
        f: the forecasts.
        each: the metrics of the model for each variable of each series (series, variables).
        best_each: those of the best baseline.
    """
    intervals = _intervals(f.levels) if f.quantiles is not None else []
    present = np.flatnonzero(f.observed.any((0, 1)))  # a variable may be missing in the whole part
    items: list[ReportItem] = [
        *(_examples(f, int(variable), intervals) for variable in present[:PLOTTED]),
        _by_step(f),
    ]
    if intervals:
        items.append(_coverage(f, intervals))
    if each["mae"].size > 1:
        items.append(_by_variable(f, each, best_each))
    return [*items, *_residuals(f)]


def _intervals(levels: Sequence[float]) -> list[tuple[float, int, int]]:
    """The nominal coverage of each central interval, and the numbers of its two levels; the widest first."""
    pairs = [
        (other - level, i, j)
        for i, level in enumerate(levels)
        for j, other in enumerate(levels)
        if level < other and abs(level + other - 1) < 1e-9
    ]
    return sorted(pairs, reverse=True)


def _examples(f: Forecasts, variable: int, intervals: list[tuple[float, int, int]]) -> Multiples:
    """Forecasts from evenly spaced origins, with what came before and what came."""
    task, horizon = f.task, f.task.horizon
    chosen = np.flatnonzero(np.isfinite(f.target[..., variable]).any(1))
    panels = []
    for i in chosen[evenly_spaced(len(chosen), min(EXAMPLES, len(chosen)))]:
        origin, number = int(task.origins[i]), int(task.numbers[i])
        before = min(origin, max(2 * horizon, 2 * task.season if task.season <= 4 * horizon else 0, 12))
        steps = np.arange(horizon) + 1
        past = task.series[number][origin - before : origin, variable]
        actual = np.concatenate([past, f.target[i, :, variable]])
        lines = [
            Series("forecast", steps, f.point[i, :, variable]),
            Series("actual", np.arange(1 - before, horizon + 1), actual),
            Series(f.best, steps, f.best_values[i, :, variable]),
        ]
        if intervals and f.quantiles is not None:
            nominal, low, high = intervals[0]
            bounds = f.quantiles[i, :, variable]
            outline = np.concatenate([bounds[:, low], bounds[::-1, high], bounds[:1, low]])
            around = np.concatenate([steps, steps[::-1], steps[:1]])
            lines.append(Series(f"{100 * nominal:.0f} % interval", around, outline))
        start = f.grid.index.labels(f.origins[i : i + 1])[0]
        series = f.grid.index.names[int(f.grid.index.series_of(f.origins[i : i + 1])[0])]
        panels.append(Panel(f"{series}, from {start}" if len(task.series) > 1 else f"from {start}", lines))
    name = f.grid.preparation.targets[variable]
    note = "From origins at equal distances, not selected. Steps from 1 on are forecast."
    return Multiples(f"Forecasts of {name}", name, panels, note)


def _by_step(f: Forecasts) -> Curve:
    scale = finite_sd(f.target)
    scale = np.where(scale > 0, scale, 1.0)
    steps = np.arange(1, f.task.horizon + 1)
    several = f.task.variables > 1
    divisor = scale if several else np.ones(1)
    errors = {
        name: error_by_step(values / divisor, f.target / divisor, f.observed)
        for name, values in (("this model", f.point), (f.best, f.best_values))
    }
    note = "Mean over the variables, each divided by its standard deviation." if several else ""
    lines = [Series(name, steps, values) for name, values in errors.items()]
    return Curve("Error by step", "step of the horizon", "mean absolute error", lines, note=note)


def _coverage(f: Forecasts, intervals: list[tuple[float, int, int]]) -> Curve:
    """The measured coverage of each interval by step; the note has the overall figures."""
    assert f.quantiles is not None
    steps, lines, words = np.arange(1, f.task.horizon + 1), [], []
    for nominal, low, high in intervals:
        lower, upper = f.quantiles[..., low], f.quantiles[..., high]
        inside = np.where(f.observed, (lower <= f.target) & (f.target <= upper), np.nan)
        count = np.isfinite(inside).sum((0, 2))
        by_step = np.where(count > 0, np.nansum(inside, (0, 2)) / np.maximum(count, 1), np.nan)
        lines.append(Series(f"{100 * nominal:.0f} % interval", steps, by_step))
        lines.append(Series(f"nominal {100 * nominal:.0f} %", steps, np.full(len(steps), nominal)))
        found = interval_metrics(lower, upper, f.target, f.observed, series=f.task.numbers)
        words.append(
            f"the {100 * nominal:.0f} % interval holds {100 * found['coverage']:.1f} % of the targets"
        )
    note = f"Measured: {'; '.join(words)}. The intervals are calibrated on the validation part."
    return Curve("Coverage of the intervals", "step of the horizon", "fraction of targets", lines, note=note)


def _by_variable(f: Forecasts, each: dict[str, Array], best_each: dict[str, Array]) -> Table:
    """The errors of each variable of each series, those with the lowest skill first."""
    shown = [name for name in ("mae", "rmse", "mase") if name in each]
    rows = []
    for series, variable in zip(*np.nonzero(np.isfinite(each["mae"])), strict=True):
        values = [float(each[name][series, variable]) for name in shown]
        other = float(best_each["mae"][series, variable])
        gained = skill(values[0], other)
        if np.isnan(gained):  # the baseline has no error
            gained = -np.inf if values[0] > 0 else np.inf
        rows.append((gained, int(series), int(variable), [*values, other]))
    rows.sort(key=lambda row: row[0])
    cells = [
        [f.name(series, variable), *values, f"{100 * gained:.0f} %" if np.isfinite(gained) else ""]
        for gained, series, variable, values in rows[:ROWS]
    ]
    columns = ["variable", *(name.upper() for name in shown), f"MAE of {f.best}", "skill by MAE"]
    more = f" The first {ROWS} of {len(rows):,}." if len(rows) > ROWS else ""
    return Table("Errors by variable", columns, cells, f"The lowest skill first.{more}")


def _residuals(f: Forecasts) -> list[ReportItem]:
    """Errors of the first step over time, their autocorrelation and their distribution."""
    first = f.task.numbers == f.task.numbers[0]
    errors = (f.target - f.point)[first, 0, 0]
    origins = f.task.origins[first][np.isfinite(errors)]
    errors = errors[np.isfinite(errors)]
    try:
        words = residual_tests(errors, season=f.task.season).words()
    except DataError:  # too few, or all equal
        return []
    name = f.name(int(f.task.numbers[0]), 0)
    lags = np.arange(1, min(max(20, 2 * f.task.season), len(errors) // 3, 200) + 1)
    bound = correlation_bound(len(errors))
    kept = evenly_spaced(len(errors), min(POINTS, len(errors)))
    ordered = np.sort((errors - errors.mean()) / errors.std())
    normal = norm.ppf((np.arange(len(ordered)) + 0.5) / len(ordered))
    acf = [
        Series("autocorrelation", lags, autocorrelation(errors, len(lags))[1:]),
        Series("± 1.96 / √n", lags, np.full(len(lags), bound)),
        Series("", lags, np.full(len(lags), -bound)),
    ]
    return [
        Curve(
            f"Residuals over time, {name}",
            "step of the series",
            "actual minus forecast, first step",
            [Series("", origins[kept], errors[kept])],
            note=f"One step ahead; {words}.",
        ),
        Curve(f"Autocorrelation of the residuals, {name}", "lag", "autocorrelation", acf),
        Scatter(
            f"Normal quantiles of the residuals, {name}",
            "quantile of the normal distribution",
            "residual in standard deviations",
            normal[kept],
            ordered[kept],
            diagonal=True,
            note="On the line where residuals are normally distributed.",
        ),
    ]
