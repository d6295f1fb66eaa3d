import json

import numpy as np
import pandas as pd

from hibiscus.data.tables.column_counts import MANY, Column
from hibiscus.data.tables.column_reading import ColumnReading, distinct_texts
from hibiscus.data.tables.column_types import infer_column, infer_target
from hibiscus.data.tables.file_hints import FileHints
from hibiscus.data.tables.identifiers import role_of_names, why_identifier
from hibiscus.data.tables.inferred_types import infer_types
from hibiscus.data.tables.missing import missing_words
from hibiscus.data.tables.table_options import TableOptions
from hibiscus.data.tables.typed_columns import plain_series, typed_role


def series(*texts):
    return pd.Series(list(texts), dtype="str")


def column(*texts, name="x"):
    return Column.of(name, series(*texts))


def test_texts_are_stripped_once():
    texts, codes = distinct_texts(series(" a", "a ", "", None, "b"))
    assert texts == ["a", "b"]
    assert codes.tolist() == [0, 0, -1, -1, 1]


def test_a_reading_goes_through_json_and_reads_any_file():
    reading = ColumnReading("number", ",", "€", missing=("?",))
    again = ColumnReading.from_json(json.loads(json.dumps(reading.to_json())))
    assert again == reading
    numbers, unread = again.numbers(series("1.234,5 €", "?", None, "x"))
    np.testing.assert_array_equal(numbers, [1234.5, np.nan, np.nan, np.nan])
    assert unread == {"x": 1}
    days, unread = ColumnReading("time", order="dmy").days(series("02.01.1970", "y"))
    np.testing.assert_array_equal(days, [1, np.nan])
    assert unread == {"y": 1}


def test_types():
    plain = ColumnReading.plain("number")
    assert plain.typed(series("1", "2"))[0].dtype == np.int64
    assert plain.typed(series("1", "?"))[0].dtype == np.float64
    assert plain.typed(series("1", "inf"))[0].isna().tolist() == [False, True]
    assert ColumnReading("category").typed(series("NA", "b"))[0].isna().tolist() == [True, False]
    assert typed_role(pd.Series([1.5])) == "number"
    assert typed_role(pd.Series([True])) == "category"
    assert typed_role(series("a")) is None
    assert typed_role(plain_series(pd.Series([1, None, 2], dtype=object))) == "number"
    assert typed_role(plain_series(pd.Series([1, "a"], dtype=object))) is None


def test_times_and_numbers_beyond_the_types_of_pandas():
    days = ColumnReading("time").days(pd.Series(["1601-01-02", "9999-12-31"], dtype="datetime64[s]"))[0]
    assert days.tolist() == [-134_774 + 1, 2_932_896]
    assert ColumnReading("time").days(pd.Series(["1970-01-02"], dtype="datetime64[ns]"))[0].tolist() == [1]
    typed, _ = ColumnReading("number").typed(pd.Series([2**64 - 1, 1], dtype="uint64"))
    assert typed.tolist() == [2.0**64, 1.0]


def test_decisions():
    def role(*texts, name="x"):
        return infer_column(column(*texts, name=name), TableOptions(), FileHints()).reading.role

    assert role("1", "2", "2") == "number"
    assert role("01", "2", "2") == "category"
    assert role("1", "2", "a") == "category"
    assert role(*["1"] * 30, *["2"] * 30, "a") == "number"
    assert role("2020-01-01", "2020-01-02") == "time"
    assert role("1", "2", "3", name="id") == "identifier"
    assert role("1", "2", "3", name="customerId") == "identifier"
    assert infer_target(column("1", "2", "2"), TableOptions(), FileHints()).reading.role == "number"
    assert infer_target(column("1.10", "1.2"), TableOptions(), FileHints()).reading.role == "category"
    many = [f"{i / 7:.2f}" for i in range(60)]
    assert infer_target(column(*many), TableOptions(), FileHints()).reading.role == "number"


def test_identifiers_and_names():
    assert why_identifier(Column("column_1", {"7": 1, "3": 1}, 2, named=False), {"7": 1, "3": 1})
    assert not why_identifier(Column("column_1", {"7": 1, "3": 1}, 2, header=False), {"7": 1, "3": 1})
    unique = {f"n{i}": 1 for i in range(12)}
    assert role_of_names(Column("x", unique, 12), unique)[0] == "identifier"
    texts = {f"a text of {i} words": 1 for i in range(12)}
    assert role_of_names(Column("x", texts, 12), texts)[0] == "text"


def test_missing_words_of_names():
    assert "NA" not in missing_words({"DE": 1, "FR": 1, "US": 1, "NA": 1})
    assert "NA" in missing_words({"good": 1, "poor": 1, "fair": 1, "NA": 1})
    assert missing_words({"a": 1}, ["b"]) == {"", "b"}


def test_many_decimals_are_decided_by_a_sample():
    large = Column.of("x", series(*(f"{i}.5" for i in range(MANY + 10))))
    assert len(large.counts) < MANY
    assert infer_column(large, TableOptions(), FileHints()).reading.role == "number"


def test_types_as_older_versions_inferred_them():
    assert infer_types(series("01", "2")).tolist() == [1, 2]
    assert infer_types(series("true", "False")).tolist() == [True, False]
    assert infer_types(series("a", "2")).tolist() == ["a", "2"]
