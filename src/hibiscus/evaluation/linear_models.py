"""Linear baselines on standardized features: logistic regression on classes or labels, and ridge regression.

They are fitted on all rows that they are given. The iterations are limited by their cost, never by a clock,
so that a figure does not depend on how busy the machine is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.nn.functional import softplus

from hibiscus.data.lazy_rows import LazyRows, Rows, chunks
from hibiscus.evaluation.baselines import (
    Predictor,
    checked_features,
    checked_labels,
    finite_chunks,
    of_all_classes,
    predict_in_chunks,
)
from hibiscus.progress import step

__all__ = [
    "fit_linear_classifier",
    "linear_classifier",
    "linear_labels",
    "linear_regression",
    "standardization",
]

Array = NDArray[np.float64]

PENALTY = 0.01  # relative to the mean loss, up to 10,000 rows; gives 91 % on MNIST with so many
SUBSET = 10_000  # rows on which the first iterations run, since they need not be exact
EVALUATIONS = 200  # of the loss, at most
SUBSET_EVALUATIONS = 80  # on a subset
COST = 1e11  # multiplications of all evaluations on more rows: about ten seconds on two cores
FEWEST = 15  # evaluations on more rows
LIMIT = 10.0  # features are clipped at this many standard deviations
RIDGE_COST = 2e11  # multiplications of the normal equations
CHUNK, CHUNK_VALUES = 20_000, 2**24  # rows, and their values, in double precision at a time


def linear_classifier(
    train_x: ArrayLike | LazyRows,
    train_y: ArrayLike,
    test_x: ArrayLike | LazyRows,
    classes: int,
    seed: int = 0,
    penalty: float = PENALTY,
) -> Array:
    r"""Probabilities of a multinomial logistic regression on standardized features.

        minimize  mean(cross_entropy(x @ weights + bias, train_y)) + scaled / 2 * sum(weights**2),
        scaled = penalty * min(1, SUBSET / rows)

    Minimized by L-BFGS: first on SUBSET random rows, then on all, for a number of evaluations that their cost
    allows, whether converged or not.

    Args:
        train_x: flattened features.
        train_y: labels in 0 .. classes - 1; absent classes get probability 0.
        test_x: features for which to predict.
        classes: number of classes.
        seed: random seed of the subset.
        penalty: of the squared weights, relative to the mean loss.

    Shapes:
        train_x (M, features), train_y (M,), test_x (N, features); returns (N, classes), rows that sum to one.

    Raises:
        DataError: when the arrays do not match.
    """
    y = checked_labels(train_y, classes)
    train, test = checked_features(train_x, test_x, y)
    return predict_in_chunks(test, fit_linear_classifier(train, y, classes, seed, penalty), (classes,))


@step("fitting the linear model")
def fit_linear_classifier(
    train: Rows, train_y: NDArray[np.int64], classes: int, seed: int = 0, penalty: float = PENALTY
) -> Predictor:
    """The function from features (rows, features) to the probabilities of `linear_classifier`."""

    def fit(number: NDArray[np.int64], present: int) -> Predictor:
        target = torch.zeros(len(number), present).scatter_(1, torch.from_numpy(number)[:, None], 1.0)
        logits = _fit(train, target, False, seed, penalty)
        return lambda x: logits(x).double().softmax(1).numpy()

    return of_all_classes(train_y, classes, fit)


@step("fitting the linear model")
def linear_labels(
    train_x: ArrayLike | LazyRows, train_y: ArrayLike, test_x: ArrayLike | LazyRows, seed: int = 0
) -> Array:
    r"""Probabilities of one logistic regression per label, fitted as in `linear_classifier`.

        minimize  mean over items(sum over labels(cross_entropy)) + penalty / 2 * sum(weights**2)

    Shapes:
        train_x (M, features), train_y (M, labels) of zeros and ones, test_x (N, features); returns (N,
        labels), each in [0, 1].

    Raises:
        DataError: when the arrays do not match.
    """
    y = np.asarray(train_y, dtype=np.float32)
    train, test = checked_features(train_x, test_x, y)
    logits = _fit(train, torch.from_numpy(y), True, seed)
    return predict_in_chunks(test, lambda x: logits(x).double().sigmoid().numpy(), y.shape[1:])


@step("fitting the linear model")
def linear_regression(
    train_x: ArrayLike | LazyRows, train_y: ArrayLike, test_x: ArrayLike | LazyRows, seed: int = 0
) -> Array:
    r"""Predictions of a ridge regression on standardized features, with a small penalty.

        minimize  sum((x @ weights + mean(train_y) - train_y)**2) + sum(weights**2),  x standardized

    The penalty of 1 matters only with few rows or collinear columns. With more rows than RIDGE_COST allows
    (two million of 300 features), random ones are used.

    Shapes:
        train_x (M, features), train_y (M,) or (M, columns), test_x (N, features); returns (N,) or (N,
        columns).

    Raises:
        DataError: when the arrays do not match.
    """
    y = np.asarray(train_y, dtype=np.float64)
    train, test = checked_features(train_x, test_x, y)
    features = train.shape[1]
    affordable = int(RIDGE_COST / features**2)
    if len(y) > affordable:
        rows = np.random.default_rng(seed).permutation(len(y))[: max(features, affordable)]
        train, y = LazyRows(train.__getitem__, rows), y[rows]
    standardize, intercept = standardization(train), y.mean(0)
    gram, moments = np.eye(features), np.zeros((features, *y.shape[1:]))
    for place, chunk in chunks(train, min(CHUNK * features, CHUNK_VALUES)):
        x = standardize(chunk).astype(np.float64)
        gram += x.T @ x
        moments += x.T @ (y[place] - intercept)
    weights = np.linalg.solve(gram, moments)
    return predict_in_chunks(
        test, lambda x: standardize(x).astype(np.float64) @ weights + intercept, y.shape[1:]
    )


def standardization(train: Rows) -> Callable[[np.ndarray], np.ndarray]:
    """Standardizes features by the statistics of all rows; a column that is constant becomes zeros."""
    total, squares = np.zeros(train.shape[1]), np.zeros(train.shape[1])
    low, high = np.full(train.shape[1], np.inf), np.full(train.shape[1], -np.inf)
    for _, chunk in finite_chunks(train):
        total += chunk.sum(0, dtype=np.float64)
        low, high = np.minimum(low, chunk.min(0)), np.maximum(high, chunk.max(0))
    mean = total / len(train)
    for _, chunk in chunks(train):
        squares += ((chunk - mean) ** 2).sum(0)
    deviation = np.where(high > low, np.maximum(np.sqrt(squares / len(train)), 1e-12), 1)
    mean, deviation = mean.astype(np.float32), deviation.astype(np.float32)

    def standardize(x: np.ndarray) -> np.ndarray:
        x = x - mean  # a copy, changed in place from here on
        x /= deviation
        # Clipped, since a pixel that is almost constant in training could otherwise dominate the test items.
        return np.clip(x, -LIMIT, LIMIT, out=x)

    return standardize


def _fit(
    train: Rows, target: Tensor, labels: bool, seed: int, penalty: float = PENALTY
) -> Callable[[np.ndarray], Tensor]:
    """The function from features to logits (rows, outputs); `labels` for a sigmoid for each output."""
    rows, features = train.shape
    standardize, matrix = standardization(train), np.empty(train.shape, np.float32)
    for place, chunk in chunks(train):
        matrix[place] = standardize(chunk)
    with torch.inference_mode(False), torch.no_grad():
        weights, bias = torch.zeros(features, target.shape[1]), torch.zeros(target.shape[1])
        penalty, x = penalty * min(1.0, SUBSET / rows), torch.from_numpy(matrix)
        chosen = np.random.default_rng(seed).permutation(rows)[:SUBSET] if rows > SUBSET else slice(None)
        first = SUBSET_EVALUATIONS if rows > SUBSET else EVALUATIONS
        _minimize(weights, bias, x[chosen], target[chosen], penalty, labels, first)
        if rows > SUBSET:
            affordable = int(COST / (4.0 * rows * features * (target.shape[1] + 8)))
            _minimize(weights, bias, x, target, penalty, labels, min(EVALUATIONS, max(FEWEST, affordable)))

    def logits(x: np.ndarray) -> Tensor:
        with torch.inference_mode(False), torch.no_grad():
            return torch.from_numpy(standardize(x)) @ weights + bias

    return logits


def _minimize(
    weights: Tensor, bias: Tensor, x: Tensor, target: Tensor, penalty: float, labels: bool, evaluations: int
) -> None:
    """Changes the weights in place by L-BFGS with the gradient in closed form."""
    optimizer = torch.optim.LBFGS(
        [weights, bias], max_iter=evaluations, max_eval=evaluations, history_size=10, tolerance_grad=1e-6,
        tolerance_change=1e-7, line_search_fn="strong_wolfe",
    )  # fmt: skip
    with step(f"fitting a linear model on {len(x):,} rows", evaluations) as progress:

        def closure() -> Tensor:
            progress.advance()
            logits = torch.addmm(bias, x, weights)
            if labels:
                loss = (softplus(logits) - target * logits).sum(1).mean()
                error = logits.sigmoid_().sub_(target)
            else:
                loss = (logits.logsumexp(1) - (target * logits).sum(1)).mean()
                error = logits.softmax(1).sub_(target)
            error /= len(x)
            weights.grad, bias.grad = torch.addmm(penalty * weights, x.T, error), error.sum(0)
            return loss + penalty / 2 * (weights**2).sum()

        optimizer.step(closure)  # type: ignore[arg-type]
