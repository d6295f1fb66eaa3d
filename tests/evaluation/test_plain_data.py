"""Values as plain data, and what is none."""

import numpy as np
import pytest

from hibiscus.errors import DataError
from hibiscus.evaluation.plain_data import expect, plain_data


def test_arrays_become_tuples_and_what_is_not_finite_none():
    assert plain_data(np.array([[1.5, np.nan], [np.inf, 2]])) == ((1.5, None), (None, 2.0))
    assert plain_data(["a", np.int64(3), True, None]) == ("a", 3, True, None)


def test_objects_are_no_plain_data():
    with pytest.raises(DataError, match="object in a report item"):
        plain_data([object()])


def test_expectations():
    expect(True, "t", "two values")
    with pytest.raises(DataError, match="'t'"):
        expect(False, "t", "two values")
