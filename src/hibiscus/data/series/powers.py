r"""Logarithm, square root and Box-Cox of series, and their inverses.

Box-Cox [Box & Cox 1964]: $f(y) = ((y/g)^\lambda - 1) / \lambda$, where $g$ is the geometric mean of the
training part, which keeps the digits of negative powers.
"""

from __future__ import annotations

import numpy as np

__all__ = ["LAMBDAS", "fit_box_cox", "power", "power_inverse"]

LAMBDAS = (-1.0, 2.0)  # limits of the power of Box-Cox
MAX_LOG = 700.0  # exp of more is no finite number
LOWEST = -1 + 2**-52  # of the argument of log1p
CONSTANT = 1e-9  # relative range of values that have no likelihood


def power(values: np.ndarray, kind: str, lambdas: np.ndarray, scales: np.ndarray) -> np.ndarray:
    r"""The transformed values.

    Args:
        values: in the original unit; above 0, for `sqrt` at least 0.
        kind: `none`, `log`, `sqrt` or `box-cox`.
        lambdas: of Box-Cox.
        scales: $g$ of Box-Cox.

    Shapes: values (..., variables), lambdas and scales (variables,); returns (..., variables).
    """
    if kind == "none":
        return values
    if kind == "sqrt":
        return np.sqrt(values)
    logarithms = np.log(values)
    if kind == "log":
        return logarithms
    centered = logarithms - np.log(scales)
    return np.where(lambdas == 0, centered, np.expm1(lambdas * centered) / np.where(lambdas == 0, 1, lambdas))


def power_inverse(values: np.ndarray, kind: str, lambdas: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """The values in the original unit. One outside the range of the transform is moved to its limit.

    Args and shapes as in `power`.
    """
    if kind == "none":
        return values
    if kind == "sqrt":
        return np.maximum(values, 0.0) ** 2
    if kind == "box-cox":
        inside = np.log1p(np.maximum(lambdas * values, LOWEST))
        inside = np.where(lambdas == 0, values, inside / np.where(lambdas == 0, 1, lambdas))
        values = inside + np.log(scales)
    return np.exp(np.clip(values, -MAX_LOG, MAX_LOG))


def fit_box_cox(column: np.ndarray) -> tuple[float, float]:
    r"""$\lambda$ and $g$ of one variable: those of the greatest likelihood within `LAMBDAS`.

    Shapes: column (steps,), positive, NaN where values are missing.
    """
    from scipy.optimize import minimize_scalar
    from scipy.stats import boxcox_llf

    values = column[np.isfinite(column)]
    if not len(values):
        return 1.0, 1.0
    scale = float(np.exp(np.log(values).mean()))
    relative = values / scale
    if np.ptp(relative) < CONSTANT:
        return 1.0, scale
    result = minimize_scalar(
        lambda exponent: -boxcox_llf(exponent, relative), bounds=LAMBDAS, method="bounded"
    )
    return float(result.x), scale
