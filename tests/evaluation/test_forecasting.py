"""The evaluation of forecasts: metrics, skill against the best baseline, and the items of the report."""

import numpy as np
import pytest
from tests.evaluation.forecast_tasks import seasonal_series
from tests.evaluation.series_grids import grid_of, origins_of

from hibiscus.evaluation import forecast_comparison, forecasting
from hibiscus.evaluation.forecasting import evaluate_forecasts, forecast_task
from hibiscus.evaluation.items import load_report_items, save_report_items
from hibiscus.metrics.catalog import get_metric


@pytest.fixture(autouse=True)
def only_simple(monkeypatch):
    """Without the baselines that take long to fit."""
    monkeypatch.setattr(forecast_comparison, "_fitted", lambda task: iter(()))
    monkeypatch.setattr(forecast_comparison, "SEARCHED", 0)


def evaluated(noise=0.1, quantiles=True):
    """An evaluation of forecasts that are the targets with noise."""
    x = seasonal_series(80, 6, 2)
    grid = grid_of(x, train=50, season=6)
    origins = origins_of(grid, 4)
    target = forecast_task(grid, origins).targets()
    point = target + noise * np.random.default_rng(0).normal(size=target.shape)
    levels = (0.1, 0.5, 0.9)
    spread = point[..., None] + 1.2816 * noise * np.array([-1, 0, 1])
    return evaluate_forecasts(grid, origins, point, spread if quantiles else None, levels), x, target, point


def test_metrics_are_those_of_the_forecasts_in_their_unit_and_standardized():
    found, x, target, point = evaluated()
    metrics = found.metrics
    assert metrics["mae"] == pytest.approx(np.abs(point - target).mean())
    expected = (((point - target) / x[:50].std(0)) ** 2).mean()
    assert metrics["standardized_mse"] == pytest.approx(expected)
    naive_error = np.abs(x[6:50] - x[:44]).mean(0)
    assert metrics["mase"] == pytest.approx((np.abs(point - target).mean((0, 1)) / naive_error).mean())
    assert metrics["interval_coverage_80"] == pytest.approx(0.8, abs=0.1)
    assert metrics["forecast_origins"] == len(point)
    assert all(get_metric(name).description for name in metrics)


def test_skill_is_against_the_best_baseline_by_the_selection_metric():
    found, *_ = evaluated()
    best = min(values["standardized_mse"] for values in found.baselines.values())
    assert found.metrics["skill"] == pytest.approx(1 - found.metrics["standardized_mse"] / best)
    assert found.metrics["skill"] > 0.9
    assert set(found.baselines) == {"naive", "seasonal naive", "naive average", "moving average", "drift"}


def test_a_worse_model_has_negative_skill_and_the_report_says_what_to_use():
    found, *_ = evaluated(noise=9)
    assert found.metrics["skill"] < 0
    table = found.report_items[0]
    assert table.title == "Baselines"
    assert table.note.startswith("seasonal naive is better than the model: use it instead.")
    assert table.rows[0][:2] == ("seasonal naive", f"−{-100 * found.metrics['skill']:.0f} %")
    left_out = [row for row in table.rows if row[1] == ""]
    assert "left out" in left_out[0][2]


def test_the_report_items_survive_a_file(tmp_path):
    found, *_ = evaluated()
    save_report_items(found.report_items, tmp_path)
    assert load_report_items(tmp_path) == found.report_items
    titles = [item.title for item in found.report_items]
    assert titles == [
        "Baselines",
        "Forecasts of v0",
        "Forecasts of v1",
        "Error by step",
        "Coverage of the intervals",
        "Errors by variable",
        "Residuals over time, v0",
        "Autocorrelation of the residuals, v0",
        "Normal quantiles of the residuals, v0",
    ]


def test_missing_targets_do_not_count():
    x = seasonal_series(80, 6, 1)
    x[70] = np.nan
    grid = grid_of(x, train=50, season=6)
    origins = origins_of(grid, 4)
    point = np.full((len(origins), 4, 1), 20.0)
    found = evaluate_forecasts(grid, origins, point)
    errors = np.abs(20 - x[origins[:, None] + np.arange(4)])
    assert found.metrics["mae"] == pytest.approx(np.nanmean(errors))


def test_covariates_and_series_of_different_length():
    a, b = seasonal_series(80, 6, 3), 5 * seasonal_series(70, 6, 3, seed=1)
    grid = grid_of(a, b, train=50, season=6, targets=2)
    origins = origins_of(grid, 4)
    task = forecast_task(grid, origins)
    assert task.fitted == [50, 50]
    assert task.variables == 2
    np.testing.assert_array_equal(task.targets()[-1], b[66:70, :2])
    found = evaluate_forecasts(grid, origins, task.targets() + 1)
    table = next(item for item in found.report_items if item.title == "Errors by variable")
    assert sorted(row[0] for row in table.rows) == [f"series {s}, v{v}" for s in (0, 1) for v in (0, 1)]
    assert [row[1] for row in table.rows] == pytest.approx([1.0] * 4)
    panels = next(item for item in found.report_items if item.title == "Forecasts of v0").panels
    assert panels[0].title == "series 0, from step 50"


