"""Scores of steps from errors of windows, and the blocks of the training part."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from data.series.series_data import daily, prepared
from hibiscus.data.series.grid import series_grid
from hibiscus.data.series.series_windows import Windows
from hibiscus.errors import ConfigError
from hibiscus.methods.series.step_scores import (
    all_origins,
    block_of,
    fold_blocks,
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


@pytest.mark.parametrize("whole", [False, True])
def test_no_member_scores_what_it_was_trained_on(whole):
    grid = series_grid(prepared(daily(100), horizon=2))
    windows, blocks = Windows(grid, 5, 2), fold_blocks(grid, 4)
    kept, origins = outside_blocks(windows, 4, whole), windows.origins("train")
    block = block_of(origins, 2, blocks)
    assert set(block.tolist()) == {0, 1, 2, 3}
    for number, own in enumerate(kept):
        trained = np.zeros(len(grid), bool)
        for origin in origins[own[origins]]:
            trained[origin - 5 * whole : origin + 2] = True
        assert trained.any()
        assert not trained[blocks == number].any()
    assert kept[:, origins].any(0).all()


def test_only_the_training_part_of_each_series_has_blocks():
    frame = pd.concat([daily(100).assign(shop="x"), daily(100).assign(shop="y")], ignore_index=True)
    grid = series_grid(prepared(frame, horizon=2, group="shop"))
    blocks, train = fold_blocks(grid, 4), np.zeros(len(grid), bool)
    train[grid.cells_of("train")] = True
    assert np.array_equal(blocks >= 0, train)
    assert set(blocks[:100].tolist()) == {-1, 0, 1}
    assert np.ptp(np.bincount(blocks[train])) <= 1
    assert (block_of(grid.cells_of("test")[:-1], 0, blocks) == -1).all()


def test_a_single_block_is_left_out_by_nobody():
    grid = series_grid(prepared(daily(100), horizon=2))
    assert outside_blocks(Windows(grid, 5, 2), 1, True).all()
    assert set(fold_blocks(grid, 1).tolist()) == {-1}


def test_windows_that_all_touch_a_block_are_refused():
    grid = series_grid(prepared(daily(100), horizon=2))
    assert outside_blocks(Windows(grid, 30, 2), 3, False).any()
    with pytest.raises(ConfigError, match="with 32 steps each"):
        outside_blocks(Windows(grid, 30, 2), 3, True)
