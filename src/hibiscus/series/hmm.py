"""Hidden Markov models: states that follow each other at random and emit what is observed.

    alpha[t, j] = p(x[t] | j) sum_i alpha[t-1, i] A[i, j]        forward: the values up to t
    beta[t, i]  = sum_j A[i, j] p(x[t+1] | j) beta[t+1, j]       backward: the values after t

All of it in logarithms, so that long series do not underflow. Filtered probabilities are causal; smoothed
ones and Viterbi's path look ahead. `hibiscus.scratch.hidden_markov` holds the plain twins. Emissions are in
`hibiscus.series.emissions`; for full covariances and mixtures take hmmlearn (BSD-3-Clause).

Source: Rabiner 1989, "A tutorial on hidden Markov models".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.checked_arrays import check_count
from hibiscus.series.emissions import EMISSIONS, CategoricalEmissions, GaussianEmissions

__all__ = ["HMMFit", "HiddenMarkovModel", "StateProbabilities", "fit_hmm", "forward_backward", "viterbi"]

TINY = 1e-12  # count of every transition, so that a state without a successor keeps probabilities


@dataclass(frozen=True)
class HiddenMarkovModel:
    """A hidden Markov model of K states.

    Args:
        initial: probability (K,) of each state at the first step.
        transition: probability (K, K) of state j after state i, in row i.
        emissions: what each state emits.

    Raises:
        DataError: when rows of probabilities do not sum to 1, or the numbers of states differ.
    """

    initial: np.ndarray
    transition: np.ndarray
    emissions: GaussianEmissions | CategoricalEmissions

    def __post_init__(self):
        states = self.emissions.states
        for name, shape in (("initial", (states,)), ("transition", (states, states))):
            array = np.asarray(getattr(self, name), dtype=np.float64)
            if array.shape != shape or (array < 0).any() or not np.allclose(array.sum(-1), 1):
                raise DataError(
                    f"{name}: {array.tolist()}", f"probabilities {shape} that sum to 1 in each row"
                )
            object.__setattr__(self, name, array)

    def sample(self, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """A random series (steps,) or (steps, variables) and its states (steps,)."""
        check_count(steps, "steps")
        rng = np.random.default_rng(seed)
        rows, draws = np.cumsum(self.transition, axis=1), rng.random(steps)
        states = np.empty(steps, dtype=np.int64)
        cumulative = np.cumsum(self.initial)
        for t in range(steps):
            states[t] = min(np.searchsorted(cumulative, draws[t], side="right"), len(rows) - 1)
            cumulative = rows[states[t]]
        return self.emissions.sample(states, rng), states


@dataclass(frozen=True)
class StateProbabilities:
    """What a series says about its states.

    Args:
        filtered: probability (steps, K) of each state given the values up to the step: causal.
        smoothed: probability (steps, K) given the whole series: looks ahead.
        transitions: expected number (K, K) of transitions from state i to j.
        log_likelihood: of the series.
    """

    filtered: np.ndarray
    smoothed: np.ndarray
    transitions: np.ndarray
    log_likelihood: float


@dataclass(frozen=True)
class HMMFit:
    """A fitted model.

    Args:
        model: the model of the best start; Gaussian states in the order of their first mean.
        log_likelihood: of the series under it.
        history: log-likelihood before each iteration of this start; it does not fall.
        converged: whether the last iteration gained less than the tolerance.
    """

    model: HiddenMarkovModel
    log_likelihood: float
    history: list[float]
    converged: bool


def forward_backward(values: ArrayLike, model: HiddenMarkovModel) -> StateProbabilities:
    """The probabilities of the states of a series.

    Args:
        values: a series (steps,) or (steps, variables) of numbers, or of categories (steps,).
        model: the model.

    Raises:
        DataError: when the values do not fit to the emissions, or are impossible under the model.
    """
    emitted = model.emissions.log_densities(values)
    initial, transition = _log(model.initial), _log(model.transition)
    forward, backward = np.empty_like(emitted), np.zeros_like(emitted)
    forward[0] = initial + emitted[0]
    for t in range(1, len(emitted)):
        forward[t] = _sum_logs(forward[t - 1][:, None] + transition, 0) + emitted[t]
    total = float(_sum_logs(forward[-1], 0))
    if total == -np.inf:
        raise DataError("a series that is impossible under the model", "a positive probability")
    for t in range(len(emitted) - 2, -1, -1):
        backward[t] = _sum_logs(transition + emitted[t + 1] + backward[t + 1], 1)
    ahead = (emitted + backward)[1:, None, :]
    pairs = np.exp(forward[:-1, :, None] + transition + ahead - total)
    filtered = np.exp(forward - _sum_logs(forward, 1)[:, None])
    return StateProbabilities(filtered, np.exp(forward + backward - total), pairs.sum(0), total)


def viterbi(values: ArrayLike, model: HiddenMarkovModel) -> tuple[np.ndarray, float]:
    """The most probable sequence of states (steps,) given the whole series, and its log probability with it.

    Arguments and errors as in `forward_backward`.
    """
    emitted = model.emissions.log_densities(values)
    transition = _log(model.transition)
    best = _log(model.initial) + emitted[0]
    before = np.zeros(emitted.shape, dtype=np.int64)
    for t in range(1, len(emitted)):
        scores = best[:, None] + transition
        before[t] = scores.argmax(0)
        best = scores.max(0) + emitted[t]
    if best.max() == -np.inf:
        raise DataError("a series that is impossible under the model", "a positive probability")
    path = np.empty(len(emitted), dtype=np.int64)
    path[-1] = best.argmax()
    for t in range(len(emitted) - 1, 0, -1):
        path[t - 1] = before[t, path[t]]
    return path, float(best.max())


def fit_hmm(
    values: ArrayLike,
    states: int,
    *,
    emissions: str = "gaussian",
    lengths: Sequence[int] | None = None,
    starts: int = 5,
    iterations: int = 200,
    tolerance: float = 1e-6,
    seed: int,
) -> HMMFit:
    """Baum-Welch: expectation-maximization from several random starts, of which the best end is taken.

    EM finds the nearest maximum of the likelihood only, hence the starts.

    Args:
        values: a series (steps,) or (steps, variables), or several one after the other.
        states: number of states.
        emissions: `gaussian` (independent variables) or `categorical` (categories 0, 1, ...).
        lengths: number of steps of each series in `values`; one series if None.
        starts: number of random starts.
        iterations: largest number of iterations of each start.
        tolerance: smallest gain of an iteration in log-likelihood per step.
        seed: seed of the random numbers.

    Raises:
        DataError: when there are fewer steps than states, or the lengths do not sum to the steps.
    """
    for name, number in (("states", states), ("starts", starts), ("iterations", iterations)):
        check_count(number, name)
    if emissions not in EMISSIONS:
        raise ConfigError(f"emissions={emissions!r}", " or ".join(EMISSIONS))
    kind = EMISSIONS[emissions]
    x = kind.checked(values)
    parts = [len(x)] if lengths is None else list(lengths)
    if sum(parts) != len(x) or min(parts) < 1 or len(x) < states:
        raise DataError(
            f"lengths {parts} for {len(x)} steps and {states} states",
            "positive lengths that sum to the number of steps, and at least as many steps as states",
        )
    series = np.split(x, np.cumsum(parts)[:-1])
    rng = np.random.default_rng(seed)
    fits = []
    for _ in range(starts):
        transition = rng.dirichlet(np.ones(states), size=states) * 0.3 + 0.7 * np.eye(states)
        initial = HiddenMarkovModel(np.full(states, 1 / states), transition, kind.random(x, states, rng))
        fits.append(_improved(series, x, initial, iterations, tolerance))
    return max(fits, key=lambda fit: fit.log_likelihood)


def _improved(
    series: list[np.ndarray], x: np.ndarray, model: HiddenMarkovModel, iterations: int, tolerance: float
) -> HMMFit:
    """Expectation-maximization from one start."""
    history: list[float] = []
    converged = False
    for _ in range(iterations):
        probabilities = [forward_backward(one, model) for one in series]
        history.append(sum(one.log_likelihood for one in probabilities))
        converged = len(history) > 1 and history[-1] - history[-2] < tolerance * len(x)
        if converged:
            break
        smoothed = np.concatenate([one.smoothed for one in probabilities])
        counts = np.sum([one.transitions for one in probabilities], 0) + TINY
        first = np.sum([one.smoothed[0] for one in probabilities], 0)
        model = HiddenMarkovModel(
            first / first.sum(), counts / counts.sum(1, keepdims=True), model.emissions.refit(x, smoothed)
        )
    total = history[-1] if converged else sum(forward_backward(one, model).log_likelihood for one in series)
    order = model.emissions.order()
    ordered = HiddenMarkovModel(
        model.initial[order], model.transition[np.ix_(order, order)], model.emissions.select(order)
    )
    return HMMFit(ordered, total, history, converged)


def _log(probabilities: np.ndarray) -> np.ndarray:
    """The logarithm, minus infinity for 0."""
    with np.errstate(divide="ignore"):
        return np.log(probabilities)


def _sum_logs(values: np.ndarray, axis: int) -> np.ndarray:
    """The logarithm of the sum of the exponentials."""
    return np.logaddexp.reduce(values, axis=axis)
