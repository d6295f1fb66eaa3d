"""Which columns are variables of series, and what cannot be forecast."""

import numpy as np
import pandas as pd
import pytest

from data.series.series_data import daily, prepared
from hibiscus import api
from hibiscus.data.series.grid import series_grid
from hibiscus.errors import ConfigError, DataError


def test_all_numbers_are_forecast_by_default_even_those_with_few_values():
    frame = daily(80, a=np.sin(np.arange(80.0)), b=np.arange(80) % 3, shop=["x"] * 80)
    learned = prepared(frame, **{"role": {"b": "number"}}).preparation["series"]
    assert learned.targets == ("a", "b")
    assert learned.covariates == ()
    two = prepared(frame, target="b").preparation["series"]
    assert (two.targets, two.covariates) == (("b",), ("a",))


def test_statistics_are_those_of_the_observed_training_values_of_all_series():
    frame = pd.concat([daily(60).assign(shop="a"), daily(60).assign(shop="b", x=5.0)], ignore_index=True)
    frame.loc[frame["date"] > "2024-02-14", "x"] = 1e9  # validation and test
    learned = prepared(frame, group="shop").preparation["series"]
    values = np.concatenate([np.arange(45.0), np.full(45, 5.0)])
    assert learned.mean == pytest.approx((values.mean(),))
    assert learned.fallback == pytest.approx((values.mean(),))


def test_what_cannot_be_forecast_is_named():
    with pytest.raises(DataError, match=r"no column of numbers to forecast \(date: time, shop: category\)"):
        prepared(daily(60, shop=["a", "b", "c", "d"] * 15))
    with pytest.raises(DataError, match=r"x is constant in the training part"):
        prepared(daily(60, x=np.r_[np.zeros(50), np.arange(10.0)], y=np.sin(np.arange(60.0))))
    with pytest.raises(ConfigError, match=r"(?s)known_future=prise: no such column.*price"):
        prepared(daily(60, x=np.sin(np.arange(60.0)), price=np.arange(60) % 5), known_future="prise")
    with pytest.raises(ConfigError, match="known_future=date: its role is time"):
        prepared(daily(60), known_future="date")


def test_logarithms_name_the_row_of_the_file():
    frame = daily(60, x=np.arange(60.0) + 1, y=np.arange(60.0) - 5)
    with pytest.raises(DataError, match=r"transform=log: 'y' has 6 values .*\(first: row 1, -5\)"):
        prepared(frame, transform="log", target="y")
    assert prepared(frame, transform="log", target="x").preparation["series"].transforms.targets == 1
    frame.loc[58, "x"] = 0.0
    with pytest.raises(DataError, match=r"'x' has 1 value .*\(first: row 59, 0\)"):
        series_grid(prepared(frame, transform="log", target="x"))


def test_resampled_rows_are_averaged_before_the_statistics():
    hours = pd.date_range("2024-01-01", periods=24 * 60, freq="h")
    frame = pd.DataFrame({"date": hours, "x": np.tile([0.0, 2.0], 12 * 60) + np.repeat(np.arange(60.0), 24)})
    data = prepared(frame, resample="D")
    learned, grid = data.preparation["series"], series_grid(data)
    assert str(learned.step) == "1 day"
    assert grid.raw[:60, 0].tolist() == (np.arange(60.0) + 1).tolist()
    assert learned.mean == pytest.approx((np.arange(len(grid.cells_of("train"))).mean() + 1,))
    total = series_grid(prepared(frame, resample="D,sum")).raw[:60, 0]
    assert total == pytest.approx(24 * (np.arange(60.0) + 1))
    finer = series_grid(prepared(daily(60), resample="12h"))
    assert finer.observed[:119, 0].tolist() == [True, False] * 59 + [True]
    with pytest.raises(ConfigError, match="resample=M can be months or minutes"):
        prepared(frame, resample="M")


def test_notes_say_what_a_step_is_and_which_have_no_row():
    frame = daily(80, x=np.sin(np.arange(80.0))).drop(index=[10, 11]).reset_index(drop=True)
    notes = prepared(frame).dataset.notes
    assert "steps of 1 day: from 2024-01-01; season=7, horizon=6" in notes
    assert "2 of 80 steps have no row (first: 2024-01-11); impute=forward fills them" in notes
    notes = prepared(frame.drop(columns="date")).dataset.notes
    assert any(note.startswith("no column of times: each row is a step") for note in notes)


@pytest.mark.parametrize(
    "option", [{"horizon": 3}, {"split_at": "2020,2021"}, {"gap": 1}, {"transform": "log"}]
)
def test_options_of_series_are_refused_where_they_have_no_effect(option):
    (name,) = option
    with pytest.raises(ConfigError, match=f"{name}=.* for a method without time series"):
        api.train("classify", "iris", **option)
