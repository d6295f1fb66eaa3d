"""Hidden Markov models in pure Python, without logarithms: for series that are too short to underflow.

`emitted` holds the density of the value of each step in each state; rows of `transition`: the state before.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

__all__ = ["baum_welch_step", "forward", "posteriors", "viterbi"]

Rows = Sequence[Sequence[float]]


def forward(initial: Sequence[float], transition: Rows, emitted: Rows) -> list[list[float]]:
    """The joint density of the values up to each step and the state at it."""
    states = range(len(initial))
    alpha = [[initial[j] * emitted[0][j] for j in states]]
    for row in emitted[1:]:
        alpha.append([row[j] * sum(alpha[-1][i] * transition[i][j] for i in states) for j in states])
    return alpha


def posteriors(
    initial: Sequence[float], transition: Rows, emitted: Rows
) -> tuple[list[list[float]], list[list[float]]]:
    """The probability of each state at each step, and the expected numbers of transitions."""
    states, steps = range(len(initial)), len(emitted)
    alpha = forward(initial, transition, emitted)
    beta = [[1.0 for _ in states]]
    for row in reversed(emitted[1:]):
        beta.insert(0, [sum(transition[i][j] * row[j] * beta[0][j] for j in states) for i in states])
    total = sum(alpha[-1])
    gamma = [[alpha[t][i] * beta[t][i] / total for i in states] for t in range(steps)]
    counts = [
        [
            sum(alpha[t][i] * transition[i][j] * emitted[t + 1][j] * beta[t + 1][j] for t in range(steps - 1))
            / total
            for j in states
        ]
        for i in states
    ]
    return gamma, counts


def baum_welch_step(
    x: Sequence[float],
    initial: Sequence[float],
    transition: Rows,
    means: Sequence[float],
    variances: Sequence[float],
) -> tuple[list[float], list[list[float]], list[float], list[float]]:
    """One iteration for one normal variable: new initial and transition probabilities, means, variances."""
    emitted = [
        [
            math.exp(-((v - m) ** 2) / (2 * s)) / math.sqrt(2 * math.pi * s)
            for m, s in zip(means, variances, strict=True)
        ]
        for v in x
    ]
    gamma, counts = posteriors(initial, transition, emitted)
    states = range(len(initial))
    weights = [sum(row[k] for row in gamma) for k in states]
    new = [sum(row[k] * v for row, v in zip(gamma, x, strict=True)) / weights[k] for k in states]
    spread = [
        sum(row[k] * (v - new[k]) ** 2 for row, v in zip(gamma, x, strict=True)) / weights[k] for k in states
    ]
    return gamma[0], [[count / sum(row) for count in row] for row in counts], new, spread


def viterbi(initial: Sequence[float], transition: Rows, emitted: Rows) -> tuple[list[int], float]:
    """The most probable path and its density, by trying all paths."""

    def density(path: tuple[int, ...]) -> float:
        value = initial[path[0]] * emitted[0][path[0]]
        for t in range(1, len(path)):
            value *= transition[path[t - 1]][path[t]] * emitted[t][path[t]]
        return value

    best = max(itertools.product(range(len(initial)), repeat=len(emitted)), key=density)
    return list(best), density(best)
