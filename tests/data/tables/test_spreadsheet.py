import datetime
from pathlib import Path

import pandas as pd
import pytest

from hibiscus.data.tables.json_lines import parse_json_lines, read_json_lines
from hibiscus.data.tables.parquet import read_parquet
from hibiscus.data.tables.read import read_table
from hibiscus.data.tables.spreadsheet import is_spreadsheet, read_sheet
from hibiscus.errors import DataError


def workbook(path, rows):
    pd.DataFrame(rows).to_excel(path, index=False, header=False)
    return path


def test_cells_are_text_as_in_csv(tmp_path):
    rows = [
        ["n", "t", "d", "s", "b"],
        [1.0, datetime.time(12, 30), datetime.datetime(2020, 1, 2), "007", True],
        [2.5, None, datetime.datetime(2020, 1, 2, 10), "x", False],
    ]
    data = workbook(tmp_path / "t.xlsx", rows).read_bytes()
    assert is_spreadsheet(Path("t.xlsx"), data)
    read, notes = read_sheet(Path("t.xlsx"), data)
    assert read[0] == ["n", "t", "d", "s", "b"]
    assert read[1] == ["1", "12:30:00", "2020-01-02", "007", "True"]
    assert read[2] == ["2.5", "", "2020-01-02 10:00:00", "x", "False"]
    assert notes == []


def test_a_title_and_blank_columns_of_a_sheet(tmp_path):
    rows = [[None, "Report", None], [None, None, None], [None, "a", "b"], [None, 1, 2], [None, 3, 4]]
    frame = read_table(workbook(tmp_path / "t.xlsx", rows)).frame
    assert frame.to_dict("list") == {"a": [1, 3], "b": [2, 4]}


def test_damaged_spreadsheets(tmp_path):
    with pytest.raises(DataError, match="cannot be read as a spreadsheet"):
        read_sheet(Path("t.xlsx"), b"PK\x03\x04" + bytes(50))
    (tmp_path / "t.xlsx").write_bytes(b"x")
    with pytest.raises(DataError, match="is not a spreadsheet"):
        read_table(tmp_path / "t.xlsx")


def test_json_lines_keep_the_spelling_of_numbers():
    names, rows, notes = read_json_lines(
        Path("t"), '{"a": 1.10, "b": true, "c": [0.5]}\n\n{"a": null, "d": "x"}\n'
    )
    assert names == ["a", "b", "d"]
    assert rows == [["1.10", "true", ""], ["", "", "x"]]
    assert notes == ["column 'c' left out: it contains lists or objects"]
    lists = read_json_lines(Path("t"), '{"a": ["cat", "dog"]}\n{"a": []}\n')  # several labels
    assert lists == (["a"], [['["cat", "dog"]'], ["[]"]], [])
    assert parse_json_lines(Path("t"), '[{"a": 1}, {"a": 2}]') == [{"a": "1"}, {"a": "2"}]
    with pytest.raises(DataError, match="t, line 2: 5 is not an object"):
        parse_json_lines(Path("t"), '{"a": 1}\n5')


def test_damaged_parquet():
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        read_parquet(Path("t"), b"PAR1xx")
