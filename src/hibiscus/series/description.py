r"""What a statistician looks at first in a series of one variable, with the techniques of this package.

Season, trend and their strengths, the transform that evens out the spread, stationarity, autocorrelation of
what is left after the differences that this suggests, changes of level, and how irregular it is. It describes
the whole series: choices for a model that is tested on its end must not be made from it.

    difference            1 unless ADF and KPSS call the series stationary
    seasonal difference   1 if the strength of the season is above 0.64, less what its means fit in noise

Reference: Hyndman, Athanasopoulos, "Forecasting: Principles and Practice", 3rd edition, 2021, chapters 3, 4
and 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hibiscus.series.autocorrelation import (
    LjungBox,
    autocorrelation,
    correlation_bound,
    ljung_box,
    partial_autocorrelation,
)
from hibiscus.series.checked_arrays import to_vector
from hibiscus.series.decomposition import Decomposition, stl
from hibiscus.series.entropy import sample_entropy
from hibiscus.series.level_changes import Changes, level_changes
from hibiscus.series.seasons import SeasonCandidate, candidate_seasons
from hibiscus.series.spread import variance_transform
from hibiscus.series.stationarity import DIFFERENCE, MINIMUM, TREND, Stationarity, stationarity

__all__ = ["SeriesDescription", "Structure", "describe_series", "fill_gaps"]

LONG, ENTROPY_STEPS = 10_000, 3_000  # the last steps that STL and the tests, and the entropy, take
MIN_ENTROPY_STEPS = 100  # 10 m for each of the m = 2 steps of a stretch (Pincus)
SEASONAL = 0.64  # strength from which a seasonal difference is suggested (the rule of nsdiffs)
MAX_LAGS = 400
HUGE = 1e100


@dataclass(frozen=True)
class Structure:
    """Season and trend of a series.

    Args:
        seasons: the candidates, the most convincing first.
        transform: `log`, `sqrt` or `none`, which makes the spread independent of the level.
        decomposition: STL of the transformed series with the first season; None without a season.
        trend_strength: Hyndman's F_T; None without a decomposition.
        seasonal_strength: Hyndman's F_S; None without a decomposition.
    """

    seasons: tuple[SeasonCandidate, ...]
    transform: str
    decomposition: Decomposition | None = None
    trend_strength: float | None = None
    seasonal_strength: float | None = None

    @property
    def season(self) -> int | None:
        """The first candidate."""
        return self.seasons[0].season if self.seasons else None

    @property
    def steady_season(self) -> int | None:
        """The first candidate, None if its length varies: a seasonal forecast would drift out of step."""
        return self.season if self.seasons and not self.seasons[0].varies else None

    @property
    def model(self) -> str:
        """`multiplicative` if the season grows with the level, else `additive`; empty without a season."""
        return "" if not self.seasons else "multiplicative" if self.transform != "none" else "additive"


@dataclass(frozen=True)
class SeriesDescription:
    """The description of a series.

    Args:
        steps: how many.
        missing: of these, filled in linearly for everything else here.
        used: the last steps that the decomposition and the tests took.
        structure: season, trend and transform.
        stationarity: None for a constant or fewer than 12 steps.
        difference: 0 or 1, as suggested.
        seasonal_difference: 0 or 1, as suggested.
        correlations: the autocorrelation after transform and differences, lags 0 to L.
        partial: the partial autocorrelation of the same series.
        bound: 1.96 / sqrt(n) of it.
        ljung_box: its test.
        changes: of the level.
        entropy: the sample entropy of the series (differenced if that is suggested); None below 100 steps.
        entropy_of_noise: that of the same values in random order.
    """

    steps: int
    missing: int
    used: int
    structure: Structure
    stationarity: Stationarity | None
    difference: int
    seasonal_difference: int
    correlations: np.ndarray
    partial: np.ndarray
    bound: float
    ljung_box: LjungBox | None
    changes: Changes | None
    entropy: float | None
    entropy_of_noise: float | None

    @property
    def constant(self) -> bool:
        """Whether all values are equal, so that nothing else is computed."""
        return self.stationarity is None and self.bound == 0


def describe_series(values: Any, calendar: Sequence[int] = ()) -> SeriesDescription:
    """Describes a series of one variable.

    Args:
        values: the series; NaN where a value is missing.
        calendar: seasons that the step of the times suggests, such as 24 and 168 for hours.

    Shapes: values (steps,).

    Raises:
        DataError: no value at all, or an infinite one.
        MissingExtraError: statsmodels or ruptures is not installed.
    """
    raw = to_vector(values, missing=True)
    series = fill_gaps(raw)
    missing, none = int(np.isnan(raw).sum()), np.zeros(1)
    if len(series) < 3 or np.ptp(series) <= 1e-12 * np.abs(series).max():
        empty = Structure((), "none")
        return SeriesDescription(
            len(raw), missing, len(series), empty, None, 0, 0, none, none, 0.0, None, None, None, None
        )
    series = _rescaled(series)
    structure = _structure(series, calendar)
    recent = series[-LONG:]
    transformed = _transformed(recent, structure.transform)
    tests = stationarity(transformed) if len(recent) >= MINIMUM else None
    difference = int(tests is not None and tests.verdict in (DIFFERENCE, TREND))
    seasonal = int(bool(structure.seasons) and structure.seasons[0].strength > SEASONAL)
    rest = _differenced(transformed, difference, structure.season if seasonal else None)
    lags = min(max(40, int(2.2 * (structure.season or 0))), MAX_LAGS, len(rest) // 2 - 1)
    entropy, noise = _entropies(np.diff(transformed) if difference else transformed)
    return SeriesDescription(
        steps=len(raw),
        missing=missing,
        used=len(recent),
        structure=structure,
        stationarity=tests,
        difference=difference,
        seasonal_difference=seasonal,
        correlations=autocorrelation(rest, lags) if lags > 0 else none,
        partial=partial_autocorrelation(rest, lags) if lags > 0 else none,
        bound=correlation_bound(len(rest)),
        ljung_box=ljung_box(rest) if len(rest) >= 3 else None,
        changes=level_changes(
            _transformed(series, structure.transform),
            structure.steady_season,
            tests.verdict if tests is not None else "",
        ),
        entropy=entropy,
        entropy_of_noise=noise,
    )


def fill_gaps(values: np.ndarray) -> np.ndarray:
    """Missing values between two known ones interpolated linearly; those at the ends are cut off.

    Shapes: values (steps,); returns float64 (steps between the first and the last known value,).
    """
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return np.zeros(0)
    steps = np.arange(known[0], known[-1] + 1)
    return np.interp(steps, known, values[known])


def _rescaled(series: np.ndarray) -> np.ndarray:
    """Values whose squares are finite numbers; nothing in a description depends on the unit."""
    largest = np.abs(series).max()
    return series if 1 / HUGE < largest < HUGE else series / largest


def _structure(series: np.ndarray, calendar: Sequence[int]) -> Structure:
    seasons = tuple(candidate_seasons(series, calendar))
    transform = variance_transform(series, seasons[0].season if seasons else None)
    if transform != "none":
        seasons = tuple(candidate_seasons(_transformed(series, transform), calendar)) or seasons
    recent = _transformed(series[-LONG:], transform)
    if not seasons or len(recent) < 2 * seasons[0].season:
        return Structure(seasons, transform)
    parts = stl(recent, seasons[0].season)
    return Structure(seasons, transform, parts, parts.trend_strength, parts.seasonal_strength)


def _transformed(series: np.ndarray, transform: str) -> np.ndarray:
    return {"log": np.log, "sqrt": np.sqrt}[transform](series) if transform != "none" else series


def _differenced(series: np.ndarray, difference: int, season: int | None) -> np.ndarray:
    if season is not None and len(series) > season + 3:
        series = series[season:] - series[:-season]
    return np.diff(series, difference) if len(series) > difference + 2 else series


def _entropies(series: np.ndarray) -> tuple[float | None, float | None]:
    recent = series[-ENTROPY_STEPS:]
    if len(recent) < MIN_ENTROPY_STEPS or np.ptp(recent) == 0:
        return None, None
    return sample_entropy(recent), sample_entropy(np.random.default_rng(0).permutation(recent))
