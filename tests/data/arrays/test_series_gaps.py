import numpy as np
import pytest

from hibiscus.data.arrays.series_gaps import (
    complete_series,
    end_at_lengths,
    is_padded,
    joined_series,
    padded_to,
    series_lengths,
)
from hibiscus.errors import DataError

N = np.nan


def series(*rows):
    return np.array(rows, np.float32)[:, :, None]


def test_a_series_ends_with_its_last_value():
    values = series([1, N, 3, N], [1, 2, 3, 4], [N, N, N, N])
    assert series_lengths(values).tolist() == [3, 4, 0]
    assert is_padded(values)
    assert not is_padded(values[1:2])
    assert not is_padded(np.zeros((2, 3)))


def test_gaps_are_interpolated_and_the_end_is_left():
    values = series([N, 1, N, N, 4, N], [1, 2, 3, 4, 5, 6])
    (completed,), notes = complete_series([values], "x")
    np.testing.assert_array_equal(completed[0, :, 0], [1, 1, 2, 3, 4, N])
    assert notes[0] == "3 missing values were interpolated within their series"
    assert notes[1].startswith("series of 5 to 6 steps")
    assert np.isnan(values[0, 0, 0])  # what was given is not changed


def test_a_variable_that_ends_before_the_others_keeps_its_last_value():
    values = np.array([[[1, 5], [2, N], [3, N], [N, N]]], np.float32)
    (completed,), notes = complete_series([values], "x")
    np.testing.assert_array_equal(completed[0], [[1, 5], [2, 5], [3, 5], [N, N]])
    assert "series of 3 to 3 steps" in notes[1]


def test_complete_series_are_left_alone():
    values = series([1, 2], [3, 4])
    completed, notes = complete_series([values], "x")
    assert completed[0] is values
    assert notes == []


@pytest.mark.parametrize("row", [[[N, 1], [N, 2]], [[N, N], [N, N]]])
def test_a_variable_without_values_is_refused(row):
    with pytest.raises(DataError, match="x: series 2 has no value of variable 1"):
        complete_series([np.array([[[1, 1], [2, 2]], row], np.float32)], "x")


def test_lengths_become_nan_after_the_end():
    values = end_at_lengths(np.ones((2, 3, 1), np.int32), np.array([2, 3]), "x")
    np.testing.assert_array_equal(values[:, :, 0], [[1, 1, N], [1, 1, 1]])
    assert values.dtype == np.float32


@pytest.mark.parametrize("lengths", [[0, 3], [1, 4], [1], [1.5, 2], [[1, 2, 3]], [-1, 2]])
def test_lengths_that_do_not_fit_are_refused(lengths):
    with pytest.raises(DataError, match="lengths"):
        end_at_lengths(np.ones((2, 3, 1)), np.array(lengths), "x.npz")


def test_series_of_several_files_are_padded_only_if_their_lengths_differ_within_one():
    short, long = series([1, 2], [1, N]), series([1, 2, 3])
    assert joined_series([short, long]).shape == (3, 3, 1)
    assert joined_series([short[:1], long]) is None
    assert joined_series([short, np.zeros((1, 3, 2), np.float32)]) is None
    assert padded_to(long, 2).shape == (1, 3, 1)
