"""Detectors of anomalies without a network, beside which every network is reported.

- Moving z-score: the distance of each step from the mean of the season before it, in its standard deviations;
  an alarm above 3.
- VAR: the Mahalanobis distance of each step from a linear forecast, the threshold as for the network.
- S-H-ESD: outliers of what the season leaves; it looks at the whole series, so it raises no alarm in time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hibiscus.errors import DataError, MissingExtraError
from hibiscus.evaluation.scored_series import ScoredSeries
from hibiscus.series.anomaly_events import score_threshold_from
from hibiscus.series.esd import seasonal_hybrid_esd, seasonal_residual
from hibiscus.series.moving_statistics import rolling_statistic
from hibiscus.series.moving_z_score import moving_z_score
from hibiscus.series.var_residuals import var_errors

__all__ = ["Detector", "anomaly_baselines"]

USUAL_Z = 3.0
FEWEST = 2  # steps of the window of the moving z-score
MAD_TO_STD = 1.4826


@dataclass(frozen=True)
class Detector:
    """The scores of a detector for several series.

    Attributes:
        name: for the report.
        scores: of each series (steps,).
        threshold: scores above it are alarms.
        errors: the absolute difference of each step from what the detector expects, standardized, of each
            series (steps, variables).
    """

    name: str
    scores: list[np.ndarray]
    threshold: float
    errors: list[np.ndarray]


def anomaly_baselines(
    series: Sequence[ScoredSeries], season: int, false_alarm_rate: float
) -> tuple[list[Detector], list[str]]:
    """The detectors, and why one of them is missing.

    Args:
        series: without missing values.
        season: steps of a season; 1 for none.
        false_alarm_rate: of the threshold of VAR.
    """
    window = max(FEWEST, season)
    builders: list[Callable[[], Detector]] = [
        lambda: _z_score(series, window),
        lambda: _var(series, false_alarm_rate),
        lambda: _esd(series, season),
    ]
    detectors, notes = [], []
    for build in builders:
        try:
            detectors.append(build())
        except (DataError, MissingExtraError) as error:
            notes.append(error.received)
    return detectors, notes


def _z_score(series: Sequence[ScoredSeries], window: int) -> Detector:
    scores, errors = [], []
    for one in series:
        columns = one.values.T
        scores.append(np.stack([moving_z_score(column, window) for column in columns]).max(0))
        means = np.atleast_2d(rolling_statistic(one.values[:-1], window).T).T
        before = np.full((window, len(columns)), np.nan)
        errors.append(np.concatenate([before, np.abs(one.values[window:] - means)]))
    return Detector(f"moving z-score above {USUAL_Z:g}", scores, USUAL_Z, errors)


def _var(series: Sequence[ScoredSeries], false_alarm_rate: float) -> Detector:
    scores, errors, known = [], [], []
    for one in series:
        found, covariance = var_errors(one.values, one.train_steps)
        whitened = np.linalg.solve(covariance, found.T).T
        scores.append(np.sqrt(np.maximum((found * whitened).sum(1), 0.0)))
        errors.append(np.abs(found))
        known.append(scores[-1][: one.train_steps])
    threshold = score_threshold_from(np.concatenate(known), false_alarm_rate)
    return Detector("VAR residuals", scores, threshold, errors)


def _esd(series: Sequence[ScoredSeries], season: int) -> Detector:
    scores, errors = [], []
    for one in series:
        rest = np.stack([seasonal_residual(column, season) for column in one.values.T])
        spread = np.maximum(MAD_TO_STD * np.median(np.abs(rest), axis=1, keepdims=True), 1e-12)
        distance = np.abs(rest) / spread
        score = distance.max(0)
        outliers = [seasonal_hybrid_esd(column, season).outliers for column in one.values.T]
        score = score / (1 + score)  # below 1, in the same order
        score[np.concatenate(outliers)] += 1
        scores.append(score)
        errors.append(np.abs(rest.T))
    return Detector("S-H-ESD, looks ahead", scores, 1.0, errors)
