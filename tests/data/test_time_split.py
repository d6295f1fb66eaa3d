"""Splits by time."""

import numpy as np
import pandas
import pytest

from hibiscus.data.config import DataConfig
from hibiscus.data.open import open_data
from hibiscus.data.time_split import latest_items
from hibiscus.errors import ConfigError, DataError
from hibiscus.runs.prepare import prepare_parts


def table(path, days, **columns):
    frame = pandas.DataFrame({"day": pandas.to_datetime(days, unit="D").astype(str), **columns})
    frame.to_csv(path, index=False)
    return path


def test_the_latest_items_are_the_test_part(tmp_path):
    days = np.random.default_rng(0).permutation(100)
    file = table(tmp_path / "a.csv", days, x=np.sin(days), y=days % 7 + 0.5)
    dataset = open_data(file, target="y")
    parts = prepare_parts(dataset, DataConfig(target="y", split="time"))
    assert sorted(days[parts["test"]]) == list(range(85, 100))
    assert sorted(days[parts["val"]]) == list(range(75, 85))
    assert not any("split=time" in note for note in dataset.notes)
    prepare_parts(dataset, DataConfig(target="y"))
    assert any("'day' holds times" in note and "split=time" in note for note in dataset.notes)
    with pytest.raises(ConfigError, match="groups of items and split=time"):
        prepare_parts(dataset, DataConfig(target="y", split="time", group="x"))


def test_equal_times_stay_together():
    times = np.repeat(np.arange(10.0), 5)
    parts = latest_items(times, {"test": 0.15, "val": 0.1})
    assert set(times[parts["test"]]) == {8, 9}
    assert set(times[parts["val"]]) == {7}


def test_without_times(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"{i}.5,{i % 2}\n" for i in range(40)))
    with pytest.raises(DataError, match="no column of times"):
        prepare_parts(open_data(tmp_path / "a.csv", target="y"), DataConfig(target="y", split="time"))
