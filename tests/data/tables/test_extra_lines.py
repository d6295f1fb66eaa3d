import pytest

from hibiscus.data.tables.extra_lines import find_layout, total_row, units_row
from hibiscus.data.tables.rows import named_rows


@pytest.mark.parametrize(
    ("rows", "skipped"),
    [
        ([["Report"], ["a", "b"], ["1", "2"], ["3", "4"]], 1),
        ([["Report", "", ""], ["a", "b", "c"], ["1", "2", "3"], ["4", "5", "6"]], 1),
        ([["# one"], ["# two"], ["a", "b"], ["1", "2"], ["3", "4"]], 2),
        ([["", "a", ""], ["0", "5", ""], ["1", "5", ""]], 0),
        ([["a", "b"], ["1", ""], ["2", "3"]], 0),
        ([["a"], ["b"], ["c"]], 0),
    ],
)
def test_titles(rows, skipped):
    assert find_layout(rows).skipped == skipped


@pytest.mark.parametrize(
    ("rows", "units"),
    [
        ([["cm", "kg"], ["1", "2"], ["3", "4"]], True),
        ([["cm", "a"], ["1", "b"], ["3", "c"]], True),
        ([["n.a.", "2"], ["1", "2"], ["3", "4"]], False),
        ([["1", "2"], ["1", "2"], ["3", "4"]], False),
        ([["a", "b"], ["c", "d"], ["e", "f"]], False),
    ],
)
def test_units(rows, units):
    assert units_row(rows) == units


def test_totals():
    rows = [["n", "1"], ["s", "2"], ["w", "4"]]
    assert total_row([*rows, ["Total", "7"]])
    assert not total_row([*rows, ["Total", "8"]])
    assert not total_row([*rows, ["e", "7"]])


def test_rows_keep_their_positions():
    import pandas as pd

    frame = pd.DataFrame([["a", "b"], ["cm", None], ["1", "x"], [None, None], ["2", "y"]], dtype="str")
    names, body, notes = named_rows(frame)
    assert names == ["a", "b"]
    assert body.index.tolist() == [1, 3]
    assert any("units" in note for note in notes)
    assert any("1 blank row left out" in note for note in notes)
