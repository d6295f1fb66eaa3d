"""Functions for time series as plain NumPy arrays, with time on the first axis: usable without a training."""

from __future__ import annotations

from hibiscus.series.distances import (
    dtw_distance,
    dtw_matrix,
    dtw_path,
    frechet_distance,
    pearson_distance,
)

__all__ = [
    "dtw_distance",
    "dtw_matrix",
    "dtw_path",
    "frechet_distance",
    "pearson_distance",
]
