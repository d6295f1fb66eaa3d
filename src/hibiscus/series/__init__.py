"""Functions for time series as plain NumPy arrays, with time on the first axis: usable without a training."""

from __future__ import annotations

from hibiscus.series.backtesting import origins_at, rolling_origins
from hibiscus.series.distances import dtw_distance, dtw_matrix, dtw_path, frechet_distance, pearson_distance
from hibiscus.series.smoothing import Smoothed, ewm_mean, holt, holt_winters, simple_smoothing

__all__ = [
    "Smoothed",
    "dtw_distance",
    "dtw_matrix",
    "dtw_path",
    "ewm_mean",
    "frechet_distance",
    "holt",
    "holt_winters",
    "origins_at",
    "pearson_distance",
    "rolling_origins",
    "simple_smoothing",
]
