"""A grid of series as forecasts are evaluated on it, from plain arrays."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np


def grid_of(*series, train, season=1, horizon=4, targets=None):
    """A grid with the first `train` steps of each series (steps, variables) in the training part."""
    bounds = np.cumsum([0, *map(len, series)])
    raw = np.concatenate([np.asarray(x, dtype=float).reshape(len(x), -1) for x in series])
    part = np.concatenate([np.where(np.arange(len(x)) < train, 0, 1) for x in series])
    index = SimpleNamespace(
        bounds=bounds,
        names=tuple(f"series {i}" for i in range(len(series))),
        series_of=lambda cells: np.searchsorted(bounds, cells, "right") - 1,
        labels=lambda cells: [f"step {cell}" for cell in cells],
    )
    names = tuple(f"v{i}" for i in range(targets or raw.shape[1]))
    return SimpleNamespace(
        raw=np.nan_to_num(raw),
        observed=np.isfinite(raw),
        targets=len(names),
        part=part,
        part_names=("train", "test"),
        index=index,
        preparation=SimpleNamespace(season=season, horizon=horizon, targets=names),
    )


def origins_of(grid, horizon):
    """Every origin whose horizon lies in the test part of its series."""
    bounds = grid.index.bounds
    cells = [
        cell
        for start, end in pairwise(bounds)
        for cell in range(start, end - horizon + 1)
        if grid.part[cell] == 1
    ]
    return np.array(cells)
