r"""The seasons that a series may have: hints from the periodogram, confirmed by the autocorrelation.

A peak of the periodogram (of the series without its slow trend, or of its differences) at k cycles hints at
a season between n / (k + 1) and n / (k - 1) steps. It is kept where the autocorrelation has a hill in that
range that rises above its bound, and refined to the top of it. In the final check of m steps, the trend is
the moving average over m, and the strength is Hyndman's, with the mean of each position as the component:

    F_S = max(0, 1 - Var(R) / Var(S + R))

A multiple of a season that is not clearly stronger than the season itself is left out.

Reference: Vlachos, Yu, Castelli, "On Periodicity Detection and Structural Similarity", SDM 2005 (AUTOPERIOD).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hibiscus.series.autocorrelation import autocorrelation, correlation_bound
from hibiscus.series.series_values import one_variable

__all__ = ["SeasonCandidate", "candidate_seasons", "detrend", "seasonal_strength"]

PEAKS = 8  # of each periodogram that are tried
MIN_POWER = 4.0  # of a peak, as a multiple of the mean power at frequencies nearby
MIN_STRENGTH = 0.1  # F_S, beyond what seasonal means fit in noise
CYCLIC = 0.25  # autocorrelation from which a cycle counts though its seasonal means explain little
MIN_CORRELATION = 0.1  # at the lag of a season
CLEARLY = 1.25  # by which factor the residual variance must fall for a multiple of a season to be kept
HARMONIC = 0.6  # of the autocorrelation of a multiple, below which a season is only a part of it
STEADY = 0.25  # F_S from which the cycle has one length, to which it can be refined
SHORT = 4  # steps, at which a moving average leaves a correlation in noise
TRIED = 5  # lengths on each side of a hint
SNAP = 0.03  # relative distance to a season of the calendar within which that one is taken
MIN_CYCLES = 6  # of a season that only the periodogram hints at; two are enough for one of the calendar
MINIMUM = 8  # steps


@dataclass(frozen=True)
class SeasonCandidate:
    """A possible season.

    Args:
        season: its length in steps.
        strength: Hyndman's F_S from 0 to 1.
        correlation: the autocorrelation at this lag, without the trend.
    """

    season: int
    strength: float
    correlation: float

    @property
    def varies(self) -> bool:
        """Whether the cycle is real but its length varies, so that seasonal means explain little."""
        return self.correlation > CYCLIC and self.strength < MIN_STRENGTH


def candidate_seasons(values: Any, calendar: Sequence[int] = (), most: int = 3) -> list[SeasonCandidate]:
    """The seasons that a series may have, the most convincing first.

    Args:
        values: the series, without missing values.
        calendar: seasons that the step of the times suggests, such as 24 and 168 for hours: tried as well,
            and taken in place of a season that is nearly as long.
        most: the number of candidates.

    Shapes: values (steps,).
    """
    series = one_variable(values)
    n = len(series)
    if n < MINIMUM or np.ptp(series) == 0:
        return []
    lengths = {m for m in calendar if 2 <= m <= n // 2}
    for rest in (detrend(series), np.diff(series)):
        correlations = autocorrelation(rest, n // MIN_CYCLES + 1)
        hints = [lag for low, high in _hints(rest) if (lag := _top(correlations, low, high)) is not None]
        lengths |= {lag for lag in hints + _first_hills(correlations) if lag <= n // MIN_CYCLES}
    refined = {_snapped(_refined(series, m), calendar) for m in lengths}
    found = [one for m in sorted(refined) if (one := _checked(series, m)) is not None]
    return _without_multiples(found)[:most]


def seasonal_strength(values: Any, season: int) -> float:
    """Hyndman's F_S with the means of the positions of the season, corrected for their number.

    The correction divides the sums of squares by their degrees of freedom, as the adjusted R^2 does: seasonal
    means fit noise as well, the more the longer the season is.

    Args:
        values: the series, without trend.
        season: steps.

    Shapes: values (steps,).
    """
    series = one_variable(values)
    n, total = len(series), float(np.var(series))
    if not 2 <= season < n or total == 0:
        return 0.0
    phase = np.arange(n) % season
    means = np.bincount(phase, series, season) / np.bincount(phase, minlength=season)
    unexplained = float(np.mean((series - means[phase]) ** 2)) * (n - 1) / (n - season)
    return max(0.0, 1 - unexplained / total)


def detrend(values: Any) -> np.ndarray:
    """The series without its least-squares parabola, which slow trends follow and seasons do not.

    Shapes: values (steps,); returns float64 (steps,).
    """
    series = one_variable(values, 1)
    time = np.linspace(-1, 1, len(series))
    design = np.polynomial.legendre.legvander(time, 2 if len(series) > 3 else 0)
    return series - design @ np.linalg.lstsq(design, series, rcond=None)[0]


def _refined(series: np.ndarray, season: int) -> int:
    """The lag near a season whose seasonal means explain most: noise moves the top of the hill."""
    correlations = _correlations(series, season)
    reach = max(1, season // 8)
    near = correlations[max(2, season - reach) : season + reach + 1]
    top = max(2, season - reach) + int(np.argmax(near)) if len(near) else season
    width = max(1, season // 25)
    around = np.linspace(-width, width, min(2 * width + 1, 2 * TRIED + 1)).round().astype(int)
    lengths = {m for one in (season, top) for m in (one + around).tolist() if 2 <= m <= len(series) // 2}
    best = max(sorted(lengths | {top}), key=lambda m: seasonal_strength(_rest(series, m), m))
    if seasonal_strength(_rest(series, best), best) > STEADY or season <= SHORT:
        return best
    whole = autocorrelation(detrend(series), season + reach + 1)  # the moving average would shift the hill
    return max(2, season - reach) + int(np.argmax(whole[max(2, season - reach) : season + reach + 1]))


def _correlations(series: np.ndarray, season: int) -> np.ndarray:
    """The autocorrelation without the trend, up to two seasons and a quarter."""
    rest = _rest(series, season)
    return autocorrelation(rest, min(len(rest) - 1, 2 * season + season // 4 + 2))


def _rest(series: np.ndarray, season: int) -> np.ndarray:
    return _without_moving_average(series, season) if len(series) >= 3 * season else detrend(series)


def _checked(series: np.ndarray, season: int) -> SeasonCandidate | None:
    """The candidate, None if the series without its trend does not repeat itself after a season, and two."""
    rest, correlations = _rest(series, season), _correlations(series, season)
    bound = correlation_bound(len(rest))
    lowest = max(MIN_CORRELATION, 3 / np.sqrt(max(1, len(rest) - season)))  # of many lags that are tried
    if not _is_hill(correlations, season) or correlations[season] <= lowest:
        return None
    if season <= SHORT and 2 * season < len(correlations) and correlations[2 * season] <= bound:
        return None  # noise without its moving average correlates at short lags, but not at twice the lag
    strength = seasonal_strength(rest, season)
    one = SeasonCandidate(season, strength, float(correlations[season]))
    return one if strength > MIN_STRENGTH or (one.varies and season > SHORT) else None


def _without_moving_average(series: np.ndarray, season: int) -> np.ndarray:
    """The series minus its centered moving average over a season, without the ends that have none."""
    sums = np.concatenate([[0.0], np.cumsum(series - series.mean())])
    means = (sums[season:] - sums[:-season]) / season
    if season % 2 == 0:
        means = (means[1:] + means[:-1]) / 2
    half = season // 2
    return (series - series.mean())[half : half + len(means)] - means


def _hints(rest: np.ndarray) -> list[tuple[float, float]]:
    """The ranges of lags at which the largest peaks of the periodogram hint."""
    n = len(rest)
    power = np.abs(np.fft.rfft(rest * np.hanning(n))) ** 2
    width = min(max(5, n // 50), len(power) - 1)
    padded = np.pad(power, width, mode="reflect")
    nearby = np.convolve(padded, np.ones(2 * width + 1) / (2 * width + 1), mode="valid")
    inner = np.arange(2, len(power) - 1)
    peaks = inner[(power[inner] >= power[inner - 1]) & (power[inner] >= power[inner + 1])]
    peaks = peaks[power[peaks] > np.minimum(MIN_POWER * nearby[peaks], 0.1 * power.sum())]
    peaks = peaks[np.argsort(-power[peaks], kind="stable")][:PEAKS]
    return [(n / (k + 1), n / (k - 1)) for k in peaks.tolist()]


def _top(correlations: np.ndarray, low: float, high: float) -> int | None:
    """The lag of the hill of the autocorrelation between two lags; None if it has none there."""
    first, last = max(2, int(np.floor(low))), min(len(correlations) - 2, int(np.ceil(high)))
    if first > last:
        return None
    lag = first + int(np.argmax(correlations[first : last + 1]))
    return lag if _is_hill(correlations, lag) else None


def _first_hills(correlations: np.ndarray) -> list[int]:
    """The first lags that are nearly as high as the highest hill: where the periodogram has many peaks."""
    inner = np.arange(2, len(correlations) - 1)
    tops = inner[
        (correlations[inner] >= correlations[inner - 1]) & (correlations[inner] > correlations[inner + 1])
    ]
    if not len(tops):
        return []
    high = tops[correlations[tops] >= 0.8 * correlations[tops].max()]
    return [lag for lag in high[:PEAKS].tolist() if _is_hill(correlations, lag)]


def _is_hill(correlations: np.ndarray, lag: int) -> bool:
    """Whether the autocorrelation at a lag is about the largest of those within a quarter of the lag."""
    reach = max(1, lag // 4)
    if not 2 <= lag < len(correlations) - 1:
        return False
    near = correlations[max(1, lag - reach) : lag + reach + 1]
    return bool(correlations[lag] >= near.max() - 0.05 * abs(near.max()))


def _snapped(lag: int, calendar: Sequence[int]) -> int:
    near = [m for m in calendar if abs(m - lag) <= max(1, SNAP * m)]
    return min(near, key=lambda m: abs(m - lag)) if near else lag


def _without_multiples(found: list[SeasonCandidate]) -> list[SeasonCandidate]:
    """Candidates by strength, without multiples that add little and parts that repeat less than the whole."""
    kept: list[SeasonCandidate] = []
    for one in sorted(found, key=lambda one: one.season):
        shorter = [other for other in kept if _divides(other, one)]
        if all((1 - other.strength) > CLEARLY * (1 - one.strength) for other in shorter):
            harmonics = [other for other in shorter if other.correlation < HARMONIC * one.correlation]
            kept = [other for other in kept if other not in harmonics] + [one]
    return sorted(kept, key=lambda one: -max(one.strength, one.correlation))


def _divides(short: SeasonCandidate, long: SeasonCandidate) -> bool:
    ratio = long.season / short.season
    return abs(ratio - round(ratio)) < 0.06
