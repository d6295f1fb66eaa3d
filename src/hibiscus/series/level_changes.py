r"""The changes of level of a series as they are described: without its season, and around its trend.

Where the tests find a unit root, the changes are those of the differences, unless a few levels explain the
series: a change of level alone looks like a unit root to these tests (Perron, "The great crash, the oil price
shock, and the unit root hypothesis", 1989).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hibiscus.series.autocorrelation import autocorrelation
from hibiscus.series.change_points import change_points, ols_cusum, ols_mosum
from hibiscus.series.series_values import one_variable
from hibiscus.series.stationarity import DIFFERENCE, MINIMUM, TREND

__all__ = ["Changes", "level_changes"]

MAX_SHIFTS = 3  # of level that may look like a unit root
WANDERING = 0.5  # autocorrelation at lag 1 around the levels, beyond which these follow a random walk


@dataclass(frozen=True)
class Changes:
    """The steps at which a new level begins, and of which series: `level`, `slope` or `trend removed`."""

    kind: str
    steps: tuple[int, ...]
    cusum: float
    mosum: float


def level_changes(values: Any, season: int | None = None, verdict: str = "") -> Changes | None:
    """The changes of a series, found by PELT where CUSUM or MOSUM rejects a constant level.

    Args:
        values: the series, without missing values.
        season: its season, whose means are removed first.
        verdict: of `stationarity`; with a unit root those of the differences, with a trend those around it.

    Shapes: values (steps,).

    Returns:
        None for fewer than 12 steps.

    Raises:
        MissingExtraError: ruptures is not installed.
    """
    level = one_variable(values, 1)
    if len(level) < MINIMUM:
        return None
    if season is not None and len(level) >= 3 * season:
        phase, time = np.arange(len(level)) % season, np.arange(len(level))
        rest = level - np.interp(time, *_centers(level, season))
        level = level - (np.bincount(phase, rest, season) / np.bincount(phase, minlength=season))[phase]
    if verdict == DIFFERENCE:
        if breaks := _level_shifts(level):
            return breaks
        found = _found("slope", np.diff(level))
        return replace(found, steps=tuple(step + 1 for step in found.steps))
    if verdict == TREND:
        time = np.arange(len(level))
        return _found("trend removed", level - np.polyval(np.polyfit(time, level, 1), time))
    return _found("level", level)


def _found(kind: str, level: np.ndarray) -> Changes:
    """The changes of a series; none unless CUSUM or MOSUM rejects a constant level."""
    whole, moving = ols_cusum(level, dependent=True), ols_mosum(level, dependent=True)
    steps = change_points(level) if whole.rejects or moving.rejects else np.zeros(0, int)
    return Changes(kind, tuple(steps.tolist()), whole.statistic, moving.statistic)


def _level_shifts(level: np.ndarray) -> Changes | None:
    """Changes of level that look like a unit root: between them, the series does not wander."""
    found = _found("level", level)
    if not 0 < len(found.steps) <= MAX_SHIFTS:  # more only follow a trend in stairs
        return None
    parts = np.split(level, found.steps)
    rest = np.concatenate([part - part.mean() for part in parts])
    wanders = autocorrelation(rest, 1)[1] > WANDERING
    return None if wanders else found


def _centers(level: np.ndarray, season: int) -> tuple[np.ndarray, np.ndarray]:
    """The middles of the seasons of a series, and the mean of each."""
    count = len(level) // season
    means = level[: count * season].reshape(count, season).mean(1)
    return np.arange(count) * season + (season - 1) / 2, means
