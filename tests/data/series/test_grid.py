"""The dense grid of prepared series."""

import numpy as np
import pandas as pd
import pytest

from data.series.series_data import daily, prepared
from hibiscus.data.series.grid import series_grid
from hibiscus.errors import DataError


def test_rows_in_any_order_with_a_gap_and_a_missing_value():
    frame = daily(100)
    frame.loc[10, "x"] = np.nan
    rows = np.random.default_rng(1).permutation(np.delete(np.arange(100), 20))
    data = prepared(frame.iloc[rows].reset_index(drop=True))
    grid = series_grid(data)
    assert series_grid(data) is grid
    assert len(grid) == 100 + grid.preparation.horizon
    assert np.flatnonzero(~grid.observed[:100, 0]).tolist() == [10, 20]
    assert grid.raw[[9, 10, 19, 20, 21], 0].tolist() == [9, 9, 19, 19, 21]
    assert grid.rows[20] == -1
    assert grid.part[20] == grid.part[19]
    assert (grid.part[100:] == -1).all()
    assert grid.cells_of("test").tolist() == list(range(85, 100))
    assert grid.ends().tolist() == [100]
    targets = grid.targets_at(np.array([8]), 4)[0, :, 0]
    np.testing.assert_array_equal(targets, [8, 9, np.nan, 11])
    forecasts = grid.values[None, 40:45]
    np.testing.assert_allclose(
        grid.original(grid.levels(forecasts, np.array([40])))[0, :, 0], np.arange(40, 45), atol=1e-4
    )


def test_several_series_with_known_and_static_columns():
    shops = [
        daily(60 + 10 * i, x=np.sin(np.arange(60 + 10 * i)), day=np.arange(60 + 10 * i) % 7) for i in (0, 1)
    ]
    frame = pd.concat(
        [shops[0].assign(shop="a", size=3), shops[1].assign(shop="b", size=4)], ignore_index=True
    )
    grid = series_grid(prepared(frame, group="shop", known_future="day"))
    horizon = grid.preparation.horizon
    assert grid.index.bounds.tolist() == [0, 60 + horizon, 130 + 2 * horizon]
    assert grid.static.shape[0] == 2
    assert not np.array_equal(grid.static[0], grid.static[1])
    assert grid.future.shape == (130 + 2 * horizon, 1)
    assert grid.ends().tolist() == [60, 130 + horizon]
    assert grid.beginning(np.array([59, 60 + horizon])).tolist() == [0, 60 + horizon]
    with pytest.raises(DataError, match="no other part"):
        grid.cells_of("other")


def test_rows_are_averaged_to_the_step_of_the_option():
    frame = daily(140)
    data = prepared(frame, resample="W")
    grid = series_grid(data)
    learned = grid.preparation
    assert str(learned.step) == "1 week"
    assert grid.raw[:3, 0].tolist() == [3, 10, 17]  # the first of January 2024 is a Monday
    weeks = grid.part[grid.index.cells]
    for part, items in enumerate(data.parts.values()):
        assert (weeks[items] == part).all()


def test_known_columns_of_several_rows_are_averaged_whatever_their_order():
    frame = daily(140, x=np.sin(np.arange(140.0)), offer=np.arange(140) % 5)
    grids = [
        series_grid(prepared(rows, resample="W", known_future="offer"))
        for rows in (frame, frame.iloc[::-1].reset_index(drop=True))
    ]
    np.testing.assert_allclose(grids[0].future, grids[1].future, atol=1e-6)
    offers = np.arange(140).reshape(20, 7) % 5
    learned = grids[0].preparation.known.columns[0]
    np.testing.assert_allclose(
        grids[0].future[:20, 0] * learned.scale + learned.center, offers.mean(axis=1), atol=1e-5
    )


def test_logarithms_and_differences_are_undone_one_after_the_other():
    frame = daily(120, x=np.exp(0.02 * np.arange(120) + 0.1 * np.sin(np.arange(120.0))))
    grid = series_grid(prepared(frame, transform="log", difference=1, seasonal_difference=1, horizon=5))
    origins = np.array([60, 90])
    levels = grid.levels(np.stack([grid.values[origin : origin + 5] for origin in origins]), origins)
    np.testing.assert_allclose(levels[0, :, 0], np.log(frame["x"][60:65]), atol=1e-5)
    np.testing.assert_allclose(grid.original(levels)[1, :, 0], frame["x"][90:95], rtol=1e-5)


def test_a_series_without_a_target_ends_after_its_last_row():
    frame = pd.concat([daily(60).assign(shop="a"), daily(40, x=np.nan).assign(shop="b")], ignore_index=True)
    grid = series_grid(prepared(frame, group="shop", horizon=3))
    assert grid.ends().tolist() == [60, 63 + 40]
