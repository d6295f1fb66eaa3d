"""The phases of the day, the week and the year."""

import numpy as np
import pandas as pd
import pytest

from hibiscus.data.series.calendar_features import calendar_features, calendar_size
from hibiscus.data.series.steps import Step


def test_hours_have_the_phases_of_day_week_and_year():
    times = pd.date_range("2024-01-01 00:00", periods=400, freq="h").to_numpy().astype("datetime64[ns]")
    features = calendar_features(times, Step("hour"))
    assert features.shape == (400, 6) == (400, calendar_size(Step("hour")))
    np.testing.assert_allclose(features[6, :2], [1, 0], atol=1e-6)  # six o'clock
    np.testing.assert_allclose(features[0, 2:4], [0, 1], atol=1e-6)  # Monday at midnight
    np.testing.assert_allclose(features[:-168, :4], features[168:, :4], atol=1e-5)


@pytest.mark.parametrize(("unit", "size"), [("day", 4), ("month", 2), ("year", 0), ("row", 0)])
def test_only_cycles_longer_than_a_step_are_features(unit, size):
    times = np.arange(5).astype("datetime64[ns]")
    assert calendar_features(times, Step(unit)).shape == (5, size)
    assert calendar_size(Step(unit)) == size
