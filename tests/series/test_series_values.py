import warnings

import numpy as np
import pytest

from hibiscus.errors import DataError, MissingExtraError
from hibiscus.series.series_values import call_quietly, from_extra, one_variable


def test_one_variable_is_float64():
    assert one_variable([[1], [2]]).tolist() == [1.0, 2.0]
    assert one_variable(np.array([1, 2], np.int8)).dtype == np.float64


@pytest.mark.parametrize(
    ("values", "received"),
    [
        (np.ones((3, 2)), "the series has 2 variables"),
        ([1.0], "a series of 1 steps"),
        ([1.0, np.nan, np.inf], "the series is nan at step 1"),
    ],
)
def test_other_values_are_named(values, received):
    with pytest.raises(DataError) as error:
        one_variable(values)
    assert received in str(error.value)


def test_a_missing_package_names_the_extra():
    with pytest.raises(MissingExtraError, match="no_such_package is not installed") as error:
        from_extra("no_such_package.tools", "the test")
    assert "hibiscus[series]" in error.value.fix


def test_warnings_become_notes_once():
    def noisy(value):
        for _ in range(2):
            warnings.warn("beyond\nthe table", UserWarning, stacklevel=1)
        warnings.warn("a tuple now", FutureWarning, stacklevel=1)
        return value

    assert call_quietly(noisy, 3) == (3, ("beyond the table",))
