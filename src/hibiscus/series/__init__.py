"""Functions for time series as plain NumPy arrays, with time on the first axis: usable without a training."""

from __future__ import annotations

from hibiscus.series.anomaly_events import anomaly_events, score_threshold_from
from hibiscus.series.autocorrelation import (
    LjungBox,
    autocorrelation,
    correlation_bound,
    ljung_box,
    partial_autocorrelation,
)
from hibiscus.series.backtesting import origins_at, rolling_origins
from hibiscus.series.causality import (
    Cointegration,
    GrangerCausality,
    adjust_p_values,
    cointegration,
    granger_causality,
)
from hibiscus.series.change_points import (
    LevelTest,
    change_points,
    cusum,
    long_run_variance,
    ols_cusum,
    ols_mosum,
)
from hibiscus.series.cross_correlation import (
    CorrelationCheck,
    CrossCorrelation,
    check_correlation,
    cross_correlation,
    prewhiten,
)
from hibiscus.series.decomposition import Decomposition, decompose, stl
from hibiscus.series.description import SeriesDescription, Structure, describe_series
from hibiscus.series.distances import dtw_distance, dtw_matrix, dtw_path, frechet_distance, pearson_distance
from hibiscus.series.emissions import CategoricalEmissions, GaussianEmissions
from hibiscus.series.entropy import approximate_entropy, sample_entropy
from hibiscus.series.esd import ESDTest, generalized_esd, seasonal_hybrid_esd, seasonal_residual
from hibiscus.series.feature_selection import benjamini_yekutieli, feature_p_values, select_features
from hibiscus.series.hmm import (
    HiddenMarkovModel,
    HMMFit,
    StateProbabilities,
    fit_hmm,
    forward_backward,
    viterbi,
)
from hibiscus.series.ising import simulate_ising
from hibiscus.series.kalman import FilteredStates, SmoothedStates, StateSpace, kalman_filter, kalman_smoother
from hibiscus.series.level_changes import Changes, level_changes
from hibiscus.series.local_regression import lowess
from hibiscus.series.moving_statistics import (
    expanding_statistic,
    n_by_m_average,
    rolling_ends,
    rolling_statistic,
)
from hibiscus.series.moving_z_score import moving_z_score
from hibiscus.series.seasons import SeasonCandidate, candidate_seasons, detrend, seasonal_strength
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
from hibiscus.series.spread import guerrero_lambda, variance_transform
from hibiscus.series.stationarity import Stationarity, UnitRootTest, adf, kpss, stationarity
from hibiscus.series.structural_models import fit_state_space, fit_structural, local_level, local_linear_trend
from hibiscus.series.subsequences import lcss_distance, lcss_length, longest_common_subsequence
from hibiscus.series.var_residuals import var_scores
from hibiscus.series.window_features import FEATURES, rolling_features, series_features

__all__ = [
    "FEATURES",
    "CategoricalEmissions",
    "Changes",
    "Cointegration",
    "CorrelationCheck",
    "CrossCorrelation",
    "Decomposition",
    "ESDTest",
    "FilteredStates",
    "GaussianEmissions",
    "GrangerCausality",
    "HMMFit",
    "HiddenMarkovModel",
    "LevelTest",
    "LjungBox",
    "SeasonCandidate",
    "SeriesClustering",
    "SeriesDescription",
    "Simulation",
    "Smoothed",
    "SmoothedStates",
    "StateProbabilities",
    "StateSpace",
    "Stationarity",
    "Structure",
    "UnitRootTest",
    "adf",
    "adjust_p_values",
    "anomaly_events",
    "approximate_entropy",
    "autocorrelation",
    "benjamini_yekutieli",
    "candidate_seasons",
    "change_points",
    "check_correlation",
    "cluster_distances",
    "cluster_series",
    "cointegration",
    "correlation_bound",
    "cross_correlation",
    "cusum",
    "decompose",
    "describe_series",
    "detrend",
    "dtw_distance",
    "dtw_matrix",
    "dtw_path",
    "ewm_mean",
    "expanding_statistic",
    "feature_p_values",
    "fit_hmm",
    "fit_state_space",
    "fit_structural",
    "forward_backward",
    "frechet_distance",
    "generalized_esd",
    "granger_causality",
    "guerrero_lambda",
    "holt",
    "holt_winters",
    "kalman_filter",
    "kalman_smoother",
    "kpss",
    "lcss_distance",
    "lcss_length",
    "level_changes",
    "ljung_box",
    "local_level",
    "local_linear_trend",
    "long_run_variance",
    "longest_common_subsequence",
    "lowess",
    "moving_z_score",
    "n_by_m_average",
    "ols_cusum",
    "ols_mosum",
    "origins_at",
    "partial_autocorrelation",
    "pearson_distance",
    "plant_anomalies",
    "prewhiten",
    "rolling_ends",
    "rolling_features",
    "rolling_origins",
    "rolling_statistic",
    "sample_entropy",
    "score_threshold_from",
    "seasonal_hybrid_esd",
    "seasonal_residual",
    "seasonal_strength",
    "select_features",
    "series_distances",
    "series_features",
    "silhouette",
    "simple_smoothing",
    "simulate_arma",
    "simulate_ising",
    "simulate_level_shifts",
    "simulate_random_walk",
    "simulate_sarima",
    "simulate_seasonality",
    "simulate_trend_shifts",
    "simulate_var",
    "simulate_white_noise",
    "stationarity",
    "stl",
    "var_scores",
    "variance_transform",
    "viterbi",
]
