"""The Kalman filter in pure Python for one variable: matrices are lists of rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["kalman_filter"]

Matrix = Sequence[Sequence[float]]


def kalman_filter(
    x: Sequence[float | None],
    transition: Matrix,
    observation: Sequence[float],
    state_noise: Matrix,
    noise: float,
    initial: tuple[Sequence[float], Matrix],
) -> tuple[list[list[float]], list[list[list[float]]], float]:
    """Means and covariances of the state after each value, and the log-likelihood; None is missing."""
    mean, covariance = list(initial[0]), [list(row) for row in initial[1]]
    means, covariances, total = [], [], 0.0
    for value in x:
        if value is not None:
            shared = [_dot(row, observation) for row in covariance]  # covariance of the states with the value
            spread = _dot(observation, shared) + noise
            residual = value - _dot(observation, mean)
            mean = [m + c / spread * residual for m, c in zip(mean, shared, strict=True)]
            covariance = [
                [c - a * b / spread for c, b in zip(row, shared, strict=True)]
                for row, a in zip(covariance, shared, strict=True)
            ]
            total -= 0.5 * (math.log(2 * math.pi * spread) + residual**2 / spread)
        means.append(mean)
        covariances.append(covariance)
        mean = [_dot(row, mean) for row in transition]
        moved = _product(_product(transition, covariance), list(zip(*transition, strict=True)))
        covariance = [
            [a + b for a, b in zip(*rows, strict=True)] for rows in zip(moved, state_noise, strict=True)
        ]
    return means, covariances, total


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    """The sum of the products."""
    return sum(u * v for u, v in zip(a, b, strict=True))


def _product(a: Matrix, b: Matrix) -> list[list[float]]:
    """The product of two matrices."""
    return [[_dot(row, column) for column in zip(*b, strict=True)] for row in a]
