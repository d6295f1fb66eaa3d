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

from hibiscus.errors import ConfigError, DataError, MissingExtraError
from hibiscus.evaluation.scored_series import ScoredSeries
from hibiscus.plurals import plural
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
        missing: which series have no scores, and why; empty if all have.
    """

    name: str
    scores: list[np.ndarray]
    threshold: float
    standardized_mae: float = float("nan")
    missing: str = ""


def anomaly_baselines(
    series: Sequence[ScoredSeries], season: int, horizon: int, false_alarm_rate: float
) -> tuple[list[Detector], list[str]]:
    """The detectors, and why one of them, or its scores of a series, are missing.

    A series without a score of the network, which is too short or has no values, has none of any detector.

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
    return detectors, notes + [detector.missing for detector in detectors if detector.missing]


def _scores_of(
    series: Sequence[ScoredSeries], name: str, score: Callable[[ScoredSeries], np.ndarray]
) -> tuple[list[np.ndarray], str]:
    """The scores of each series, NaN for one that is too short for the detector, and a note of those.

    Raises:
        DataError: no series has scores.
    """
    scores, reasons, scored = [], [], [one for one in series if not np.isnan(one.scores).all()]
    for one in series:
        own = np.full(len(one.values), np.nan)
        if not np.isnan(one.scores).all():
            try:
                own = score(one)
            except (DataError, ConfigError) as error:
                reasons.append(error.received)
        scores.append(own)
    if len(reasons) == len(scored):
        raise DataError(reasons[0] if reasons else f"{name} for series without scores", "longer series", "")
    note = f"{name} for {len(reasons)} of {plural(len(series), 'series', 'series')}: " if reasons else ""
    return scores, note + "".join(reasons[:1])


def _z_score(series: Sequence[ScoredSeries], window: int) -> Detector:
    def score(one: ScoredSeries) -> np.ndarray:
        return np.stack([moving_z_score(column, window) for column in one.values.T]).max(0)

    scores, missing = _scores_of(series, "moving z-score", score)
    return Detector(f"moving z-score above {USUAL_Z:g}", scores, USUAL_Z, missing=missing)


def _seasonal_naive(
    series: Sequence[ScoredSeries], season: int, horizon: int, false_alarm_rate: float
) -> Detector:
    lag, errors = season * -(-horizon // season), []

    def score(one: ScoredSeries) -> np.ndarray:
        error = np.full(len(one.values), np.nan)
        if len(error) < lag + horizon:
            received = f"{plural(len(error), 'step')}, a lag of {lag} and a horizon of {horizon}"
            raise DataError(received, "longer series", "")
        error[lag:] = np.abs(one.values[lag:] - one.values[:-lag]).mean(1)
        means = rolling_statistic(error[lag:], horizon)
        errors.append(error[one.evaluated])
        return np.concatenate([np.full(len(error) - len(means), np.nan), means])

    scores, missing = _scores_of(series, "seasonal naive", score)
    mean = float(np.nanmean(np.concatenate(errors)))
    return Detector("seasonal naive", scores, _threshold(series, scores, false_alarm_rate), mean, missing)


def _var(series: Sequence[ScoredSeries], false_alarm_rate: float) -> Detector:
    scores, missing = _scores_of(series, "VAR residuals", lambda one: var_scores(one.values, one.train_steps))
    threshold = _threshold(series, scores, false_alarm_rate)
    return Detector("VAR residuals", scores, threshold, missing=missing)


def _threshold(
    series: Sequence[ScoredSeries], scores: Sequence[np.ndarray], false_alarm_rate: float
) -> float:
    known = [own[: one.train_steps] for one, own in zip(series, scores, strict=True)]
    return score_threshold_from(np.concatenate(known), false_alarm_rate)


def _esd(series: Sequence[ScoredSeries], season: int) -> Detector:
    def score(one: ScoredSeries) -> np.ndarray:
        rest = np.stack([seasonal_residual(column, season) for column in one.values.T])
        spread = np.maximum(MAD_TO_STD * np.median(np.abs(rest), axis=1, keepdims=True), 1e-12)
        distance = (np.abs(rest) / spread).max(0)
        outliers = [seasonal_hybrid_esd(column, season).outliers for column in one.values.T]
        own = distance / (1 + distance)  # below 1, in the same order
        own[np.concatenate(outliers)] += 1
        return own

    scores, missing = _scores_of(series, "S-H-ESD", score)
    return Detector("S-H-ESD, looks ahead", scores, 1.0, missing=missing)
