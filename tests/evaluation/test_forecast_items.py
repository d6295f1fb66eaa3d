"""The plots of forecasts show what was forecast, from origins that were not selected."""

import numpy as np
from tests.evaluation.forecast_tasks import seasonal_series
from tests.evaluation.series_grids import grid_of, origins_of

from hibiscus.evaluation.forecast_items import Forecasts, forecast_items
from hibiscus.evaluation.forecasting import forecast_task
from hibiscus.metrics.forecasting import point_metrics


def items_of(x, levels=(0.1, 0.5, 0.9)):
    grid = grid_of(x, train=50, season=6)
    origins = origins_of(grid, 4)
    task = forecast_task(grid, origins)
    target = task.targets()
    point = target + 1
    quantiles = point[..., None] + np.array([-0.5, 0, 0.5]) if levels else None
    observed = np.ones(target.shape, bool)
    f = Forecasts(grid, task, origins, observed, point, quantiles, levels, "naive", target - 2)
    each = point_metrics(point, target)
    return f, {item.title: item for item in forecast_items(f, each, each)}


def test_a_panel_has_the_history_the_forecast_and_the_interval():
    f, items = items_of(seasonal_series(80, 6, 1))
    panels = items["Forecasts of v0"].panels
    assert len(panels) == 4
    forecast, actual, best, interval = panels[0].series
    assert (forecast.name, actual.name, best.name, interval.name) == (
        *("forecast", "actual", "naive", "80 % interval"),
    )
    assert forecast.x == (1, 2, 3, 4)
    assert actual.x[-5:] == (0, 1, 2, 3, 4)
    np.testing.assert_allclose(np.array(actual.y)[-4:] + 1, forecast.y)
    np.testing.assert_allclose(actual.y, f.grid.raw[50 - 12 : 54, 0])
    np.testing.assert_allclose(interval.y[:4], np.array(forecast.y) - 0.5)
    assert (interval.x[0], interval.y[0]) == (interval.x[-1], interval.y[-1])  # a closed outline


def test_errors_by_step_and_coverage():
    _, items = items_of(seasonal_series(80, 6, 1))
    model, best = items["Error by step"].series
    np.testing.assert_allclose(model.y, 1)
    np.testing.assert_allclose(best.y, 2)
    coverage = items["Coverage of the intervals"]
    assert coverage.series[0].y == (0, 0, 0, 0)
    assert "the 80 % interval holds 0.0 % of the targets" in coverage.note


def test_without_intervals_there_is_no_coverage():
    _, items = items_of(seasonal_series(80, 6, 1), levels=())
    assert "Coverage of the intervals" not in items
    assert len(items["Forecasts of v0"].panels[0].series) == 3


def test_residuals_are_those_of_the_first_step():
    x = seasonal_series(80, 6, 1)
    f, items = items_of(x)
    assert "Residuals over time, v0" not in items  # all equal
    changed = Forecasts(**{**vars(f), "point": f.point + x[f.origins][:, None]})
    items = {item.title: item for item in forecast_items(changed, point_metrics(f.point, f.target), {})}
    line = items["Residuals over time, v0"].series[0]
    np.testing.assert_allclose(line.y, -1 - x[f.origins, 0])
    assert line.x == tuple(f.task.origins)
    assert "Durbin-Watson" in items["Residuals over time, v0"].note
    assert items["Normal quantiles of the residuals, v0"].diagonal


def test_variables_whose_baseline_has_no_error_stand_first_without_a_skill():
    x = seasonal_series(80, 6, 2)
    grid = grid_of(x, train=50, season=6)
    origins = origins_of(grid, 4)
    task = forecast_task(grid, origins)
    target = task.targets()
    point, best = target + 1, target - np.array([2.0, 0.0])
    f = Forecasts(grid, task, origins, np.ones(target.shape, bool), point, None, (), "naive", best)
    items = forecast_items(f, point_metrics(point, target), point_metrics(best, target))
    table = next(item for item in items if item.title == "Errors by variable")
    assert [(row[0], row[-1]) for row in table.rows] == [("v1", ""), ("v0", "50 %")]
