"""Detectors of anomalies without a network, beside which every network is reported.

- Moving z-score: the distance of each step from the mean of the season before it, in its standard deviations;
  an alarm above 3.
- Seasonal naive: the mean absolute difference from the last season that was known before the horizon.
- VAR: the Mahalanobis distance of each step from a linear forecast, the threshold as for the network.
- S-H-ESD: outliers of what the season leaves; it looks at the whole series, so it raises no alarm in time.

Only the seasonal naive forecasts as many steps ahead as the network, so only its errors are compared.
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
from hibiscus.series.var_residuals import var_scores

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
        standardized_mae: of forecasts over the horizon of the network; NaN for a detector without.
    """

    name: str
    scores: list[np.ndarray]
    threshold: float
    standardized_mae: float = float("nan")


def anomaly_baselines(
    series: Sequence[ScoredSeries], season: int, horizon: int, false_alarm_rate: float
) -> tuple[list[Detector], list[str]]:
    """The detectors, and why one of them is missing.

    Args:
        series: without missing values.
        season: steps of a season; 1 for none.
        horizon: steps that the network explains at once.
        false_alarm_rate: of the thresholds of the seasonal naive and of VAR.
    """
    window = max(FEWEST, season)
    builders: list[Callable[[], Detector]] = [
        lambda: _z_score(series, window),
        lambda: _seasonal_naive(series, season, horizon, false_alarm_rate),
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
    scores = [np.stack([moving_z_score(column, window) for column in one.values.T]).max(0) for one in series]
    return Detector(f"moving z-score above {USUAL_Z:g}", scores, USUAL_Z)


def _seasonal_naive(
    series: Sequence[ScoredSeries], season: int, horizon: int, false_alarm_rate: float
) -> Detector:
    lag, scores, errors = season * -(-horizon // season), [], []
    for one in series:
        error = np.full(len(one.values), np.nan)
        error[lag:] = np.abs(one.values[lag:] - one.values[:-lag]).mean(1)
        means = rolling_statistic(error[lag:], horizon)
        scores.append(np.concatenate([np.full(len(error) - len(means), np.nan), means]))
        errors.append(error[one.evaluated])
    mean = float(np.nanmean(np.concatenate(errors)))
    return Detector("seasonal naive", scores, _threshold(series, scores, false_alarm_rate), mean)


def _var(series: Sequence[ScoredSeries], false_alarm_rate: float) -> Detector:
    scores = [var_scores(one.values, one.train_steps) for one in series]
    return Detector("VAR residuals", scores, _threshold(series, scores, false_alarm_rate))


def _threshold(
    series: Sequence[ScoredSeries], scores: Sequence[np.ndarray], false_alarm_rate: float
) -> float:
    known = [own[: one.train_steps] for one, own in zip(series, scores, strict=True)]
    return score_threshold_from(np.concatenate(known), false_alarm_rate)


def _esd(series: Sequence[ScoredSeries], season: int) -> Detector:
    scores = []
    for one in series:
        rest = np.stack([seasonal_residual(column, season) for column in one.values.T])
        spread = np.maximum(MAD_TO_STD * np.median(np.abs(rest), axis=1, keepdims=True), 1e-12)
        distance = (np.abs(rest) / spread).max(0)
        outliers = [seasonal_hybrid_esd(column, season).outliers for column in one.values.T]
        score = distance / (1 + distance)  # below 1, in the same order
        score[np.concatenate(outliers)] += 1
        scores.append(score)
    return Detector("S-H-ESD, looks ahead", scores, 1.0)
