"""The nearest training series of each series: by the Euclidean distance, and by dynamic time warping with a
band that is chosen on the training part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hibiscus.data.arrays.series_gaps import series_lengths
from hibiscus.data.prepared import INPUTS, PreparedData, evenly_spaced
from hibiscus.evaluation.baseline_inputs import BaselineInputs
from hibiscus.evaluation.nearest_neighbors import nearest_rows
from hibiscus.evaluation.prediction_cache import cached_prediction
from hibiscus.progress import step
from hibiscus.series.distances import dtw_matrix

__all__ = ["DTW", "EUCLIDEAN", "NearestSeries", "best_band", "is_series", "nearest_series"]

EUCLIDEAN, DTW = "1-NN Euclidean", "1-NN DTW"
WIDTHS = (0.0, 0.03, 0.06, 0.1, 0.2)  # bands that are tried, as fractions of the steps
CELLS = 2e9  # of the matrices of DTW: about ten seconds
MIN_ROWS = 10  # training series below which there is no DTW


@dataclass(frozen=True)
class NearestSeries:
    """The nearest training series of the evaluated items.

    Args:
        name: of the distance, with the number of training series that were compared, if not all.
        rows: their positions among the training items of the baselines, (items,).
        model: the distance in words.
    """

    name: str
    rows: NDArray[np.int64]
    model: str


def is_series(data: PreparedData) -> bool:
    """Whether the inputs are series alone."""
    return [name for name in INPUTS if name in data.arrays] == ["array"] and data.arrays["array"].ndim == 3


def nearest_series(inputs: BaselineInputs, targets: NDArray) -> list[NearestSeries]:
    """The nearest training series of each evaluated item, by both distances.

    DTW is left out where comparing with a few training series would already take too long.

    Args:
        inputs: the items of the baselines; those of a part, and of validation if they are needed.
        targets: of the training items, by which the band is chosen, (rows,) or (rows, columns).
    """
    train, test = inputs.series(training=True), inputs.series(training=False)
    flat = [np.nan_to_num(values).reshape(len(values), -1) for values in (train, test)]
    euclidean = cached_prediction(EUCLIDEAN, _nearest, *flat)
    found = [NearestSeries(f"{EUCLIDEAN}{inputs.suffix()}", euclidean, "the Euclidean distance")]
    steps, variables = train.shape[1:]
    rows = evenly_spaced(len(train), int(CELLS / (len(test) * steps * _width(steps, 0.2) * variables)))
    if len(rows) < min(MIN_ROWS, len(train)):
        return found
    band = int(cached_prediction("dtw band", best_band, train[rows], np.asarray(targets)[rows])[0])

    def fit(few: np.ndarray, items: np.ndarray) -> np.ndarray:
        with step(f"comparing series by DTW with a band of {band} steps"):
            return _distances(items, few, band).argmin(1)

    nearest = rows[cached_prediction(f"{DTW} {band}", fit, train[rows], test)]
    model = f"dynamic time warping with a band of {band} of {steps} steps, chosen by leave-one-out"
    return [*found, NearestSeries(f"{DTW}{inputs.suffix(len(rows))}", nearest, model)]


def best_band(train: np.ndarray, targets: np.ndarray) -> NDArray[np.int64]:
    """The band with which each training series is predicted best from the series nearest to it, (1,).

    Of bands of equal merit, the narrowest. It is at least as wide as lengths of series differ.

    Shapes: train (rows, steps, features), NaN after the end of a series; targets (rows,) or (rows, columns),
        class numbers or numbers.
    """
    steps = train.shape[1]
    most = int(CELLS / len(WIDTHS) / (steps * _width(steps, WIDTHS[-1]) * train.shape[2]))
    some = evenly_spaced(len(train), max(2, int(most**0.5)))
    few, known = train[some], np.asarray(targets)[some]
    lengths = series_lengths(few)
    least = int(np.ptp(series_lengths(train)))
    errors: dict[int, float] = {}
    with step("choosing the band of DTW", len(WIDTHS)) as progress:
        for width in WIDTHS:
            band = max(least, int(width * steps))
            if band not in errors and len(lengths) > 1:
                distances = _distances(few, few, band)
                np.fill_diagonal(distances, np.inf)
                errors[band] = _error(known, known[distances.argmin(1)])
            progress.advance(1)
    return np.array([min(errors, key=lambda band: (errors[band], band), default=least)])


def _error(targets: np.ndarray, found: np.ndarray) -> float:
    if targets.dtype.kind in "iub":
        return float((targets != found).mean())
    return float(((targets - found) ** 2).mean())


def _width(steps: int, share: float) -> int:
    """The steps of one series that a band compares with a step of the other."""
    return min(steps, 2 * int(share * steps) + 1)


def _nearest(train: np.ndarray, test: np.ndarray) -> NDArray[np.int64]:
    return nearest_rows(train, test, standardize=False)[:, 0]


def _distances(a: np.ndarray, b: np.ndarray, band: int) -> np.ndarray:
    """The DTW distances of series with NaN after their end."""
    first, second = series_lengths(a), series_lengths(b)
    apart = int(max(first.max() - second.min(), second.max() - first.min()))
    filled = np.nan_to_num(a), np.nan_to_num(b)
    return dtw_matrix(*filled, max(band, apart), "squared", lengths_a=first, lengths_b=second)