def test_a_constant_variable_and_a_part_without_training():
    x = np.stack([np.full(60, 3.0), seasonal_series(60, 6, 1)[:, 0]], 1)
    grid = grid_of(x, train=40)
    grid.part_names = ("other", "test")
    origins = origins_of(grid, 4)
    found = evaluate_forecasts(grid, origins, forecast_task(grid, origins).targets() + 0.5)
    assert found.metrics["mae"] == 0.5
    assert found.metrics["standardized_mae"] == pytest.approx(0.5 / x[:40, 1].std())


def test_perfect_forecasts_have_no_residuals_to_test():
    x = seasonal_series(60, 6, 1)
    grid = grid_of(x, train=40)
    origins = origins_of(grid, 4)
    found = forecasting.evaluate_forecasts(grid, origins, forecast_task(grid, origins).targets())
    assert found.metrics["skill"] == 1
    assert not [item for item in found.report_items if "residuals" in item.title]


def test_a_baseline_without_error_is_better_and_has_no_skill():
    rng = np.random.default_rng(0)
    x = rng.normal(size=80)
    x[40:] = x[39]  # constant from before the test part on
    grid = grid_of(x, train=50)
    origins = origins_of(grid, 4)
    found = evaluate_forecasts(grid, origins, np.full((len(origins), 4, 1), x[39] + 0.5))
    table = found.report_items[0]
    assert "skill" not in found.metrics
    assert table.rows[0][:2] == ("naive", "")
    assert table.note.startswith("naive is better than the model: use it instead.")
    assert "undefined for a baseline without error" in table.note
    errors = [found.baselines[row[0]]["standardized_mse"] for row in table.rows if row[0] in found.baselines]
    assert errors == sorted(errors)
    assert not [row for row in table.rows if "nan" in row[1]]


def test_a_variable_missing_in_the_whole_test_part_and_in_training_of_one_series():
    a, b = seasonal_series(80, 6, 2), seasonal_series(80, 6, 2, seed=1)
    a[50:, 1] = b[50:, 1] = np.nan
    b[:50, 0] = np.nan
    grid = grid_of(a, b, train=50, season=6)
    origins = origins_of(grid, 4)
    point = forecast_task(grid, origins).targets() + 1
    quantiles = point[..., None] + np.array([-2, 0, 2])
    found = evaluate_forecasts(grid, origins, point, quantiles, (0.1, 0.5, 0.9))
    assert found.metrics["mae"] == pytest.approx(1)
    assert found.metrics["standardized_mae"] == pytest.approx(1 / a[:50, 0].std())
    assert found.metrics["mase"] == pytest.approx(1 / np.abs(a[6:50, 0] - a[:44, 0]).mean())
    titles = [item.title for item in found.report_items]
    assert "Forecasts of v0" in titles
    assert "Forecasts of v1" not in titles


def test_a_variable_missing_in_training_has_no_standardized_error():
    x = seasonal_series(80, 6, 2)
    x[:50, 1] = np.nan
    grid = grid_of(x, train=50)
    origins = origins_of(grid, 4)
    found = evaluate_forecasts(grid, origins, forecast_task(grid, origins).targets() + 1)
    assert found.metrics["standardized_mae"] == pytest.approx(1 / x[:50, 0].std())
    assert found.metrics["mae"] == pytest.approx(1)


def test_no_difference_joins_two_pieces_of_the_training_part():
    x = np.concatenate([np.arange(20.0), np.zeros(10), 1000 + np.arange(20.0), np.zeros(10)])
    grid = grid_of(x, train=50)
    grid.part[20:30] = 1
    origins = np.array([50, 52, 54])
    found = evaluate_forecasts(grid, origins, np.full((3, 4, 1), 3.0))
    assert found.metrics["mase"] == 3  # all steps within the pieces are 1


def test_the_note_says_that_only_the_baselines_have_the_validation_part():
    grid = grid_of(seasonal_series(80, 6, 1), train=50)
    origins = origins_of(grid, 4)
    point = np.full((len(origins), 4, 1), 20.0)
    words = "validation part included (the model on the training part only)"
    assert words not in evaluate_forecasts(grid, origins, point).report_items[0].note
    grid.part_names = ("train", "test", "val")
    grid.part[40:50] = 2
    assert words in evaluate_forecasts(grid, origins, point).report_items[0].note
