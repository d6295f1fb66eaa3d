"""From the errors of windows to the scores of steps, and the blocks of the training part that members leave
out.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from hibiscus.data.series.grid import SeriesGrid

__all__ = ["all_origins", "block_of", "fold_edges", "outside_blocks", "step_scores", "trailing_mean"]


def all_origins(grid: SeriesGrid, input_length: int, horizon: int) -> np.ndarray:
    """Where the last `horizon` steps of all windows with a target begin, int64 (windows,)."""
    bounds = zip(grid.index.bounds[:-1], grid.ends(), strict=True)
    origins = np.concatenate([np.arange(start + input_length, end - horizon + 1) for start, end in bounds])
    known = np.cumsum(np.append(0, grid.observed[:, : grid.targets].any(axis=1)))
    return origins[known[origins + horizon] > known[origins]]


def step_scores(grid: SeriesGrid, ends: np.ndarray, errors: np.ndarray, smoothing: int) -> np.ndarray:
    """The score of each cell: the mean error of the windows that end in the last `smoothing` cells.

    Args:
        grid: the series.
        ends: the last cell of each window (windows,).
        errors: of each window (windows,).
        smoothing: cells; 1 for the error of the window that ends in the cell.

    Returns:
        float64 (cells,), NaN where no window has ended yet.
    """
    scores = np.full(len(grid), np.nan)
    scores[ends] = errors
    bounds = grid.index.bounds
    return np.concatenate([trailing_mean(scores[start:end], smoothing) for start, end in pairwise(bounds)])


def trailing_mean(values: np.ndarray, steps: int) -> np.ndarray:
    """The mean of the last `steps` values that are not NaN, up to each one; NaN where that one is NaN."""
    known = np.isfinite(values)
    sums = np.cumsum(np.append(0.0, np.where(known, values, 0.0)))
    counts = np.cumsum(np.append(0, known))
    last = np.arange(1, len(values) + 1)
    first = np.maximum(0, last - steps)
    number = counts[last] - counts[first]
    means = (sums[last] - sums[first]) / np.maximum(number, 1)
    return np.where(known, means, np.nan)


def fold_edges(grid: SeriesGrid, folds: int) -> np.ndarray:
    """Where each of the blocks of equal size begins into which the training part is divided, and the end of
    the last, int64 (folds + 1,).
    """
    cells = grid.cells_of("train")
    places = np.linspace(0, len(cells), folds + 1).astype(np.int64)
    return np.append(cells[places[:-1]], cells[-1] + 1)


def outside_blocks(origins: np.ndarray, horizon: int, edges: np.ndarray) -> np.ndarray:
    """Whether the last steps of each window touch no step of each block, bool (blocks, windows).

    A single block is left out by nobody.
    """
    if len(edges) == 2:
        return np.ones((1, len(origins)), bool)
    first, stop = origins[None], origins[None] + horizon
    return (stop <= edges[:-1, None]) | (first >= edges[1:, None])


def block_of(origins: np.ndarray, horizon: int, edges: np.ndarray) -> np.ndarray:
    """The block in which the middle of each window lies, int64 (windows,); -1 outside all blocks."""
    middle = origins + horizon // 2
    blocks = np.searchsorted(edges, middle, "right") - 1
    return np.where((middle >= edges[0]) & (middle < edges[-1]) & (len(edges) > 2), blocks, -1)
