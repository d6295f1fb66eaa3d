"""The entries of the catalog for forecasts of time series."""

from __future__ import annotations

from hibiscus.metrics.entries import MetricPattern, down, fraction, neutral, relative

__all__ = ["FORECASTING", "FORECAST_PATTERNS"]

# fmt: off
FORECASTING = (
    down("mape", "mean absolute percentage error", "mean absolute error relative to the target"),
    relative("smape", "symmetric MAPE",
        "mean of 2 |error| / (|prediction| + |target|), from 0 to 200 %", False),
    down("mase", "MASE",
        "mean absolute error relative to that of the seasonal naive forecast within the training part"),
    down("rmsse", "RMSSE",
        "root mean squared error relative to that of the seasonal naive forecast within the training part"),
    down("crps", "CRPS", "continuous ranked probability score of a predicted distribution"),
    down("pinball", "pinball loss", "mean over quantiles of the pinball loss"),
    down("weighted_scaled_pinball", "weighted scaled pinball loss",
        "pinball loss of each series relative to the mean absolute step of its training part, weighted"),
    down("standardized_mse", "MSE, standardized",
        "mean squared error in units of the standard deviation of the training part"),
    down("standardized_mae", "MAE, standardized",
        "mean absolute error in units of the standard deviation of the training part"),
    relative("skill", "skill",
        "1 minus the error relative to that of the best baseline; negative if the baseline is better"),
    neutral("forecast_origins", "forecast origins", "number of points in time from which was forecast"),
)
FORECAST_PATTERNS = (
    MetricPattern(r"interval_coverage_(\d+(?:\.\d+)?)",
        fraction("interval_coverage_N", "coverage of the {0} % interval",
            "fraction of targets within the interval; right where it is {0} %", None)),
    MetricPattern(r"interval_width_(\d+(?:\.\d+)?)",
        neutral("interval_width_N", "mean width of the {0} % interval",
            "mean distance of the bounds of the interval, in the unit of the target")),
)
# fmt: on
