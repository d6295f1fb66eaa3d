"""Values that may stand for missing ones, and numbers among other signs."""

import time

import pytest

from hibiscus.data.tables.placeholders import decorated_number, placeholder_note


def column(text, *others, count=3):
    return {text: count, **dict.fromkeys(others, 1)}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (column("-999", "1", "2.5"), "number"),
        (column("9999", "1.5", "20"), "number"),
        (column("9999-12-31", "2020-01-01", "2020-02-01"), "date"),
        (column("1900-01-01", "2020-01-01"), "date"),
        (column("31.12.9999", "01.02.2020"), "date"),
    ],
)
def test_a_value_unlike_all_others_is_told(values, kind):
    (note,) = placeholder_note("x", values)
    text = next(iter(values))
    assert f"{text} occurs 3 times and is used as a {kind}; missing={text}" in note


@pytest.mark.parametrize(
    "values",
    [
        column("-999", "-5", "2"),
        column("9999", "8000", "5"),
        column("999", "1,5", "20"),
        column("9999", "1", count=1),
        column("1900-01-01", "1905-03-01"),
        column("9999"),
        {},
    ],
)
def test_other_values_are_not(values):
    assert placeholder_note("x", values) == []


@pytest.mark.parametrize(
    "texts", [["'1", "'2", "'3"], ["0.3**", "0.2", "0.1*"], ["~5", "7", "~9"], ["7[1]", "8[2]", "9"]]
)
def test_numbers_among_other_signs(texts):
    assert decorated_number(dict.fromkeys(texts, 1)) in texts


@pytest.mark.parametrize(
    "texts", [["a1", "a2", "a3"], ["1", "2", "3"], ["10-19", "20-29", "30-39"], ["5'1", "6'2", "5'3"], []]
)
def test_codes_and_ranges_are_none(texts):
    assert not decorated_number(dict.fromkeys(texts, 1))


def test_many_values_are_looked_at_once_each():
    start = time.process_time()
    assert not placeholder_note("x", {str(number): 2 for number in range(20_000)})
    assert time.process_time() - start < 2
