"""What the methods of the family share."""

from data.series.series_data import daily, prepared
from hibiscus.data.series.grid import series_grid
from hibiscus.methods.series.forecast import Forecast


def test_windows_have_the_length_of_the_options_and_the_horizon_of_the_data():
    data = prepared(daily(100), horizon=4)
    config = Forecast.Config.model_validate({"net": "linear", "input_length": 9, "calendar": True})
    model = Forecast(config, data.preparation)
    windows = model.windows(data)
    assert (windows.input_length, windows.horizon) == (9, 4)
    assert windows.grid is series_grid(data)
    batch = windows.source("train", 8, 0).next()
    assert batch.series.shape == (8, 9, 1)
    assert batch.future.shape == (8, 13, 4)
    assert model.learned is data.preparation["series"]
