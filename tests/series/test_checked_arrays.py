"""What the functions for series accept and refuse."""

import numpy as np
import pytest

from hibiscus.errors import ConfigError, DataError
from hibiscus.series.checked_arrays import check_between, check_count, to_series, to_vector


def test_one_variable_gets_its_axis():
    assert to_series([1, 2]).shape == (2, 1)
    assert to_series([[1, 2]]).shape == (1, 2)
    assert to_series([[1, 2]], dimensions=3).shape == (1, 2, 1)
    assert to_vector([[1], [2]]).tolist() == [1, 2]
    assert np.isnan(to_vector([1, np.nan], missing=True)[1])


@pytest.mark.parametrize(
    ("values", "words"),
    [([], "shape"), ([["a"]], "no numbers"), ([1, np.inf], "inf at step 1"), ([np.nan], "nan at step 0")],
)
def test_what_is_no_series(values, words):
    with pytest.raises(DataError, match=words):
        to_series(values)


def test_several_variables_are_no_vector():
    with pytest.raises(DataError, match="2 variables"):
        to_vector([[1, 2]])


@pytest.mark.parametrize("value", [0, 1.0, True, 9])
def test_counts(value):
    check_count(3, "window", 1, 8)
    check_count(None, "window")
    with pytest.raises(ConfigError, match="window="):
        check_count(value, "window", 1, 8)


def test_between():
    check_between(1, "alpha", 0, 1)
    for value in (1.1, float("nan")):
        with pytest.raises(ConfigError, match="alpha="):
            check_between(value, "alpha", 0, 1)
    with pytest.raises(ConfigError, match="excluded"):
        check_between(1, "alpha", 0, 1, open_ends=True)
