from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hibiscus.data.tables.file_hints import FileHints, file_hints
from hibiscus.data.tables.number_columns import is_postal, read_number_column
from hibiscus.data.tables.numbers import NumberFormat, count_votes, is_code, repeats_a_number
from hibiscus.data.tables.table_options import TableOptions


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [
        ("1", 1, 1),
        ("1.5", 1.5, None),
        ("1,5", None, 1.5),
        ("1,234", 1234, 1.234),
        ("1.234", 1.234, 1234),
        ("0.123", 0.123, None),
        ("1,234.5", 1234.5, None),
        ("1.234,5", None, 1234.5),
        ("1,23,456", 123456, None),
        ("1 234", 1234, 1234),
        ("1\u00a0234,5", None, 1234.5),
        ("(5)", -5, -5),
        ("-(5)", None, None),
        ("1.2.3", None, None),
        ("1,2,3", None, None),
        ("12 34", None, None),
        ("5 am", None, None),
        ("A1", None, None),
        ("1/2", None, None),
        ("", None, None),
        (".", None, None),
    ],
)
def test_both_decimal_signs(text, point, comma):
    assert NumberFormat(".").read(text) == point
    assert NumberFormat(",").read(text) == comma


@given(st.floats(-1e12, 1e12) | st.integers(-(10**12), 10**12))
def test_what_python_writes_is_read_back(number):
    assert NumberFormat().read(str(number)) == float(number)
    if abs(number) < 1e9:
        assert NumberFormat().read(f"{number:,.2f}") == pytest.approx(round(number, 2), abs=1e-2)


def test_a_unit_is_that_of_every_number():
    kilograms = NumberFormat(unit="kg")
    assert kilograms.read("12 kg") == 12
    assert kilograms.read("12 g") is None
    assert kilograms.read("12") is None
    assert kilograms.read("0") == 0
    assert NumberFormat(unit="$").read("5") == 5
    assert NumberFormat(magnitudes=True).read("1.5M") == 1_500_000


def test_votes_and_hints():
    votes = count_votes(Counter({"1.5": 2, "1,5": 1, "1.234": 3, "7": 4, "x": 5}))
    assert (votes.point, votes.comma, votes.either, votes.whole, votes.numbers) == (2, 1, 3, 4, 9)
    assert file_hints([{"1,5": 3}, {"31.12.2020": 3}], ";") == FileHints(",", ";", "dmy")
    assert file_hints([{"1,5": 3}, {"1.5": 3}]).decimal == ""


def test_codes():
    assert [is_code(text) for text in ("01067", "0", "0.5", "10", "1" * 16)] == [
        True,
        False,
        False,
        False,
        True,
    ]
    assert repeats_a_number({"1.1": 1, "1.10": 1})
    assert not repeats_a_number({"1.10": 1, "1.25": 1})
    assert not repeats_a_number({"1.10": 1, "1.2": 1})
    assert repeats_a_number({"1.10": 1, "1.2": 1}, strict=True)
    assert is_postal("ZIP")
    assert not is_postal("zipper")


def test_formats_of_columns():
    def read(texts, separator=","):
        found = read_number_column("x", Counter(texts), TableOptions(), FileHints(separator=separator))
        return found and (found.decimal, found.unit, round(found.fraction, 2))

    assert read(["1,5", "2"]) == (",", "", 1.0)
    assert read(["1,234", "2,345"]) == (".", "", 1.0)
    assert read(["1,234", "2,345"], ";") == (",", "", 1.0)
    assert read(["5 kg", "3 kg", "4 lb", "1 lb"]) == (".", "lb", 0.5)
    assert read(["a", "b"]) is None
