import contextlib

import numpy as np
import pytest

from hibiscus.data.arrays.series_lines import as_labels, numbers_of, read_series_lines, separate
from hibiscus.errors import DataError


def test_the_label_comes_first():
    lines = read_series_lines("1\t0.5\t-2e1\r\n\n2\tNaN\t?\n", "x")
    assert lines.first == ["1", "2"]
    np.testing.assert_array_equal(lines.values, [[0.5, -20], [np.nan, np.nan]])


@pytest.mark.parametrize("line", ["a\t1\t2", "a,1,2", "  a   1  2 ", "a , 1 , 2"])
def test_tabs_commas_or_spaces_separate(line):
    assert separate(line) == ["a", "1", "2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no series"),
        ("1\n2\n", "no series"),
        ("1\t2\t3\n1\t2\n", "line 2 has 2 fields, the first has 3"),
        ("1\tx\t3\n", "line 1: 'x' as value 1"),
        ("1\t1_0\t3\n", "'1_0'"),
        ("1\tinf\t3\n", "'inf'"),
        ("1\t1e999\t3\n", "'1e999'"),
        ("1\t9e38\t3\n", "'9e38'"),
        ("1\t0x10\t3\n", "'0x10'"),
        ("1\t\0\t3\n", "as value 1"),
        ("1\t" + "9" * 5000 + "\n", "as value 1"),
    ],
)
def test_other_lines_are_refused(text, said):
    with pytest.raises(DataError, match=said):
        read_series_lines(text, "x.tsv")


def test_labels_are_classes_numbers_or_names():
    assert as_labels(["1.0000000e+00", "-1"]).tolist() == [1, -1]
    assert as_labels(["1.5", "2"]).tolist() == [1.5, 2]
    assert as_labels(["1", "run"]).tolist() == ["1", "run"]
    assert as_labels(["1e999", "1"]).dtype.kind == "f"


def test_missing_values_are_nan():
    np.testing.assert_array_equal(numbers_of(["?", "", "nan", "3"], "x"), [np.nan, np.nan, np.nan, 3])


def test_damaged_lines_never_raise_another_error():
    rng = np.random.default_rng(0)
    text = "1\t0.5\t0.25\t-1\n2\t1\t2\t3\n"
    for _ in range(300):
        damaged = list(text)
        for position in rng.integers(0, len(text), 3):
            damaged[position] = chr(rng.integers(0, 0x250))
        with contextlib.suppress(DataError):
            assert read_series_lines("".join(damaged), "x").values.dtype == np.float32
