"""Scores of steps from errors of windows, and the blocks of the training part."""

from __future__ import annotations

import numpy as np

from data.series.series_data import daily, prepared
from hibiscus.data.series.grid import series_grid
from hibiscus.methods.series.step_scores import (
    all_origins,
    block_of,
    fold_edges,
    outside_blocks,
    step_scores,
    trailing_mean,
)


def test_the_trailing_mean_ignores_what_is_missing():
    values = np.array([np.nan, 1, 3, np.nan, 5, 7])
    assert np.allclose(trailing_mean(values, 2), [np.nan, 1, 2, np.nan, 5, 6], equal_nan=True)
    assert np.allclose(trailing_mean(values, 1), values, equal_nan=True)


def test_windows_of_all_parts_but_not_of_the_room_for_a_forecast():
    grid = series_grid(prepared(daily(60), horizon=3))
    origins = all_origins(grid, 5, 3)
    assert origins.tolist() == list(range(5, 58))
    scores = step_scores(grid, origins + 2, np.arange(53.0), 1)
    assert np.isnan(scores[:7]).all()
    assert scores[7:60].tolist() == list(range(53))
    assert np.isnan(scores[60:]).all()


def test_blocks_cover_the_training_part():
    grid = series_grid(prepared(daily(100), horizon=2))
    edges = fold_edges(grid, 4)
    cells = grid.cells_of("train")
    assert edges[0] == 0
    assert edges[-1] == len(cells)
    origins = np.arange(5, len(cells) - 1)
    kept, block = outside_blocks(origins, 2, edges), block_of(origins, 2, edges)
    assert not kept[block, np.arange(len(origins))].any()  # no member scores what it was trained on
    assert kept.any(0).all()
    assert block_of(np.array([len(cells) + 3]), 2, edges).tolist() == [-1]


def test_a_single_block_is_left_out_by_nobody():
    edges = np.array([0, 50])
    assert outside_blocks(np.arange(5), 2, edges).all()
    assert block_of(np.arange(5), 2, edges).tolist() == [-1] * 5
