"""Linear baselines on standardized features: logistic regression on classes or labels, and ridge regression.

They are fitted on all rows that they are given. The iterations are limited by their cost, never by a clock,
so that a figure does not depend on how busy the machine is.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from torch.nn.functional import softplus

from hibiscus.evaluation.baselines import checked_features, checked_labels, of_all_classes
from hibiscus.progress import step

__all__ = ["linear_classifier", "linear_labels", "linear_regression"]

Array = NDArray[np.float64]

PENALTY = 0.01  # relative to the mean loss, up to 10,000 rows; gives 91 % on MNIST with so many
SUBSET = 10_000  # rows on which the first iterations run, since they need not be exact
EVALUATIONS = 200  # of the loss, at most
SUBSET_EVALUATIONS = 80  # on a subset
COST = 1e11  # multiplications of all evaluations on more rows: about ten seconds on two cores
FEWEST = 15  # evaluations on more rows
LIMIT = 10.0  # features are clipped at this many standard deviations
RIDGE_COST = 2e11  # multiplications of the normal equations
CHUNK = 20_000  # rows in double precision at a time


@step("fitting the linear model")
def linear_classifier(
    train_x: ArrayLike, train_y: ArrayLike, test_x: ArrayLike, classes: int, seed: int = 0
) -> Array:
    r"""Probabilities of a multinomial logistic regression on standardized features.

        minimize  mean(cross_entropy(x @ weights + bias, train_y)) + penalty / 2 * sum(weights**2),
        penalty = PENALTY * min(1, SUBSET / rows)

    Minimized by L-BFGS: first on SUBSET random rows, then on all, for a number of evaluations that their cost
    allows, whether converged or not.

    Args:
        train_x: flattened features.
        train_y: labels in 0 .. classes - 1; absent classes get probability 0.
        test_x: features for which to predict.
        classes: number of classes.
        seed: random seed of the subset.

    Shapes:
        train_x (M, features), train_y (M,), test_x (N, features); returns (N, classes), rows that sum to one.

    Raises:
        DataError: when the arrays do not match.
    """
    y = checked_labels(train_y, classes)
    train, test = _standardized(train_x, test_x, y)

    def fit(number: NDArray[np.int64], present: int) -> Array:
        target = torch.zeros(len(y), present).scatter_(1, torch.from_numpy(number)[:, None], 1.0)
        return _fit(train, target, test, False, seed).double().softmax(1).numpy()

    return of_all_classes(y, len(test), classes, fit)


@step("fitting the linear model")
def linear_labels(train_x: ArrayLike, train_y: ArrayLike, test_x: ArrayLike, seed: int = 0) -> Array:
    r"""Probabilities of one logistic regression per label, fitted as in `linear_classifier`.

        minimize  mean over items(sum over labels(cross_entropy)) + penalty / 2 * sum(weights**2)

    Shapes:
        train_x (M, features), train_y (M, labels) of zeros and ones, test_x (N, features); returns (N,
        labels), each in [0, 1].

    Raises:
        DataError: when the arrays do not match.
    """
    y = np.asarray(train_y, dtype=np.float32)
    train, test = _standardized(train_x, test_x, y)
    return _fit(train, torch.from_numpy(y), test, True, seed).double().sigmoid().numpy()


@step("fitting the linear model")
def linear_regression(train_x: ArrayLike, train_y: ArrayLike, test_x: ArrayLike, seed: int = 0) -> Array:
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
    x, y = np.asarray(train_x), np.asarray(train_y, dtype=np.float64)
    affordable = int(RIDGE_COST / max(1, x.shape[-1]) ** 2)
    if len(x) == len(y) > affordable:
        rows = np.random.default_rng(seed).permutation(len(y))[: max(x.shape[-1], affordable)]
        x, y = x[rows], y[rows]
    train, test = _standardized(x, test_x, y)
    intercept, features = y.mean(0), train.shape[1]
    gram, moments = np.eye(features), np.zeros((features, *y.shape[1:]))
    for start in range(0, len(y), CHUNK):
        chunk = train[start : start + CHUNK].astype(np.float64)
        gram += chunk.T @ chunk
        moments += chunk.T @ (y[start : start + CHUNK] - intercept)
    return test.astype(np.float64) @ np.linalg.solve(gram, moments) + intercept


def _standardized(train_x: ArrayLike, test_x: ArrayLike, train_y: NDArray) -> tuple[NDArray, NDArray]:
    """Both parts standardized by training statistics, float32; a column that is constant becomes zeros."""
    train, test = checked_features(train_x, test_x, train_y)
    mean, deviation = train.mean(0, dtype=np.float64), train.std(0, dtype=np.float64)
    deviation = np.where(np.ptp(train, axis=0) > 0, np.maximum(deviation, 1e-12), 1)
    parts = []
    for part in (train, test):
        part = part - mean.astype(np.float32)  # a copy, changed in place from here on
        part /= deviation.astype(np.float32)
        # Clipped, since a pixel that is almost constant in training could otherwise dominate the test items.
        parts.append(np.clip(part, -LIMIT, LIMIT, out=part))
    return parts[0], parts[1]


def _fit(train: NDArray, target: Tensor, test: NDArray, labels: bool, seed: int) -> Tensor:
    """The logits of the test items (N, outputs) after fitting; `labels` for a sigmoid for each output."""
    rows, features = train.shape
    with torch.inference_mode(False), torch.no_grad():
        weights, bias = torch.zeros(features, target.shape[1]), torch.zeros(target.shape[1])
        penalty, x = PENALTY * min(1.0, SUBSET / rows), torch.from_numpy(train)
        chosen = np.random.default_rng(seed).permutation(rows)[:SUBSET] if rows > SUBSET else slice(None)
        first = SUBSET_EVALUATIONS if rows > SUBSET else EVALUATIONS
        _minimize(weights, bias, x[chosen], target[chosen], penalty, labels, first)
        if rows > SUBSET:
            affordable = int(COST / (4.0 * rows * features * (target.shape[1] + 8)))
            _minimize(weights, bias, x, target, penalty, labels, min(EVALUATIONS, max(FEWEST, affordable)))
        return torch.from_numpy(test) @ weights + bias


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
