r"""Quantiles of forecasts, calibrated on the validation part.

    q_tau(h) = f_tau(h) + the tau-quantile of  y(h) - f_tau(h)  over the forecasts of the validation part

For each step h of the horizon and each variable. `f_tau` is the quantile that a network forecasts, or its
point forecast for every tau. With n errors the quantile is the one of rank ceil((n + 1) tau), so that a new
target lies below it with at least that probability (at most, for tau below one half), if its error is
exchangeable with those of validation.
With too few forecasts for that, the errors of all steps of the horizon are taken together.

Reference: Romano, Patterson and Candes, "Conformalized Quantile Regression", 2019, arXiv 1905.03222, section
    3, with an offset for each bound.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

__all__ = ["ForecastIntervals", "around", "conformal_offsets", "fewest_errors"]


class ForecastIntervals(nn.Module):
    """Adds the offsets of validation to forecasts; none before the first validation.

    The offsets are a buffer, so that a checkpoint holds those that belong to its weights.

    Args:
        horizon: steps of a forecast.
        targets: variables of a forecast.
        quantiles: in (0, 1), in ascending order.

    `is_fitted` says for each target whether validation had values of it.
    """

    offsets: Tensor
    is_fitted: Tensor

    def __init__(self, horizon: int, targets: int, quantiles: Sequence[float]):
        super().__init__()
        self.quantiles = tuple(quantiles)
        self.register_buffer("is_fitted", torch.zeros(targets, dtype=torch.bool))
        self.register_buffer("offsets", torch.zeros(horizon, targets, len(self.quantiles)))

    def fit(self, forecasts: np.ndarray, target: np.ndarray) -> None:
        """Sets the offsets.

        Args:
            forecasts: (forecasts, horizon, targets, quantiles), or of point forecasts (..., targets, 1).
            target: (forecasts, horizon, targets), NaN where one is missing.
        """
        errors = target[..., None] - forecasts
        for number in range(errors.shape[2]):
            own = errors[:, :, number]
            if np.isfinite(own[..., 0]).any(axis=1).sum() < fewest_errors(self.quantiles):
                own = own.reshape(-1, 1, own.shape[2])  # those of all steps together
            offsets = np.broadcast_to(conformal_offsets(own, self.quantiles), self.offsets[:, number].shape)
            self.offsets[:, number] = torch.from_numpy(offsets.copy())
            self.is_fitted[number] = bool(np.isfinite(own).any())

    def point(self, forecasts: np.ndarray) -> np.ndarray:
        """The forecasts without intervals (forecasts, horizon, targets): the only ones, or the medians."""
        return forecasts[..., self.quantiles.index(0.5) if forecasts.shape[-1] > 1 else 0]

    def calibrated(self, forecasts: np.ndarray) -> np.ndarray:
        """The calibrated quantiles (forecasts, horizon, targets, quantiles), in ascending order."""
        return np.sort(forecasts + self.offsets.double().cpu().numpy(), axis=-1)


def fewest_errors(quantiles: Sequence[float]) -> int:
    """The smallest n with a rank ceil((n + 1) tau) of at most n for every quantile: 9 for 0.1 and 0.9."""
    outer = max(max(quantile, 1 - quantile) for quantile in quantiles)
    return int(np.ceil(outer / (1 - outer) - 1e-9))


def around(point: np.ndarray, bounds: np.ndarray, quantiles: Sequence[float]) -> np.ndarray:
    """Quantiles that do not exclude the forecast, as those of a few errors of one sign would.

    Args:
        point: the forecasts (...).
        bounds: their quantiles (..., quantiles).
        quantiles: in (0, 1); the median becomes the forecast itself.

    Returns:
        (..., quantiles), never closer to the forecast than before.
    """
    levels, middle = np.array(quantiles), point[..., None]
    lower, upper = np.minimum(bounds, middle), np.maximum(bounds, middle)
    return np.where(levels < 0.5, lower, np.where(levels > 0.5, upper, middle))


def conformal_offsets(errors: np.ndarray, quantiles: Sequence[float]) -> np.ndarray:
    """The quantiles of errors, each of its own forecast.

    Args:
        errors: (forecasts, ..., quantiles), NaN where a target was missing; the last axis has a single entry
            for a point forecast.
        quantiles: in (0, 1); below one half the rank is counted from above, since the bound is a lower one.

    Returns:
        float64 (..., quantiles), 0 where there are no errors.
    """
    ordered = np.sort(errors, axis=0)  # NaN last
    count = np.isfinite(errors).sum(axis=0)
    offsets = np.zeros((*errors.shape[1:-1], len(quantiles)))
    for index, quantile in enumerate(quantiles):
        column = min(index, errors.shape[-1] - 1)
        known = count[..., column]
        upper = np.ceil((known + 1) * max(quantile, 1 - quantile) - 1e-9) - 1
        rank = np.clip(upper, 0, known - 1)
        rank = rank if quantile > 0.5 else known - 1 - rank
        if quantile == 0.5:
            rank = (known - 1) // 2
        places = np.maximum(rank, 0)[None].astype(np.int64)
        chosen = np.take_along_axis(ordered[..., column], places, axis=0)[0]
        offsets[..., index] = np.where(known > 0, chosen, 0.0)
    return offsets
