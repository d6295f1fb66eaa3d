import numpy as np
import pandas as pd
import pytest

from hibiscus.data.config import DataConfig
from hibiscus.data.open import open_data
from hibiscus.data.series.time_choice import check_time_choice
from hibiscus.errors import DataError


def check(frame, **options):
    config = DataConfig(**options)
    check_time_choice(open_data(frame, **config.opening()), config)


def test_a_column_named_as_a_time_that_is_none_is_refused():
    frame = pd.DataFrame({"Year": np.arange(1900, 1950), "x": np.sin(np.arange(50.0))})
    with pytest.raises(DataError, match="column 'Year' is named as a time, but read as") as caught:
        check(frame)
    assert "role.Year=time" in caught.value.fix
    assert "role.Year=ignore" in caught.value.fix


@pytest.mark.parametrize("role", ["time", "ignore", "number"])
def test_the_user_decides(role):
    check(pd.DataFrame({"Year": np.arange(1900, 1950), "x": np.sin(np.arange(50.0))}), role={"Year": role})


def test_tables_with_times_or_without_any_are_taken():
    check(pd.DataFrame({"x": np.sin(np.arange(50.0)), "y": np.cos(np.arange(50.0))}))
    dates = pd.date_range("2020", periods=50)
    check(pd.DataFrame({"date": dates, "period": np.arange(50) % 4, "x": np.sin(np.arange(50.0))}))
