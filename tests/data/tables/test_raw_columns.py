"""Columns as they are: NaN, codes, and the types that the preparation has read."""

import numpy as np
import pandas as pd

from hibiscus.data.tables import raw_columns
from hibiscus.data.tables.column_reading import ColumnReading
from hibiscus.data.tables.preparation import TablePreparation
from hibiscus.data.tables.raw_columns import RawColumns

FRAME = pd.DataFrame(
    {
        "price": ["1,5", "2,5", "", "1000,25"],
        "shop": ["b", "a", "b", None],
        "note": ["good soup", "bad soup", "", "good"],
        "day": pd.to_datetime(["2020-01-01", "2020-01-03", None, "2020-01-02"]),
        "left": [1, 2, 3, 4],
    }
)
ROLES = {"price": "number", "shop": "category", "note": "text", "day": "time"}


def fitted():
    readings = {"price": ColumnReading("number", decimal=",")}
    preparation = TablePreparation.fit(FRAME, ROLES, readings=readings)
    return RawColumns.fit(preparation, FRAME)


def test_values_are_not_scaled_and_gaps_stay():
    raw = fitted()
    values = raw.encode(FRAME)
    np.testing.assert_array_equal(values[:, 0], [1.5, 2.5, np.nan, 1000.25])
    np.testing.assert_array_equal(values[:, 1], [0, 1, 0, np.nan])
    assert values[:, 2:-1].sum(1).tolist() == [2, 2, 0, 1]  # words
    np.testing.assert_array_equal(values[:, -1] - values[0, -1], [0, 2, np.nan, 1])
    assert raw.categorical.tolist() == [False, True, *[False] * (values.shape[1] - 2)]


def test_a_category_that_training_did_not_contain_is_missing():
    other = FRAME.assign(shop=["c", "a", "b", "b"])
    np.testing.assert_array_equal(fitted().encode(other)[:, 1], [np.nan, 1, 0, 0])


def test_rare_categories_share_the_last_code(monkeypatch):
    monkeypatch.setattr(raw_columns, "MAX_CODES", 3)
    frame = pd.DataFrame({"shop": list("aaaabbbccde")})
    raw = RawColumns.fit(TablePreparation.fit(frame, {"shop": "category"}), frame)
    assert raw.encode(frame)[:, 0].tolist() == [0] * 4 + [1] * 3 + [2] * 4
