r"""Anomaly scores from a vector autoregression (VAR): how far each step is from its forecast one step before.

    e_t = x_t - (c + A_1 x_{t-1} + ... + A_p x_{t-p}),    score_t = sqrt(e_t^T S^-1 e_t)

The coefficients, the order p (by AIC) and the covariance S of the errors come from the training part. The
score is the Mahalanobis distance, whose square is the sum of the squared errors after whitening; with one
variable it is the absolute error of an AR model in standard deviations. No step uses anything after it.

Reference: Lütkepohl, "New Introduction to Multiple Time Series Analysis", 2005, chapters 3 and 4.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hibiscus.errors import DataError, MissingExtraError
from hibiscus.series.checked_arrays import check_count, to_series

__all__ = ["var_scores"]

FEWEST = 10  # training steps for each coefficient of one lag
RIDGE = 1e-10  # of the mean variance, added to S: variables may be copies of each other


def var_scores(values: ArrayLike, train_steps: int, max_lag: int = 24) -> np.ndarray:
    """The Mahalanobis distance of each step from its one-step forecast.

    Args:
        values: without missing ones.
        train_steps: the first steps, to which the model is fitted.
        max_lag: the largest order to choose from.

    Shapes: values (steps,) or (steps, variables); returns float64 (steps,), NaN before the first forecast.

    Raises:
        DataError: the training part is too short, or a variable is constant in it.
        MissingExtraError: statsmodels is not installed.
    """
    series = to_series(values)
    check_count(max_lag, "max_lag")
    variables = series.shape[1]
    train = series[:train_steps]
    if len(train) < FEWEST * (variables + 1):
        received = f"{len(train):,} training steps of {variables} variables"
        raise DataError(received, f"at least {FEWEST * (variables + 1)}", "a longer training part")
    spread = train.std(0)
    if not spread.all():
        constant = int(np.flatnonzero(spread == 0)[0])
        raise DataError(f"variable {constant} is constant in the training part", "a variable that varies", "")
    scaled = (series - train.mean(0)) / spread
    lag_limit = max(1, min(max_lag, len(train) // (FEWEST // 2 * variables) - 1))
    intercept, coefficients = _fit(scaled[:train_steps], lag_limit)
    order = len(coefficients)
    errors = scaled[order:] - intercept
    for lag, matrix in enumerate(coefficients, 1):
        errors = errors - scaled[order - lag : len(scaled) - lag] @ matrix.T
    known = errors[: train_steps - order]
    covariance = known.T @ known / len(known)
    covariance += RIDGE * np.trace(covariance) / variables * np.eye(variables)
    squared = (errors * np.linalg.solve(covariance, errors.T).T).sum(1)
    return np.concatenate([np.full(order, np.nan), np.sqrt(np.maximum(squared, 0.0))])


def _fit(train: np.ndarray, max_lag: int) -> tuple[np.ndarray, np.ndarray]:
    """Intercept (variables,) and coefficients (order, variables, variables); AIC chooses the order."""
    try:
        from statsmodels.tsa.ar_model import ar_select_order
        from statsmodels.tsa.vector_ar.var_model import VAR
    except ImportError:
        received = "residuals of a vector autoregression: statsmodels is not installed"
        raise MissingExtraError(received, "the extra series", "pip install 'hibiscus[series]'") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the index, which plain arrays lack
        if train.shape[1] == 1:
            chosen: Any = ar_select_order(train[:, 0], max_lag, ic="aic").model
            parameters = np.asarray(chosen.fit().params)
            return parameters[:1], parameters[1:].reshape(-1, 1, 1)
        fitted: Any = VAR(train).fit(max_lag, ic="aic")
    return np.asarray(fitted.intercept), np.asarray(fitted.coefs)
