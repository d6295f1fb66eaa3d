"""Evaluation of forecasts of time series: metrics, baselines, skill, and the items of the report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hibiscus.data.series.grid import SeriesGrid
from hibiscus.evaluation.forecast_comparison import BaselineForecast, baseline_forecasts
from hibiscus.evaluation.forecast_items import Forecasts, forecast_items
from hibiscus.evaluation.forecast_task import ForecastTask
from hibiscus.evaluation.items import Table
from hibiscus.metrics.forecast_arrays import finite_sd, members
from hibiscus.metrics.forecasting import (
    InSampleErrors,
    in_sample_errors,
    mean_metrics,
    point_metrics,
    skill,
    standardized_metrics,
)
from hibiscus.metrics.quantile_forecasts import quantile_metrics
from hibiscus.training.method import Evaluation

__all__ = ["evaluate_forecasts", "forecast_task"]

Array = NDArray[np.float64]


def evaluate_forecasts(
    grid: SeriesGrid,
    origins: NDArray[np.int64],
    point: Array,
    quantiles: Array | None = None,
    levels: Sequence[float] = (),
    metric: str = "standardized_mse",
) -> Evaluation:
    """The metrics of forecasts beside those of every baseline from the same origins, and the report items.

    Metrics are in the original unit, the mean over the variables of all series, and standardized by the
    training part where they are named so. Skill is by `metric`, against the baseline that is best by it.

    Args:
        grid: the series.
        origins: the first cell of each forecast.
        point: the forecasts in the original unit.
        quantiles: their quantiles in the original unit, if there are any.
        levels: of the quantiles.
        metric: by which the model was selected and baselines are ranked.

    Shapes: origins (origins,), point (origins, horizon, targets), quantiles (origins, horizon, targets,
        levels).
    """
    task = forecast_task(grid, origins)
    steps = origins[:, None] + np.arange(task.horizon)
    observed = grid.observed[steps][..., : grid.targets]
    scale, sd = _training_scale(grid, task, origins)
    known = (sd > 0) & observed.any((0, 1))  # a constant variable has no standardized error
    target = task.targets()

    def metrics_of(forecast: Array) -> tuple[dict[str, float], dict[str, Array]]:
        each = point_metrics(forecast, target, observed, series=task.numbers, scale=scale)
        standard = {}
        if known.any():
            parts = (values[..., known] for values in (forecast, target, observed))
            standard = standardized_metrics(*parts, sd=sd[known])
        return standard | mean_metrics(each), each

    metrics, each = metrics_of(point)
    metric = metric if metric in metrics else "mae"
    compared: list[BaselineForecast] = []
    baselines: dict[str, dict[str, float]] = {}
    best, best_each, best_values = "", each, point
    for baseline in baseline_forecasts(task):
        compared.append(BaselineForecast(baseline.name, baseline.model, None))
        if baseline.values is not None:
            baselines[baseline.name], baseline_each = metrics_of(baseline.values)
            if not best or baselines[baseline.name][metric] < baselines[best][metric]:
                best, best_each, best_values = baseline.name, baseline_each, baseline.values
    errors = {name: values[metric] for name, values in baselines.items()}
    gained = skill(metrics[metric], errors[best])
    metrics |= {"skill": gained} if np.isfinite(gained) else {}
    if quantiles is not None:
        metrics |= quantile_metrics(quantiles, target, levels, observed, series=task.numbers, scale=scale)
    metrics["forecast_origins"] = float(len(origins))
    forecasts = Forecasts(grid, task, origins, observed, point, quantiles, tuple(levels), best, best_values)
    report_items = [
        _description(task, compared, errors, metrics[metric], _validation_before(grid, task, origins)),
        *forecast_items(forecasts, each, best_each),
    ]
    return Evaluation(metrics, baselines, report_items)


def forecast_task(grid: SeriesGrid, origins: NDArray[np.int64]) -> ForecastTask:
    """The task of the baselines; a model may be fitted on all steps before the first origin of its series."""
    compact = np.unique(grid.index.series_of(origins), return_inverse=True)[1]
    starts, ends = _cells(grid, origins)
    series = [grid.raw[start:end, : grid.targets] for start, end in zip(starts, ends, strict=True)]
    within = origins - starts[compact]
    fitted = [int(within[chosen].min()) for chosen in members(compact, len(series))]
    return ForecastTask(
        series, fitted, compact, within, max(1, grid.preparation.season), grid.preparation.horizon
    )


def _training_scale(
    grid: SeriesGrid, task: ForecastTask, origins: NDArray[np.int64]
) -> tuple[InSampleErrors, Array]:
    """Errors of naive forecasts in training for each series, and the standard deviation of each variable.

    Where there is no training part, as in data of another file, the steps before the first origins stand for
    it. A step between two pieces of the training part counts as missing, so that no difference joins them.
    """
    values = np.where(grid.observed, grid.raw, np.nan)[:, : grid.targets]
    trained = "train" in grid.part_names
    part = grid.part == (grid.part_names.index("train") if trained else -2)
    parts = []
    for start, end, fitted in zip(*_cells(grid, origins), task.fitted, strict=True):
        inside = np.flatnonzero(part[start:end])
        chosen = np.where(part[start:end, None], values[start:end], np.nan)
        several = len(inside) > 1
        parts.append(chosen[inside[0] : inside[-1] + 1] if several else values[start : start + fitted])
    return in_sample_errors(parts, task.season), finite_sd(np.concatenate(parts))


def _validation_before(grid: SeriesGrid, task: ForecastTask, origins: NDArray[np.int64]) -> bool:
    """Whether steps of the validation part are among those on which baselines are fitted."""
    if "val" not in grid.part_names:
        return False
    number, starts = grid.part_names.index("val"), _cells(grid, origins)[0]
    fitted = zip(starts, task.fitted, strict=True)
    return any((grid.part[start : start + steps] == number).any() for start, steps in fitted)


def _cells(grid: SeriesGrid, origins: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first cell of each series with an origin, and the one after its last."""
    present = np.unique(grid.index.series_of(origins))
    return grid.index.bounds[present], grid.index.bounds[present + 1]


