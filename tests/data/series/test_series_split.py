"""The parts of time series."""

import numpy as np
import pandas as pd
import pytest

from data.series.series_data import daily
from hibiscus.data.config import DataConfig
from hibiscus.data.open import open_data
from hibiscus.data.series.series_split import default_horizon, rolling_parts, season_of, split_series
from hibiscus.data.series.time_index import RowNames, TimeIndex
from hibiscus.errors import ConfigError, DataError


def parts(frame, **options):
    config = DataConfig.model_validate(options)
    return split_series(open_data(frame, **config.opening()), config)


def spans(found):
    return {name: (int(rows.min()), int(rows.max())) for name, rows in found.items()}


def test_the_latest_steps_are_the_test_part_whatever_the_order_of_the_rows():
    assert spans(parts(daily(100))) == {"val": (75, 84), "test": (85, 99), "train": (0, 74)}
    order = np.random.default_rng(0).permutation(100)
    shuffled = parts(daily(100).iloc[order].reset_index(drop=True))
    assert sorted(order[shuffled["test"]]) == list(range(85, 100))


def test_a_part_has_at_least_as_many_steps_as_are_forecast():
    assert spans(parts(daily(40), horizon=8)) == {"val": (24, 31), "test": (32, 39), "train": (0, 23)}
    with pytest.raises(DataError, match="40 steps, 0 of them before validation, to forecast 20"):
        parts(daily(40), horizon=20)


def test_times_at_which_the_parts_begin_and_the_test_part_ends():
    found = parts(daily(100), split_at="2024-02-10,2024-02-20,2024-03-01")
    assert spans(found) == {"train": (0, 39), "val": (40, 49), "test": (50, 59)}
    assert spans(parts(daily(100), split_at="2024-02-10,2024-02-20"))["test"] == (50, 99)
    with pytest.raises(ConfigError, match="times in order"):
        parts(daily(100), split_at="2024-02-20,2024-02-10")
    with pytest.raises(ConfigError, match="two or three times"):
        parts(daily(100), split_at="2024-02-20")
    with pytest.raises(ConfigError, match="times such as"):
        parts(daily(100), split_at="2024-02-20,tomorrow morning")
    with pytest.raises(DataError, match="no rows in the test part"):
        parts(daily(100), split_at="2024-02-10,2025-02-20")


def test_a_gap_belongs_to_no_part():
    found = parts(daily(100), gap=5)
    assert spans(found) == {"train": (0, 69), "val": (75, 79), "test": (85, 99)}


def test_all_series_are_split_at_the_same_times():
    frame = pd.concat([daily(60).assign(shop="a"), daily(100).assign(shop="b")], ignore_index=True)
    found = parts(frame, group="shop")
    times = frame["date"].to_numpy()
    assert times[found["train"]].max() < times[found["val"]].min()
    assert times[found["val"]].max() < times[found["test"]].min()
    assert len(found["train"]) == 60 + 75


def test_other_splits_are_refused():
    with pytest.raises(ConfigError, match="split=hash for time series"):
        parts(daily(100), split="hash")


def test_given_parts_stay_and_validation_is_the_end_of_training(tmp_path):
    daily(50).to_csv(tmp_path / "a.csv", index=False)
    daily(70).iloc[50:].to_csv(tmp_path / "b.csv", index=False)
    config = DataConfig.model_validate({"test_data": str(tmp_path / "b.csv")})
    found = split_series(open_data(str(tmp_path / "a.csv"), **config.opening()), config)
    assert spans(found) == {"train": (0, 44), "test": (50, 69), "val": (45, 49)}


def test_defaults_follow_the_calendar_and_the_length():
    def index(steps, freq):
        times = pd.date_range("1920-01-01", periods=steps, freq=freq).to_numpy().astype("datetime64[ns]")
        return TimeIndex.of(RowNames("", [""] * steps), times, None)

    assert season_of(index(144, "MS"), None) == 12
    assert season_of(index(200, "h"), None) == 24
    assert season_of(index(30, "MS"), None) == 1
    assert season_of(index(30, "MS"), 5) == 5
    assert default_horizon(index(144, "MS"), 12) == 12
    assert default_horizon(index(36, "MS"), 12) == 3
    assert default_horizon(index(200, "YS"), 1) == 12


@pytest.mark.parametrize(("window", "first"), [(None, [0, 0]), (30, [10, 31])])
def test_folds_by_rolling_origin_expand_or_slide_and_never_train_on_the_future(window, first):
    config = DataConfig.model_validate({"horizon": 12, "train_window": window, "gap": 3})
    order = np.random.default_rng(0).permutation(100)
    dataset = open_data(daily(100).iloc[order].reset_index(drop=True))
    found = rolling_parts(dataset, config, np.flatnonzero(order < 85), 2)
    days = [{name: np.sort(order[rows]) for name, rows in fold.items()} for fold in found]
    assert [fold["val"].tolist() for fold in days] == [list(range(43, 64)), list(range(64, 85))]
    assert [int(fold["train"].max()) for fold in days] == [39, 60]
    assert [int(fold["train"].min()) for fold in days] == first


def test_a_training_window_slides_also_without_folds():
    assert spans(parts(daily(100), train_window=30, gap=2))["train"] == (43, 72)
