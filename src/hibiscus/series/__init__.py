"""Functions for time series as plain NumPy arrays, with time on the first axis: usable without a training."""

from __future__ import annotations

from hibiscus.series.anomaly_events import anomaly_events, score_threshold_from
from hibiscus.series.backtesting import origins_at, rolling_origins
from hibiscus.series.distances import dtw_distance, dtw_matrix, dtw_path, frechet_distance, pearson_distance
from hibiscus.series.esd import ESDTest, generalized_esd, seasonal_hybrid_esd, seasonal_residual
from hibiscus.series.moving_statistics import (
    expanding_statistic,
    n_by_m_average,
    rolling_ends,
    rolling_statistic,
)
from hibiscus.series.moving_z_score import moving_z_score
from hibiscus.series.series_clustering import (
    SeriesClustering,
    cluster_distances,
    cluster_series,
    series_distances,
    silhouette,
)
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
from hibiscus.series.subsequences import lcss_distance, lcss_length, longest_common_subsequence
from hibiscus.series.var_residuals import var_scores

__all__ = [
    "ESDTest",
    "SeriesClustering",
    "Simulation",
    "Smoothed",
    "anomaly_events",
    "cluster_distances",
    "cluster_series",
    "dtw_distance",
    "dtw_matrix",
    "dtw_path",
    "ewm_mean",
    "expanding_statistic",
    "frechet_distance",
    "generalized_esd",
    "holt",
    "holt_winters",
    "lcss_distance",
    "lcss_length",
    "longest_common_subsequence",
    "moving_z_score",
    "n_by_m_average",
    "origins_at",
    "pearson_distance",
    "plant_anomalies",
    "rolling_ends",
    "rolling_origins",
    "rolling_statistic",
    "score_threshold_from",
    "seasonal_hybrid_esd",
    "seasonal_residual",
    "series_distances",
    "silhouette",
    "simple_smoothing",
    "simulate_arma",
    "simulate_level_shifts",
    "simulate_random_walk",
    "simulate_sarima",
    "simulate_seasonality",
    "simulate_trend_shifts",
    "simulate_var",
    "simulate_white_noise",
    "var_scores",
]
