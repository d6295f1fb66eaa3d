from __future__ import annotations

import pandas as pd
import pytest

from hibiscus.data.tables.formula_guard import guard_formula, guard_formulas, without_guard


@pytest.mark.parametrize(
    "text",
    ["=1+1", "=HYPERLINK(0)", "+49 170", "-", "-5 °C", "@SUM(A1)", "\t=1", "\r=1", "-1+cmd|'/c calc'!A0"],
)
def test_a_formula_gets_an_apostrophe_and_loses_it_again(text):
    assert guard_formula(text) == f"'{text}"
    assert without_guard(f"'{text}") == text


@pytest.mark.parametrize(
    "value", ["cat", "-3.5", "+2", "-1e-4", "", "a=b", "'quoted'", "'s Gravenhage", -3.5, None]
)
def test_numbers_and_other_texts_stay_as_they_are(value):
    assert guard_formula(value) is value
    if isinstance(value, str):
        assert without_guard(value) == value


def test_a_table_is_guarded_in_its_texts_and_column_names():
    frame = pd.DataFrame({"id": ["@2x.png", "b.png"], "=sum": [-1.5, 2.0], "label": ["-3", "=x"]})
    guarded = guard_formulas(frame)
    assert guarded.columns.tolist() == ["id", "'=sum", "label"]
    assert guarded["id"].tolist() == ["'@2x.png", "b.png"]
    assert guarded["'=sum"].tolist() == [-1.5, 2.0]
    assert guarded["label"].tolist() == ["-3", "'=x"]
    assert frame["id"].tolist() == ["@2x.png", "b.png"]
    twice = pd.DataFrame([["=a", "=b"]], columns=["x", "x"])
    assert guard_formulas(twice).to_numpy().tolist() == [["'=a", "'=b"]]
