"""The plot of forecasts: hibiscus.report.series_plot."""

import numpy as np
from PIL import Image

from hibiscus.report.series_plot import ForecastPanel, plot_forecasts


def panel(bounds=True):
    times = np.datetime64("2024-01-01") + np.arange(33)
    values = np.sin(np.arange(33.0))
    found = {"low": values[30:] - 1, "high": values[30:] + 1, "interval": "80 %"} if bounds else {}
    return ForecastPanel("sales", times[:30], values[:30], times[30:], values[30:], **found)


def test_each_panel_makes_the_picture_higher(tmp_path):
    plot_forecasts(tmp_path / "one.png", [panel()])
    plot_forecasts(tmp_path / "two.png", [panel(), panel(bounds=False)])
    with Image.open(tmp_path / "one.png") as one, Image.open(tmp_path / "two.png") as two:
        assert one.width == two.width
        assert two.height == 2 * one.height


def test_an_interval_is_drawn(tmp_path):
    plot_forecasts(tmp_path / "with.png", [panel()])
    plot_forecasts(tmp_path / "without.png", [panel(bounds=False)])
    pictures = [Image.open(tmp_path / name).convert("RGB") for name in ("with.png", "without.png")]
    pale = [np.asarray(picture).astype(int) for picture in pictures]
    tinted = [int(((colors.max(2) - colors.min(2) > 15) & (colors.min(2) > 180)).sum()) for colors in pale]
    assert tinted[0] > tinted[1] + 1000
