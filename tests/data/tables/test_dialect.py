"""Separators, field counts and headers; whole tables are tested in test_read."""

import csv
from pathlib import Path

import pytest

from hibiscus.data.tables.dialect import detect_separator, has_header, scan_rows
from hibiscus.errors import DataError


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(separator):
    text = "\n".join(separator.join(row) for row in (["a", "b", "c"], ["1", "x y", "3"], ["4", "z", "6"]))
    assert detect_separator(text) == separator
    assert scan_rows(Path("t.csv"), text.encode(), separator, csv.QUOTE_MINIMAL)[1] == ["1", "x y", "3"]


def test_lines_with_other_numbers_of_fields_are_named():
    with pytest.raises(DataError, match="line 3 has 1 field"):
        scan_rows(Path("t.csv"), b"a,b\n1,2\n3\n", ",", csv.QUOTE_MINIMAL)


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([["age", "sex"], ["3", "f"]], True),
        ([["3", "f"], ["4", "f"]], False),
        ([["1", "2"], ["3", "4"]], False),
    ],
)
def test_headers(rows, header):
    assert has_header(rows) == header


def test_a_long_text_of_digits_is_examined_at_once():
    digits = "1" * 200_000 + "!"  # the search for a number in it takes minutes
    assert has_header([["a", "b"], [digits, "1"], [digits, "2"]])
