"""Parquet files: columns by their types, and small files that hold far more than they seem to."""

from __future__ import annotations

import datetime
import decimal
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hibiscus.data.tables.parquet import read_parquet
from hibiscus.errors import DataError


def read(path):
    return read_parquet(path, path.read_bytes())


def test_columns_of_all_types(tmp_path):
    columns = {
        "whole": pa.array([1, None, 3]),
        "real": pa.array([1.5, 2.5, None]),
        "flag": pa.array([True, False, None]),
        "text": pa.array(["a", None, "long" * 10]),
        "large": pa.array(["a", "b", "a"], pa.large_string()),
        "category": pa.array(["x", "y", "x"]).dictionary_encode(),
        "a.b": pa.array(["p", "q", "p"]),
        "a": pa.array([7, 8, 9]),
        "price": pa.array([decimal.Decimal("1.10"), decimal.Decimal("2.20"), None]),
        "day": pa.array([datetime.date(2020, 1, 2), None, datetime.date(2021, 1, 2)]),
        "bytes": pa.array([b"x", b"y", b"z"]),
        "list": pa.array([[1], [2, 3], None]),
        "record": pa.array([{"k": 1}, {"k": 2}, None]),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    frame, notes = read(tmp_path / "a.parquet")
    kept = [name for name in columns if name not in ("bytes", "list", "record")]
    assert list(frame.columns) == kept
    expected = pa.table({name: columns[name] for name in kept}).to_pandas()
    plain = [name for name in kept if name not in ("price", "day")]
    pd.testing.assert_frame_equal(frame[plain], expected[plain])
    assert frame["price"].tolist()[:2] == [1.1, 2.2]
    assert str(frame["day"].iloc[0].date()) == "2020-01-02"
    assert notes == [
        "column 'bytes' left out: it contains bytes",
        "column 'list' left out: it contains lists or records",
        "column 'record' left out: it contains lists or records",
    ]


@pytest.mark.parametrize("index", [None, "name", "unnamed"])
def test_the_index_of_a_frame(tmp_path, index):
    frame = pd.DataFrame({"x": [1, 2], "y": ["a", "b"]})
    if index is not None:
        frame.index = pd.Index(["r", "s"], name="name" if index == "name" else None)
    frame.to_parquet(tmp_path / "a.parquet")
    assert list(read(tmp_path / "a.parquet")[0].columns) == ["name", "x", "y"] * (index == "name") or [
        "x",
        "y",
    ]


def bomb(path, kind):
    rows = 200_000
    tables = {
        "numbers": {f"c{number}": np.zeros(rows) for number in range(20)},
        "texts": {
            "s": pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), pa.array(["x" * 500]))
        },
        "plain texts": {"s": pa.array(["x" * 500] * rows)},
        "nothing": {"n": pa.nulls(50_000_000)},
    }
    pq.write_table(pa.table(tables[kind]), path, compression="zstd")
    return path


@pytest.mark.parametrize(
    ("kind", "size"),
    [("numbers", "32.0 MB"), ("texts", "101.6 MB"), ("plain texts", "101.6 MB"), ("nothing", "400.0 MB")],
)
def test_a_small_file_of_many_rows_is_refused(tmp_path, monkeypatch, kind, size):
    path = bomb(tmp_path / "a.parquet", kind)
    assert path.stat().st_size < 500_000
    before = pa.total_allocated_bytes()
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "100MB")
    with pytest.raises(DataError, match=rf"a\.parquet: {size} of data"):
        read(path)
    assert pa.total_allocated_bytes() - before < 5_000_000


def test_lists_are_not_read_at_all(tmp_path, monkeypatch):
    values = pa.ListArray.from_arrays(pa.array([0, 5_000_000], pa.int32()), pa.array(np.zeros(5_000_000)))
    pq.write_table(pa.table({"l": values, "x": [1]}), tmp_path / "a.parquet", compression="zstd")
    monkeypatch.setenv("HIBISCUS_MAX_MEMORY", "1MB")
    frame, notes = read(tmp_path / "a.parquet")
    assert frame["x"].tolist() == [1]
    assert len(notes) == 1


def test_the_time_for_wide_tables_of_texts_is_linear(tmp_path):
    names = [f"c{number}" for number in range(6000)]
    pq.write_table(pa.table({name: ["a", "b"] for name in names}), tmp_path / "a.parquet")
    seconds = time.process_time()
    frame, _ = read(tmp_path / "a.parquet")
    assert time.process_time() - seconds < 3
    assert list(frame.columns) == names
    assert frame["c5999"].tolist() == ["a", "b"]
