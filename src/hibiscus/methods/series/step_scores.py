"""From the errors of windows to the scores of steps, and the blocks of the training part that members leave
out.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from hibiscus.data.series.grid import SeriesGrid
from hibiscus.data.series.series_windows import Windows
from hibiscus.errors import ConfigError

__all__ = ["all_origins", "block_of", "fold_blocks", "outside_blocks", "step_scores", "trailing_mean"]


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


def fold_blocks(grid: SeriesGrid, folds: int) -> np.ndarray:
    """The block of each cell, int64 (cells,): blocks of equal size divide the training part.

    It is -1 in other parts, and everywhere for a single block, which is left out by nobody.
    """
    blocks = np.full(len(grid), -1)
    if folds > 1 and "train" in grid.part_names:
        cells = grid.cells_of("train")
        places = np.linspace(0, len(cells), folds + 1).astype(np.int64)
        blocks[cells] = np.repeat(np.arange(folds), np.diff(places))
    return blocks


def outside_blocks(windows: Windows, folds: int, whole: bool) -> np.ndarray:
    """Whether the window at each cell of the training part touches no step of each block.

    Args:
        windows: of the series.
        folds: blocks, see `fold_blocks`.
        whole: whether all steps of a window count; otherwise those from its origin on.

    Returns:
        bool (folds, cells), by the cell of the origin.

    Raises:
        ConfigError: all training windows touch the same block.
    """
    blocks, cells = fold_blocks(windows.grid, folds), np.arange(len(windows.grid))
    first = blocks[np.maximum(cells - whole * windows.input_length, 0)]
    last = blocks[np.minimum(cells + windows.horizon - 1, len(cells) - 1)]
    numbers = np.arange(folds)[:, None]
    outside = (numbers < first) | (numbers > last)  # a window also touches all blocks between its ends
    if not outside[:, windows.origins("train")].any(1).all():
        length = windows.horizon + whole * windows.input_length
        received = f"folds={folds}: a block of the training part that all training windows touch, "
        received += f"with {length:,} steps each"
        raise ConfigError(received, "windows outside each block", "a shorter input_length, or folds=1")
    return outside


def block_of(origins: np.ndarray, horizon: int, blocks: np.ndarray) -> np.ndarray:
    """The block in which the middle of the last steps of each window lies, int64 (windows,); -1 for none."""
    return blocks[origins + horizon // 2]
