"""Functions for time series as plain NumPy arrays, with time on the first axis: usable without a training."""

from __future__ import annotations

from hibiscus.series.backtesting import origins_at, rolling_origins
from hibiscus.series.distances import dtw_distance, dtw_matrix, dtw_path, frechet_distance, pearson_distance
from hibiscus.series.simulated_components import (
    plant_anomalies,
    simulate_level_shifts,
    simulate_seasonality,
    simulate_trend_shifts,
)
from hibiscus.series.simulators import (
    Simulation,
    simulate_arma,
    simulate_random_walk,
    simulate_sarima,
    simulate_var,
    simulate_white_noise,
)
from hibiscus.series.smoothing import Smoothed, ewm_mean, holt, holt_winters, simple_smoothing

__all__ = [
    "Simulation",
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
    "plant_anomalies",
    "rolling_origins",
    "simple_smoothing",
    "simulate_arma",
    "simulate_level_shifts",
    "simulate_random_walk",
    "simulate_sarima",
    "simulate_seasonality",
    "simulate_trend_shifts",
    "simulate_var",
    "simulate_white_noise",
]
