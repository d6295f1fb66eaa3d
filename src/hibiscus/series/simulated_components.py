"""Series made of components with known truth: trend, season, shifts of trend and level, anomalies.

x[t] = level + trend[t] + season[t] + noise[t]
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import ConfigError
from hibiscus.series.checked_arrays import check_count, to_vector
from hibiscus.series.simulators import Simulation

__all__ = ["plant_anomalies", "simulate_level_shifts", "simulate_seasonality", "simulate_trend_shifts"]

ANOMALIES = ("spike", "shift", "noise")


def simulate_seasonality(
    steps: int,
    season: int,
    *,
    sine: Sequence[float] = (1.0,),
    cosine: Sequence[float] = (0.0,),
    level: float = 0.0,
    slope: float = 0.0,
    scale: float = 0.0,
    seed: int,
) -> Simulation:
    """A line and a season of weighted sines and cosines:

        season[t] = sum_k sine[k] sin(2 pi (k + 1) t / m) + cosine[k] cos(2 pi (k + 1) t / m)

    Args:
        steps: number of values.
        season: m, number of steps of a season.
        sine: weights of the sines, of the base frequency first.
        cosine: weights of the cosines.
        level: value of the line at step 0.
        slope: slope of the line in units per step.
        scale: standard deviation of the normal noise.
        seed: seed of the random numbers.

    Returns:
        The series (steps,); in `truth` its components `trend`, `seasonal` and `residual` (steps,).
    """
    check_count(steps, "steps")
    check_count(season, "season", 2)
    t = np.arange(steps)
    seasonal = np.zeros(steps)
    for weights, wave in ((sine, np.sin), (cosine, np.cos)):
        for k, weight in enumerate(weights, 1):
            seasonal += weight * wave(2 * np.pi * k * t / season)
    return _composed(level + slope * t, seasonal, scale, seed, {"season": season, "slope": slope})


def simulate_level_shifts(
    steps: int,
    positions: Sequence[int],
    sizes: Sequence[float],
    *,
    level: float = 0.0,
    scale: float = 1.0,
    seed: int,
) -> Simulation:
    """A level that jumps: by sizes[i] from step positions[i] on.

    Returns:
        The series (steps,); in `truth` the positions as `change_points`, and the components.
    """
    check_count(steps, "steps")
    trend = np.full(steps, float(level))
    for position, size in _changes(steps, positions, sizes):
        trend[position:] += size
    return _composed(trend, np.zeros(steps), scale, seed, {"change_points": tuple(positions)})


def simulate_trend_shifts(
    steps: int,
    positions: Sequence[int],
    slopes: Sequence[float],
    *,
    level: float = 0.0,
    slope: float = 0.0,
    scale: float = 1.0,
    seed: int,
) -> Simulation:
    """A continuous line that bends: its slope is slopes[i] from step positions[i] on.

    Returns:
        The series (steps,); in `truth` the positions as `change_points`, and the components.
    """
    check_count(steps, "steps")
    increments = np.full(steps, float(slope))
    for position, new in _changes(steps, positions, slopes):
        increments[position + 1 :] = new
    increments[0] = level
    return _composed(np.cumsum(increments), np.zeros(steps), scale, seed, {"change_points": tuple(positions)})


def plant_anomalies(
    values: ArrayLike,
    count: int,
    *,
    kind: str = "spike",
    size: float = 5.0,
    length: int = 10,
    start: int = 0,
    seed: int,
) -> Simulation:
    """A copy of a series with anomalies at random places that do not touch each other.

    Args:
        values: a series (steps,).
        count: number of anomalies.
        kind: `spike`: one value off; `shift`: `length` values off by the same; `noise`: `length` values with
            additional noise.
        size: how far off, in standard deviations of the series; the sign is random.
        length: number of steps of a shift or of noise.
        start: first step that may be changed: those before it stay clean, for training.
        seed: seed of the random numbers.

    Returns:
        The series (steps,); in `truth` `anomalous` (steps,) bool and `windows`, which are (first step,
        step after the last one) of each anomaly.

    Raises:
        ConfigError: when the anomalies do not fit into the series, or the kind is unknown.
    """
    series = to_vector(values).copy()
    check_count(count, "count")
    check_count(length, "length")
    if kind not in ANOMALIES:
        raise ConfigError(f"kind={kind!r}", ", ".join(ANOMALIES))
    width = 1 if kind == "spike" else length
    free = len(series) - start - count * (width + 1)
    if free < 0:
        raise ConfigError(
            f"{count} anomalies of {width} steps from step {start} of {len(series)} on",
            f"at least {start + count * (width + 1)} steps",
        )
    rng = np.random.default_rng(seed)
    offsets = np.sort(rng.choice(free + count, count, replace=False)) - np.arange(count)
    begins = start + offsets + np.arange(count) * (width + 1)
    unit = size * (series.std() or 1.0)
    anomalous = np.zeros(len(series), dtype=bool)
    for begin in begins:
        sign = rng.choice([-1.0, 1.0])
        series[begin : begin + width] += unit * (rng.normal(size=width) if kind == "noise" else sign)
        anomalous[begin : begin + width] = True
    windows = [(int(begin), int(begin) + width) for begin in begins]
    return Simulation(series, {"anomalous": anomalous, "windows": windows, "kind": kind})


def _changes(steps: int, positions: Sequence[int], values: Sequence[float]) -> list[tuple[int, float]]:
    """The changes in the order of time."""
    if len(positions) != len(values) or any(not 0 < position < steps for position in positions):
        raise ConfigError(
            f"changes at {list(positions)} with {len(values)} values",
            f"as many values as positions, each between 1 and {steps - 1}",
        )
    return sorted(zip(positions, values, strict=True))


def _composed(
    trend: np.ndarray, seasonal: np.ndarray, scale: float, seed: int, truth: dict[str, object]
) -> Simulation:
    """The sum of the components and normal noise."""
    residual = np.random.default_rng(seed).normal(size=len(trend)) * scale
    components = {"trend": trend, "seasonal": seasonal, "residual": residual}
    return Simulation(trend + seasonal + residual, {**truth, **components})
