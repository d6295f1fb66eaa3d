"""Which panels are drawn of forecasts, and from what."""

import numpy as np
import pandas as pd
import pytest

from data.series.series_data import daily, prepared
from hibiscus.report import series_plot
from hibiscus.runs.forecast_drawing import draw_forecasts, is_forecast


def test_a_panel_for_each_target_of_each_series_with_the_outer_quantiles(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(series_plot, "plot_forecasts", lambda path, panels: drawn.extend(panels))
    first = daily(100).assign(shop="a")
    first.loc[95, "x"] = np.nan
    frame = pd.concat([first, daily(80).assign(shop="b")], ignore_index=True)
    data = prepared(frame, group="shop", horizon=2)
    predicted = {
        "time": ["1", "2", "3", "4"],
        "series": ["a", "a", "b", "b"],
        "x": np.arange(4.0),
        "x_0.1": np.arange(4.0) - 1,
        "x_0.3": np.arange(4.0) - 0.5,
        "x_0.9": np.arange(4.0) + 1,
    }
    assert is_forecast(predicted, data)
    assert not is_forecast({"time": [], "score": []}, data)
    draw_forecasts(predicted, data, tmp_path / "f.png")
    assert [panel.title for panel in drawn] == ["a: x", "b: x"]
    assert drawn[1].forecast.tolist() == [2, 3]
    assert drawn[1].low.tolist() == [1, 2]
    assert drawn[1].high.tolist() == [3, 4]
    assert drawn[0].interval == "quantiles 0.1 to 0.9"
    assert len(drawn[0].values) == 60
    assert np.isnan(drawn[0].values[-5])
    assert drawn[0].values[-1] == pytest.approx(99)
    assert str(drawn[1].future[0])[:10] == "2024-03-21"
