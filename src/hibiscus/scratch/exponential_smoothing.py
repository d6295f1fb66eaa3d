"""Exponential smoothing in pure Python, as sums of weighted values and as recursions over the components."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["holt_winters", "simple_smoothing"]


def simple_smoothing(x: Sequence[float], alpha: float, level: float) -> list[float]:
    """The level after each step as its weighted sum: alpha (1 - alpha)^k x[t - k], and the initial level."""
    return [
        sum(alpha * (1 - alpha) ** k * x[t - k] for k in range(t + 1)) + (1 - alpha) ** (t + 1) * level
        for t in range(len(x))
    ]


def holt_winters(
    x: Sequence[float],
    weights: tuple[float, float, float],
    level: float,
    trend: float,
    seasons: Sequence[float],
    *,
    multiplicative: bool = False,
    damping: float = 1.0,
) -> tuple[list[float], list[float], list[float]]:
    """Level, trend and seasonal component after each step, from the state before the first one.

    `weights` are alpha, beta and gamma. Without a season: `seasons` of zeros and gamma 0.
    """
    alpha, beta, gamma = weights
    levels, trends, cycle = {-1: level}, {-1: trend}, {t - len(seasons): s for t, s in enumerate(seasons)}
    for t, value in enumerate(x):
        line, part = levels[t - 1] + damping * trends[t - 1], cycle[t - len(seasons)]
        adjusted = value / part if multiplicative else value - part
        deviation = value / line if multiplicative else value - line
        levels[t] = alpha * adjusted + (1 - alpha) * line
        trends[t] = beta * (levels[t] - levels[t - 1]) + (1 - beta) * damping * trends[t - 1]
        cycle[t] = gamma * deviation + (1 - gamma) * part
    steps = range(len(x))
    return [levels[t] for t in steps], [trends[t] for t in steps], [cycle[t] for t in steps]
