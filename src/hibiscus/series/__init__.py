"""Functions for time series as plain NumPy arrays, with time on the first axis: usable without a training."""

from __future__ import annotations

from hibiscus.series.anomaly_events import anomaly_events, score_threshold_from
from hibiscus.series.backtesting import origins_at, rolling_origins
from hibiscus.series.distances import dtw_distance, dtw_matrix, dtw_path, frechet_distance, pearson_distance
from hibiscus.series.emissions import CategoricalEmissions, GaussianEmissions
from hibiscus.series.esd import ESDTest, generalized_esd, seasonal_hybrid_esd, seasonal_residual
from hibiscus.series.hmm import (
    HiddenMarkovModel,
    HMMFit,
    StateProbabilities,
    fit_hmm,
    forward_backward,
    viterbi,
)
from hibiscus.series.kalman import FilteredStates, SmoothedStates, StateSpace, kalman_filter, kalman_smoother
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
from hibiscus.series.structural_models import fit_state_space, fit_structural, local_level, local_linear_trend
from hibiscus.series.subsequences import lcss_distance, lcss_length, longest_common_subsequence
from hibiscus.series.var_residuals import var_scores

__all__ = [
    "CategoricalEmissions",
    "ESDTest",
    "FilteredStates",
    "GaussianEmissions",
    "HMMFit",
    "HiddenMarkovModel",
    "SeriesClustering",
    "Simulation",
    "Smoothed",
    "SmoothedStates",
    "StateProbabilities",
    "StateSpace",
    "anomaly_events",
    "cluster_distances",
    "cluster_series",
    "dtw_distance",
    "dtw_matrix",
    "dtw_path",
    "ewm_mean",
    "expanding_statistic",
    "fit_hmm",
    "fit_state_space",
    "fit_structural",
    "forward_backward",
    "frechet_distance",
    "generalized_esd",
    "holt",
    "holt_winters",
    "kalman_filter",
    "kalman_smoother",
    "lcss_distance",
    "lcss_length",
    "local_level",
    "local_linear_trend",
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
    "viterbi",
]
