"""Windows of series: which there are, what is in them, and that they are views."""

import numpy as np
import pandas as pd
import pytest
import torch

from data.series.series_data import daily, prepared
from hibiscus.data.config import DataConfig
from hibiscus.data.open import open_data
from hibiscus.data.prepared import PreparedData
from hibiscus.data.series.grid import series_grid
from hibiscus.data.series.series_windows import Windows
from hibiscus.errors import DataError
from hibiscus.methods.series.forecast import Forecast
from hibiscus.runs.prepare import fit_preparation, prepare_parts


def windows(frame, length=5, horizon=3, calendar=False, **options):
    return Windows(
        series_grid(prepared(frame, horizon=horizon, **options)), length, horizon, calendar=calendar
    )


def test_inputs_reach_back_and_targets_lie_in_the_part():
    of = windows(daily(100))
    assert of.origins("train").tolist() == list(range(5, 73))
    assert of.origins("val").tolist() == list(range(75, 83))
    assert of.origins("test", stride=4).tolist() == [85, 89, 93, 97]
    batch = next(iter(of.iterate(np.array([75, 80]))))
    assert batch.origin.tolist() == [75, 80]
    values = torch.from_numpy(of.grid.values)
    torch.testing.assert_close(batch.series[0], values[70:75])
    torch.testing.assert_close(batch.target[1], values[80:83])
    assert batch.observed.all()


def test_windows_never_cross_from_one_series_to_the_next():
    frame = pd.concat([daily(60).assign(shop="a"), daily(60).assign(shop="b")], ignore_index=True)
    of = windows(frame, group="shop")
    first, second = of.grid.index.bounds[:2]
    origins = of.origins("train")
    own = origins[origins >= second]
    assert own.min() == second + 5
    assert origins[origins < second].min() == first + 5
    assert len(origins) == 2 * len(own)


def test_known_columns_of_the_past_and_the_future_and_the_calendar():
    frame = daily(80, x=np.sin(np.arange(80.0)), holiday=np.arange(80) % 2)
    of = windows(frame, known_future="holiday", calendar=True)
    batch = next(iter(of.iterate(np.array([20]))))
    assert batch.future.shape == (1, 8, 1 + 4)
    np.testing.assert_array_equal(batch.future[0].numpy(), of.future[15:23])


def test_windows_whose_targets_are_all_missing_are_left_out():
    frame = daily(100)
    frame.loc[30:36, "x"] = np.nan
    of = windows(frame)
    assert not set(range(30, 35)) & set(of.origins("train").tolist())
    assert {29, 35} <= set(of.origins("train").tolist())
    batch = next(iter(of.iterate(np.array([29]))))
    assert batch.observed[0, :, 0].tolist() == [True, False, False]


def test_an_epoch_is_every_window_once_and_memory_is_shared():
    of = windows(daily(100))
    source = of.source("train", 16, 0)
    assert source.fields["values"].data_ptr() == torch.from_numpy(of.grid.values).data_ptr()
    seen = torch.cat([source.next().origin for _ in range(source.batches_per_epoch)])
    assert sorted(seen.tolist()) == of.origins("train").tolist()


def test_a_part_too_short_for_a_window_is_an_error():
    with pytest.raises(DataError, match="no window of 90 steps before and 3 after"):
        windows(daily(100), length=90).origins("train")


def test_a_window_whose_middle_lies_in_another_part_is_left_out(tmp_path):
    frame = daily(200)
    frame.drop(index=range(90, 110)).to_csv(tmp_path / "train.csv", index=False)
    frame.iloc[90:110].to_csv(tmp_path / "test.csv", index=False)
    config = DataConfig.model_validate({"test_data": str(tmp_path / "test.csv"), "horizon": 15})
    dataset = open_data(str(tmp_path / "train.csv"), **config.opening())
    parts = prepare_parts(dataset, config, Forecast)
    preparation = fit_preparation(dataset, parts["train"], Forecast, config)
    of = Windows(series_grid(PreparedData(dataset, preparation, parts)), 5, 15)
    origins = of.origins("train")
    assert origins[origins < 110].max() == 75
