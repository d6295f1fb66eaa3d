"""The metrics of forecasts are in the catalog, with the direction that is better."""

from hibiscus.metrics.catalog import METRICS, get_metric
from hibiscus.metrics.forecast_entries import FORECASTING


def test_they_are_in_the_catalog():
    assert all(METRICS[metric.name] is metric for metric in FORECASTING)
    assert METRICS["skill"].higher_is_better
    assert all(METRICS[name].higher_is_better is False for name in ("mase", "smape", "standardized_mse"))


def test_an_interval_is_named_by_its_level():
    metric = get_metric("test/interval_coverage_97.5")
    assert metric.label == "coverage of the 97.5 % interval"
    assert metric.higher_is_better is None  # right where it equals the level
    assert "97.5" in get_metric("interval_width_97.5").label
