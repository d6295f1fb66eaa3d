import datetime

import numpy as np
import pandas as pd
import pytest

from hibiscus.data.tables.columns import as_days, as_numbers, as_texts, day_comes_first, missing_rows
from hibiscus.errors import DataError


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (
            [" a ", "", None, b"b", float("nan"), 2.0, 2.5, True, [1]],
            ["a", None, None, "b", None, "2", "2.5", "True", "[1]"],
        ),
        ([0.0, False, 0], ["0", "False", "0"]),
        ([False, 0.0, None], ["False", "0", None]),
        (np.array([3, 1, 3]), ["3", "1", "3"]),
        (np.array([1.0, np.nan, np.inf, 1e300]), ["1", None, "inf", "1e+300"]),
        (np.array(["x", "y "]), ["x", "y"]),
        (pd.Series([1, None], dtype="Int64"), ["1", None]),
        (pd.Series(["a", None]), ["a", None]),
        (pd.Series(["a", None], dtype="category"), ["a", None]),
        (pd.Series([True, None], dtype="boolean"), ["True", None]),
        (pd.Series([], dtype=float), []),
    ],
)
def test_as_texts(values, texts):
    assert as_texts(values).tolist() == texts
    assert len(missing_rows(pd.Series(values))) >= texts.count(None)


def test_as_numbers():
    np.testing.assert_array_equal(
        as_numbers([" 1", "?", None, "1e3", 2, "inf"], "n"), [1, np.nan, np.nan, 1000, 2, np.nan]
    )
    np.testing.assert_array_equal(as_numbers(pd.Series([True, None], dtype="boolean"), "n"), [1, np.nan])
    np.testing.assert_array_equal(as_numbers(np.array([1, np.inf], np.float32), "n"), [1, np.nan])
    with pytest.raises(DataError, match=r"row 2: column 'n' contains 'twelve'"):
        as_numbers(["1", "twelve"], "n")


def test_as_days():
    assert as_days(["1970-01-02", "1970-01-01 12:00", "?", "never"])[:2].tolist() == [1, 0.5]
    assert np.isnan(as_days(["?", "never"])).all()
    assert as_days(pd.Series(pd.to_datetime(["1970-01-03"]).tz_localize("UTC"))).tolist() == [2]
    assert as_days([datetime.date(1970, 1, 5)]).tolist() == [4]
    dates = ["02/01/1970", "13/01/1970"]
    assert day_comes_first(dates)
    assert as_days(dates, day_first=True).tolist() == [1, 12]
    assert not day_comes_first(["01/13/1970"])


def test_missing_rows():
    assert missing_rows([1, None, "", "x"]).tolist() == [1, 2]
    assert missing_rows(np.array([1, np.nan, np.inf])).tolist() == [1, 2]
    assert missing_rows(np.array([[1, np.nan], [1, 2], [np.nan, 2]])).tolist() == [0, 2]
    assert missing_rows(pd.DataFrame({"a": ["x", None], "b": [1.0, 2.0]})).tolist() == [1]
    assert missing_rows([]).tolist() == []
