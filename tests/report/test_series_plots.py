import numpy as np
import pytest
from matplotlib.figure import Figure

from hibiscus.report.series_plots import SeriesView, draw_series, height, plot_series
from hibiscus.series import describe_series

T = np.arange(144)
DAYS = np.datetime64("2020-01-01", "ns") + T * np.timedelta64(1, "D")


def view(values, times=DAYS):
    return SeriesView("sales $x_1$", times, values, describe_series(values, (12,)))


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(size=144)


def titles(one):
    figure = Figure()
    draw_series(figure, one)
    return [axes.get_title(loc="left") for axes in figure.axes]


def test_a_season_has_components_and_a_plot_of_its_cycles(noise):
    seasonal = view(5 * np.sin(2 * np.pi * T / 12) + noise)
    shown = titles(seasonal)
    assert shown[0] == "Values"
    assert shown[1:4] == ["Trend (STL)", "Season of 12 steps", "Residual"]
    assert shown[-1] == "12 cycles of 12 steps, each less its mean; black: their mean"
    assert height(seasonal) > height(view(noise))


def test_without_a_season_and_without_times(noise):
    shown = titles(view(noise, np.zeros(0, "datetime64[ns]")))
    assert len(shown) == 4
    assert shown[1] == "Autocorrelation of the series, ±1.96/√n shaded"


def test_changes_are_lines_at_their_step_behind_missing_values(noise):
    values = noise + np.where(T < 90, 0.0, 6.0)
    values[:5] = np.nan
    figure = Figure()
    one = view(values, np.zeros(0, "datetime64[ns]"))
    draw_series(figure, one)
    lines = [line for line in figure.axes[0].get_lines() if line.get_linestyle() == "--"]
    assert [line.get_xdata()[0] for line in lines] == pytest.approx([91], abs=3)


def test_three_variables_are_drawn_at_most(tmp_path, noise):
    plot_series(tmp_path / "a.png", [view(noise)] * 2)
    assert (tmp_path / "a.png").stat().st_size > 10_000
