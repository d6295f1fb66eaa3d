"""Labeled windows of anomalies from JSON and tables, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from data.series.series_data import daily, prepared
from hibiscus.data.series.anomaly_labels import check_labels, label_cells, read_anomaly_windows
from hibiscus.data.series.grid import series_grid
from hibiscus.data.series.time_index import RowNames, TimeIndex
from hibiscus.errors import DataError

PAIRS = [["2024-01-05", "2024-01-07"], ["2024-02-01 00:00:00.000000", "2024-02-01"]]


def test_json_of_the_benchmark(tmp_path):
    file = tmp_path / "windows.json"
    file.write_text(json.dumps({"a.csv": PAIRS[::-1]}))
    expected = (("2024-01-05", "2024-01-07", ""), ("2024-02-01 00:00:00.000000", "2024-02-01", ""))
    assert read_anomaly_windows(str(file)) == expected
    file.write_text(json.dumps({"a.csv": PAIRS, "b.csv": []}))
    assert read_anomaly_windows(f"{file}:b.csv") == ()
    with pytest.raises(DataError, match=r"windows of 2 files \(a.csv, b.csv\)") as error:
        read_anomaly_windows(str(file))
    assert error.value.fix == f"anomalies={file}:NAME with the name of your file, such as a.csv"


def test_a_table_of_windows_of_several_series(tmp_path):
    file = tmp_path / "windows.csv"
    file.write_text("Series,start,end\nx,2024-01-05,2024-01-07\ny,2024-01-06,2024-01-06\n")
    windows = read_anomaly_windows(str(file))
    assert windows == (("2024-01-05", "2024-01-07", "x"), ("2024-01-06", "2024-01-06", "y"))


def test_a_column_of_zeros_and_ones(tmp_path):
    file = tmp_path / "labels.csv"
    rows = [f"2024-01-0{day},{5 + day},{int(day in (2, 3, 6))}" for day in range(1, 8)]
    file.write_text("time,value,is_anomaly\n" + "\n".join(rows))
    expected = (("2024-01-02", "2024-01-03", ""), ("2024-01-06", "2024-01-06", ""))
    assert read_anomaly_windows(str(file)) == read_anomaly_windows(f"{file}:is_anomaly") == expected
    file.write_text("time,a,b\n2024-01-01,0,1\n2024-01-02,1,1\n")
    with pytest.raises(DataError, match="1 columns of times, 2 of 0 and 1") as error:
        read_anomaly_windows(str(file))
    assert error.value.fix.endswith(":a")
    assert read_anomaly_windows(f"{file}:a") == (("2024-01-02", "2024-01-02", ""),)


def test_the_steps_in_a_window():
    index = series_grid(prepared(daily(40), horizon=2)).index
    inside = label_cells(
        (("2024-01-05", "2024-01-07", ""), ("2024-01-09 12:00+12:00", "2024-01-10", "")), index
    )
    assert np.flatnonzero(inside).tolist() == [4, 5, 6, 8, 9]
    assert not label_cells((), index).any()
    with pytest.raises(DataError, match="the series shop"):
        label_cells((("2024-01-05", "2024-01-07", "shop"),), index)


def test_windows_of_one_and_of_all_series():
    frame = pd.concat([daily(20).assign(shop="y"), daily(30).assign(shop="x")], ignore_index=True)
    index = series_grid(prepared(frame, horizon=2, group="shop")).index
    windows = (
        ("2024-01-05", "2024-01-06", "y"),
        ("2024-01-06", "2024-01-07", ""),
        ("2024-01-20", "2024-01-21", "x"),
        ("2023-01-01", "2023-01-02", ""),
    )
    cells = np.flatnonzero(label_cells(windows, index))
    names = np.array(index.names)[index.series_of(cells)]
    days = np.array(index.labels(cells))
    assert days[names == "x"].tolist() == ["2024-01-06", "2024-01-07", "2024-01-20", "2024-01-21"]
    assert days[names == "y"].tolist() == ["2024-01-05", "2024-01-06", "2024-01-07"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[1]", "no object"),
        ('{"a": 3}', ": 3"),
        ('{"a": [["2024-01-01"]]}', "2024-01-01"),
        ('{"a": [["yesterday", "2024-01-01"]]}', "the time 'yesterday'"),
        ('{"a": [["2024-02-01", "2024-01-01"]]}', "a window from 2024-02-01 to 2024-01-01"),
        ('{"a": [["2024-99-01", "2024-01-01"]]}', "the time '2024-99-01'"),
        ("{", "windows.json"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, content, message):
    (tmp_path / "windows.json").write_text(content)
    with pytest.raises(DataError, match=message):
        read_anomaly_windows(str(tmp_path / "windows.json"))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_anomaly_windows(str(tmp_path / "none.json"))


def test_windows_of_another_time_are_refused_before_training():
    times = np.datetime64("2024-01-01", "ns") + np.arange(30) * np.timedelta64(1, "D")
    index = TimeIndex.of(RowNames("", [""] * 30), times, None)
    check_labels((("2024-01-05", "2024-01-06", ""), ("2014-01-05", "2014-01-06", "")), index)
    with pytest.raises(DataError, match=r"1 labeled windows .*2014-01-05.*from 2024-01-01 to 2024-01-30"):
        check_labels((("2014-01-05", "2014-01-06", ""),), index)
