"""Where the future begins, and forecasts as the rows of a table."""

import numpy as np
import pandas as pd
import pytest

from data.series.series_data import daily, prepared
from hibiscus.data.series.grid import series_grid
from hibiscus.errors import DataError
from hibiscus.methods.series.future import forecast_rows, future_origins


def test_the_future_begins_after_the_last_value_not_the_last_row():
    frame = daily(100)
    frame.loc[97:, "x"] = np.nan
    grid = series_grid(prepared(frame, horizon=3))
    assert future_origins(grid, "test", 10)[0].tolist() == [97]
    assert future_origins(grid, "train", 10)[0].tolist() == [75]
    with pytest.raises(DataError, match=r"(?s)97 steps up to the last value.*input_length=98"):
        future_origins(grid, "test", 98)


def test_rows_name_series_time_targets_and_quantiles():
    frame = pd.concat([daily(50).assign(shop="a"), daily(50).assign(shop="b")], ignore_index=True)
    grid = series_grid(prepared(frame, group="shop", horizon=2))
    origins, _ = future_origins(grid, "test", 5)
    point = np.arange(4.0).reshape(2, 2, 1)
    quantiles = point[..., None] + np.array([-1, 0, 1])
    rows = forecast_rows(grid, origins, point, quantiles, (0.1, 0.5, 0.9), [True])
    assert rows["id"] == ["a, 2024-02-20", "a, 2024-02-21", "b, 2024-02-20", "b, 2024-02-21"]
    assert rows["x"].tolist() == [0, 1, 2, 3]
    assert rows["x_0.1"].tolist() == [-1, 0, 1, 2]
    assert rows["x_0.9"].tolist() == [1, 2, 3, 4]
    assert "x_0.5" not in rows
    assert "x_0.1" not in forecast_rows(grid, origins, point, quantiles, (0.1, 0.5, 0.9), [False])


def test_a_short_series_is_skipped_and_does_not_stop_the_others():
    frame = pd.concat([daily(60).assign(shop="a"), daily(60)[52:].assign(shop="b")], ignore_index=True)
    grid = series_grid(prepared(frame, group="shop", horizon=2))
    origins, skipped = future_origins(grid, "test", 20)
    assert origins.tolist() == [60]
    assert [each.reason for each in skipped] == [
        "8 steps of b up to the last value, fewer than input_length=20"
    ]