def _description(
    task: ForecastTask,
    compared: list[BaselineForecast],
    errors: dict[str, float],
    error: float,
    validation: bool,
) -> Table:
    """What each baseline is, and the skill of the model against it, the baseline with the lowest error first.

    Args:
        task: the series and origins.
        compared: all baselines, also those that were left out.
        errors: of the baselines that were not.
        error: of the model.
        validation: whether the baselines were fitted on the validation part as well.
    """
    skills = {name: skill(error, other) for name, other in errors.items()}
    rows = [
        [baseline.name, _percent(skills[baseline.name]), baseline.model]
        for baseline in sorted(compared, key=lambda baseline: errors.get(baseline.name, np.inf))
        if baseline.name in errors
    ]
    rows += [[baseline.name, "", baseline.model] for baseline in compared if baseline.name not in errors]
    fitted = " to ".join(f"{steps:,}" for steps in sorted({min(task.fitted), max(task.fitted)}))
    more = ", validation part included (the model on the training part only)" if validation else ""
    note = (
        f"Fitted on the {fitted} steps before the first origin{more}, long series on the last of them; each "
        f"forecasts from the same {len(task.origins):,} origins as the model, with the values before each. "
        "Skill: how much lower the error of the model is than that of the baseline"
        f"{'' if np.isfinite(list(skills.values())).all() else '; undefined for a baseline without error'}."
    )
    best = rows[0][0]
    if errors[best] <= error:
        comparison = "better than" if errors[best] < error else "as good as"
        note = f"{best} is {comparison} the model: use it instead. {note}"
    return Table("Baselines", ["baseline", "skill against it", "model"], rows, note)


def _percent(value: float) -> str:
    """A fraction in percent, nothing for NaN."""
    return f"{100 * value:.0f} %".replace("-", "−") if np.isfinite(value) else ""
